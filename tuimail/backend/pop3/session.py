"""One POP3 session after the log-in: list, retrieve, delete, quit."""

import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.pop3.line import Line
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.wire.pop3 import Content, ContentEnd, ProtocolError, Rows, Shape
from tuimail.wire.pop3_commands import (
    Command,
    Listed,
    numbered,
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
# How far a message may outgrow the size that LIST gave it.
SLACK = 1_000_000


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A message, whole; without `content` the server refused it, and `refusal` says why."""

    listed: Listed
    content: bytes | None
    refusal: SafeText = SafeText("")


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

    async def listing(self) -> list[Listed]:
        """Everything that is there; `uidl` is None throughout where the server has none."""
        asked = [simple("LIST", Shape.ROWS), simple("UIDL", Shape.ROWS)]
        sizes, uidls = await self._rows(asked)
        if sizes is None:
            raise Refused(f"{self.host} does not list what it has")
        try:
            size_of = read_sizes(sizes)
            uidl_of = read_uidls(uidls or ())
        except ProtocolError as violation:
            raise Refused(f"{self.host}: {violation}") from violation
        return [Listed(number, size, uidl_of.get(number)) for number, size in size_of.items()]

    async def retrieve(self, wanted: Sequence[Listed]) -> AsyncIterator[Retrieved]:
        """These messages in their order, many under way at once where the server can."""
        waiting = deque(wanted)
        under_way: deque[Listed] = deque()
        volume = 0
        while waiting or under_way:
            if waiting and self._is_low(len(under_way), WINDOW) and 2 * volume <= WINDOW_BYTES:
                more = self._some(waiting, WINDOW - len(under_way), WINDOW_BYTES - volume)
                self._line.send(*(numbered("RETR", each.number, Shape.CONTENT) for each in more))
                under_way += more
                volume += sum(each.size for each in more)
            listed = under_way.popleft()
            retrieved = await self._message(listed)
            volume -= listed.size
            yield retrieved

    async def head(self, listed: Listed) -> Retrieved:
        """The header alone; not every server can do that."""
        self._line.send(simple(f"TOP {listed.number} 0", Shape.CONTENT))
        return await self._message(listed)

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
            return (await self._line.status()).ok
        except Unreachable:
            log.info("%s: no answer to QUIT", self.host)
            return False
        finally:
            self._line.drop()

    def close(self) -> None:
        """Leave without QUIT: nothing is deleted."""
        self._line.drop()

    def _is_low(self, under_way: int, window: int) -> bool:
        """Whether to send more: in large steps, so that not every command is a packet."""
        return under_way <= window // 2 if self._pipelines else not under_way

    def _some(self, waiting: deque[Listed], count: int, size: int) -> list[Listed]:
        """The next of them that there is room for; one at least, whatever its size."""
        taken: list[Listed] = []
        while waiting and (not taken or (len(taken) < count and waiting[0].size <= size)):
            if taken and not self._pipelines:
                break
            taken.append(waiting.popleft())
            size -= taken[-1].size
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

    async def _message(self, listed: Listed) -> Retrieved:
        status = await self._line.status()
        if not status.ok:
            words = safe_line(status.text, 200) or SafeText("no reason given")
            return Retrieved(listed, None, words)
        pieces: list[bytes] = []
        room = 2 * listed.size + SLACK
        while not isinstance(event := await self._line.event(), ContentEnd):
            if isinstance(event, Content):
                pieces.append(event.data)
                room -= len(event.data)
            if room < 0:
                self._line.drop()
                raise Refused(f"{self.host} sends a message that is far larger than it said")
        return Retrieved(listed, b"".join(pieces))
