"""The terminal interface: knows `Mail` and the model, nothing below them."""
