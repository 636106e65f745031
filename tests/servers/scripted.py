"""Servers in threads that behave well, but for what a test's hooks do instead."""

import re
import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

PATIENCE = 30.0

Action = TypeVar("Action", bound=Callable[..., bool])


class Heard(NamedTuple):
    """One line of a conversation: `by` is "C" for the client, "S" for the server.

    `at` is the time of the monotonic clock in seconds.
    """

    connection: int
    by: str
    text: str
    at: float


class Stalled(Exception):
    """Nothing is answered any more; the line stays open."""


class Conversation:
    """One connection, seen from the server."""

    def __init__(self, server: "ScriptedServer", connection: socket.socket, number: int) -> None:
        self.number = number
        self._server = server
        self._socket = connection
        self._held = bytearray()
        self._waiting = self._sending = False
        self._left: int | None = None

    def is_busy(self) -> bool:
        """Whether there is something to do; once there is not, only the client can change that."""
        if self._sending and not writable(self._socket):
            # The client does not read what it was sent.
            return False
        return not (self._waiting and not readable(self._socket) and self._waiting)

    def line(self) -> bytes:
        """The client's next line without its end; raises EOFError when there is none."""
        while (end := self._held.find(b"\n")) < 0:
            self._receive()
        line = bytes(self._held[:end]).removesuffix(b"\r")
        del self._held[: end + 1]
        self._note("C", line)
        return line

    def take(self, size: int) -> bytes:
        """So many bytes of a literal."""
        while len(self._held) < size:
            self._receive()
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def say(self, *lines: str | bytes) -> None:
        """Send each line with its CRLF."""
        for line in lines:
            content = line.encode() if isinstance(line, str) else line
            self.send(content + b"\r\n")

    def send(self, content: bytes) -> None:
        """Send bytes as they are."""
        self._note("S", content[:300].removesuffix(b"\r\n"))
        if self._left is not None:
            content = content[: self._left]
            self._left -= len(content)
        self._sending = True
        self._socket.sendall(content)
        self._sending = False
        if self._left == 0:
            self.hang_up()

    def cut_after(self, size: int) -> None:
        """End the connection when so many more bytes have been sent."""
        self._left = size

    def stall(self) -> None:
        """Hear, and never answer again; does not return."""
        raise Stalled

    def hang_up(self) -> None:
        """End the connection here and now; does not return."""
        raise EOFError

    def tell(self, *lines: str | bytes) -> None:
        """As `say`, from another thread: where that ends the connection, it does not end that."""
        try:
            self.say(*lines)
        except (OSError, EOFError):
            _shut(self._socket)

    def _receive(self) -> None:
        self._waiting = True
        select.select([self._socket], [], [])
        self._waiting = False
        piece = self._socket.recv(1 << 16)
        if not piece:
            raise EOFError
        self._held += piece

    def _note(self, by: str, content: bytes) -> None:
        text = content.decode("utf-8", "backslashreplace")
        self._server.heard.append(Heard(self.number, by, text, time.monotonic()))


class ScriptedServer:
    """Listens on a free loopback port until its block ends; a thread to a connection.

    `heard` is what both sides said. `lock` is held while a command is answered.
    """

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.lock = threading.RLock()
        self.connections = 0
        self._down = self._ended = False
        self._accepts = True
        self._open: dict[socket.socket, Conversation] = {}
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended = True
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()
        self._accepting.join(PATIENCE)
        self._listening.close()
        self.hang_up_all()

    def is_busy(self) -> bool:
        """Whether anything is under way on this side."""
        listening = self._accepts and not readable(self._listening) and self._accepts
        return not listening or any(each.is_busy() for each in list(self._open.values()))

    def hang_up_all(self) -> None:
        """Drop every connection, as a server that is started anew does."""
        for connection in list(self._open):
            _shut(connection)

    def go_down(self) -> None:
        """Drop every connection, and each that comes, until `come_back`."""
        self._down = True
        self.hang_up_all()

    def come_back(self) -> None:
        self._down = False

    def said(self, pattern: str) -> list[str]:
        """The client's lines in which `pattern` is found, ignoring case."""
        return [each.text for each in self._heard_of(pattern)]

    def times(self, pattern: str) -> list[float]:
        """When the client said each of them."""
        return [each.at for each in self._heard_of(pattern)]

    def transcript(self) -> str:
        return "\n".join(f"{each.connection} {each.by}: {each.text[:200]}" for each in self.heard)

    def converse(self, conversation: Conversation) -> None:
        """Greet, and answer until the client leaves."""
        raise AssertionError("what is spoken here?")

    def _heard_of(self, pattern: str) -> list[Heard]:
        wanted = re.compile(pattern, re.IGNORECASE)
        return [each for each in self.heard if each.by == "C" and wanted.search(each.text)]

    def _accept(self) -> None:
        while True:
            self._accepts = True
            select.select([self._listening], [], [])
            self._accepts = False
            connection, _ = self._listening.accept()
            if self._ended:
                connection.close()
                return
            # Else the kernel keeps small pieces back for 40 ms.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            if self._down:
                connection.close()
                continue
            conversation = Conversation(self, connection, self.connections)
            self._open[connection] = conversation
            threading.Thread(
                target=self._serve, args=(conversation, connection), daemon=True
            ).start()

    def _serve(self, conversation: Conversation, connection: socket.socket) -> None:
        try:
            try:
                self.converse(conversation)
            except Stalled:
                while True:
                    conversation.line()
        except (OSError, EOFError):
            self.heard.append(Heard(conversation.number, "-", "the end", time.monotonic()))
        finally:
            _shut(connection)
            del self._open[connection]
            connection.close()


class Hooks:
    """What a test does instead of a command's usual answer, newest first."""

    def __init__(self) -> None:
        self._hooks: list[tuple[str | None, Callable[..., bool]]] = []

    @property
    def are_set(self) -> bool:
        return bool(self._hooks)

    def add(self, name: str | None) -> Callable[[Action], Action]:
        """Decorates a function that returns whether it has answered; None is every command."""

        def remember(action: Action) -> Action:
            self._hooks.insert(0, (name, action))
            return action

        return remember

    def clear(self) -> None:
        """From now on the server behaves well."""
        self._hooks.clear()

    def answered(self, name: str, *arguments: object) -> bool:
        return any(
            action(*arguments) for wanted, action in list(self._hooks) if wanted in (None, name)
        )


def readable(connection: socket.socket) -> bool:
    """Whether bytes, a client or an end wait there."""
    try:
        return bool(select.select([connection], [], [], 0)[0])
    except (OSError, ValueError):
        # It was closed just now.
        return True


def writable(connection: socket.socket) -> bool:
    """Whether there is room for bytes."""
    try:
        return bool(select.select([], [connection], [], 0)[1])
    except (OSError, ValueError):
        return True


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def letter(
    number: int,
    *,
    subject: str = "",
    body: str = "Hello\r\n",
    more: str = "",
    sender: str = "Ana Ray <ana@example.org>",
    date: str = "Mon, 02 Nov 2026 10:00:00 +0000",
) -> bytes:
    """A letter as it is on the wire; `more` are further header lines."""
    return (
        f"From: {sender}\r\nTo: u1@example.com\r\nSubject: {subject or f'Letter {number}'}\r\n"
        f"Date: {date}\r\nMessage-ID: <l{number}@example.org>\r\n{more}\r\n{body}"
    ).encode()
