"""A mail server in memory with IMAP's semantics, and switches for what can go wrong."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from tuimail.backend.base import Refused
from tuimail.model.mail import DELETED, INBOX, SEEN, SYSTEM_FLAGS, Flag, MailboxName, Role
from tuimail.model.operation import Operation
from tuimail.model.sync import Bookmark, ServerId, ServerMailbox

STANDARD_MAILBOXES = {
    INBOX: Role.INBOX,
    MailboxName("Archive"): Role.ARCHIVE,
    MailboxName("Drafts"): Role.DRAFTS,
    MailboxName("Junk"): Role.JUNK,
    MailboxName("Sent"): Role.SENT,
    MailboxName("Trash"): Role.TRASH,
}


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message in a mailbox; `modseq` tells when its flags last changed (RFC 7162)."""

    uid: int
    content: bytes
    flags: frozenset[Flag]
    received: datetime
    modseq: int


@dataclass(slots=True)
class StoredMailbox:
    """One mailbox; `expunged` are its vanished UIDs, each with the MODSEQ of its end."""

    name: MailboxName
    role: Role
    validity: int
    next_uid: int = 1
    modseq: int = 1
    keywords_kept: bool = True
    messages: dict[int, StoredMessage] = field(default_factory=dict)
    expunged: list[tuple[int, int]] = field(default_factory=list)

    @property
    def status(self) -> Bookmark:
        unseen = sum(SEEN not in message.flags for message in self.messages.values())
        return Bookmark(self.validity, self.next_uid, self.modseq, len(self.messages), unseen)

    def present(self, uids: Iterable[int]) -> list[int]:
        """Those of `uids` that are still here, in ascending order."""
        return sorted(set(uids) & self.messages.keys())


def utc_now() -> datetime:
    return datetime.now(UTC)


