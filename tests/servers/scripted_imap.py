"""An IMAP server whose every answer a test may replace: IMAP4rev1 with what `capabilities` say."""

import base64
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from tests.servers.scripted import Action, Conversation, Hooks, ScriptedServer

FLAGS = r"\Answered \Flagged \Deleted \Seen \Draft"
_LITERAL = re.compile(rb"\{(\d+)(\+?)\}$")
_BODY = re.compile(rb"BODY(?:\.PEEK)?\[([^\]]*)\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE)
_FIELD = re.compile(rb"[^\s:]+:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*\r\n")
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\((?:[^()]|\([^()]*\))*\))|([^ ]+)', re.DOTALL)
_DATE = re.compile(rb'"( ?\d{1,2}-[A-Za-z]{3}-\d{4} [^"]*)"')


@dataclass(eq=False, slots=True)
class Stored:
    """One message; a hook may change what is told of it without changing `content`."""

    content: bytes
    flags: set[str]
    date: str

    @property
    def header(self) -> bytes:
        return self.content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


@dataclass(eq=False, slots=True)
class Box:
    """One mailbox: its messages by UID."""

    attributes: str = ""
    validity: int = 1000
    next_uid: int = 1
    messages: dict[int, Stored] = field(default_factory=dict)

    def add(
        self,
        content: bytes,
        flags: Collection[str] = (),
        date: str = "02-Nov-2026 10:00:00 +0000",
        uid: int = 0,
    ) -> int:
        """Its UID: the next one, unless `uid` says another."""
        uid = uid or self.next_uid
        self.messages[uid] = Stored(content, set(flags), date)
        self.next_uid = max(self.next_uid, uid + 1)
        return uid


class Session:
    """One connection: `selected` is the name of the mailbox that is open."""

    def __init__(self, server: "ScriptedImap", conversation: Conversation) -> None:
        self.conversation = conversation
        self.selected = ""
        self.literal = b""
        self._server = server

    @property
    def number(self) -> int:
        return self.conversation.number

    @property
    def box(self) -> Box:
        return self._server.boxes[self.selected]

    def say(self, *lines: str | bytes) -> None:
        self.conversation.say(*lines)

    def position(self, uid: int) -> int:
        """The message sequence number."""
        return sorted(self.box.messages).index(uid) + 1

    def uids(self, wanted: bytes) -> list[int]:
        """Those of a UID set that are there."""
        there = sorted(self.box.messages)
        highest = there[-1] if there else 0
        found: set[int] = set()
        for part in wanted.decode().split(","):
            ends = [highest if end == "*" else int(end) for end in part.split(":")]
            found |= {uid for uid in there if min(ends) <= uid <= max(ends)}
        return sorted(found)


