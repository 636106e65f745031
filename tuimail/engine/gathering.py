"""Messages as far as a server gives them out, whatever it does at some of them."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from tuimail.backend.base import Backend, BrokenOff, Withheld
from tuimail.model.mail import MailboxName
from tuimail.model.sync import Fetched, Part

# Of what may have broken the line so much is asked for at once the next time.
SMALLER = 16
# In a row and without a message between them; then it is more than a few messages.
MOST_REFUSALS = 50
MOST_BREAKS = 6


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

    `miss` is told of what cannot be had even alone. `large` are UIDs of messages that, once the
    line was lost at them, are better asked for in pieces: they are left in `for_pieces`.
    """

    def __init__(
        self,
        backend: Backend,
        place: Place,
        part: Part,
        miss: Callable[[Missed], Awaitable[None]],
        large: Collection[int] = (),
    ) -> None:
        self._backend = backend
        self._place = place
        self._part = part
        self._miss = miss
        self._large = frozenset(large)
        self._waiting: deque[tuple[int, ...]] = deque()
        self._in_vain = 0
        self.settled: set[int] = set()
        self.for_pieces: list[int] = []

    async def messages(
        self, uids: Sequence[int], suspects: Iterable[int] = ()
    ) -> AsyncIterator[Fetched]:
        """Those that are there; `suspects` last and one by one.

        Raises as `Backend.fetch` does where it is about more than some messages.
        """
        self._wait_for([uids, *((uid,) for uid in suspects)])
        while self._waiting:
            some = self._waiting.popleft()
            came: set[int] = set()
            try:
                async for fetched in self._fetch(some):
                    came.add(fetched.uid)
                    self._in_vain = 0
                    yield fetched
            except Withheld as refusal:
                await self._narrow(some, refusal)
            except BrokenOff as loss:
                await self._go_on(some, loss, came)

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
        """On another line, with the others first."""
        await self._backend.connect()
        self._check_hope(loss, MOST_BREAKS)
        left = [uid for uid in some if uid in loss.uids]
        others = [uid for uid in some if uid not in loss.uids and uid not in came]
        self.for_pieces += [uid for uid in left if uid in self._large]
        self.settled.update(self.for_pieces)
        small = [uid for uid in left if uid not in self._large]
        if small == [*some]:
            await self._split(small, loss)
        else:
            self._wait_for([others, small])

    async def _split(self, left: Sequence[int], loss: BrokenOff) -> None:
        """Not one of them came."""
        if len(left) == 1:
            await self._note(Missed(left[0], str(loss), broke=True))
            return
        size = max(1, len(left) // SMALLER)
        self._wait_for(left[start : start + size] for start in range(0, len(left), size))

    def _check_hope(self, trouble: Withheld | BrokenOff, most: int) -> None:
        self._in_vain += 1
        if self._in_vain > most:
            raise trouble

    async def _note(self, missed: Missed) -> None:
        self.settled.add(missed.uid)
        await self._miss(missed)

    def _fetch(self, uids: Sequence[int]) -> AsyncIterator[Fetched]:
        place = self._place
        return self._backend.fetch(place.mailbox, place.validity, uids, self._part)

    def _wait_for(self, groups: Iterable[Sequence[int]]) -> None:
        self._waiting.extend(tuple(group) for group in groups if group)
