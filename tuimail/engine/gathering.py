"""Messages as far as a server gives them out, whatever it does at some of them."""

from collections import deque
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass

from tuimail.backend.base import Backend, BrokenOff, Withheld
from tuimail.model.mail import MailboxName
from tuimail.model.sync import Fetched, Part

# Of what may have broken the line so much is asked for at once the next time.
SMALLER = 16
# In a row and without a message between them; then it is more than a few messages.
MOST_REFUSALS = 50
MOST_BREAKS = 6
# If more than so many are refused and none comes, it is not because of them.
FEW = 3
# What is larger, and may have broken the line, comes in pieces.
SMALL = 1 << 16
# After the line was lost so many bytes are asked for at once: what we have not read goes with it.
CAUTIOUS = 1 << 17
_HEADER = 1 << 10


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A mailbox under one UIDVALIDITY."""

    mailbox: MailboxName
    validity: int


@dataclass(frozen=True, slots=True)
class Missed:
    """A message that was asked for alone, and why it did not come; `broke`: the line was lost."""

    uid: int
    reason: str
    broke: bool


class Gathering:
    """Asks for fewer and fewer of what was refused or lost with the line, and goes on.

    `miss` is told of what cannot be had even alone. What `sizes` call large is left in
    `for_pieces` once the line was lost at it. `cautious`: lines to this server get lost; `broke`
    tells whether one was.
    """

    def __init__(
        self,
        backend: Backend,
        place: Place,
        part: Part,
        miss: Callable[[Missed], Awaitable[None]],
        sizes: Mapping[int, int] | None = None,
        *,
        cautious: bool = False,
    ) -> None:
        self._backend = backend
        self._place = place
        self._part = part
        self._miss = miss
        self._sizes = sizes or {}
        self._cautious = cautious
        self.broke = False
        # Whether nothing has come yet since the line was opened anew.
        self._fresh = False
        self._doubted: set[int] = set()
        self._nothing_came = True
        self._held: list[Missed] = []
        self._suspects: frozenset[int] = frozenset()
        self._waiting: deque[tuple[int, ...]] = deque()
        self._in_vain = 0
        self.settled: set[int] = set()
        self.for_pieces: list[int] = []

    async def messages(
        self, uids: Sequence[int], suspects: Iterable[int] = ()
    ) -> AsyncIterator[Fetched | None]:
        """Those that are there; `suspects` last and one by one. None: it will take a while.

        Raises as `Backend.fetch` does where it is about more than some messages.
        """
        suspects = tuple(suspects)
        self._suspects = frozenset(suspects)
        self._wait_for([uids, *((uid,) for uid in suspects)])
        while self._waiting:
            some = self._waiting.popleft()
            if not some:
                continue
            came: set[int] = set()
            try:
                async for fetched in self._fetch(some):
                    came.add(fetched.uid)
                    await self._note_progress()
                    yield fetched
            except Withheld as refusal:
                await self._narrow(some, refusal)
            except BrokenOff as loss:
                yield None
                await self._go_on(some, loss, came)
        await self._judge()

    async def _narrow(self, some: Sequence[int], refusal: Withheld) -> None:
        """Which ones the server means is not told: ask for halves."""
        left = [uid for uid in some if uid in refusal.uids]
        self._check_hope(refusal, MOST_REFUSALS)
        if len(left) == 1:
            await self._note(Missed(left[0], str(refusal), broke=False))
            return
        middle = (len(left) + 1) // 2
        self._wait_for([left[:middle], left[middle:]])

    async def _go_on(self, some: Sequence[int], loss: BrokenOff, came: Collection[int]) -> None:
        """On another line, with the others first, and last what was due when it was lost."""
        fresh, self._fresh = self._fresh, True
        self.broke = True
        await self._backend.connect()
        self._check_hope(loss, MOST_BREAKS)
        self._take_care()
        left = [uid for uid in loss.uids if uid in some]
        if len(some) == 1 and left and not self._is_large(left[0]):
            await self._lost_alone(left[0], loss, fresh=fresh)
            return
        self.for_pieces += [uid for uid in left if self._is_large(uid)]
        self.settled.update(self.for_pieces)
        small = [uid for uid in left if not self._is_large(uid)]
        rest = small[1:] if small[:1] == left[:1] else small
        size = max(1, len(rest) if came else len(rest) // SMALLER)
        self._wait_for([[uid for uid in some if uid not in left and uid not in came]])
        self._wait_for(rest[start : start + size] for start in range(0, len(rest), size))
        self._wait_for([small[:1]] if rest is not small else [])

    async def _lost_alone(self, uid: int, loss: BrokenOff, *, fresh: bool) -> None:
        """It is the message's fault where it came first on a new line; else by chance, perhaps."""
        if fresh or uid in self._suspects:
            await self._note(Missed(uid, str(loss), broke=True))
        elif uid in self._doubted:
            self._waiting.appendleft((uid,))
        else:
            self._doubted.add(uid)
            self._waiting.append((uid,))

    def _check_hope(self, trouble: Withheld | BrokenOff, most: int) -> None:
        self._in_vain += 1
        if self._in_vain > most:
            raise trouble

    async def _note_progress(self) -> None:
        self._in_vain = 0
        self._fresh = False
        self._nothing_came = False
        while self._held:
            await self._miss(self._held.pop())

    async def _note(self, missed: Missed) -> None:
        """As long as nothing came, it may be no message's fault."""
        self.settled.add(missed.uid)
        if self._nothing_came and missed.uid not in self._suspects:
            self._held.append(missed)
        else:
            await self._miss(missed)

    async def _judge(self) -> None:
        """Where not one of several was given out, it is the mailbox that cannot be read."""
        if len(self._held) > FEW:
            uids = [each.uid for each in self._held]
            first = self._held[0]
            raise (BrokenOff if first.broke else Withheld)(first.reason, uids)
        for missed in self._held:
            await self._miss(missed)

    def _fetch(self, uids: Sequence[int]) -> AsyncIterator[Fetched]:
        place = self._place
        return self._backend.fetch(place.mailbox, place.validity, uids, self._part)

    def _is_large(self, uid: int) -> bool:
        return self._sizes.get(uid, 0) > SMALL

    def _wait_for(self, groups: Iterable[Sequence[int]]) -> None:
        for group in groups:
            self._waiting.extend(self._in_small(group) if self._cautious else [tuple(group)])

    def _take_care(self) -> None:
        if not self._cautious:
            self._cautious = True
            waiting, self._waiting = self._waiting, deque()
            self._wait_for(waiting)

    def _in_small(self, uids: Sequence[int]) -> Iterator[tuple[int, ...]]:
        some: list[int] = []
        held = 0
        for uid in uids:
            size = self._sizes.get(uid, _HEADER)
            if some and held + size > CAUTIOUS:
                yield tuple(some)
                some, held = [], 0
            some.append(uid)
            held += size
        if some:
            yield tuple(some)
