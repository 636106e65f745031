"""The list of mailboxes and where each stands, in one flight if the server can."""

from collections.abc import Iterator

from tuimail.backend.base import Refused
from tuimail.backend.imap.answers import check
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.names import MailboxNames
from tuimail.backend.imap.pending import Pending
from tuimail.model.mail import INBOX, MailboxName, Role
from tuimail.model.sync import Bookmark, ServerMailbox
from tuimail.wire.imap_commands import Command, on_mailbox, simple
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_responses import ListRow, MailboxStatus, Namespace, Status, Untagged
from tuimail.wire.uid_set import MAX_UID

MAX_MAILBOXES = 50_000
STATUS_BATCH = 100

_ROLES = {
    "\\archive": Role.ARCHIVE,
    "\\sent": Role.SENT,
    "\\trash": Role.TRASH,
    "\\drafts": Role.DRAFTS,
    "\\junk": Role.JUNK,
    "\\all": Role.ALL,
    "\\flagged": Role.FLAGGED,
}
_UNSELECTABLE = frozenset({"\\noselect", "\\nonexistent"})


class MailboxListing:
    """What LIST, LSUB, STATUS and NAMESPACE told."""

    def __init__(self, names: MailboxNames) -> None:
        self._names = names
        self.rows: dict[MailboxName, ListRow] = {}
        self._status: dict[MailboxName, Bookmark] = {}
        self._subscribed: set[MailboxName] | None = None
        self._foreign: tuple[bytes, ...] = ()

    def hear(self, response: Untagged | Status) -> None:
        match response:
            case ListRow(subscribed_list=True):
                self._check_room()
                self._subscribed = self._subscribed or set()
                self._subscribed.add(self._names.name_of(response.name))
            case ListRow():
                self._check_room()
                self.rows[self._names.heard(response.name)] = response
            case MailboxStatus(name=name, items=items):
                # RFC 5819: the row of LIST comes before its STATUS.
                if (known := self._names.name_of(name)) in self.rows:
                    self._status[known] = bookmark_of(items)
            case Namespace(others=others, shared=shared):
                self._foreign = tuple(prefix for prefix in others + shared if prefix)

    def _check_room(self) -> None:
        if max(len(self.rows), len(self._subscribed or ())) >= MAX_MAILBOXES:
            raise ProtocolError("more mailboxes than there can be")

    def without_status(self) -> list[MailboxName]:
        return [
            name
            for name, row in self.rows.items()
            if name not in self._status and not row.attributes & _UNSELECTABLE
        ]

    def mailboxes(self) -> list[ServerMailbox]:
        """All of one's own, and those of others that are subscribed; INBOX first."""
        listed = [self._mailbox(name, row) for name, row in self.rows.items()]
        listed.sort(key=lambda mailbox: (mailbox.name != INBOX, mailbox.name))
        return [box for box in listed if box.subscribed or not self._is_foreign(box.name)]

    def _mailbox(self, name: MailboxName, row: ListRow) -> ServerMailbox:
        told = self._subscribed is not None or "\\subscribed" in self._all_attributes()
        subscribed = "\\subscribed" in row.attributes or name in (self._subscribed or ())
        return ServerMailbox(
            name,
            _role(name, row.attributes),
            row.delimiter,
            selectable=not row.attributes & _UNSELECTABLE,
            subscribed=subscribed or not told or name == INBOX,
            status=self._status.get(name),
        )

    def _all_attributes(self) -> frozenset[str]:
        return frozenset().union(*(row.attributes for row in self.rows.values()))

    def _is_foreign(self, name: MailboxName) -> bool:
        return self.rows[name].name.startswith(self._foreign) if self._foreign else False


def bookmark_of(items: dict[str, int]) -> Bookmark:
    """STATUS items as a bookmark; what was not told is 0."""
    return Bookmark(
        min(items.get("UIDVALIDITY", 0), MAX_UID),
        min(items.get("UIDNEXT", 0), MAX_UID),
        items.get("HIGHESTMODSEQ", 0),
        items.get("MESSAGES", 0),
        items.get("UNSEEN", 0),
    )


async def list_mailboxes(line: Line, names: MailboxNames) -> list[ServerMailbox]:
    """LIST RETURN (… STATUS …), else LIST, LSUB and a STATUS for each, pipelined."""
    listing = MailboxListing(names)
    flight = [await line.start(command, listing.hear) for command in _questions(line.capabilities)]
    for pending in flight:
        check(await pending.done, line.host, "to list the mailboxes")
    if not listing.rows:
        raise Refused(f"{line.host} lists no mailbox")
    await _ask_status(line, names, listing)
    return listing.mailboxes()


def _questions(capabilities: frozenset[str]) -> Iterator[Command]:
    if "NAMESPACE" in capabilities:
        yield simple("NAMESPACE")
    wanted = {
        "SPECIAL-USE": "SPECIAL-USE" in capabilities,
        "SUBSCRIBED": "LIST-EXTENDED" in capabilities,
        f"STATUS {status_items(capabilities)}": "LIST-STATUS" in capabilities,
    }
    options = " ".join(option for option, offered in wanted.items() if offered)
    returned = (f"RETURN ({options})",) if "LIST-EXTENDED" in capabilities else ()
    yield simple("LIST", '""', '"*"', *returned)
    if "LIST-EXTENDED" not in capabilities:
        yield simple("LSUB", '""', '"*"')


def status_items(capabilities: frozenset[str]) -> str:
    modseq = " HIGHESTMODSEQ" if "CONDSTORE" in capabilities else ""
    return f"(MESSAGES UNSEEN UIDNEXT UIDVALIDITY{modseq})"


async def _ask_status(line: Line, names: MailboxNames, listing: MailboxListing) -> None:
    wanted = listing.without_status()
    for start in range(0, len(wanted), STATUS_BATCH):
        flight: list[Pending] = []
        for name in wanted[start : start + STATUS_BATCH]:
            command = on_mailbox("STATUS", names.wire(name), status_items(line.capabilities))
            flight.append(await line.start(command, listing.hear))
        for pending in flight:
            # A mailbox that refuses STATUS is listed without.
            await pending.done


def _role(name: MailboxName, attributes: frozenset[str]) -> Role:
    if name == INBOX:
        return Role.INBOX
    return next((_ROLES[word] for word in sorted(attributes) if word in _ROLES), Role.NONE)
