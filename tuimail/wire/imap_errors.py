"""The two ways in which IMAP on the wire can be wrong: theirs and ours."""


class ProtocolError(Exception):
    """The server broke the protocol or a bound; the line must be closed."""


class Unsendable(Exception):
    """This text cannot be put into a command; nothing was sent."""
