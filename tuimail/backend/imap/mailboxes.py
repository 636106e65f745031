"""The list of mailboxes and where each stands, in one flight if the server can."""

import logging
from collections.abc import Mapping, Sequence

from tuimail.backend.base import Refused
from tuimail.backend.imap.answers import check
from tuimail.backend.imap.names import MailboxNames
from tuimail.backend.imap.pending import Pending
from tuimail.backend.imap.session import Session
from tuimail.model.mail import INBOX, MailboxName, Role
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.model.sync import NONE_UNLISTED, Bookmark, ServerMailbox, Unlisted
from tuimail.wire.imap_commands import on_mailbox, simple
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_responses import (
    ListRow,
    MailboxStatus,
    Namespace,
    Status,
    Unreadable,
    Untagged,
)

log = logging.getLogger(__name__)

MAX_MAILBOXES = 50_000
STATUS_BATCH = 100
# Of the rows that cannot be read.
_SHOWN = 3

_ROLES = {
    "\\archive": Role.ARCHIVE,
    "\\sent": Role.SENT,
    "\\trash": Role.TRASH,
    "\\drafts": Role.DRAFTS,
    "\\junk": Role.JUNK,
    "\\all": Role.ALL,
    "\\flagged": Role.FLAGGED,
}
_COUNTED = "STATUS HIGHESTMODSEQ"
_UNSELECTABLE = frozenset({"\\noselect", "\\nonexistent"})


class MailboxListing:
    """What LIST, LSUB, STATUS and NAMESPACE told."""

    def __init__(self, names: MailboxNames) -> None:
        self._names = names
        self.rows: dict[MailboxName, ListRow] = {}
        self._status: dict[MailboxName, Bookmark] = {}
        self._subscribed: set[MailboxName] = set()
        # Whether the server has said which are: where it has not, all count as subscribed.
        self.tells_subscribed = False
        self.subscriptions_unreadable = False
        self.unreadable = 0
        self._unread: list[SafeText] = []

    def hear(self, response: Untagged | Status) -> None:
        match response:
            case ListRow(subscribed_list=True):
                self._check_room()
                self._subscribed.add(self._names.name_of(response.name))
            case ListRow():
                self._check_room()
                self.rows[self._names.heard(response.name)] = response
            case MailboxStatus(name=name, items=items):
                # RFC 5819: the row of LIST comes before its STATUS.
                if (known := self._names.name_of(name)) in self.rows and "MESSAGES" in items:
                    self._status[known] = bookmark_of(items)
            case Namespace():
                self._names.namespaces.hear(response)
            case Unreadable(kind="LIST", text=text):
                self.unreadable += 1
                if len(self._unread) < _SHOWN:
                    self._unread.append(safe_line(text.decode("utf-8", "replace"), 80))
            case Unreadable(kind="LSUB"):
                self.subscriptions_unreadable = True

    def forget_unreadable(self) -> None:
        """The list is asked for in another way."""
        self.unreadable = 0
        self._unread.clear()

    def keep(self, told: Mapping[MailboxName, ListRow]) -> Unlisted:
        """A row that cannot be read is no sign that a mailbox is gone.

        Returns what no mailbox that was told before can account for.
        """
        heard = len(self.rows)
        self.rows = {**told, **self.rows}
        count = self.unreadable - (len(self.rows) - heard)
        return Unlisted(count, tuple(self._unread)) if count > 0 else NONE_UNLISTED

    def _check_room(self) -> None:
        if max(len(self.rows), len(self._subscribed)) >= MAX_MAILBOXES:
            raise ProtocolError("more mailboxes than there can be")

    def without_status(self) -> list[MailboxName]:
        return [
            name
            for name, row in self.rows.items()
            if name not in self._status and not row.attributes & _UNSELECTABLE
        ]

    def mailboxes(self, *, everything: bool = False) -> list[ServerMailbox]:
        """All of one's own, and those of others that are subscribed (or all); INBOX first."""
        listed = [self._mailbox(name, row) for name, row in self.rows.items()]
        listed.sort(key=lambda mailbox: (mailbox.name != INBOX, mailbox.name))
        return [
            box for box in listed if everything or box.subscribed or not self._is_foreign(box.name)
        ]

    def _mailbox(self, name: MailboxName, row: ListRow) -> ServerMailbox:
        subscribed = "\\subscribed" in row.attributes or name in self._subscribed
        return ServerMailbox(
            name,
            # Another's sent mail is not ours.
            Role.NONE if self._is_foreign(name) else _role(name, row.attributes),
            row.delimiter,
            selectable=not row.attributes & _UNSELECTABLE,
            subscribed=subscribed or not self.tells_subscribed or name == INBOX,
            status=self._status.get(name),
            prefix=self._names.personal_prefix if name == INBOX else None,
        )

    def _is_foreign(self, name: MailboxName) -> bool:
        return self._names.namespaces.is_foreign(self.rows[name].name)


