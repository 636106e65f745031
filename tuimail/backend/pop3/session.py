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
WINDOW = 100
WINDOW_BYTES = 4_000_000
# How far a message may outgrow the size that LIST gave it.
SLACK = 1_000_000


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A message, whole; without `content` the server refused it, and `refusal` says why."""

    listed: Listed
    content: bytes | None
    refusal: SafeText = SafeText("")


class Pop3Session:
    """What the maildrop holds does not change while this is open (RFC 1939 3)."""

    def __init__(self, line: Line, capabilities: frozenset[str]) -> None:
        self._line = line
        self.capabilities = capabilities
        self.host = line.host
        self._window = WINDOW if "PIPELINING" in capabilities else 1

    async def listing(self) -> list[Listed]:
        """Everything that is there; `uidl` is None throughout where the server has none."""
        sizes = await self._rows("LIST")
        if sizes is None:
            raise Refused(f"{self.host} does not list what it has")
        uidls = await self._rows("UIDL")
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
            commands: list[Command] = []
            # Filled up in larger steps, so that not every command is a packet of its own.
            few = len(under_way) <= self._window // 2
            while few and waiting and self._has_room(len(under_way), volume + waiting[0].size):
                listed = waiting.popleft()
                under_way.append(listed)
                volume += listed.size
                commands.append(numbered("RETR", listed.number, Shape.CONTENT))
            if commands:
                self._line.send(*commands)
            listed = under_way.popleft()
            retrieved = await self._message(listed)
            volume -= listed.size
            yield retrieved

    async def delete(self, numbers: Iterable[int]) -> frozenset[int]:
        """Mark them; nothing is gone before `quit`. Returns those that the server accepted."""
        waiting = deque(numbers)
        done: set[int] = set()
        while waiting:
            some = [waiting.popleft() for _ in range(min(self._window, len(waiting)))]
            self._line.send(*(numbered("DELE", number) for number in some))
            for number in some:
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
            self._line.close()

    def close(self) -> None:
        """Leave without QUIT: nothing is deleted."""
        self._line.close()

    def _has_room(self, count: int, volume: int) -> bool:
        return not count or (count < self._window and volume <= WINDOW_BYTES)

    async def _rows(self, name: str) -> tuple[bytes, ...] | None:
        """None if the server refuses."""
        self._line.send(simple(name, Shape.ROWS))
        if not (await self._line.status()).ok:
            return None
        rows = await self._line.event()
        return rows.rows if isinstance(rows, Rows) else ()

    async def _message(self, listed: Listed) -> Retrieved:
        status = await self._line.status()
        if not status.ok:
            words = safe_line(status.text, 200) or SafeText("no reason given")
            return Retrieved(listed, None, words)
        content = bytearray()
        limit = 2 * listed.size + SLACK
        while not isinstance(event := await self._line.event(), ContentEnd):
            if isinstance(event, Content):
                content += event.data
            if len(content) > limit:
                self._line.close()
                raise Refused(f"{self.host} sends a message that is far larger than it said")
        return Retrieved(listed, bytes(content))
