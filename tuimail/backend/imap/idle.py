"""Hearing of news: IDLE on a line of its own, entered anew now and then and after a sleep."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from tuimail.backend.base import Unreachable
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.pending import Pending
from tuimail.backend.imap.settings import Patience
from tuimail.wire.imap_commands import Command
from tuimail.wire.imap_responses import Exists, Expunged, FetchRow, Status, Untagged

log = logging.getLogger(__name__)

# Well below the 29 minutes of RFC 2177 and the 10 of many a router.
RENEW = 5 * 60.0
# After news. What comes in the very moment in which Dovecot reads a Maildir, it tells to no
# IDLE under way; another one is told after two seconds (its MAILDIR_SYNC_SECS).
SOON = 3.0
# A server that ends IDLE sooner than this, again and again, is asked less and less often.
LONG = 30.0
FIRST_REST = 1.0
LONGEST_REST = 2 * 60.0
# How often the two clocks are compared, and the gap that says this machine slept.
LOOK = 30.0
GAP = 20.0

_IDLE = Command("IDLE", (b"IDLE",))


class Rests:
    """Pauses that grow while what was begun ends at once."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._short = 0

    def after(self, seconds: float) -> float:
        """How long to wait after something that went on for so long."""
        if seconds >= LONG:
            self._short = 0
            return 0.0
        self._short += 1
        return min(FIRST_REST * 2.0 ** min(self._short - 1, 16), self._longest)


class News:
    """Tells at once of whatever happens in the selected mailbox; `heard` is set then, too."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self.heard = asyncio.Event()

    def hear(self, response: Untagged | Status) -> None:
        if isinstance(response, Exists | Expunged | FetchRow):
            self.expect()

    def expect(self) -> None:
        self._tell()
        self.heard.set()


async def hear_news(line: Line, patience: Patience, tell: Callable[[], None]) -> None:
    """Call `tell` when the selected mailbox changes; return where the server has no IDLE.

    The first call is made as soon as nothing can be missed any more: what came before that
    was told to nobody.
    """
    news = News(tell)
    listening = False
    rests = Rests(LONGEST_REST)
    with line.overheard(news.hear):
        while "IDLE" in line.capabilities:
            began = time.monotonic()
            pending = await line.start(_IDLE, patient=True)
            try:
                async with _answer_within(line, patience.probe):
                    await pending.asked.wait()
                if not (listening or pending.done.done()):
                    listening = True
                    news.expect()
                await _until_due(news, pending)
                ended_by_server = pending.done.done()
            except asyncio.CancelledError:
                _leave(line, pending)
                raise
            if not await _is_accepted(line, pending, patience):
                return
            if ended_by_server and (rest := rests.after(time.monotonic() - began)):
                # Meanwhile nothing is told.
                await asyncio.sleep(rest)
                news.expect()
            log.debug("%s: IDLE again", line.host)


async def _until_due(news: News, pending: Pending) -> None:
    """Until it is time for another IDLE, the server ended this one, or this machine slept."""
    due = latest = time.monotonic() + RENEW
    with _waking(news.heard, pending):
        while (left := due - time.monotonic()) > 0 and not pending.done.done():
            offset = time.time() - time.monotonic()
            try:
                async with asyncio.timeout(min(left, LOOK)):
                    await news.heard.wait()
            except TimeoutError:
                if abs(time.time() - time.monotonic() - offset) > GAP:
                    return
                continue
            news.heard.clear()
            due = min(latest, time.monotonic() + SOON)


@contextmanager
def _waking(event: asyncio.Event, pending: Pending) -> Iterator[None]:
    """Let the end of a command set `event`, too."""

    def wake(_: object) -> None:
        event.set()

    pending.done.add_done_callback(wake)
    try:
        yield
    finally:
        pending.done.remove_done_callback(wake)


async def _is_accepted(line: Line, pending: Pending, patience: Patience) -> bool:
    """End an IDLE; whether the server was content with it."""
    if not pending.done.done():
        line.write(b"DONE\r\n")
    async with _answer_within(line, patience.probe):
        status = await pending.done
    if status.condition != "OK":
        log.info("%s does not want to IDLE: %s", line.host, status.text)
    return status.condition == "OK"


def _leave(line: Line, pending: Pending) -> None:
    """End an IDLE whose waiter is gone; before the server took it, only by closing."""
    if pending.done.done():
        return
    if pending.asked.is_set() and line.alive:
        line.write(b"DONE\r\n")
    else:
        line.fail(Unreachable(f"Waiting for {line.host} was broken off"))
    pending.abandon()


@asynccontextmanager
async def _answer_within(line: Line, seconds: float) -> AsyncIterator[None]:
    """End the line if it stays silent; a patient command is not watched otherwise."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        line.fail(Unreachable(f"{line.host} did not answer for {round(seconds)} seconds"))
        line.check()
