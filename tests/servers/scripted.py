"""Servers in threads that behave well, but for what a test's hooks do instead."""

import re
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

PATIENCE = 30.0

Action = TypeVar("Action", bound=Callable[..., bool])


class Heard(NamedTuple):
    """One line of a conversation: `by` is "C" for the client, "S" for the server."""

    connection: int
    by: str
    text: str


class Conversation:
    """One connection, seen from the server."""

    def __init__(self, server: "ScriptedServer", connection: socket.socket, number: int) -> None:
        self.number = number
        self._server = server
        self._socket = connection
        self._held = bytearray()

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
            self._note("S", content)
            self._socket.sendall(content + b"\r\n")

    def send(self, content: bytes) -> None:
        """Send bytes as they are."""
        self._note("S", content[:300])
        self._socket.sendall(content)

    def hang_up(self) -> None:
        """End the connection here and now; does not return."""
        raise EOFError

    def _receive(self) -> None:
        piece = self._socket.recv(1 << 16)
        if not piece:
            raise EOFError
        self._held += piece

    def _note(self, by: str, content: bytes) -> None:
        text = content.decode("utf-8", "backslashreplace")
        self._server.heard.append(Heard(self.number, by, text))


class ScriptedServer:
    """Listens on a free loopback port until its block ends; a thread to a connection.

    `heard` is what both sides said. `lock` is held while a command is answered.
    """

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.lock = threading.RLock()
        self.connections = 0
        self._open: set[socket.socket] = set()
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
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.hang_up_all()
        self._accepting.join(PATIENCE)

    def hang_up_all(self) -> None:
        """Drop every connection, as a server that is started anew does."""
        for connection in list(self._open):
            _shut(connection)

    def said(self, pattern: str) -> list[str]:
        """The client's lines in which `pattern` is found, ignoring case."""
        wanted = re.compile(pattern, re.IGNORECASE)
        return [each.text for each in self.heard if each.by == "C" and wanted.search(each.text)]

    def transcript(self) -> str:
        return "\n".join(f"{each.connection} {each.by}: {each.text[:200]}" for each in self.heard)

    def converse(self, conversation: Conversation) -> None:
        """Greet, and answer until the client leaves."""
        raise AssertionError("what is spoken here?")

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            conversation = Conversation(self, connection, self.connections)
            threading.Thread(
                target=self._serve, args=(conversation, connection), daemon=True
            ).start()

    def _serve(self, conversation: Conversation, connection: socket.socket) -> None:
        self._open.add(connection)
        try:
            self.converse(conversation)
        except (OSError, EOFError):
            self.heard.append(Heard(conversation.number, "-", "the line has ended"))
        finally:
            self._open.discard(connection)
            _shut(connection)
            connection.close()


class Hooks:
    """What a test does instead of a command's usual answer, newest first."""

    def __init__(self) -> None:
        self._hooks: list[tuple[str | None, Callable[..., bool]]] = []

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


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


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
