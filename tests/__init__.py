"""The whole check (`python3 -m tests`) and everything it runs."""
