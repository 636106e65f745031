"""A POP3 server whose every answer a test may replace."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.servers.scripted import Action, Conversation, Hooks, ScriptedServer


@dataclass(eq=False, slots=True)
class Kept:
    """A letter in the maildrop; `listed` is what LIST says instead of its size."""

    uidl: str
    content: bytes
    listed: str | None = None

    @property
    def size(self) -> str:
        return str(len(self.content)) if self.listed is None else self.listed


class Session:
    """One log-in: what it saw when it began, and what it deletes at QUIT."""

    def __init__(self, conversation: Conversation, listing: list[Kept]) -> None:
        self.conversation = conversation
        self.listing = listing
        self.deleted: set[int] = set()

    def letter(self, arguments: bytes) -> Kept:
        return self.listing[int(arguments.split()[0]) - 1]


class ScriptedPop3(ScriptedServer):
    """`password` None lets everybody in; `deleted` are the UIDLs that a QUIT deleted."""

    capabilities: tuple[str, ...] | None = ("TOP", "UIDL", "USER", "PIPELINING")
    password: bytes | None = None

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[Kept] = []
        self.deleted: list[str] = []
        self.hooks = Hooks()

    def hook(self, name: str | None = None) -> Callable[[Action], Action]:
        """Decorates `action(session, arguments) -> bool`; True if it has answered."""
        return self.hooks.add(name)

    def add(self, uidl: str, content: bytes, listed: str | None = None) -> Kept:
        self.letters.append(Kept(uidl, content, listed))
        return self.letters[-1]

    def converse(self, conversation: Conversation) -> None:
        conversation.say("+OK ready")
        with self.lock:
            session = Session(conversation, list(self.letters))
        name = ""
        while name != "QUIT":
            word, _, arguments = conversation.line().partition(b" ")
            name = word.decode("ascii", "replace").upper()
            with self.lock:
                if not self.hooks.answered(name, session, arguments):
                    self.answer(session, name, arguments)

    def answer(self, session: Session, name: str, arguments: bytes) -> None:
        """As RFC 1939 and RFC 2449 have it."""
        say = session.conversation.say
        match name:
            case "CAPA" if self.capabilities is not None:
                say("+OK", *self.capabilities, ".")
            case "USER" | "NOOP":
                say("+OK")
            case "PASS":
                say("+OK in" if self.password in (None, arguments) else "-ERR [AUTH] wrong")
            case "LIST" | "UIDL" | "STAT":
                say(*_listing(name, session.listing))
            case "RETR" | "TOP":
                content = session.letter(arguments).content
                head = content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                give(session, content if name == "RETR" else head)
            case "DELE":
                session.deleted.add(int(arguments))
                say("+OK")
            case "QUIT":
                self._delete(session)
                say("+OK")
            case _:
                say("-ERR unknown")

    def _delete(self, session: Session) -> None:
        gone = [session.listing[number - 1] for number in sorted(session.deleted)]
        self.deleted += [each.uidl for each in gone]
        self.letters = [each for each in self.letters if each not in gone]


def give(session: Session, content: bytes) -> None:
    """A letter as an answer: its dots doubled, its last line ended."""
    stuffed = re.sub(rb"(?m)^\.", b"..", content)
    end = b"" if stuffed.endswith(b"\r\n") else b"\r\n"
    session.conversation.say("+OK")
    session.conversation.send(stuffed + end + b".\r\n")


def _listing(name: str, letters: list[Kept]) -> list[str]:
    if name == "STAT":
        return [f"+OK {len(letters)} {sum(len(each.content) for each in letters)}"]
    words = [each.size if name == "LIST" else each.uidl for each in letters]
    return ["+OK", *(f"{number} {word}" for number, word in enumerate(words, 1)), "."]
