"""Waiting for news: IDLE on a line of its own, renewed, and probed after a sleep."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tuimail.backend.base import Unreachable
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.pending import Pending
from tuimail.backend.imap.settings import Patience
from tuimail.wire.imap_commands import Command
from tuimail.wire.imap_responses import Exists, Expunged, FetchRow, Status, Untagged

log = logging.getLogger(__name__)

# Well below the 29 minutes of RFC 2177 and the 10 of many a router.
RENEW = 9 * 60.0
# How often the two clocks are compared, and the gap that says this machine slept.
LOOK = 30.0
GAP = 20.0
# Without IDLE.
PAUSE = 2 * 60.0

_IDLE = Command("IDLE", (b"IDLE",))


class News:
    """Hears whether anything happened in the selected mailbox."""

    def __init__(self) -> None:
        self.heard = False
        self.wake = asyncio.Event()

    def hear(self, response: Untagged | Status) -> None:
        if isinstance(response, Exists | Expunged | FetchRow):
            self.heard = True
            self.wake.set()


async def wait_for_news(line: Line, patience: Patience) -> None:
    """Return when the selected mailbox changed, or after a pause where there is no IDLE."""
    if "IDLE" not in line.capabilities:
        await asyncio.sleep(PAUSE)
        return
    while not await _idle_once(line, patience):
        log.debug("%s: IDLE again", line.host)


async def _idle_once(line: Line, patience: Patience) -> bool:
    """One IDLE; whether there was news."""
    news = News()
    pending = await line.start(_IDLE, news.hear, patient=True)
    try:
        async with _answer_within(line, patience.probe):
            await pending.asked.wait()
        if not pending.done.done():
            await _until_due(news, pending)
    except asyncio.CancelledError:
        _leave(line, pending)
        raise
    if not pending.done.done():
        line.write(b"DONE\r\n")
    async with _answer_within(line, patience.probe):
        status = await pending.done
    if status.condition != "OK":
        log.info("%s does not want to IDLE: %s", line.host, status.text)
        await asyncio.sleep(PAUSE)
        return True
    return news.heard


def _leave(line: Line, pending: Pending) -> None:
    """End an IDLE whose waiter is gone; before the server took it, only by closing."""
    if pending.asked.is_set() and line.alive:
        line.write(b"DONE\r\n")
    else:
        line.fail(Unreachable(f"Waiting for {line.host} was broken off"))
    pending.abandon()


async def _until_due(news: News, pending: Pending) -> None:
    """Until there is news, the time of one IDLE is over, or this machine has slept."""
    end = time.monotonic() + RENEW
    pending.done.add_done_callback(lambda _: news.wake.set())
    while time.monotonic() < end and not news.wake.is_set():
        offset = time.time() - time.monotonic()
        try:
            async with asyncio.timeout(LOOK):
                await news.wake.wait()
        except TimeoutError:
            if abs(time.time() - time.monotonic() - offset) > GAP:
                return


@asynccontextmanager
async def _answer_within(line: Line, seconds: float) -> AsyncIterator[None]:
    """End the line if it stays silent; a patient command is not watched otherwise."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        line.fail(Unreachable(f"{line.host} did not answer for {round(seconds)} seconds"))
        line.check()
