"""Whose a mailbox is, as NAMESPACE tells it (RFC 2342): one's own, another user's, shared."""

from tuimail.wire.imap_responses import Namespace, Prefix

_INBOX = b"INBOX"


class Namespaces:
    """Nothing is known before the server has told; then every mailbox is one's own."""

    def __init__(self) -> None:
        self._own: tuple[Prefix, ...] = ()
        self._foreign: tuple[Prefix, ...] = ()

    def hear(self, told: Namespace) -> None:
        self._own = told.personal
        self._foreign = told.others + told.shared

    @property
    def personal(self) -> bytes | None:
        """How the names of one's own mailboxes begin, None where the server has not said it."""
        return self._own[0].name if self._own else None

    def is_foreign(self, wire_name: bytes) -> bool:
        """The longest prefix decides: that of the shared mailboxes may be empty (Cyrus)."""
        if wire_name.upper() == _INBOX:
            return False
        own = max((_match(prefix, wire_name) for prefix in self._own), default=-1)
        foreign = max((_match(prefix, wire_name) for prefix in self._foreign), default=-1)
        return foreign > own


def _match(prefix: Prefix, wire_name: bytes) -> int:
    """How long the prefix is that `wire_name` has, or is without its delimiter; else -1."""
    delimiter = (prefix.delimiter or "").encode()
    start, name = _comparable(prefix.name), _comparable(wire_name)
    return len(start) if name.startswith(start) or name + delimiter == start else -1


def _comparable(name: bytes) -> bytes:
    """ "INBOX" at the beginning in capitals (RFC 9051 5.1)."""
    return _INBOX + name[5:] if name[:5].upper() == _INBOX else name