def bookmark_of(items: dict[str, int]) -> Bookmark:
    """STATUS items as a bookmark; what was not told is 0."""
    return Bookmark(
        items.get("UIDVALIDITY", 0),
        items.get("UIDNEXT", 0),
        items.get("HIGHESTMODSEQ", 0),
        items.get("MESSAGES", 0),
        items.get("UNSEEN", 0),
    )


async def list_mailboxes(
    session: Session, names: MailboxNames, *, everything: bool = False
) -> list[ServerMailbox]:
    """LIST RETURN (… STATUS …), else LIST, LSUB and a STATUS for each, pipelined."""
    line, optional = session.line, session.optional
    listing = MailboxListing(names)
    namespace = None
    if "NAMESPACE" in line.capabilities:
        namespace = await optional.ask("NAMESPACE", simple("NAMESPACE"), listing.hear)
    if not await _list_extended(session, listing):
        await _list_plainly(session, listing)
    await optional.answered("NAMESPACE", namespace)
    if not listing.rows:
        raise Refused(f"{line.host} lists no mailbox")
    names.unlisted = NONE_UNLISTED
    if listing.unreadable:
        log.warning("%s: %d mailboxes cannot be read from LIST", line.host, listing.unreadable)
        names.unlisted = listing.keep(names.told)
    names.told = listing.rows
    await _ask_status(session, names, listing)
    return listing.mailboxes(everything=everything)


async def _list_extended(session: Session, listing: MailboxListing) -> bool:
    """Whether LIST with options (RFC 5258) told the mailboxes."""
    capabilities = session.line.capabilities
    if "LIST-EXTENDED" not in capabilities:
        return False
    wanted = {
        "SPECIAL-USE": "SPECIAL-USE" in capabilities,
        "SUBSCRIBED": True,
        f"STATUS {status_items(counted=_counts(session))}": "LIST-STATUS" in capabilities,
    }
    for options in ([each for each, offered in wanted.items() if offered], ["SUBSCRIBED"]):
        words = " ".join(options)
        pending = await session.optional.ask(
            f"LIST {words}",
            simple("LIST", '""', '"*"', f"RETURN ({words})"),
            listing.hear,
            needed=True,
        )
        if await session.optional.answered(f"LIST {words}", pending) and listing.rows:
            listing.tells_subscribed = True
            return True
        listing.forget_unreadable()
    return False


async def _list_plainly(session: Session, listing: MailboxListing) -> None:
    """Without LSUB all count as subscribed."""
    line = session.line
    listed = await line.start(simple("LIST", '""', '"*"'), listing.hear)
    subscribed = await session.optional.ask("LSUB", simple("LSUB", '""', '"*"'), listing.hear)
    check(await listed.done, line.host, "to list the mailboxes")
    told = await session.optional.answered("LSUB", subscribed)
    listing.tells_subscribed = told and not listing.subscriptions_unreadable


def status_items(*, counted: bool = False) -> str:
    """What STATUS is asked for; `counted`: the server's count of changes, too (RFC 7162)."""
    modseq = " HIGHESTMODSEQ" if counted else ""
    return f"(MESSAGES UNSEEN UIDNEXT UIDVALIDITY{modseq})"


async def _ask_status(session: Session, names: MailboxNames, listing: MailboxListing) -> None:
    """Of all but the selected one (RFC 9051 6.3.11), which is looked into anyway."""
    wanted = [name for name in listing.without_status() if name != session.selected]
    counted = _counts(session)
    for start in range(0, len(wanted), STATUS_BATCH):
        batch = [names.wire(name) for name in wanted[start : start + STATUS_BATCH]]
        refused = await _statuses(session, listing, batch, counted=counted)
        if counted and refused:
            again = await _statuses(session, listing, refused, counted=False)
            if len(again) < len(refused):
                session.optional.give_up(_COUNTED)
                counted = False


def _counts(session: Session) -> bool:
    capable = "CONDSTORE" in session.line.capabilities
    return capable and not session.optional.is_vain(_COUNTED)


async def _statuses(
    session: Session, listing: MailboxListing, batch: Sequence[bytes], *, counted: bool
) -> list[bytes]:
    """Those of which the server does not want to tell it: they are listed without."""
    flight: list[Pending] = []
    for name in batch:
        command = on_mailbox("STATUS", name, status_items(counted=counted))
        flight.append(await session.line.start(command, listing.hear))
    answers = [await pending.done for pending in flight]
    return [name for name, told in zip(batch, answers, strict=True) if told.condition != "OK"]


def _role(name: MailboxName, attributes: frozenset[str]) -> Role:
    if name == INBOX:
        return Role.INBOX
    return next((_ROLES[word] for word in sorted(attributes) if word in _ROLES), Role.NONE)
