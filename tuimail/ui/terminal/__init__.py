"""Bytes to the terminal and back: what is drawn is sent as few bytes."""