class ScriptedImap(ScriptedServer):
    """`password` None lets everybody in."""

    capabilities = (
        "IMAP4rev1 UIDPLUS MOVE IDLE LITERAL+ SPECIAL-USE LIST-EXTENDED ESEARCH NAMESPACE"
        " UNSELECT AUTH=PLAIN SASL-IR"
    )
    greeting = "* OK ready"
    namespace = '(("" "/")) NIL NIL'
    delimiter = '"/"'
    permanent = FLAGS + r" \*"
    password: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.boxes = {
            "INBOX": Box(),
            "Sent": Box(r"\Sent"),
            "Trash": Box(r"\Trash"),
            "Drafts": Box(r"\Drafts"),
            "Archive": Box(r"\Archive"),
        }
        self.hooks = Hooks()
        self._idling: list[Session] = []
        self._answers: dict[str, Callable[[Session, str, bytes], None]] = {
            "CAPABILITY": self._capability,
            "NOOP": _done,
            "CHECK": _done,
            "LOGOUT": _logout,
            "ID": self._id,
            "NAMESPACE": self._namespace,
            "AUTHENTICATE": self._authenticate,
            "LOGIN": self._login,
            "LIST": self._list,
            "LSUB": self._lsub,
            "STATUS": self._status,
            "SELECT": self._select,
            "EXAMINE": self._select,
            "UNSELECT": _unselect,
            "CLOSE": _unselect,
            "CREATE": self._create,
            "DELETE": self._delete,
            "SUBSCRIBE": _done,
            "UNSUBSCRIBE": _done,
            "UID SEARCH": self._search,
            "UID FETCH": self._fetch,
            "UID STORE": _store,
            "UID COPY": self._copy,
            "UID MOVE": self._move,
            "UID EXPUNGE": _expunge,
            "APPEND": self._append,
        }

    @property
    def inbox(self) -> Box:
        return self.boxes["INBOX"]

    def deliver(self, content: bytes, mailbox: str = "INBOX") -> int:
        """As a new letter; whoever idles there hears of it."""
        with self.lock:
            uid = self.boxes[mailbox].add(content)
            for session in self._idling:
                if session.selected == mailbox:
                    session.conversation.tell(f"* {len(session.box.messages)} EXISTS")
        return uid

    def hook(self, name: str | None = None) -> Callable[[Action], Action]:
        """Decorates `action(session, tag, name, arguments) -> bool`; True if it has answered."""
        return self.hooks.add(name)

    def can(self, capability: str) -> bool:
        return capability in self.capabilities.split()

    def converse(self, conversation: Conversation) -> None:
        session = Session(self, conversation)
        session.say(self.greeting)
        name = ""
        while name != "LOGOUT":
            tag, name, arguments = self._command(session)
            with self.lock:
                answered = self.hooks.answered(name, session, tag, name, arguments)
                if not answered and name != "IDLE":
                    self.answer(session, tag, name, arguments)
            if not answered and name == "IDLE":
                self._idle(session, tag)

    def answer(self, session: Session, tag: str, name: str, arguments: bytes) -> None:
        """As RFC 3501 has it."""
        action = self._answers.get(name)
        if action is None:
            session.say(f"{tag} BAD unknown command")
        else:
            action(session, tag, arguments)

    def row(self, session: Session, uid: int, items: bytes) -> bytes:
        """A FETCH row for these items, in the order that most servers keep."""
        message = session.box.messages[uid]
        upper = items.upper()
        parts = [b"UID %d" % uid]
        if b"FLAGS" in upper:
            parts.append(f"FLAGS ({' '.join(sorted(message.flags))})".encode())
        if b"INTERNALDATE" in upper:
            parts.append(f'INTERNALDATE "{message.date}"'.encode())
        if b"RFC822.SIZE" in upper:
            parts.append(b"RFC822.SIZE %d" % len(message.content))
        if (body := _body(upper, message)) is not None:
            parts.append(body)
        return b"* %d FETCH (" % session.position(uid) + b" ".join(parts) + b")\r\n"

    # What the commands answer.

    def _command(self, session: Session) -> tuple[str, str, bytes]:
        """Tag, name and arguments; a literal is written into the arguments as it came."""
        line = session.conversation.line()
        while (literal := _LITERAL.search(line)) is not None:
            if not literal[2]:
                session.say("+ go on")
            session.literal = session.conversation.take(int(literal[1]))
            tail = session.conversation.line()
            line = line[: literal.start()] + _quoted(session.literal) + tail
        tag, _, rest = line.partition(b" ")
        name, _, arguments = rest.partition(b" ")
        if name.upper() == b"UID":
            sub, _, arguments = arguments.partition(b" ")
            name += b" " + sub
        return tag.decode(), name.upper().decode("ascii", "replace"), arguments

    def _idle(self, session: Session, tag: str) -> None:
        with self.lock:
            session.say("+ idling")
            self._idling.append(session)
        try:
            while session.conversation.line().upper() != b"DONE":
                pass
        finally:
            with self.lock:
                self._idling.remove(session)
        session.say(f"{tag} OK done")

    def _capability(self, session: Session, tag: str, _arguments: bytes) -> None:
        session.say(f"* CAPABILITY {self.capabilities}", f"{tag} OK done")

    def _id(self, session: Session, tag: str, _arguments: bytes) -> None:
        session.say("* ID NIL", f"{tag} OK done")

    def _namespace(self, session: Session, tag: str, _arguments: bytes) -> None:
        session.say(f"* NAMESPACE {self.namespace}", f"{tag} OK done")

    def _authenticate(self, session: Session, tag: str, arguments: bytes) -> None:
        mechanism, *initial = arguments.split()
        if mechanism.upper() != b"PLAIN":
            session.say(f"{tag} NO no such mechanism")
            return
        if not initial:
            session.say("+ ")
            initial = [session.conversation.line()]
        _, _, password = base64.b64decode(initial[0]).split(b"\0")
        self._let_in(session, tag, password)

    def _login(self, session: Session, tag: str, arguments: bytes) -> None:
        self._let_in(session, tag, words_of(arguments)[1])

    def _let_in(self, session: Session, tag: str, password: bytes) -> None:
        right = self.password is None or password == self.password.encode()
        session.say(f"{tag} OK in" if right else f"{tag} NO [AUTHENTICATIONFAILED] wrong")

    def _list(self, session: Session, tag: str, _arguments: bytes) -> None:
        for name, box in self.boxes.items():
            session.say(f"* LIST ({box.attributes}) {self.delimiter} {quoted(name)}")
        session.say(f"{tag} OK done")

    def _lsub(self, session: Session, tag: str, _arguments: bytes) -> None:
        for name in self.boxes:
            session.say(f"* LSUB () {self.delimiter} {quoted(name)}")
        session.say(f"{tag} OK done")

    def _named(self, session: Session, tag: str, arguments: bytes) -> str:
        """The mailbox that is named first, "" if there is none: then that has been said."""
        name = words_of(arguments)[0].decode()
        name = "INBOX" if name.upper() == "INBOX" else name
        if name in self.boxes:
            return name
        session.say(f"{tag} NO [TRYCREATE] no such mailbox")
        return ""

    def _status(self, session: Session, tag: str, arguments: bytes) -> None:
        if not (name := self._named(session, tag, arguments)):
            return
        box = self.boxes[name]
        unseen = sum("\\Seen" not in each.flags for each in box.messages.values())
        session.say(
            f"* STATUS {quoted(name)} (MESSAGES {len(box.messages)} UNSEEN {unseen}"
            f" UIDNEXT {box.next_uid} UIDVALIDITY {box.validity})",
            f"{tag} OK done",
        )

    def _select(self, session: Session, tag: str, arguments: bytes) -> None:
        session.selected = ""
        if not (name := self._named(session, tag, arguments)):
            return
        session.selected = name
        session.say(
            f"* FLAGS ({FLAGS})",
            f"* {len(session.box.messages)} EXISTS",
            "* 0 RECENT",
            f"* OK [UIDVALIDITY {session.box.validity}] now",
            f"* OK [UIDNEXT {session.box.next_uid}] next",
            f"* OK [PERMANENTFLAGS ({self.permanent})] kept",
            f"{tag} OK [READ-WRITE] open",
        )

    def _create(self, session: Session, tag: str, arguments: bytes) -> None:
        self.boxes[words_of(arguments)[0].decode()] = Box()
        session.say(f"{tag} OK created")

    def _delete(self, session: Session, tag: str, arguments: bytes) -> None:
        if name := self._named(session, tag, arguments):
            del self.boxes[name]
            session.say(f"{tag} OK deleted")

    def _search(self, session: Session, tag: str, arguments: bytes) -> None:
        found = list(_matching(session, arguments))
        everything = f" ALL {','.join(map(str, found))}" if found else ""
        if b"COUNT" in arguments.upper():
            session.say(f'* ESEARCH (TAG "{tag}") UID COUNT {len(found)}')
        elif b"RETURN" in arguments.upper():
            session.say(f'* ESEARCH (TAG "{tag}") UID{everything}')
        else:
            session.say(" ".join(["* SEARCH", *map(str, found)]))
        session.say(f"{tag} OK done")

    def _fetch(self, session: Session, tag: str, arguments: bytes) -> None:
        wanted, _, items = arguments.partition(b" ")
        for uid in session.uids(wanted):
            session.conversation.send(self.row(session, uid, items))
        session.say(f"{tag} OK done")

    def _copied(self, session: Session, tag: str, arguments: bytes) -> tuple[list[int], str] | None:
        """What was copied, and COPYUID for it if the server has that."""
        wanted, _, target = arguments.partition(b" ")
        if not (name := self._named(session, tag, target)):
            return None
        box = self.boxes[name]
        uids = session.uids(wanted)
        copies = [session.box.messages[uid] for uid in uids]
        new = [box.add(each.content, each.flags, each.date) for each in copies]
        told = f"{box.validity} {','.join(map(str, uids))} {','.join(map(str, new))}"
        return uids, f"[COPYUID {told}] " if uids and self.can("UIDPLUS") else ""

    def _copy(self, session: Session, tag: str, arguments: bytes) -> None:
        if copied := self._copied(session, tag, arguments):
            session.say(f"{tag} OK {copied[1]}copied")

    def _move(self, session: Session, tag: str, arguments: bytes) -> None:
        if not self.can("MOVE"):
            session.say(f"{tag} BAD unknown command")
        elif moved := self._copied(session, tag, arguments):
            # At once or not at all (RFC 6851 3.3), whatever becomes of the line meanwhile.
            expunged = removed(session, moved[0])
            if moved[1]:
                session.say(f"* OK {moved[1]}moved")
            session.say(*expunged, f"{tag} OK done")

    def _append(self, session: Session, tag: str, arguments: bytes) -> None:
        if not (name := self._named(session, tag, arguments)):
            return
        box = self.boxes[name]
        flags = re.search(rb"\(([^)]*)\)", arguments)
        date = _DATE.search(arguments)
        when = date[1].decode() if date else "02-Nov-2026 10:00:00 +0000"
        uid = box.add(session.literal, flags[1].decode().split() if flags else (), when)
        code = f"[APPENDUID {box.validity} {uid}] " if self.can("UIDPLUS") else ""
        session.say(f"{tag} OK {code}appended")


