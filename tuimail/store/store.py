"""One account on disk: index, journal, bodies, and the overlay that shows them as one."""

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

from tuimail.model.body import Body
from tuimail.model.mail import AccountName, Envelope, Flag, MailboxName, MessageKey
from tuimail.model.operation import Entry
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import Bookmark, Changes, ServerId, ServerMailbox
from tuimail.store import mailboxes, outcome_notes, pulling, renewing, troubles, upkeep
from tuimail.store.adoption import Identity
from tuimail.store.arriving import Arriving
from tuimail.store.bodies import Bodies, Wish
from tuimail.store.cache import Cache
from tuimail.store.database import Damaged
from tuimail.store.failpoint import failpoint
from tuimail.store.intake import Intake
from tuimail.store.outcome import settled
from tuimail.store.outcome_notes import OutcomeNote
from tuimail.store.outgoing import Stranded
from tuimail.store.own_flags import OwnFlagsRecord
from tuimail.store.parcels import Delivery, Failed, Touched, Wanted
from tuimail.store.shared import Originals, SharedStore
from tuimail.store.values import AccountFolders, CacheLost, StoreError, utc_now

__all__ = [
    "AccountFolders",
    "CacheLost",
    "Delivery",
    "Failed",
    "Store",
    "StoreError",
    "Touched",
    "Wanted",
]

LARGEST_BODY = 50_000_000


