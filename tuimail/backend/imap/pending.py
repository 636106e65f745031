"""A command under way."""

import asyncio
from collections.abc import Callable

from tuimail.wire.imap_responses import Status, Untagged

Collector = Callable[[Untagged | Status], None]


class Pending:
    """A command under way; `patient` ones (IDLE) may stay silent.

    Cancelling `done` abandons it: what the server still says to it is read and dropped.
    """

    __slots__ = ("answers", "asked", "collector", "done", "patient", "tag")

    def __init__(self, tag: str, collector: Collector | None, *, patient: bool) -> None:
        self.tag = tag
        self.collector = collector
        self.patient = patient
        self.done: asyncio.Future[Status] = asyncio.get_running_loop().create_future()
        self.asked = asyncio.Event()
        self.answers: Callable[[bytes], bytes] | None = None

    def settle(self, status: Status) -> None:
        if not self.done.done():
            self.done.set_result(status)
        self.asked.set()

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)
            # Its owner may be gone; the failure is not lost, the line keeps it.
            self.done.exception()
        self.asked.set()

    def abandon(self) -> None:
        self.done.cancel()
        self.collector = None
