"""A mailbox whose server keeps the rules of IMAP, and says evil things wherever it may speak."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from tests.ui.hostile_screen import CANARIES
from tests.ui.terminal.leaks import LEAKS, every_way
from tests.unit.backend.imap.evil_server import EvilServer, Peer, serving
from tuimail.wire.utf7 import encode_utf7

# What a line of a server may hold: everything but its end.
HOSTILE = [
    text.replace(b"\r", b"").replace(b"\n", b"")
    for text in (*(canary.encode() for canary in CANARIES), *LEAKS.values())
]
CAPABILITIES = b"IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS MOVE IDLE"
_WORST = (
    "\x1b]0;pwned\x07\x1b]52;c;cm0=\x07\x1b[2J\x1b[32m\x1bc\x9b32m\u202e\u200b\x05\x7f".encode()
)
_UIDS = re.compile(rb"UID \w+ ([\d:,*]+)")
_DATE = b'INTERNALDATE "01-Jun-2026 10:00:00 +0000"'
_KEYWORDS = (b"", b" \x9b32m", " k\u202ey \u200b\ue000 \x85".encode(), b" $Junk", b"")


def evil(word: str) -> bytes:
    """A text by which a test sees that it was shown, and what must not be obeyed."""
    return word.encode() + b" " + _WORST


def evil_letters() -> list[bytes]:
    """One for each of what must not be obeyed, each encoded in another way."""
    texts = [
        text.decode("utf-8", "replace") for text in (*map(str.encode, CANARIES), *LEAKS.values())
    ]
    return [
        every_way(text)[number % len(every_way(text))].replace(b"\x1c", b"")
        for number, text in enumerate(texts)
    ]


def evil_names() -> list[bytes]:
    """Mailboxes, spelt as the rules want it and as they stand."""
    encoded = [encode_utf7(text.decode("utf-8", "replace")) for text in HOSTILE]
    raw = [b"raw" + text for text in HOSTILE]
    return [name for pair in zip(encoded, raw, strict=True) for name in pair]


@dataclass
class HostileMailbox:
    """`refuses` are commands that are answered with NO; after `greeting` all goes well."""

    letters: list[bytes] = field(default_factory=evil_letters)
    names: Sequence[bytes] = field(default_factory=evil_names)
    greeting: bytes = field(default_factory=lambda: b"* OK [ALERT] " + evil("greeting"))
    refuses: frozenset[str] = frozenset({"MOVE", "STORE", "COPY", "CREATE", "APPEND"})
    answer: bytes = b"{tag} NO [ALERT]"

    def serving(self) -> AbstractAsyncContextManager[EvilServer]:
        return serving(self.serve)

    async def serve(self, peer: Peer) -> None:
        await peer.say(self.greeting)
        while command := await peer.hear():
            word = command.removeprefix(b"UID ").split()[0].decode()
            if word in self.refuses:
                await peer.say(self.answer + b" " + evil(f"no-{word}"))
                continue
            if word == "IDLE":
                await self._idle(peer)
            for row in self._rows(word, command):
                await peer.say(row)
            await peer.say(b"{tag} OK " + evil(f"ok-{word}"))
            if word == "LOGOUT":
                return

    async def _idle(self, peer: Peer) -> None:
        """Until the client has enough; what came meanwhile is told."""
        told = len(self.letters)
        await peer.say(b"+ " + evil("idling"))
        hearing = asyncio.create_task(peer.line())
        while not hearing.done():
            if told != len(self.letters):
                told = len(self.letters)
                await peer.say(b"* %d EXISTS" % told)
            await asyncio.wait({hearing}, timeout=0.1)

    def _rows(self, word: str, command: bytes) -> Iterator[bytes]:
        match word:
            case "CAPABILITY":
                yield b"* CAPABILITY " + CAPABILITIES + b" X=" + _WORST.replace(b" ", b"")
            case "AUTHENTICATE" | "LOGIN" | "NOOP":
                yield b"* OK [ALERT] " + evil(f"alert-{word}")
            case "LIST":
                yield from self._list()
            case "STATUS":
                yield self._status(command)
            case "SELECT":
                yield from self._selected(command)
            case "FETCH":
                yield from self._fetched(command)

    def _list(self) -> Iterator[bytes]:
        yield b'* LIST () "/" INBOX'
        yield b'* LIST (\\Archive) "\x1b" "Arch\x1b[32mive"'
        for name in self.names:
            yield b'* LIST (\\HasNoChildren) "/" {%d}\r\n%s' % (len(name), name)

    def _status(self, command: bytes) -> bytes:
        name = command.removeprefix(b"STATUS ").rpartition(b" (")[0]
        total = len(self.letters) if b"INBOX" in name else 0
        return b"* STATUS %s (MESSAGES %d UIDNEXT %d UIDVALIDITY 1 UNSEEN %d)" % (
            *(name, total, total + 1, total),
        )

    def _selected(self, command: bytes) -> Iterator[bytes]:
        total = len(self.letters) if b"INBOX" in command else 0
        yield b"* FLAGS (\\Seen \\Flagged" + b"".join(_KEYWORDS) + b")"
        yield b"* %d EXISTS" % total
        yield b"* OK [UIDVALIDITY 1] " + evil("validity")
        yield b"* OK [UIDNEXT %d] ok" % (total + 1)
        yield b"* OK [PERMANENTFLAGS (\\* \\Seen%s)] ok" % b"".join(_KEYWORDS)

    def _fetched(self, command: bytes) -> Iterator[bytes]:
        """All of the inbox, whatever UIDs were asked for: who asks knows what it wanted."""
        found = _UIDS.match(command)
        wanted = [*_numbers(found[1], len(self.letters))] if found else []
        for uid in wanted:
            raw = self.letters[uid - 1]
            flags = b"FLAGS (%s)" % _KEYWORDS[uid % len(_KEYWORDS)].strip()
            head = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            row = b"* %d FETCH (UID %d" % (uid, uid)
            if b"FLAGS" in command:
                row += b" " + flags
            if b"BODY" in command:
                content = raw if b"BODY.PEEK[]" in command else head
                section = b"" if content is raw else b"HEADER"
                row += b" %s RFC822.SIZE %d BODY[%s] {%d}\r\n" % (
                    *(_DATE, len(raw), section, len(content)),
                )
                row += content
            yield row + b")"


def _numbers(uids: bytes, last: int) -> Iterator[int]:
    for span in uids.split(b","):
        start, _, end = span.partition(b":")
        first = last if start == b"*" else int(start)
        yield from range(first, min(last, last if end == b"*" else int(end or first)) + 1)
