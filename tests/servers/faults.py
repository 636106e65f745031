"""Servers that refuse, garble, stall and close at random places, for as long as told."""

import random
from collections.abc import Callable

from tests.servers.scripted import Conversation
from tests.servers.scripted_imap import ScriptedImap
from tests.servers.scripted_imap import Session as ImapSession
from tests.servers.scripted_pop3 import ScriptedPop3
from tests.servers.scripted_pop3 import Session as Pop3Session

_REFUSALS = (
    "NO",
    "NO Server error",
    "NO [SERVERBUG] Internal error occurred",
    "NO [UNAVAILABLE] later",
    "NO [INUSE] another is here",
    "NO [LIMIT] too many",
    "NO [CANNOT] never",
    "BAD what is that",
)
_ODDITIES = (
    b"* 1 FETCH (UID FLAGS\r\n",
    b"* 2 FETCH (UID 2 FLAGS NIL RFC822.SIZE -1 INTERNALDATE NIL)\r\n",
    b"*\r\n",
    b"\r\n",
    b"* LIST\r\n",
    b"* STATUS INBOX (MESSAGES many)\r\n",
    b"* OK [UIDNEXT soon] \xff\xfe\r\n",
    b"* SEARCH 1 two 3\r\n",
    b"* 99999999999999999999 EXISTS\r\n",
    b"+ go on\r\n",
    b"something else\r\n",
)
# What belongs to coming in: a refused password asks the user, and that is another story.
_AT_THE_DOOR = {"AUTHENTICATE", "LOGIN", "USER", "PASS", "AUTH"}


class Faults:
    """`rate` is how many commands in a hundred are met by one."""

    def __init__(self, seed: int, rate: float = 12) -> None:
        self._seed = seed
        self._randoms: dict[int, random.Random] = {}
        self._rate = rate
        self.met: list[str] = []

    def install(self, server: ScriptedImap | ScriptedPop3) -> None:
        if isinstance(server, ScriptedImap):
            server.hook()(self._meet_imap)
            return
        for name in ("CAPA", "USER", "PASS", "LIST", "UIDL", "STAT", "RETR", "TOP", "DELE", "QUIT"):
            server.hook(name)(self._pop3_fault(name))

    def _random(self, conversation: Conversation) -> random.Random:
        """Each connection has its own: what happens on two at a time has no order."""
        number = conversation.number
        if number not in self._randoms:
            self._randoms[number] = random.Random(f"{self._seed} {number}")
        return self._randoms[number]

    def _strikes(self, chance: random.Random) -> bool:
        return chance.uniform(0, 100) < self._rate

    def _meet_imap(self, session: ImapSession, tag: str, name: str, _arguments: bytes) -> bool:
        chance = self._random(session.conversation)
        if not self._strikes(chance):
            return False
        kind = chance.choice(("refuse", "refuse", "garble", "stall", "close", "cut"))
        if kind == "refuse" and name in _AT_THE_DOOR:
            kind = "close"
        self.met.append(f"{kind} {name}")
        match kind:
            case "refuse" if name != "LOGOUT":
                session.say(f"{tag} {chance.choice(_REFUSALS)}")
                return True
            case "garble":
                session.conversation.send(chance.choice(_ODDITIES))
                return False
        return self._end(kind, session.conversation)

    def _pop3_fault(self, name: str) -> Callable[[Pop3Session, bytes], bool]:
        def meet(session: Pop3Session, _arguments: bytes) -> bool:
            chance = self._random(session.conversation)
            if not self._strikes(chance):
                return False
            kind = chance.choice(("refuse", "stall", "close", "cut"))
            if kind == "refuse" and name in _AT_THE_DOOR:
                kind = "close"
            self.met.append(f"{kind} {name}")
            if kind == "refuse":
                session.conversation.say("-ERR not now")
                return True
            return self._end(kind, session.conversation)

        return meet

    def _end(self, kind: str, conversation: Conversation) -> bool:
        """Answer nothing any more, close, or close in the middle of the next answer."""
        if kind == "stall":
            conversation.stall()
        if kind == "cut":
            conversation.cut_after(self._random(conversation).choice((0, 5, 40, 300, 2_000)))
            return False
        conversation.hang_up()
        return True
