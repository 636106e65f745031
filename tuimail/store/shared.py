"""What every process may do with a store: read what is shown, write the journal."""

from array import array
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Self, TypeVar

from tuimail.model.body import Body, NotHere
from tuimail.model.mail import (
    AccountName,
    Mailbox,
    MailboxName,
    Message,
    MessageKey,
    Order,
    first_key,
)
from tuimail.model.operation import Append, Entry, Operation
from tuimail.model.query import Query
from tuimail.model.trouble import Trouble
from tuimail.store.bodies_reader import BodiesReader
from tuimail.store.database import Damaged
from tuimail.store.drafts import DraftVersions, Earlier
from tuimail.store.entries import Entries
from tuimail.store.journal_file import JournalFile
from tuimail.store.late_copies import LateCopies
from tuimail.store.maildrop import MaildropRecord
from tuimail.store.maildrop_trouble import TroubleRecord
from tuimail.store.outbox import Outbox
from tuimail.store.outgoing import Outgoing
from tuimail.store.places import Places
from tuimail.store.recording import PLAINLY, Circumstances, Draft, Recorder
from tuimail.store.settling import Settling
from tuimail.store.shown import Ranked, Shown, Wish
from tuimail.store.undoing import Undoing
from tuimail.store.values import AccountFolders, StoreError
from tuimail.store.waiting import Waiting

Answer = TypeVar("Answer")
Originals = Callable[[MailboxName, int], bytes | None]


