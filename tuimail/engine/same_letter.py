"""By what a POP3 message is known again: its hash, and one without what a server notes in it."""

import re
from dataclasses import dataclass
from hashlib import sha256

from tuimail.backend.maildir.content import header_block

# What mbox servers (UW, qpopper, Dovecot and Cyrus on mbox) and other readers of the same file
# write into a header after a message was delivered.
_NOTES = (
    "Status|X-Status|X-UID|X-UIDL|X-Keywords|X-IMAP|X-IMAPbase|X-Mozilla-Status2?"
    "|X-Mozilla-Keys|X-Evolution|Content-Length|Lines"
)
_NOTE = re.compile(
    rb"^(?:" + _NOTES.encode() + rb")[ \t]*:.*\n(?:[ \t].*\n)*", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Print:
    """SHA-256 of all bytes, of all but the notes, and of the header without the notes."""

    whole: bytes
    core: bytes
    head: bytes

    @classmethod
    def of(cls, content: bytes) -> "Print":
        header = header_block(content)
        plain = _NOTE.sub(b"", header)
        whole = sha256(content)
        core = whole
        if len(plain) != len(header):
            core = sha256(plain)
            core.update(memoryview(content)[len(header) :])
        return cls(whole.digest(), core.digest(), _head(plain))


def head_print(header: bytes) -> bytes:
    """`head` of a message of which only the header is here, as TOP gives it."""
    return _head(_NOTE.sub(b"", header_block(header)))


def _head(plain: bytes) -> bytes:
    """Not every server ends what TOP gives with the empty line."""
    return sha256(plain.rstrip(b"\r\n")).digest()
