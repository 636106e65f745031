"""What keeps stores and servers in step, and what a user interface may ask of them."""