def words_of(arguments: bytes) -> list[bytes]:
    """Atoms, strings without their quotes, and lists as they stand."""
    return [_word(match) for match in _TOKEN.finditer(arguments)]


def quoted(name: str) -> str:
    """A name as an IMAP quoted string."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _word(match: re.Match[bytes]) -> bytes:
    if match[1] is not None:
        return re.sub(rb"\\(.)", rb"\1", match[1])
    return match[2] or match[3]


def _quoted(literal: bytes) -> bytes:
    return b'"' + literal.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _body(items: bytes, message: Stored) -> bytes | None:
    asked = _BODY.search(items)
    if asked is None:
        return None
    section = asked[1]
    content = message.content
    if section.startswith(b"HEADER.FIELDS"):
        names = {word.lower() for word in section.partition(b"(")[2].strip(b") ").split()}
        fields = _FIELD.findall(message.header)
        kept = [each for each in fields if each.partition(b":")[0].lower() in names]
        content = b"".join(kept) + b"\r\n"
    elif section.startswith(b"HEADER"):
        content = message.header
    offset = b""
    if asked[2] is not None:
        start, count = int(asked[2]), int(asked[3])
        content, offset = content[start : start + count], b"<%d>" % start
    return b"BODY[%s]%s {%d}\r\n%s" % (section, offset, len(content), content)


def _matching(session: Session, arguments: bytes) -> Iterator[int]:
    asked = re.search(rb"UID ([\d:,*]+)", arguments)
    header = re.search(rb'HEADER (\S+) "?([^"]*)"?', arguments)
    for uid in session.uids(asked[1] if asked else b"1:*"):
        message = session.box.messages[uid]
        if b"UNSEEN" in arguments and "\\Seen" in message.flags:
            continue
        if header and header[2].lower() not in message.header.lower():
            continue
        yield uid


def removed(session: Session, uids: Collection[int]) -> list[str]:
    """What tells that they are gone."""
    told = []
    for uid in uids:
        told.append(f"* {session.position(uid)} EXPUNGE")
        del session.box.messages[uid]
    return told


def _store(session: Session, tag: str, arguments: bytes) -> None:
    wanted, what, words = arguments.split(b" ", 2)
    flags = words.strip(b"()").decode().split()
    for uid in session.uids(wanted):
        kept = session.box.messages[uid].flags
        if what.startswith(b"+"):
            kept.update(flags)
        else:
            kept.difference_update(flags)
    session.say(f"{tag} OK done")


def _expunge(session: Session, tag: str, arguments: bytes) -> None:
    marked = {uid for uid, each in session.box.messages.items() if "\\Deleted" in each.flags}
    gone = removed(session, [uid for uid in session.uids(arguments) if uid in marked])
    session.say(*gone, f"{tag} OK done")


def _done(session: Session, tag: str, _arguments: bytes) -> None:
    session.say(f"{tag} OK done")


def _unselect(session: Session, tag: str, _arguments: bytes) -> None:
    session.selected = ""
    session.say(f"{tag} OK done")


def _logout(session: Session, tag: str, _arguments: bytes) -> None:
    session.say("* BYE", f"{tag} OK done")
