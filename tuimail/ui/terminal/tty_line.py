"""The line to a real terminal, in the event loop: it never blocks, whatever the terminal does."""

import asyncio
import os
import select
from collections.abc import Callable
from contextlib import suppress
from time import monotonic


class TtyLine:
    """`line.Line` over a descriptor that does not block; shut, it takes nothing.

    `lost` is called once when the terminal takes no bytes for good, `sent` with the size of
    each piece that was sent.
    """

    def __init__(
        self, fd: int, lost: Callable[[], None], sent: Callable[[int], None] = lambda _: None
    ) -> None:
        self.on_ready: Callable[[], None] | None = None
        self._fd = fd
        self._lost = lost
        self._sent = sent
        self._rest = b""
        self._open = False
        self._gone = False
        self._loop = asyncio.get_running_loop()

    @property
    def ready(self) -> bool:
        return self._open and not self._rest and not self._gone

    def open(self, first: bytes) -> None:
        """Bytes may go out from now on, after `first`."""
        self._open = True
        self.send(first)
        self._tell_ready()

    def shut(self, last: bytes, patience: float) -> bool:
        """Send `last` and nothing after it; False if it could not go out in time.

        The only call that may wait, since nobody may write before this is over.
        """
        self._open = False
        self._loop.remove_writer(self._fd)
        self._rest += last
        end = monotonic() + patience
        while self._rest and not self._gone:
            self._push()
            left = end - monotonic()
            if self._rest and left <= 0:
                self._rest = b""
                return False
            if self._rest:
                with suppress(OSError):
                    select.select([], [self._fd], [], left)
        return not self._gone

    def send(self, data: bytes) -> None:
        if not self._open or self._gone or not data:
            return
        waiting = bool(self._rest)
        self._rest += data
        if not waiting:
            self._push()
            if self._rest:
                self._loop.add_writer(self._fd, self._go_on)
        self._sent(len(data))

    def _go_on(self) -> None:
        self._push()
        if not self._rest:
            self._loop.remove_writer(self._fd)
            self._tell_ready()

    def _tell_ready(self) -> None:
        if self.ready and self.on_ready is not None:
            self.on_ready()

    def _push(self) -> None:
        """Write what goes."""
        try:
            written = os.write(self._fd, self._rest)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._gone, self._rest = True, b""
            self._lost()
            return
        self._rest = self._rest[written:]
