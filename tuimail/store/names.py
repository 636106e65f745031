"""Names that survive a deleted index: public ids and identities, all hashes."""

from hashlib import blake2b, sha256

from tuimail.model.mail import MailboxName, MessageKey


def public_name(mailbox: MailboxName | str, validity: int, uid: int) -> str:
    """What follows the account in a message's public id (contract.md)."""
    return _shortened(f"{mailbox}\0{validity}\0{uid}")


def copy_name(key: MessageKey | int) -> str:
    """The name of a copy that the server does not have yet."""
    return _shortened(f"copy\0{key}")


_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]


def _shortened(text: str) -> str:
    """The first 80 bits of a hash in base32; `b32encode` is four times slower."""
    digest = sha256(text.encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(digest[:10], "big")
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(70, -10, -10)])


def identity_of(message_id: str, size: int, received: int) -> int:
    """A hash of the Message-ID; without one, of what else a message has."""
    return hashed(message_id or f"\0{size} {received // 1_000_000}")


def hashed(text: str) -> int:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
