"""The terminal interface: knows `Mail` and the model, nothing below them."""

import os

# Over SSH the bytes of one key may come in pieces; Textual reads this once, when it is
# imported, and would else take the pieces of PgDn for keys of their own.
if "SSH_CONNECTION" in os.environ:
    os.environ.setdefault("ESCDELAY", "400")
