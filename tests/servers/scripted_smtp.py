"""A submission server whose every answer a test may replace."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.servers.scripted import Action, Conversation, Hooks, ScriptedServer


class Taken(NamedTuple):
    """A letter that came whole; `content` as on the wire, its dots unstuffed."""

    sender: bytes
    recipients: tuple[bytes, ...]
    content: bytes


@dataclass(eq=False, slots=True)
class Session:
    """What one client has said so far."""

    conversation: Conversation
    sender: bytes = b""
    recipients: list[bytes] = field(default_factory=list)


class ScriptedSmtp(ScriptedServer):
    """`letters` are those that came whole; `logins` each mechanism with name and password."""

    extensions: tuple[str, ...] = ("8BITMIME", "SIZE 50000000")

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[Taken] = []
        self.logins: list[tuple[str, bytes, bytes]] = []
        self.hooks = Hooks()

    def hook(self, name: str | None = None) -> Callable[[Action], Action]:
        """Decorates `action(session, arguments) -> bool`; True if it has answered."""
        return self.hooks.add(name)

    def converse(self, conversation: Conversation) -> None:
        session = Session(conversation)
        conversation.say("220 ready")
        name = ""
        while name != "QUIT":
            word, _, arguments = conversation.line().partition(b" ")
            name = word.decode("ascii", "replace").upper()
            if not self.hooks.answered(name, session, arguments):
                self.answer(session, name, arguments)

    def answer(self, session: Session, name: str, arguments: bytes) -> None:
        """As RFC 5321 and RFC 4954 have it."""
        say = session.conversation.say
        match name:
            case "EHLO":
                lines = ["me", *self.extensions]
                say(*[f"250-{line}" for line in lines[:-1]], f"250 {lines[-1]}")
            case "HELO" | "NOOP":
                say("250 me")
            case "RSET":
                session.sender, session.recipients = b"", []
                say("250 ok")
            case "MAIL":
                session.sender = arguments
                say("250 ok")
            case "RCPT":
                session.recipients.append(arguments)
                say("250 ok")
            case "DATA":
                say("354 go on")
                self.letters.append(_letter(session))
                say("250 taken")
            case "AUTH":
                self._log_in(session.conversation, arguments)
            case "QUIT":
                say("221 bye")
            case _:
                say("500 unknown")

    def _log_in(self, conversation: Conversation, arguments: bytes) -> None:
        mechanism, *initial = arguments.split()
        match mechanism.upper():
            case b"PLAIN":
                if not initial:
                    conversation.say("334 ")
                    initial = [conversation.line()]
                _, user, password = base64.b64decode(initial[0]).split(b"\0")
            case b"LOGIN":
                if not initial:
                    conversation.say("334 VXNlcm5hbWU6")
                    initial = [conversation.line()]
                conversation.say("334 UGFzc3dvcmQ6")
                user, password = map(base64.b64decode, (initial[0], conversation.line()))
            case _:
                conversation.say("504 unknown mechanism")
                return
        self.logins.append((mechanism.decode().upper(), user, password))
        conversation.say("235 in")


def _letter(session: Session) -> Taken:
    lines: list[bytes] = []
    while (line := session.conversation.line()) != b".":
        lines.append(line.removeprefix(b"."))
    content = b"".join(line + b"\r\n" for line in lines)
    return Taken(session.sender, tuple(session.recipients), content)
