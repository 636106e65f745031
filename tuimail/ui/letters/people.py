"""Addresses as a user types them. Pure."""

from collections.abc import Iterable

from tuimail.model.address import Address, BadAddress, check_sendable, plain

_SPECIAL = frozenset(',;<>"@:()[]\\')


def parse_people(text: str) -> tuple[Address, ...]:
    """`Anna Meyer <anna@example.org>, bob@example.org`; raises BadAddress with a sentence."""
    if any(not (each.isprintable() or each == "\t") for each in text):
        raise BadAddress("An address has no line breaks or control characters")
    return tuple(_person(piece.strip()) for piece in _pieces(text) if piece.strip())


def people_so_far(text: str) -> tuple[Address, ...]:
    """The same of what may not be finished: what is no address yet stands as it was typed."""
    pieces = [piece.strip() for piece in _pieces(text) if piece.strip()]
    return tuple(map(_person_so_far, pieces))


def format_people(people: Iterable[Address]) -> str:
    """What `parse_people` reads back into the same."""
    return ", ".join(map(_written, people))


def _pieces(text: str) -> list[str]:
    """Cut at commas and semicolons, but not within quotes or angle brackets."""
    pieces, quoted, bracket = [""], False, False
    for character in text:
        if character == '"' and not bracket:
            quoted = not quoted
        elif character in "<>" and not quoted:
            bracket = character == "<"
        elif character in ",;" and not quoted and not bracket:
            pieces.append("")
            continue
        pieces[-1] += character
    return pieces


def _person(piece: str) -> Address:
    if not piece.endswith(">") or "<" not in piece:
        return plain(check_sendable(piece))
    name, _, address = piece[:-1].rpartition("<")
    return plain(check_sendable(address.strip()), name.strip().strip('"').strip())


def _person_so_far(piece: str) -> Address:
    try:
        return _person(piece)
    except BadAddress:
        return plain(piece)


def _written(person: Address) -> str:
    name = person.name.replace('"', "")
    if not name:
        return person.address
    quoted = f'"{name}"' if _SPECIAL & set(name) else name
    return f"{quoted} <{person.address}>"
