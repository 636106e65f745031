"""Finding messages again: what arrives may be one that we know without its UID."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntFlag

from tuimail.model.mail import DELETED, MessageKey
from tuimail.store.names import identity_of
from tuimail.store.parcels import Delivery
from tuimail.store.values import to_micros


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a message from others when its UID does not; true twins share it."""

    hash: int
    size: int
    second: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery with what follows from it."""

    delivery: Delivery
    received: int
    identity: Identity


def arrival(delivery: Delivery) -> Arrival:
    received = to_micros(delivery.received)
    own = identity_of(delivery.envelope.message_id, delivery.size, received)
    return Arrival(delivery, received, Identity(own, delivery.size, received // 1_000_000))


class Guess(IntFlag):
    """How sure an adoption is, until the end of the pull shows whether there are twins.

    `UNSEEN`: the index knows nothing of the message, nor of twins that it had.
    """

    NONE = 0
    BY_IDENTITY = 1
    WITHOUT_DATE = 2
    UNSEEN = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that may arrive; `dated` unless its server may date it anew.

    What a move left behind, marked `deleted`, is never taken for the message that was moved.
    """

    key: MessageKey
    identity: Identity
    dated: bool = True
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Adopted:
    key: MessageKey
    guess: Guess
    has_row: bool


@dataclass(slots=True)
class Adoption:
    """Chooses a known message for an arrival; each message serves once.

    `at` are those last known under a UID that is still valid; `moved` rows wait for their
    UID; `aside` rows lost theirs; `lost` are remembered by the journal alone. Only what the
    journal speaks of (`named`) can be mistaken for a twin with consequences.
    """

    at: Mapping[int, MessageKey]
    moved: Sequence[Candidate] = ()
    aside: Sequence[Candidate] = ()
    lost: Sequence[Candidate] = ()
    named: frozenset[MessageKey] = frozenset()
    _used: set[MessageKey] = field(default_factory=set)
    _index: dict[str, dict[tuple[int, int], list[Candidate]]] = field(default_factory=dict)

    def choose(self, arrival: Arrival) -> Adopted | None:
        key = self.at.get(arrival.delivery.uid)
        if key is not None and key not in self._used:
            self._used.add(key)
            return Adopted(key, Guess.NONE, has_row=False)
        for name, candidates in (("moved", self.moved), ("aside", self.aside), ("lost", self.lost)):
            found = self._alike(name, candidates, arrival)
            if found is not None:
                self._used.add(found.key)
                return Adopted(found.key, self._guess(name, found, arrival), name != "lost")
        return None

    def _alike(
        self, name: str, candidates: Sequence[Candidate], arrival: Arrival
    ) -> Candidate | None:
        if not candidates:
            return None
        wanted, deleted = arrival.identity, DELETED in arrival.delivery.flags
        if name not in self._index:
            self._index[name] = _by_hash(candidates)
        alike = [
            candidate
            for candidate in self._index[name].get((wanted.hash, wanted.size), ())
            if candidate.key not in self._used and candidate.deleted == deleted
        ]
        same_second = [c for c in alike if c.identity.second == wanted.second]
        undated = [c for c in alike if not c.dated]
        return next(iter(same_second or undated), None)

    def _guess(self, name: str, found: Candidate, arrival: Arrival) -> Guess:
        if name == "aside" and found.key not in self.named:
            return Guess.NONE
        same_second = found.identity.second == arrival.identity.second
        guess = Guess.BY_IDENTITY if same_second else Guess.WITHOUT_DATE
        return guess | Guess.UNSEEN if name == "lost" else guess


def _by_hash(candidates: Sequence[Candidate]) -> dict[tuple[int, int], list[Candidate]]:
    found: defaultdict[tuple[int, int], list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        found[candidate.identity.hash, candidate.identity.size].append(candidate)
    return found
