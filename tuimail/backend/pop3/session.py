"""One POP3 session after the log-in: list, retrieve, delete, quit."""

import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.maildir.maildir import LARGEST
from tuimail.backend.pop3.line import Line
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.wire.pop3 import Content, ContentEnd, Rows, Shape
from tuimail.wire.pop3_commands import (
    Command,
    Listed,
    are_odd,
    numbered,
    read_count,
    read_sizes,
    read_uidls,
    simple,
)

log = logging.getLogger(__name__)

# How many commands, and how many bytes of answers by LIST's sizes, may be under way.
WINDOW = 500
WINDOW_BYTES = 4_000_000
# Of commands whose answer is one line.
SHORT_WINDOW = 5_000
# How far a message may outgrow the size that LIST gave it, at least.
SLACK = 1_000_000
# What one may have whatever LIST said: the first time, and after it was too large for that.
UNFORESEEN = 50_000_000
UNFORESEEN_LATER = 200_000_000
# What a header may have.
HEADER = 2_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is asked for at once: fewer messages, fewer bytes on a line that breaks."""

    count: int = WINDOW
    size: int = WINDOW_BYTES


BRISK = Pace()


@dataclass(frozen=True, slots=True)
class BrokenOff:
    """The line ended in this message; so many of its bytes had come, and so many before it."""

    begun: bytes
    before: int


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A message, whole; without `content` the server refused it, and `refusal` says why.

    With `broken` it is the last that there is: the line's end is raised after it.
    """

    listed: Listed
    content: bytes | None
    refusal: SafeText = SafeText("")
    broken: BrokenOff | None = None


@dataclass(slots=True)
class _Arriving:
    """A message as far as it has come; it may have `room` bytes."""

    listed: Listed
    room: int
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0