class Store(SharedStore):
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
        originals: Originals | None = None,
    ) -> None:
        """`originals` reads messages that are files here."""
        # The journal first: without one, a cache would show that it was lost.
        super().__init__(account, folders, writer=writer, clock=clock, originals=originals)
        try:
            self._cache = Cache(folders) if writer else None
        except StoreError:
            super().close()
            raise
        if self._cache:
            self._bodies = Bodies(self._cache)
            self._intake = Intake(
                self._cache,
                self._bodies,
                self._places,
                OwnFlagsRecord(self._journal),
                park=self._settling.park_messages,
                allot_keys=self.allot_keys,
            )
            self._recorder.skip_keys(self._cache.highest_key())
            # What the disk has no room for now is tried again by `unfinished`.
            with suppress(StoreError), self._writing() as cache:
                self._end_settling(cache)

    def close(self) -> None:
        super().close()
        if self._cache:
            self._cache.close()

    @contextmanager
    def _writing(self) -> Iterator[Cache]:
        """The cache that is there now; raises CacheLost if it turns out to be damaged."""
        if self._cache is None:
            raise StoreError("only the engine writes the index")
        self._cache.follow()
        self._journal.follow()
        try:
            yield self._cache
        except Damaged as damage:
            self._journal.require_order(damage)
            self._cache.replace_damaged()
            self._intake.begin_anew()
            raise CacheLost("the index was damaged; a new one has begun") from damage

    # What the server says.

    @property
    def generation(self) -> int:
        """Counts the times that this store had to begin a new index."""
        return self._cache.generation if self._cache else 0

    def merge_mailboxes(self, listed: Sequence[ServerMailbox]) -> Touched:
        """Take over the server's list; what is not in it goes, with its messages."""
        with self._writing():
            return self._intake.merge_list(listed)

    def bookmark(self, mailbox: MailboxName) -> Bookmark | None:
        """How far the mailbox was pulled; None: pull it from nothing. Begins a pull."""
        with self._writing():
            return self._intake.bookmark(mailbox)

    def unplaced(self) -> frozenset[MailboxName]:
        """Mailboxes that hold messages whose UID only a pull can tell."""
        with self._writing() as cache:
            return pulling.unplaced(cache.index)

    def known(self, mailbox: MailboxName) -> "array[int]":
        """The UIDs held under the current UIDVALIDITY, ascending."""
        with self._writing() as cache:
            return mailboxes.known(cache.index, mailbox)

    def merge(self, mailbox: MailboxName, changes: Changes) -> Touched:
        """Take over flags and what vanished; a reset sets the old rows aside for adoption.

        This and `finish_pull` raise CacheLost if the index that the pull began with is not
        there any more: ask for the bookmark again.
        """
        with self._writing():
            return self._intake.merge(mailbox, changes)

    def deliver(self, mailbox: MailboxName, arrived: Sequence[Delivery]) -> list[MessageKey]:
        """Store new messages in one transaction; a message we knew keeps its key."""
        with self._writing():
            keys = self._intake.deliver(mailbox, arrived)
            self.late_copies.look(mailbox, arrived, self._clock())
            return keys

    def finish_pull(self, mailbox: MailboxName, bookmark: Bookmark) -> Touched:
        """All that came before `bookmark` is stored: what was not found again goes.

        Operations on messages that cannot be told any more are parked.
        """
        with self._writing():
            return self._intake.finish(mailbox, bookmark)

    # Bodies.

    def bodies_wanted(
        self,
        count: int,
        max_bytes: int,
        *,
        since: datetime | None = None,
        max_size: int = LARGEST_BODY,
    ) -> list[Wanted]:
        """Messages of one mailbox without their bytes, INBOX first, then the newest.

        At the very end come those of any mailbox that could not be had before.

        At most `count` of them and `max_bytes` together (one at least); none received
        before `since`, none above `max_size`.
        """
        with self._writing():
            return self._bodies.wanted(Wish(count, max_bytes, since, max_size, self._clock()))

    def missing(self, keys: Collection[MessageKey]) -> list[Wanted]:
        """Those of `keys` whose bytes are not here and can be fetched."""
        with self._writing():
            return self._bodies.missing(keys)

    def keep_raw(self, bodies: Sequence[tuple[MessageKey, bytes]]) -> None:
        with self._writing():
            self._bodies.keep_raw(bodies)

    def unparsed(self, count: int) -> list[MessageKey]:
        """Messages whose bytes are here and whose text is not, newest first."""
        with self._writing():
            return self._bodies.unparsed(count)

    def unparsed_count(self) -> int:
        with self._writing():
            return self._bodies.unparsed_count()

    def keep_bodies(self, bodies: Sequence[tuple[MessageKey, Body]]) -> Touched:
        """Keep the text, the snippet and the attachments, and make them searchable."""
        with self._writing():
            self._bodies.keep_bodies(bodies)
            return Touched(self._shown.mailboxes_of([key for key, _ in bodies]))

    def came_whole(
        self, uid: int, size: int, header: tuple[Envelope, datetime] | None = None
    ) -> Touched:
        """The message with this UID is a file here now, and no placeholder any more.

        `header`: what it says and when it was received, unless its placeholder had the same.
        """
        with self._writing() as cache:
            self._bodies.came_whole(uid, size)
            if header is not None:
                with cache.index.writing():
                    renewing.take_over(cache.index, uid, *header)
            rows = cache.index.rows("SELECT key FROM message WHERE uid = ? AND mailbox > 0", (uid,))
            return Touched(self._shown.mailboxes_of([MessageKey(key) for (key,) in rows]))

    def note_failed(self, failed: Mapping[MessageKey, Failed]) -> None:
        """These messages could not be had from the server."""
        with self._writing() as cache, cache.index.writing():
            for key, each in failed.items():
                troubles.note(cache.index, key, each, self._clock())

    def note_mailbox_failed(self, mailbox: MailboxName, failed: Failed) -> None:
        """This mailbox could not be read on the server."""
        with self._writing() as cache, cache.index.writing():
            troubles.note_mailbox(cache.index, mailbox, failed, self._clock())

    def note_mailbox_read(self, mailbox: MailboxName) -> None:
        """This mailbox can be read on the server."""
        with self._writing() as cache, cache.index.writing():
            troubles.forget_mailbox(cache.index, mailbox)

    def note_list(self, reason: SafeText) -> None:
        """Why the server's list of mailboxes could not be had in full; "" if it could."""
        with self._writing() as cache, cache.index.writing():
            troubles.note_list(cache.index, reason, self._clock())

    def listed_before(self) -> list[ServerMailbox]:
        """The mailboxes that were there by an earlier list."""
        with self._writing() as cache:
            return mailboxes.listed_before(cache.index)

    def hurry_troubles(self) -> None:
        """Let everything be asked for again that could not be had."""
        with self._writing() as cache, cache.index.writing():
            troubles.hurry(cache.index)

    def renew(self, mailbox: MailboxName, came: Sequence[Delivery]) -> Touched:
        """The headers of messages came for which placeholders stand here."""
        with self._writing() as cache:
            with cache.index.writing():
                renewing.renew(cache.index, mailbox, came)
            return Touched(frozenset({mailbox}))

    def arriving(self) -> Arriving:
        """For a message that is too large to come in one."""
        with self._writing() as cache:
            return Arriving(cache)

    def forget_raw(self, keys: Iterable[MessageKey]) -> None:
        """Give back the room of these messages' bytes; their text stays."""
        with self._writing():
            self._bodies.forget_raw(keys)

    # Operations on their way.

    def due(self, now: datetime) -> list[Entry]:
        """Recorded entries that may go now, in order.

        Left out are those held by `not_before`, those whose messages are not (or not
        surely) known to be in the operation's mailbox, and what depends on such. So of a
        chain of moves only the first is due; ask again after it is settled.
        """
        return self._ask(lambda: self._outgoing.due(now))

    def stranded(self) -> list[Stranded]:
        """Recorded entries that would wait for ever: their messages are elsewhere."""
        return self._ask(self._outgoing.stranded)

    def claim(self, entry_ids: Collection[int], checkpoint: ServerId) -> list[Entry]:
        """Mark them on their way, before the first byte leaves; those that still were free."""
        return self._ask(lambda: self._outgoing.claim(entry_ids, checkpoint))

    def unfinished(self) -> list[tuple[Entry, ServerId]]:
        """Claimed and not settled, with their checkpoints: the engine died on them.

        Those whose messages are not known now are left out until a pull has found them.
        """
        with self._writing() as cache:
            self._end_settling(cache)
        return self._ask(lambda: self._outgoing.unfinished(self._clock()))

    def places(self, *entries: Entry) -> dict[MessageKey, ServerId]:
        """Where the entries' messages (Copy: the sources) are in the operations' mailboxes.

        Messages that are not known to be there are missing.
        """
        return self._ask(lambda: self._outgoing.places(entries))

    def settle(self, entry: Entry, ids: Mapping[MessageKey, ServerId | None]) -> Touched:
        """The server did it: into the index first, then the journal; may be repeated.

        `ids` is what `Backend.perform` returned. A message missing there was gone, if
        `places` knew it: its effect is dropped and the entry says so; else it stays recorded.
        """
        return self.settle_all([entry], ids)

    def settle_all(
        self, entries: Sequence[Entry], ids: Mapping[MessageKey, ServerId | None]
    ) -> Touched:
        """As `settle`, for entries that the server did in one go."""
        with self._writing() as cache:
            checkpoints = self._entries.checkpoints([entry.id for entry in entries])
            looks = self._places.looks(key for key, found in ids.items() if found is None)
            with cache.index.writing():
                outcome = settled(cache.index, entries, ids, checkpoints, looks)
                self._bodies.copy(outcome.copied)
                entry_ids = [entry.id for entry in entries]
                note = OutcomeNote(outcome_notes.new_token(), entry_ids, ids, outcome.merged)
                outcome_notes.keep(cache.index, note)
            self._bodies.remove(outcome.removed)
            failpoint("between_index_and_journal")
            self._end_settling(cache)
            return Touched.by(entries)

    def _end_settling(self, cache: Cache) -> None:
        """Tell the journal what the index alone knows of the server's doings."""
        for note in outcome_notes.kept(cache.index, after=self._settling.last_settled()):
            self._settling.settle(note)
        outcome_notes.forget(cache.index)

    def park(
        self,
        entry: Entry,
        reason: SafeText,
        keys: Collection[MessageKey] | None = None,
        *,
        in_doubt: bool = False,
    ) -> Touched:
        """The server refused (only `keys` of it): the effect goes, dependants with it.

        `in_doubt`: nobody can tell whether it was done, nor whether an undo has to take it back.
        """
        self._ask(lambda: self._settling.park(entry, reason, keys, in_doubt=in_doubt))
        return Touched.by([entry])

    def postpone(self, entry: Entry, reason: SafeText, until: datetime) -> Touched:
        """The server did nothing of it, and may later: recorded again, not due before `until`."""
        self._ask(lambda: self._waiting.postpone(entry.id, reason, until))
        return Touched.by([entry])

    def leave_in_doubt(self, entries: Sequence[Entry], reason: SafeText, until: datetime) -> None:
        """Nobody knows how far the server came: `unfinished` has them again at `until`."""
        self._waiting.leave_in_doubt([entry.id for entry in entries], reason, until)

    def take_up(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those of `unfinished` entries that nobody dropped, on their way again."""
        return self._waiting.take_up([entry.id for entry in entries])

    def part(self, entry: Entry, keys: Collection[MessageKey]) -> Entry | None:
        """Give `keys` of a claimed entry an entry of their own; None if it is not claimed now."""
        return self._waiting.part(entry, keys)

    def looks(self, keys: Collection[MessageKey]) -> dict[MessageKey, Identity]:
        """By what messages that the journal names are told from others; true twins share it."""
        return self._places.looks(keys)

    def keep_here(self, entries: Sequence[Entry], flags: frozenset[Flag]) -> None:
        """These flags of claimed entries stay on this machine: the server does not keep them."""
        self._settling.keep_here([entry.id for entry in entries], flags)

    def unclaim(self, entry: Entry) -> bool:
        """The line was lost before the first byte: recorded again."""
        return self._ask(lambda: self._outgoing.unclaim(entry))

    def content(self, entry: Entry) -> bytes:
        """The bytes that an Append wants stored."""
        return self._entries.content(entry.id) or b""

    def next_timer(self, since: datetime | None = None) -> datetime | None:
        """When the next entry may go that is held now, or was then."""
        return self._outgoing.next_timer(since or self._clock())

    def expire(self) -> None:
        """Forget what is settled for 30 days; copy the journal once a day."""
        with self._writing():
            upkeep.forget_old(self._journal, self._entries)
            upkeep.copy_journal(self._journal, self._entries)
            self.outbox.expire()
            self._bodies.remove_orphans()

    def check(self) -> list[str]:
        """Faults found, one sentence each; a damaged index is moved aside and begun anew."""
        self._journal.follow()
        faults = upkeep.faults(self._journal, self._cache)
        if self._cache and any(upkeep.is_of_index(fault) for fault in faults):
            self._cache.replace_damaged()
        elif self._cache:
            self._bodies.remove_orphans()
        return faults