class DemoServer:
    """One account's mail. Its methods are what any client may do; a test is another client.

    Switches: `latency` in seconds a command, `password` (None: any will do), `tells_copyuid`
    (UIDPLUS). The line is cut before the next `lose_commands` operations are carried out, and
    after the next `lose_answers` ones were. `commands` counts what the backends asked.
    """

    def __init__(
        self,
        mailboxes: dict[MailboxName, Role] | None = None,
        *,
        clock: Callable[[], datetime] = utc_now,
        delimiter: str = "/",
    ) -> None:
        self.latency = 0.0
        self.password: str | None = None
        self.tells_copyuid = True
        self.lose_commands = 0
        self.lose_answers = 0
        self.commands: Counter[str] = Counter()
        self.delimiter = delimiter
        self._clock = clock
        self._mailboxes: dict[MailboxName, StoredMailbox] = {}
        self._last_validity = 1_700_000_000
        self._refusals: dict[type[Operation], str] = {}
        self._outage: str | None = None
        self._connection_era = 0
        self._waiting: set[asyncio.Future[None]] = set()
        for name, role in (STANDARD_MAILBOXES if mailboxes is None else mailboxes).items():
            self.create(name, role)

    # What can go wrong.

    @property
    def outage(self) -> str | None:
        """The sentence that every call fails with, None while the server can be reached."""
        return self._outage

    @property
    def connection_era(self) -> int:
        """Grows whenever all connections are lost."""
        return self._connection_era

    def cut(self) -> None:
        """Lose every connection; a new one can be made at once."""
        self._connection_era += 1
        self.wake()

    def go_down(self, reason: str = "The server cannot be reached.") -> None:
        """Lose every connection and accept none until `come_back`."""
        self._outage = reason
        self.cut()

    def come_back(self) -> None:
        self._outage = None

    def refuse(self, kind: type[Operation], reason: str) -> None:
        """Answer NO to every operation of this kind until it is allowed again."""
        self._refusals[kind] = reason

    def allow(self, kind: type[Operation]) -> None:
        self._refusals.pop(kind, None)

    def refusal(self, operation: Operation) -> str | None:
        """Why this operation is not carried out, None if it is."""
        return self._refusals.get(type(operation))

    # Mailboxes.

    def mailbox(self, name: MailboxName) -> StoredMailbox:
        """Raises Refused if there is none of this name."""
        try:
            return self._mailboxes[name]
        except KeyError:
            raise Refused(f"There is no mailbox named {name}.") from None

    def has_mailbox(self, name: MailboxName) -> bool:
        return name in self._mailboxes

    def listing(self) -> list[ServerMailbox]:
        """What LIST tells; a parent that is no mailbox itself cannot be selected."""
        listed = {
            name: ServerMailbox(name, mailbox.role, self.delimiter, status=mailbox.status)
            for name, mailbox in self._mailboxes.items()
        }
        for name in self._mailboxes:
            for parent in self._parents(name):
                listed.setdefault(
                    parent, ServerMailbox(parent, delimiter=self.delimiter, selectable=False)
                )
        return sorted(listed.values(), key=lambda mailbox: (mailbox.name != INBOX, mailbox.name))

    def create(self, name: MailboxName, role: Role = Role.NONE) -> None:
        if not name or name in self._mailboxes:
            raise Refused(f"The mailbox {name} cannot be created.")
        self._mailboxes[name] = StoredMailbox(name, role, self._new_validity())
        self.wake()

    def delete(self, name: MailboxName) -> None:
        self.mailbox(name)
        if name == INBOX:
            raise Refused("The inbox cannot be deleted.")
        del self._mailboxes[name]
        self.wake()

    def rename(self, name: MailboxName, new_name: MailboxName) -> None:
        """Messages keep their UIDs; mailboxes below go along (RFC 9051 6.3.6)."""
        self.mailbox(name)
        if self.has_mailbox(new_name):
            raise Refused(f"There is a mailbox named {new_name} already.")
        below = name + self.delimiter
        for old in [each for each in self._mailboxes if each == name or each.startswith(below)]:
            mailbox = self._mailboxes.pop(old)
            mailbox.name = MailboxName(new_name + old[len(name) :])
            self._mailboxes[mailbox.name] = mailbox
        self.wake()

    def renumber(self, name: MailboxName) -> None:
        """Change UIDVALIDITY: the same messages under UIDs that say something else."""
        mailbox = self.mailbox(name)
        survivors = [mailbox.messages[uid] for uid in sorted(mailbox.messages)]
        mailbox.validity = self._new_validity()
        mailbox.modseq += 1
        mailbox.expunged = []
        mailbox.messages = {
            uid: replace(message, uid=uid, modseq=mailbox.modseq)
            for uid, message in enumerate(survivors, start=1)
        }
        mailbox.next_uid = len(survivors) + 1
        self.wake()

    def keep_keywords(self, name: MailboxName, kept: bool) -> None:
        """Whether PERMANENTFLAGS has `\\*`."""
        self.mailbox(name).keywords_kept = kept

    # Messages.

    def append(
        self,
        name: MailboxName,
        content: bytes,
        flags: Collection[Flag] = (),
        received: datetime | None = None,
    ) -> ServerId:
        mailbox = self.mailbox(name)
        mailbox.modseq += 1
        uid = self._next_uid(mailbox)
        mailbox.messages[uid] = StoredMessage(
            uid,
            content,
            self._kept(mailbox, flags),
            (received or self._clock()).replace(microsecond=0),
            mailbox.modseq,
        )
        self.wake()
        return ServerId(mailbox.validity, uid)

    def deliver(
        self, content: bytes, name: MailboxName = INBOX, received: datetime | None = None
    ) -> int:
        """New mail has come; returns its UID."""
        return self.append(name, content, received=received).uid

    def store(
        self,
        name: MailboxName,
        uids: Collection[int],
        add: Collection[Flag] = (),
        remove: Collection[Flag] = (),
    ) -> list[int]:
        """Add and remove flags; returns the UIDs that are there."""
        mailbox = self.mailbox(name)
        there = mailbox.present(uids)
        mailbox.modseq += 1
        for uid in there:
            message = mailbox.messages[uid]
            flags = self._kept(mailbox, message.flags - set(remove) | set(add))
            if flags != message.flags:
                mailbox.messages[uid] = replace(message, flags=flags, modseq=mailbox.modseq)
        self.wake()
        return there

    def copy(
        self, name: MailboxName, uids: Collection[int], target: MailboxName
    ) -> dict[int, ServerId]:
        """Copy with flags and INTERNALDATE; returns the copies' ids by source UID."""
        source = self.mailbox(name)
        self.mailbox(target)
        return {
            uid: self.append(target, message.content, message.flags, message.received)
            for uid in source.present(uids)
            for message in [source.messages[uid]]
        }

    def move(
        self, name: MailboxName, uids: Collection[int], target: MailboxName
    ) -> dict[int, ServerId]:
        moved = self.copy(name, uids, target)
        self.expunge(name, moved)
        return moved

    def expunge(self, name: MailboxName, uids: Collection[int]) -> list[int]:
        """Delete exactly these for good; returns the UIDs that were there."""
        mailbox = self.mailbox(name)
        there = mailbox.present(uids)
        for uid in there:
            mailbox.modseq += 1
            del mailbox.messages[uid]
            mailbox.expunged.append((mailbox.modseq, uid))
        self.wake()
        return there

    def expunge_deleted(self, name: MailboxName) -> list[int]:
        """A plain EXPUNGE, as another client may send it."""
        messages = self.mailbox(name).messages
        return self.expunge(name, [uid for uid in messages if DELETED in messages[uid].flags])

    async def next_change(self) -> None:
        """Return at the next change of anything, or when the connections are lost."""
        change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(change)
        try:
            await change
        finally:
            self._waiting.discard(change)

    def _parents(self, name: MailboxName) -> Sequence[MailboxName]:
        parts = name.split(self.delimiter)
        return [MailboxName(self.delimiter.join(parts[:end])) for end in range(1, len(parts))]

    def _new_validity(self) -> int:
        self._last_validity += 1
        return self._last_validity

    def _next_uid(self, mailbox: StoredMailbox) -> int:
        uid = mailbox.next_uid
        mailbox.next_uid += 1
        return uid

    def _kept(self, mailbox: StoredMailbox, flags: Collection[Flag]) -> frozenset[Flag]:
        kept = frozenset(flags)
        return kept if mailbox.keywords_kept else kept & set(SYSTEM_FLAGS)

    def wake(self) -> None:
        for change in list(self._waiting):
            change.get_loop().call_soon_threadsafe(_set_done, change)


def _set_done(change: asyncio.Future[None]) -> None:
    if not change.done():
        change.set_result(None)
