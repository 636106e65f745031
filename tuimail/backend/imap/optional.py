"""Questions whose answer is a comfort: a server may refuse them, or never answer."""

import asyncio

from tuimail.backend.imap.line import Line
from tuimail.backend.imap.pending import Collector, Pending
from tuimail.wire.imap_commands import Command

# How long a server may say nothing at all before an answer is not waited for any more.
GRACE = 10.0


class OptionalQuestions:
    """What a connection was asked in vain is not asked again on it."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._in_vain: set[str] = set()

    async def ask(
        self, name: str, command: Command, collector: Collector, *, needed: bool = False
    ) -> Pending | None:
        """Send `command`, unless `name` was asked in vain before.

        `needed`: there is a plainer way to ask, but none to do without an answer.
        """
        if name in self._in_vain:
            return None
        # The only command under way has to end before there can be another.
        patient = self._line.window > 1 and not needed
        return await self._line.start(command, collector, patient=patient)

    async def answered(self, name: str, pending: Pending | None) -> bool:
        """Whether the server has answered with OK."""
        if pending is None:
            return False
        while not pending.done.done():
            await asyncio.wait({pending.done}, timeout=GRACE if pending.patient else None)
            if not pending.done.done() and self._line.quiet_for >= GRACE:
                pending.abandon()
        if not pending.done.cancelled() and (await pending.done).condition == "OK":
            return True
        self.give_up(name)
        return False

    def give_up(self, name: str) -> None:
        self._in_vain.add(name)

    def is_vain(self, name: str) -> bool:
        return name in self._in_vain
