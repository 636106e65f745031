"""What the program looks like: a walk through it, kept as pictures and compared with them."""
