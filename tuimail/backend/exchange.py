"""One try of one way to log in: what is said, and what a refusal of it means (RFC 4422)."""

import base64
import binascii
import json
import re
from collections import deque
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from tuimail.backend.base import Refused
from tuimail.backend.server import Server
from tuimail.model.safe_text import EMPTY, SafeText, safe_line

_NEGATION = (
    r"unsupported|unrecogni[sz]ed|unknown|unimplemented|invalid|disabled|no such"
    r"|not (?:\w+ )?(?:supported|recogni[sz]ed|known|implemented|available|enabled|allowed"
    r"|permitted|valid)|no (?:\w+ )?mechanism"
)
_OF_MECHANISM = r"mechanism|sasl|auth\w* (?:type|method|scheme|mode)|\b(?:PLAIN|XOAUTH2)\b|command"
_ALONE = re.compile(rf"(?:command )?(?:{_NEGATION})(?: command)?[.!]?", re.IGNORECASE)


class Way(StrEnum):
    """A mechanism, or COMMAND: the protocol's own for a password (LOGIN; USER and PASS)."""

    PLAIN = "PLAIN"
    COMMAND = "COMMAND"
    LOGIN = "LOGIN"
    XOAUTH2 = "XOAUTH2"
    OAUTHBEARER = "OAUTHBEARER"


FOR_PASSWORDS = (Way.PLAIN, Way.COMMAND, Way.LOGIN)
FOR_TOKENS = (Way.XOAUTH2, Way.OAUTHBEARER)


class Verdict(Enum):
    """What an answer says of the log-in.

    LATER: whoever we are, it is not now. BUSY says so too, but may be the server's way to meet
    a password that it refused just before.
    """

    IN = auto()
    LATER = auto()
    BUSY = auto()
    NEVER = auto()
    PASSWORD = auto()
    WAY = auto()
    UNCLEAR = auto()


@dataclass(frozen=True, slots=True)
class Answer:
    """`misread`: the server may understand the same way in its other form."""

    verdict: Verdict
    words: SafeText = EMPTY
    misread: bool = False


class Exchange:
    """One try of one way: what is answered to each challenge.

    `told`: something of the user's has left. `complaint` is what the server has against a
    token, `given_up` that it wanted more than the way knows.
    """

    def __init__(self, way: Way, server: Server, secret: str) -> None:
        self.way = way
        self.told = False
        self.given_up = False
        self.complaint = EMPTY
        self._responses = deque(_responses(way, server, secret))

    @property
    def words(self) -> tuple[str, str]:
        """User name and password, for the protocol's own command."""
        user, secret = self._responses
        return user.decode(), secret.decode()

    @property
    def initial(self) -> bytes:
        """What may go with the command itself; LOGIN has no such thing."""
        return b"" if self.way is Way.LOGIN else base64.b64encode(self._responses[0])

    def answer(self, challenge: bytes) -> bytes:
        """The next line, without its end; "*" gives up (RFC 4954 4, RFC 9051 6.2.2).

        A response that the server has ignored beside the command is sent once more.
        """
        if self.way in FOR_TOKENS and (complaint := _complaint(challenge)):
            self.complaint = complaint
            self._responses.clear()
            # RFC 7628 3.2.3: an empty line would end an OAUTHBEARER that has an error.
            return b"" if self.way is Way.XOAUTH2 else b"AQ=="
        if not self._responses or (self.way is not Way.LOGIN and self.told and _decoded(challenge)):
            self.given_up = True
            return b"*"
        self.told = True
        return base64.b64encode(self._responses.popleft())

    def refused(self, text: str) -> Answer:
        """What a refusal means that has no code to tell."""
        words = self.complaint or safe_line(text, 200) or SafeText("no reason given")
        if self.complaint:
            return Answer(Verdict.PASSWORD, words)
        if not self.told or self.given_up or is_of_way(text):
            return Answer(Verdict.WAY, words)
        return Answer(Verdict.UNCLEAR, words)


def is_of_way(text: str) -> bool:
    """Whether a refusal is one of the mechanism, in the words of servers without codes."""
    if _ALONE.fullmatch(text.strip()):
        return True
    return bool(
        re.search(_NEGATION, text, re.IGNORECASE) and re.search(_OF_MECHANISM, text, re.IGNORECASE)
    )


def _responses(way: Way, server: Server, secret: str) -> list[bytes]:
    """What the client says, before base64; raises Refused where that cannot be said."""
    user = server.username
    what = f"User name or {'access token' if way in FOR_TOKENS else 'password'} for {server.host}"
    if "\0" in user + secret:
        raise Refused(f"{what} has a NUL, which cannot be sent")
    if way in FOR_TOKENS and re.search(r"[\1-\x20\x7f]", secret):
        raise Refused(
            f"The access token for {server.host} is none: it has a space or a control;"
            " token_command has to print another"
        )
    match way:
        case Way.PLAIN:
            texts = [f"\0{user}\0{secret}"]
        case Way.LOGIN | Way.COMMAND:
            texts = [user, secret]
        case Way.XOAUTH2:
            texts = [f"user={user}\1auth=Bearer {secret}\1\1"]
        case Way.OAUTHBEARER:
            # RFC 5801 4: "=" and "," are spelt otherwise in a name.
            name = user.replace("=", "=3D").replace(",", "=2C")
            texts = [
                f"n,a={name},\1host={server.host}\1port={server.port}\1auth=Bearer {secret}\1\1"
            ]
    try:
        return [text.encode() for text in texts]
    except UnicodeEncodeError as error:
        raise Refused(f"{what} is not Unicode") from error


def _complaint(challenge: bytes) -> SafeText:
    """A server's error in JSON (RFC 7628 3.2.2), as words; none if it is something else."""
    try:
        found = json.loads(_decoded(challenge))
    except (ValueError, RecursionError):
        return EMPTY
    if not isinstance(found, dict):
        return EMPTY
    said = [f"{name} {value}" for name, value in found.items() if isinstance(value, str | int)]
    return safe_line(", ".join(said), 300) or SafeText("no reason given")


def _decoded(challenge: bytes) -> bytes:
    """Nothing, too, where a server says in plain words that it waits."""
    try:
        return base64.b64decode(challenge.strip(), validate=True)
    except binascii.Error:
        return b""
