"""Homes as earlier versions left them, one archive each: every later version must open them.

`VERSION.tar.xz` holds `home/`, with the folders config, data and cache of an IMAP account
"work" and a POP3 account "post", and `expected.json`: what the commands of that very version
printed about it. `python3 -m tests.stores.write VERSION` makes one with the code of the tree it
is called in; it is made once, when a version is released, and never changed.
"""
