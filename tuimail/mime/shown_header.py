"""The header fields that stand above an open message, and what is odd about them."""

from collections.abc import Sequence
from itertools import islice

from tuimail.mime.fields import every_field
from tuimail.mime.header import Fields, people, subject_of
from tuimail.mime.links import ascii_host, mixes_scripts
from tuimail.mime.words import decode_words
from tuimail.model.address import Address
from tuimail.model.safe_text import SafeText, safe_line

SHOWN_ADDRESSES = 100
FIELD_CHARACTERS = 200
# Of all fields: a DKIM signature or a chain of ARC seals is long, and yet to be seen whole.
SHOWN_FIELDS = 500
NAME_CHARACTERS = 100
VALUE_CHARACTERS = 4_000

_OF_PEOPLE = frozenset({"from", "sender", "reply-to", "to", "cc", "bcc"})


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


def all_header_lines(raw: bytes) -> tuple[tuple[SafeText, SafeText], ...]:
    """Name and value of every field that the letter has, in its order."""
    found = [
        (safe_line(name, NAME_CHARACTERS), _value(name.lower(), text))
        for name, text in islice(every_field(raw), SHOWN_FIELDS + 1)
    ]
    if len(found) > SHOWN_FIELDS:
        found[-1] = (SafeText("…"), SafeText(f"only the first {SHOWN_FIELDS} fields are shown"))
    return tuple(found)


def _value(name: str, text: str) -> SafeText:
    """Addresses with their real domains; everything else in its own words."""
    if name in _OF_PEOPLE and (shown := _list(people({name: [text]}, name))):
        return shown
    decoded = " ".join(decode_words(text).split())
    return safe_line(decoded, VALUE_CHARACTERS)


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
    if not address.name or not address.address:
        return address.shown + network
    return f"{address.name} <{address.address}>{network}"


def _domain(address: Address) -> str:
    return address.address.rpartition("@")[2]
