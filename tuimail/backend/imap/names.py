"""Mailbox names: as the model has them, and exactly as the server spells them."""

from collections.abc import Mapping

from tuimail.backend.imap.namespaces import Namespaces
from tuimail.model.mail import INBOX, MailboxName
from tuimail.model.sync import NONE_UNLISTED
from tuimail.wire.imap_responses import ListRow
from tuimail.wire.utf7 import decode_utf7, encode_utf7


class MailboxNames:
    """Remembers how the server spells each name; a name it never told is encoded.

    `told` are the rows of the last LIST, `unlisted` those that could not be read.
    """

    def __init__(self) -> None:
        self.told: Mapping[MailboxName, ListRow] = {}
        self.unlisted = NONE_UNLISTED
        self._wire: dict[MailboxName, bytes] = {}
        self.namespaces = Namespaces()

    @property
    def personal_prefix(self) -> str | None:
        """Where one's own mailboxes are, as in "INBOX."; None where the server has not said it."""
        told = self.namespaces.personal
        return None if told is None else _with_inbox_in_capitals(decode_utf7(told))

    def heard(self, wire_name: bytes) -> MailboxName:
        """The model's name for a mailbox that LIST told, from now on known."""
        name = self.name_of(wire_name)
        self._wire.setdefault(name, wire_name)
        return name

    def name_of(self, wire_name: bytes) -> MailboxName:
        """The model's name for `wire_name`; two of the server's are never one of ours."""
        if wire_name.upper() == b"INBOX":
            return INBOX
        name = MailboxName(decode_utf7(wire_name))
        if self._wire.get(name, wire_name) == wire_name:
            return name
        return MailboxName(wire_name.decode("latin-1"))

    def wire(self, mailbox: MailboxName) -> bytes:
        """What to call `mailbox` in a command."""
        return self._wire.get(mailbox) or encode_utf7(mailbox)


def _with_inbox_in_capitals(prefix: str) -> str:
    return str(INBOX) + prefix[5:] if prefix[:5].upper() == INBOX else prefix