class SharedStore:
    """The part of `Store` that needs no engine."""

    def __init__(
        self,
        account: AccountName,
        folders: AccountFolders,
        *,
        writer: bool,
        clock: Callable[[], datetime],
        originals: Originals | None = None,
    ) -> None:
        self._clock = clock
        self._originals = originals
        self._journal = JournalFile(folders.data, folders.cache / "index.db", writer=writer)
        self._bodies_reader = BodiesReader(folders.cache / "bodies.db")
        self._shown = Shown(account, self._journal)
        self._entries = Entries(account, self._journal, clock)
        self._recorder = Recorder(self._journal, self._entries)
        self._outgoing = Outgoing(self._journal, self._entries)
        self._places = Places(self._journal, self._entries)
        self._settling = Settling(self._journal, self._entries, self._outgoing, self._places)
        self._waiting = Waiting(self._journal, self._entries, self._settling)
        self._undoing = Undoing(self._journal, self._entries, self._recorder, self._waiting)
        self._recorder.begin_keys(first_key(account))
        self.maildrop = MaildropRecord(self._journal)
        self.maildrop_trouble = TroubleRecord(self._journal)
        self.late_copies = LateCopies(self._journal)
        self.outbox = Outbox(account, self._journal, self._entries, self._recorder)
        self._drafts = DraftVersions(self._journal, self._entries, self._recorder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._bodies_reader.close()
        self._journal.close()

    def _ask(self, question: Callable[[], Answer]) -> Answer:
        """Ask the index that is there now; one that is damaged answers as if empty."""
        self._journal.follow()
        try:
            return question()
        except Damaged as damage:
            self._journal.require_order(damage)
            self._journal.forget_index()
            return question()

    # What is shown: the index overlaid with what is pending.

    def mailboxes(self) -> list[Mailbox]:
        """Every mailbox, those too that only pending moves name so far."""
        return self._ask(self._shown.mailboxes)

    def keys(
        self,
        mailbox: MailboxName | None,
        query: Query | None,
        order: Order,
        limit: int | None = None,
    ) -> "array[int]":
        """What is shown in a mailbox (None: in all), in its order."""
        return self._ask(lambda: self._shown.keys(Wish(mailbox, query, order, limit)))

    def ranked_keys(
        self,
        mailbox: MailboxName | None,
        query: Query | None,
        order: Order,
        limit: int | None = None,
    ) -> Ranked:
        """As `keys`, with what it takes to merge accounts; not to be changed."""
        return self._ask(lambda: self._shown.ranked_keys(Wish(mailbox, query, order, limit)))

    def texts(self) -> tuple[int, int]:
        """How many messages there are, and of how many the text was read."""
        return self._ask(self._shown.texts)

    def messages(self, keys: Sequence[MessageKey]) -> list[Message]:
        """The rows of `keys` in their order; those that are gone are left out."""
        return self._ask(lambda: self._shown.messages(keys))

    def uids(self, keys: Sequence[MessageKey]) -> dict[MessageKey, int]:
        """The UIDs of these where the server last had them, also while a move is pending."""
        return self._ask(lambda: self._shown.uids(keys))

    def files(self, keys: Sequence[MessageKey]) -> set[MessageKey]:
        """Those whose bytes are a file here."""
        return self._ask(lambda: {key for key in keys if self._shown.file_of(key) is not None})

    def body(self, key: MessageKey) -> Body | NotHere:
        found = self._bodies_reader.body(self._ask(lambda: self._shown.row_key(key)))
        return NotHere(key) if isinstance(found, NotHere) else found

    def raw(self, key: MessageKey) -> bytes | None:
        """The exact bytes as on the wire, None if they are not here."""
        row = self._ask(lambda: self._shown.row_key(key))
        if (
            self._originals is None
            or (place := self._ask(lambda: self._shown.file_of(row))) is None
        ):
            return self._bodies_reader.raw(row)
        try:
            return self._originals(*place)
        except OSError as trouble:
            words = trouble.strerror or trouble
            raise StoreError(f"the message cannot be read: {words}") from trouble

    def troubles(self) -> list[Trouble]:
        """What the server does not give out, mailboxes first."""
        from tuimail.store.troubles import all_of  # noqa: PLC0415  not for a first screen

        return self._ask(lambda: all_of(self._journal))

    def resolve(self, public_id: str) -> MessageKey | None:
        """The message that `account:hash` names, also 30 days after a move; no other ever."""
        return self._ask(lambda: self._shown.resolve(public_id))

    # The journal.

    def record(
        self,
        drafts: Sequence[Operation],
        *,
        not_before: datetime | None = None,
        content: bytes | None = None,
        how: Circumstances = PLAINLY,
    ) -> list[Entry]:
        """Append one command, durably, as one group; every read shows it from here on.

        Keeps what really changes: messages that already are so are left out, messages
        that meanwhile are elsewhere go under their own mailbox (an Expunge leaves them
        out). Returns the entries made, none if nothing changes. `content` is Append's.
        """
        wanted = [Draft(operation, not_before, content) for operation in drafts]
        return self._ask(lambda: self._recorder.record_command(wanted, how))

    def put_draft(self, append: Append, content: bytes, earlier: Earlier) -> list[Entry]:
        """A version of a draft for the server; `earlier` ones go once it is there."""
        return self._ask(lambda: self._drafts.put(append, content, earlier))

    def take_out_draft(self, earlier: Earlier, *, by_itself: bool = False) -> list[Entry]:
        """The server is to have no version of it in its place for drafts."""
        return self._ask(lambda: self._drafts.take_out(earlier, by_itself=by_itself))

    def waiting_drafts(self) -> list[Entry]:
        """Versions of drafts that no server has yet, the newest first."""
        return self._drafts.waiting()

    def draft_content(self, entry: Entry) -> bytes | None:
        """The bytes of a version that waits; None once the server has them."""
        return self._drafts.content(entry)

    def vanished(self, keys: Collection[MessageKey]) -> set[MessageKey]:
        """Those that the server had, and has not any more, by no doing of ours."""
        return self._ask(lambda: self._drafts.vanished(keys))

    def allot_keys(self, count: int) -> range:
        """New message keys (for Copy and Append), never used twice."""
        self._journal.follow()
        with self._journal.writing():
            return self._recorder.allot_keys(count)

    def history(self, limit: int) -> list[Entry]:
        """Newest first, every state; without what was done by itself."""
        wanted = "c.undoes IS NOT 0 ORDER BY e.id DESC LIMIT ?"
        return self._entries.select(wanted, (limit,))

    def pending(self) -> list[Entry]:
        """Recorded, claimed and parked entries, oldest first."""
        return self._entries.select("e.state IN ('recorded', 'claimed', 'parked') ORDER BY e.id")

    def entry(self, entry_id: int) -> Entry | None:
        return self._entries.one(entry_id)

    def undo(self) -> list[Entry]:
        """Take back the newest command that can be: its entries, or none.

        What no engine has claimed is withdrawn; of the rest the exact inverse is recorded.
        """
        return self._ask(self._undoing.undo)

    def redo(self) -> list[Entry]:
        """Record again what was undone last, unless another command came since."""
        return self._ask(self._undoing.redo)

    def undo_parts(self, act: datetime) -> list[Entry]:
        """Take back what was done by itself with the command recorded at `act`."""
        return self._ask(lambda: self._undoing.undo_parts(act))

    def redo_parts(self, undone: datetime) -> list[Entry]:
        """Do that again with the command that was undone then."""
        return self._ask(lambda: self._undoing.redo_parts(undone))

    def newest_undoable(self) -> tuple[datetime, int] | None:
        """When the command that `undo` would take back was recorded, and its group."""
        return self._undoing.newest_undoable()

    def newest_redoable(self) -> tuple[datetime, int] | None:
        """When the command that `redo` would repeat was undone, and its group."""
        return self._undoing.newest_redoable()

    def retry(self, entry_id: int) -> bool:
        """Record a parked entry again, and what was parked with it; the ids are new."""
        return self._ask(lambda: self._undoing.retry(entry_id))

    def drop(self, entry_id: int) -> bool:
        """Forget a parked entry."""
        return self._ask(lambda: self._undoing.drop(entry_id))