class Pop3Session:
    """What the maildrop holds does not change while this is open (RFC 1939 3).

    `entered` is the event loop's time of the log-in: what came before is listed.
    """

    def __init__(self, line: Line, capabilities: frozenset[str], entered: float) -> None:
        self._line = line
        self.capabilities = capabilities
        self.entered = entered
        self.host = line.host
        self._pipelines = "PIPELINING" in capabilities
        self._came = 0

    async def listing(self) -> list[Listed]:
        """Everything that is there; `uidl` is None where the server names none.

        Either listing may lack a message, or be refused: it is there if one of them has it.
        """
        asked = [simple("LIST", Shape.ROWS), simple("UIDL", Shape.ROWS)]
        sizes, uidls = await self._rows(asked)
        size_of = read_sizes(sizes or ())
        uidl_of = read_uidls(uidls or ())
        there = set(size_of)
        if sizes is None or are_odd(sizes) or are_odd(uidls or ()) or uidl_of.keys() - there:
            count = await self._count(needed=sizes is None and uidls is None)
            # A row of UIDL alone is believed unless the count says that LIST is right.
            if sizes is None or count != len(there):
                there |= uidl_of.keys() | set(range(1, count + 1))
        return [
            Listed(number, size_of.get(number, 0), uidl_of.get(number) or None)
            for number in sorted(there)
        ]

    async def _count(self, *, needed: bool) -> int:
        """As STAT tells; Refused if that is `needed` and refused."""
        self._line.send(simple("STAT"))
        status = await self._line.status()
        if needed and not status.ok:
            raise Refused(f"{self.host} does not list what it has")
        return read_count(status.text) if status.ok else 0

    async def retrieve(
        self,
        wanted: Sequence[Listed],
        pace: Pace = BRISK,
        tries: Mapping[int, int] | None = None,
    ) -> AsyncIterator[Retrieved]:
        """These messages in their order, many under way at once where the server can.

        `tries` says, by number, how often one could not be had before.
        """

        def command(each: Listed) -> Command:
            return numbered("RETR", each.number, Shape.CONTENT)

        async for listed in self._asked(wanted, pace, command, lambda each: each.size):
            arriving = _Arriving(listed, _room(listed.size, (tries or {}).get(listed.number, 0)))
            try:
                retrieved = await self._message(arriving)
            except (Unreachable, Refused) as end:
                broken = BrokenOff(b"".join(arriving.pieces), self._came)
                yield Retrieved(listed, None, safe_line(str(end), 200), broken)
                raise
            self._came += arriving.size
            yield retrieved

    async def heads(self, wanted: Sequence[Listed]) -> AsyncIterator[Retrieved]:
        """The headers alone, in this order; not every server can do that."""

        def command(each: Listed) -> Command:
            return simple(f"TOP {each.number} 0", Shape.CONTENT)

        async for listed in self._asked(wanted, BRISK, command, lambda _: HEADER):
            yield await self._message(_Arriving(listed, _room(0, 0)))

    async def _asked(
        self,
        wanted: Sequence[Listed],
        pace: Pace,
        command: Callable[[Listed], Command],
        size_of: Callable[[Listed], int],
    ) -> AsyncIterator[Listed]:
        """Each of them once it is the next to be answered, and read before the next is asked."""
        waiting = deque(wanted)
        under_way: deque[Listed] = deque()
        volume = 0
        ended: Exception | None = None
        while waiting or under_way:
            if waiting and self._is_low(len(under_way), pace.count) and 2 * volume <= pace.size:
                room = Pace(pace.count - len(under_way), pace.size - volume)
                more = self._some(waiting, room, size_of)
                try:
                    self._line.send(*map(command, more))
                except (Unreachable, Refused) as end:
                    # What came before the line ended is there to be read.
                    ended = end
                    waiting.clear()
                else:
                    under_way += more
                    volume += sum(map(size_of, more))
            if under_way:
                yield (listed := under_way.popleft())
                volume -= size_of(listed)
        if ended is not None:
            raise ended

    async def delete(self, numbers: Iterable[int]) -> frozenset[int]:
        """Mark them; nothing is gone before `quit`. Returns those that the server accepted."""
        waiting = deque(numbers)
        under_way: deque[int] = deque()
        done: set[int] = set()
        while waiting or under_way:
            if waiting and self._is_low(len(under_way), SHORT_WINDOW):
                room = SHORT_WINDOW - len(under_way) if self._pipelines else 1
                more = [waiting.popleft() for _ in range(min(room, len(waiting)))]
                self._line.send(*(numbered("DELE", number) for number in more))
                under_way += more
            number = under_way.popleft()
            if (await self._line.status()).ok:
                done.add(number)
        return frozenset(done)

    async def quit(self) -> bool:
        """End the session; True if the server says that what was marked is gone."""
        try:
            self._line.send(simple("QUIT"))
            ended = (await self._line.status()).ok
        except Unreachable:
            log.info("%s: no answer to QUIT", self.host)
            return False
        else:
            return ended
        finally:
            self._line.drop()

    def close(self) -> None:
        """Leave without QUIT: nothing is deleted."""
        self._line.drop()

    def _is_low(self, under_way: int, window: int) -> bool:
        """Whether to send more: in large steps, so that not every command is a packet."""
        return under_way <= window // 2 if self._pipelines else not under_way

    def _some(
        self, waiting: deque[Listed], room: Pace, size_of: Callable[[Listed], int]
    ) -> list[Listed]:
        """The next of them that there is room for; one at least, whatever its size."""
        taken: list[Listed] = []
        left = room.size
        while waiting and (not taken or (len(taken) < room.count and size_of(waiting[0]) <= left)):
            if taken and not self._pipelines:
                break
            taken.append(waiting.popleft())
            left -= size_of(taken[-1])
        return taken

    async def _rows(self, commands: Sequence[Command]) -> list[tuple[bytes, ...] | None]:
        """What each of them lists, None if the server refuses."""
        if self._pipelines:
            self._line.send(*commands)
        found: list[tuple[bytes, ...] | None] = []
        for command in commands:
            if not self._pipelines:
                self._line.send(command)
            found.append(await self._listing())
        return found

    async def _listing(self) -> tuple[bytes, ...] | None:
        if not (await self._line.status()).ok:
            return None
        rows = await self._line.event()
        return rows.rows if isinstance(rows, Rows) else ()

    async def _message(self, arriving: _Arriving) -> Retrieved:
        status = await self._line.status()
        if not status.ok:
            words = safe_line(status.text, 200) or SafeText("no reason given")
            return Retrieved(arriving.listed, None, words)
        while not isinstance(event := await self._line.event(), ContentEnd):
            if isinstance(event, Content):
                arriving.pieces.append(event.data)
                arriving.size += len(event.data)
            if arriving.size > arriving.room:
                arriving.pieces = arriving.pieces[:1]
                self._line.drop()
                raise Refused(f"{self.host} sends a message that is far larger than it said")
        return Retrieved(arriving.listed, b"".join(arriving.pieces))


def _room(size: int, tries: int) -> int:
    """How large a message may get; what no memory holds was not announced in earnest."""
    unforeseen = UNFORESEEN if tries == 0 else UNFORESEEN_LATER
    return max(min(2 * size + SLACK, LARGEST) if size <= LARGEST else 0, unforeseen)
