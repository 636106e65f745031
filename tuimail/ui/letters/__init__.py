"""Letters while they are written: their fields, their file, what is odd about them."""
