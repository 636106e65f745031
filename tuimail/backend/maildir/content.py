"""Messages on disk: LF where that can be taken back, and the wire's exact bytes again."""

import re

# Said in a file's name: its size on disk and on the wire, or that both are the same bytes.
_WIRE_SIZE = re.compile(r",W=(\d+)")
_STORED_SIZE = re.compile(r",S=(\d+)")
_AS_IS = ",RAW"
_BARE_LF = re.compile(rb"(?<!\r)\n")


def stored_form(wire: bytes) -> tuple[bytes, str]:
    """What to write, and what the file's name has to say about it."""
    if wire.count(b"\n") != wire.count(b"\r\n"):
        return wire, f",S={len(wire)}{_AS_IS}"
    stored = wire.replace(b"\r\n", b"\n")
    return stored, f",S={len(stored)},W={len(wire)}"


def wire_form(unique: str, stored: bytes) -> bytes:
    """The inverse; what another program wrote gets CR LF wherever only LF is."""
    if unique.endswith(_AS_IS):
        return stored
    size = told_size(unique)
    if size is not None:
        wire = stored.replace(b"\n", b"\r\n")
        if len(wire) == size:
            return wire
    return _BARE_LF.sub(b"\r\n", stored)


def told_size(unique: str) -> int | None:
    """The size on the wire if the name tells it."""
    match = _WIRE_SIZE.search(unique)
    return int(match[1]) if match else None


def wire_size(unique: str, stored: int) -> int | None:
    """The size on the wire of a file of `stored` bytes; None if it has to be read for that."""
    match = _STORED_SIZE.search(unique)
    if match is None or int(match[1]) != stored:
        return None
    return stored if unique.endswith(_AS_IS) else told_size(unique)


def wire_header(unique: str, beginning: bytes, *, ours: bool) -> bytes | None:
    """The header of a file that begins so; None if it does not end in there.

    `ours`: nobody has changed the file since it was stored.
    """
    wire = beginning
    if not unique.endswith(_AS_IS):
        wire = beginning.replace(b"\n", b"\r\n") if ours else _BARE_LF.sub(b"\r\n", beginning)
    return header_block(wire) if wire.startswith(b"\r\n") or b"\r\n\r\n" in wire else None


def header_block(wire: bytes) -> bytes:
    """Up to and with the empty line (RFC 9051 6.4.5.1)."""
    if wire.startswith(b"\r\n"):
        return b"\r\n"
    end = wire.find(b"\r\n\r\n")
    return wire if end < 0 else wire[: end + 4]
