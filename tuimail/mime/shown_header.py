"""The header fields that stand above an open message, and what is odd about them."""

from collections.abc import Sequence

from tuimail.mime.header import Fields, people, subject_of
from tuimail.mime.links import ascii_host, mixes_scripts
from tuimail.mime.words import decode_words
from tuimail.model.address import Address
from tuimail.model.safe_text import SafeText, safe_line

SHOWN_ADDRESSES = 100
FIELD_CHARACTERS = 200


def header_lines(fields: Fields) -> tuple[tuple[SafeText, SafeText], ...]:
    """Name and value of each field that is there, in the order of reading."""
    sender = people(fields, "from")
    shown = [
        ("From", _list(sender)),
        ("Sender", _if_other(people(fields, "sender"), sender)),
        ("Reply-To", _if_other(people(fields, "reply-to"), sender)),
        ("To", _list(people(fields, "to")) or _as_written(fields, "to")),
        ("Cc", _list(people(fields, "cc")) or _as_written(fields, "cc")),
        ("Date", _as_written(fields, "date")),
        ("Subject", subject_of(fields)),
    ]
    return tuple((SafeText(name), value) for name, value in shown if value)


def header_notes(fields: Fields) -> list[str]:
    """What a reader should know about the sender (security.md M2, M3)."""
    sender = people(fields, "from")
    notes: list[str] = []
    if len(fields.get("from", ())) > 1:
        notes.append("This message has more than one From field; all are shown.")
    if any(_names_another_address(address) for address in sender):
        notes.append("The sender's name looks like an address, but it is only a name.")
    if any(mixes_scripts(_domain(address)) for address in sender):
        notes.append("The sender's domain mixes letters of different scripts.")
    return notes


def _as_written(fields: Fields, name: str) -> SafeText:
    text = " ".join(fields.get(name, ("",))[0].split())
    return safe_line(decode_words(text), FIELD_CHARACTERS)


def _names_another_address(address: Address) -> bool:
    return "@" in address.name and address.address.lower() not in address.name.lower()


def _if_other(addresses: Sequence[Address], sender: Sequence[Address]) -> SafeText:
    known = {address.address.lower() for address in sender}
    others = [address for address in addresses if address.address.lower() not in known]
    return _list(others)


def _list(addresses: Sequence[Address]) -> SafeText:
    shown = ", ".join([_one(address) for address in addresses[:SHOWN_ADDRESSES]])
    more = len(addresses) - SHOWN_ADDRESSES
    return SafeText(f"{shown} and {more} more" if more > 0 else shown)


def _one(address: Address) -> str:
    domain = _domain(address)
    network = "" if domain.isascii() else f" [{ascii_host(domain)}]"
    if not address.name:
        return address.address + network
    return f"{address.name} <{address.address}>{network}"


def _domain(address: Address) -> str:
    return address.address.rpartition("@")[2]
