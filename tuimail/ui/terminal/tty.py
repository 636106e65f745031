"""The terminal as a device: its attributes and its size; stdlib only."""

import fcntl
import os
import struct
import termios
from contextlib import suppress
from typing import Self

_OPEN = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
_LINE_FLAGS = termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG
_INPUT_FLAGS = termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR
_GUESS = (80, 24)


# As `tcgetattr` tells them: flags, speeds, and a list of characters.
_Attributes = list[int | list[bytes | int]]


class Tty:
    """A terminal through a descriptor of our own that never blocks.

    What others do with theirs stays as it was: a file's flags belong to its description, and
    that one is ours alone wherever the terminal can be opened by name.
    """

    def __init__(self, fd: int, *, flags: int | None = None) -> None:
        self.fd = fd
        self._before: _Attributes | None = None
        self._flags = flags

    @classmethod
    def open(cls, fd: int = 0) -> Self:
        """The terminal behind `fd`. Raises OSError if there is none."""
        for name in (os.ttyname(fd), "/dev/tty"):
            with suppress(OSError):
                return cls(os.open(name, _OPEN))
        own = os.dup(fd)
        flags = fcntl.fcntl(own, fcntl.F_GETFL)
        fcntl.fcntl(own, fcntl.F_SETFL, flags | os.O_NONBLOCK)
        return cls(own, flags=flags)

    def size(self) -> tuple[int, int]:
        """Columns and rows, as the terminal itself says."""
        with suppress(OSError):
            answer = fcntl.ioctl(self.fd, termios.TIOCGWINSZ, bytes(8))
            rows, columns, _, _ = struct.unpack("HHHH", answer)
            if rows and columns:
                return columns, rows
        return _GUESS

    @property
    def taken(self) -> bool:
        """Whether there is something for `restore` to bring back."""
        return self._before is not None

    def take(self) -> None:
        """Every key comes at once, unchanged and without an echo; nothing typed is lost.

        What is sent goes out unchanged, too.
        """
        with suppress(OSError, termios.error):
            found = termios.tcgetattr(self.fd)
            if self._before is None:
                self._before = [*found[:6], list(found[6])]
            found[0] &= ~_INPUT_FLAGS
            found[1] &= ~termios.OPOST
            found[3] &= ~_LINE_FLAGS
            found[6][termios.VMIN], found[6][termios.VTIME] = 1, 0
            termios.tcsetattr(self.fd, termios.TCSANOW, found)

    def restore(self) -> None:
        """As it was; what was typed and not read is dropped, for it was meant for us."""
        before, self._before = self._before, None
        if before is None:
            return
        with suppress(OSError, termios.error):
            termios.tcflush(self.fd, termios.TCIFLUSH)
        with suppress(OSError, termios.error):
            termios.tcsetattr(self.fd, termios.TCSANOW, before)

    def drop_output(self) -> None:
        """Forget what the terminal has not taken yet."""
        with suppress(OSError, termios.error):
            termios.tcflush(self.fd, termios.TCOFLUSH)

    def close(self) -> None:
        if self.fd < 0:
            return
        with suppress(OSError):
            if self._flags is not None:
                fcntl.fcntl(self.fd, fcntl.F_SETFL, self._flags)
            os.close(self.fd)
        self.fd = -1
