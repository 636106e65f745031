"""A line that has carried a letter waits a little for the next one, which costs no log-in then."""

import asyncio

from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.smtp.line import SmtpLine

# Most servers wait minutes for the next command (RFC 5321 4.5.3.2.7).
KEPT = 15.0
# A line that was kept through a sleep of this machine may be dead.
PROBE = 10.0


class KeptLine:
    """At most one; ended in good order when no letter has come for it."""

    def __init__(self, seconds: float = KEPT) -> None:
        self._seconds = seconds
        self._line: SmtpLine | None = None
        self._end: asyncio.TimerHandle | None = None

    def keep(self, line: SmtpLine) -> None:
        self.leave()
        self._line = line
        self._end = asyncio.get_running_loop().call_later(self._seconds, self.leave)

    async def take(self) -> SmtpLine | None:
        """It, if the server still answers and is ready for a letter (RFC 5321 4.1.1.5)."""
        line = self._released()
        if line is None:
            return None
        try:
            async with asyncio.timeout(PROBE):
                ready = (await line.command(b"RSET")).code == 250
        except (Unreachable, Refused, NotAuthorized, TimeoutError):
            ready = False
        except BaseException:
            line.close()
            raise
        if not ready:
            line.close()
        return line if ready else None

    def leave(self) -> None:
        """QUIT, without waiting for an answer."""
        if (line := self._released()) is not None:
            line.leave()
            line.close()

    def _released(self) -> SmtpLine | None:
        if self._end is not None:
            self._end.cancel()
        line, self._line, self._end = self._line, None, None
        return line
