"""Taking in what the server says: the index first, then what the journal must know."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from tuimail.model.mail import MailboxName, MessageKey
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.model.sync import Bookmark, Changes, ServerMailbox
from tuimail.store import mailboxes, pulling, troubles
from tuimail.store.adoption import Adoption, Arrival, Guess, arrival
from tuimail.store.bodies import Bodies
from tuimail.store.cache import Cache
from tuimail.store.delivery import Delivering, in_index, rows_without_uid
from tuimail.store.own_flags import OwnFlagsRecord
from tuimail.store.parcels import Delivery, Touched
from tuimail.store.places import Places
from tuimail.store.pulling import Guessed
from tuimail.store.values import CacheLost

_LOST = SafeText("the message could not be found again: the server numbered its mailbox anew")
_PERHAPS_GONE = SafeText(
    "it cannot be told whether this was done: a message looks the same, but it may be another one"
)
_REMOVED = "the index was removed during a pull; a new one has begun"
_TWINS = SafeText("several messages look the same, so it cannot be told which one was meant")

# To allot keys is to wait for the disk.
KEYS_AT_ONCE = 5000

# Parks what is recorded for these messages.
Park = Callable[[set[MessageKey], SafeText], None]


class Intake:
    """The engine's pulls; one that did not see a single index from end to end is CacheLost."""

    def __init__(
        self,
        cache: Cache,
        bodies: Bodies,
        places: Places,
        own_flags: OwnFlagsRecord,
        *,
        park: Park,
        allot_keys: Callable[[int], range],
    ) -> None:
        self._cache = cache
        self._bodies = bodies
        self._places = places
        self._own_flags = own_flags
        self._park = park
        self._allot_keys = allot_keys
        self._fresh: deque[int] = deque()
        self._asked: dict[MailboxName, int] = {}

    def merge_list(self, listed: Sequence[ServerMailbox]) -> Touched:
        if not listed:
            return Touched()
        with self._cache.index.writing():
            listing = mailboxes.merge_list(self._cache.index, listed)
        self._bodies.remove(listing.removed)
        self._own_flags.forget(listing.removed)
        for name in listing.gone:
            words = safe_line(f"the mailbox {name} is no longer on the server", 200)
            self._park(self._places.open_in(name), words)
        return Touched(listing.changed | listing.gone, removed=len(listing.removed))

    def bookmark(self, mailbox: MailboxName) -> Bookmark | None:
        self._asked.setdefault(mailbox, self._cache.generation)
        return mailboxes.bookmark(self._cache.index, mailbox)

    def _require_index_of_bookmark(self, mailbox: MailboxName) -> None:
        """What changed since a bookmark of another index says nothing of this one."""
        if self._asked.pop(mailbox, self._cache.generation) != self._cache.generation:
            self.begin_anew()
            raise CacheLost(_REMOVED)

    def begin_anew(self) -> None:
        """Whoever pulls has been told: forget what was asked of the lost index."""
        self._asked.clear()

    def merge(self, mailbox: MailboxName, changes: Changes) -> Touched:
        self._require_index_of_bookmark(mailbox)
        with self._cache.index.writing():
            merged = pulling.merge(
                self._cache.index, mailbox, changes, self._places.stamp(), self._own_flags.all()
            )
        if merged.known_in_vain:
            raise CacheLost(f"{mailbox!r} was numbered anew before its first pull was finished")
        self._bodies.remove(merged.removed)
        self._own_flags.forget(merged.removed)
        changed = changes.reset or merged.removed or merged.flags_changed
        return Touched(
            frozenset({mailbox} if changed else ()),
            removed=len(merged.removed),
            flags_changed=merged.flags_changed,
        )

    def deliver(self, mailbox: MailboxName, deliveries: Sequence[Delivery]) -> list[MessageKey]:
        fresh = self._fresh_keys(len(deliveries))
        index = self._cache.index
        with index.writing():
            row = mailboxes.row_of(index, mailbox)
            if row.validity is None and deliveries:
                row = mailboxes.begin(index, mailbox, deliveries[0].validity)
            arrived = [
                arrival(delivery) for delivery in deliveries if delivery.validity == row.validity
            ]
            adoption = self._adoption(mailbox, row, arrived)
            delivering = Delivering(index, mailbox, row, adoption, self._own_flags.all())
            keys = delivering.deliver(arrived, fresh)
            for one, key in zip(arrived, keys, strict=True):
                if one.delivery.missed is not None:
                    troubles.note(index, key, one.delivery.missed, one.delivery.received)
            return keys

    def _fresh_keys(self, count: int) -> Iterator[int]:
        """Keys that are already ours; what is not used serves the next time."""
        if len(self._fresh) < count:
            self._fresh += self._allot_keys(max(count, KEYS_AT_ONCE))
        while True:
            yield self._fresh.popleft()

    def _adoption(
        self, mailbox: MailboxName, row: mailboxes.Pulled, arrived: Sequence[Arrival]
    ) -> Adoption:
        index = self._cache.index
        validity = arrived[0].delivery.validity if arrived else 0
        at = self._places.at(mailbox, validity, [a.delivery.uid for a in arrived])
        lost = self._places.alike(mailbox, validity, {a.identity.hash for a in arrived})
        here = in_index(index, [*at.values(), *(candidate.key for candidate in lost)])
        aside = rows_without_uid(index, -row.id, arrived, dated=True)
        return Adoption(
            at={uid: key for uid, key in at.items() if key not in here},
            moved=rows_without_uid(index, row.id, arrived, dated=False),
            aside=aside,
            lost=[candidate for candidate in lost if candidate.key not in here],
            named=self._places.named([candidate.key for candidate in aside]),
        )

    def finish(self, mailbox: MailboxName, reached: Bookmark) -> Touched:
        index = self._cache.index
        if mailboxes.row_of(index, mailbox).stamp < 0:
            raise CacheLost(_REMOVED)
        guessed = pulling.guessed(index, mailbox)
        doubtful = self._doubtful(mailbox, reached.validity, guessed)
        # Before the index forgets them: a crash in between must not make a guess sure.
        self._park(set(doubtful), _TWINS)
        self._places.forget(doubtful)
        unseen = [each.key for each in guessed if Guess.UNSEEN in each.guess]
        self._park(self._places.leaving(unseen), _PERHAPS_GONE)
        new_keys = self._allot_keys(len(doubtful)) if doubtful else range(0)
        with index.writing():
            row = mailboxes.row_of(index, mailbox)
            for old, new in zip(doubtful, new_keys, strict=True):
                pulling.rename(index, old, MessageKey(new))
            found = pulling.confirm(index, row.id)
            dropped = self._dropped(row)
            mailboxes.remove_messages(index, dropped)
            mailboxes.keep_bookmark(index, mailbox, reached)
        self._bodies.remove([*dropped, *doubtful])
        self._own_flags.forget([*dropped, *doubtful])
        self._places.found(mailbox, found)
        self._park(self._places.not_found(mailbox, reached.validity, row.stamp), _LOST)
        changed = bool(dropped or doubtful)
        return Touched(frozenset({mailbox} if changed else ()), removed=len(dropped))

    def _doubtful(
        self, mailbox: MailboxName, validity: int, guessed: Sequence[Guessed]
    ) -> list[MessageKey]:
        """Guesses that a twin has a claim to as well: one that came, or one that did not."""
        lost = self._places.alike(mailbox, validity, {each.looks.hash for each in guessed})
        here = in_index(self._cache.index, [candidate.key for candidate in lost])
        missing = [candidate for candidate in lost if candidate.key not in here]
        rivals = pulling.rivals(self._cache.index, mailbox)
        told = self._places.told(
            mailbox, validity, {rival.uid for rival in rivals if rival.uid is not None}
        )
        twins = {rival.guessed for rival in rivals if rival.key not in told}
        return [
            each.key
            for each in guessed
            if each.key in twins or any(each.may_be(other.identity) for other in missing)
        ]

    def _dropped(self, row: mailboxes.Pulled) -> list[MessageKey]:
        """Rows set aside, or moved here before this pull, that it has not found."""
        moved = pulling.waiting(self._cache.index, row.id)
        later = self._places.moved_since(row.stamp, moved)
        aside = pulling.waiting(self._cache.index, -row.id)
        return [*aside, *(key for key in moved if key not in later)]
