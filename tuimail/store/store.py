"""One account on disk: index, journal, bodies, and the overlay that shows them as one."""

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from tuimail.model.body import Body, NotHere
from tuimail.model.mail import (
    AccountName,
    Mailbox,
    MailboxName,
    Message,
    MessageKey,
    Order,
)
from tuimail.model.operation import Entry, Operation
from tuimail.model.query import Query
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import Bookmark, Changes, ServerId, ServerMailbox
from tuimail.store.values import (
    AccountFolders,
    CacheLost,
    Delivery,
    StoreError,
    Touched,
    Wanted,
    utc_now,
)

__all__ = [
    "AccountFolders",
    "CacheLost",
    "Delivery",
    "Store",
    "StoreError",
    "Touched",
    "Wanted",
]


class Store:
    """One account on disk, used by one thread at a time; raises StoreError only.

    The journal is written by every process. Index and bodies have one writer, the engine
    (`writer`); for the others they are read-only, and empty while they do not exist.
    """

    def __init__(
        self,
        account: AccountName,
        folders: AccountFolders,
        *,
        writer: bool,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    # What is shown: the index overlaid with what is pending.

    def mailboxes(self) -> list[Mailbox]:
        """Every mailbox, those too that only pending moves name so far."""
        raise NotImplementedError

    def keys(
        self,
        mailbox: MailboxName | None,
        query: Query | None,
        order: Order,
        limit: int | None = None,
    ) -> array[int]:
        """What is shown in a mailbox (None: in all), in its order."""
        raise NotImplementedError

    def dated_keys(
        self,
        mailbox: MailboxName | None,
        query: Query | None,
        order: Order,
        limit: int | None = None,
    ) -> list[tuple[int, int]]:
        """As `keys`, with `received` in microseconds before each key, to merge accounts."""
        raise NotImplementedError

    def messages(self, keys: Sequence[MessageKey]) -> list[Message]:
        """The rows of `keys` in their order; those that are gone are left out."""
        raise NotImplementedError

    def body(self, key: MessageKey) -> Body | NotHere:
        raise NotImplementedError

    def raw(self, key: MessageKey) -> bytes | None:
        """The exact bytes as on the wire, None if they are not here."""
        raise NotImplementedError

    def resolve(self, public_id: str) -> MessageKey | None:
        """The message that `account:hash` names, also 30 days after a move; no other ever."""
        raise NotImplementedError

    # The journal: any process.

    def record(
        self,
        drafts: Sequence[Operation],
        *,
        not_before: datetime | None = None,
        content: bytes | None = None,
    ) -> list[Entry]:
        """Append one command, durably, as one group; every read shows it from here on.

        Keeps what really changes: messages that already are so are left out, messages
        that meanwhile are elsewhere go under their own mailbox (an Expunge leaves them
        out). Returns the entries made, none if nothing changes. `content` is Append's.
        """
        raise NotImplementedError

    def allot_keys(self, count: int) -> range:
        """New message keys (for Copy and Append), never used twice."""
        raise NotImplementedError

    def history(self, limit: int) -> list[Entry]:
        """Newest first, every state."""
        raise NotImplementedError

    def pending(self) -> list[Entry]:
        """Recorded, claimed and parked entries, oldest first."""
        raise NotImplementedError

    def entry(self, entry_id: int) -> Entry | None:
        raise NotImplementedError

    def undo(self) -> list[Entry]:
        """Take back the newest command that can be: its entries, or none.

        What no engine has claimed is withdrawn; of the rest the exact inverse is recorded.
        """
        raise NotImplementedError

    def redo(self) -> list[Entry]:
        """Record again what was undone last, unless another command came since."""
        raise NotImplementedError

    def newest_undoable(self) -> tuple[datetime, int] | None:
        """When the command that `undo` would take back was recorded, and its group."""
        raise NotImplementedError

    def newest_redoable(self) -> tuple[datetime, int] | None:
        """When the command that `redo` would repeat was undone, and its group."""
        raise NotImplementedError

    def retry(self, entry_id: int) -> bool:
        """Record a parked entry again, and what was parked with it; the ids are new."""
        raise NotImplementedError

    def drop(self, entry_id: int) -> bool:
        """Forget a parked entry."""
        raise NotImplementedError

    # The engine alone: what the server says.

    @property
    def generation(self) -> int:
        """Counts the times that this store had to begin a new index."""
        raise NotImplementedError

    def merge_mailboxes(self, listed: Sequence[ServerMailbox]) -> Touched:
        """Take over the server's list; what is not in it goes, with its messages."""
        raise NotImplementedError

    def bookmark(self, mailbox: MailboxName) -> Bookmark | None:
        """How far the mailbox was pulled; None: pull it from nothing. Begins a pull."""
        raise NotImplementedError

    def known(self, mailbox: MailboxName) -> array[int]:
        """The UIDs held under the current UIDVALIDITY, ascending."""
        raise NotImplementedError

    def merge(self, mailbox: MailboxName, changes: Changes) -> Touched:
        """Take over flags and what vanished; a reset sets the old rows aside for adoption.

        This, `deliver` and `finish_pull` raise CacheLost if the index that the pull began
        with is not there any more.
        """
        raise NotImplementedError

    def deliver(self, mailbox: MailboxName, arrived: Sequence[Delivery]) -> list[MessageKey]:
        """Store new messages in one transaction; a message we knew keeps its key."""
        raise NotImplementedError

    def finish_pull(self, mailbox: MailboxName, bookmark: Bookmark) -> Touched:
        """All that came before `bookmark` is stored: what was not found again goes.

        Operations on messages that cannot be told any more are parked.
        """
        raise NotImplementedError

    # The engine alone: bodies.

    def bodies_wanted(
        self,
        count: int,
        max_bytes: int,
        *,
        since: datetime | None = None,
        max_size: int = 50_000_000,
    ) -> list[Wanted]:
        """Messages without their bytes, INBOX first, then newest first, of one mailbox.

        At most `count` of them and `max_bytes` together (one at least); none received
        before `since`, none above `max_size`.
        """
        raise NotImplementedError

    def keep_raw(self, bodies: Sequence[tuple[MessageKey, bytes]]) -> None:
        raise NotImplementedError

    def unparsed(self, count: int) -> list[MessageKey]:
        """Messages whose bytes are here and whose text is not, newest first."""
        raise NotImplementedError

    def keep_bodies(self, bodies: Sequence[tuple[MessageKey, Body]]) -> None:
        """Keep the text, the snippet and the attachments, and make them searchable."""
        raise NotImplementedError

    def forget_raw(self, keys: Iterable[MessageKey]) -> None:
        """Give back the room of these messages' bytes; their text stays."""
        raise NotImplementedError

    # The engine alone: operations on their way.

    def due(self, now: datetime) -> list[Entry]:
        """Recorded entries that may go now, in order.

        Left out are those held by `not_before`, those whose messages are not (or not
        surely) known to be in the operation's mailbox, and what depends on such. So of a
        chain of moves only the first is due; ask again after it is settled.
        """
        raise NotImplementedError

    def claim(self, entry_ids: Collection[int], checkpoint: int) -> list[Entry]:
        """Mark them on their way, before the first byte leaves; those that still were free."""
        raise NotImplementedError

    def unfinished(self) -> list[tuple[Entry, int]]:
        """Claimed and not settled, with their checkpoints: the engine died on them."""
        raise NotImplementedError

    def places(self, entry: Entry) -> dict[MessageKey, ServerId]:
        """Where the entry's messages (Copy: the sources) are in the operation's mailbox.

        Messages that are not known to be there are missing.
        """
        raise NotImplementedError

    def settle(self, entry: Entry, ids: Mapping[MessageKey, ServerId | None]) -> Touched:
        """The server did it: into the index first, then the journal; may be repeated.

        `ids` is what `Backend.perform` returned; a message missing there was gone, its
        effect is dropped and the entry says so.
        """
        raise NotImplementedError

    def park(
        self, entry: Entry, reason: SafeText, keys: Collection[MessageKey] | None = None
    ) -> Touched:
        """The server refused (only `keys` of it): the effect goes, dependants with it."""
        raise NotImplementedError

    def unclaim(self, entry: Entry) -> bool:
        """The line was lost before the first byte: recorded again."""
        raise NotImplementedError

    def content(self, entry: Entry) -> bytes:
        """The bytes that an Append wants stored."""
        raise NotImplementedError

    def next_timer(self) -> datetime | None:
        """When the next held entry may go."""
        raise NotImplementedError

    def expire(self) -> None:
        """Forget what is settled for 30 days; copy the journal once a day."""
        raise NotImplementedError

    def check(self) -> list[str]:
        """Faults found, one sentence each; a damaged index is moved aside and begun anew."""
        raise NotImplementedError
