"""What the main screen does, apart from how it is drawn."""
