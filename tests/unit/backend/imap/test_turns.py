"""Two who want one line for two mailboxes: neither gets the other's letters, nor loses its own."""

import asyncio
import re
from collections.abc import Callable

import pytest

from tests.unit.backend.imap.evil_server import Peer, backend_for, closing, serving
from tuimail.backend.base import Refused
from tuimail.backend.imap import lines
from tuimail.backend.imap.backend import ImapBackend
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.session import Session
from tuimail.model.mail import INBOX, MailboxName
from tuimail.model.sync import Part

ARCHIVE = MailboxName("Archive")


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> list[Session]:
    """Those that were opened, to see who waits."""
    opened: list[Session] = []

    def open_one(line: Line) -> Session:
        opened.append(Session(line))
        return opened[-1]

    monkeypatch.setattr(lines, "Session", open_one)
    return opened


class Server:
    """Answers for the inbox once somebody waits for the archive, which may number it anew."""

    def __init__(self, sessions: list[Session], *, missing: int = 0, anew: bool = False) -> None:
        self.sessions = sessions
        self.missing = missing
        self.anew = anew
        self.asked = asyncio.Event()
        self.taken = asyncio.Event()
        self.heard: list[str] = []

    async def serve(self, peer: Peer) -> None:
        validity, selected = 7, ""
        await peer.greet("IMAP4rev1 AUTH=PLAIN SASL-IR")
        while command := (await peer.hear()).decode():
            rows: list[bytes] = []
            if command.startswith(("SELECT", "EXAMINE")):
                selected = command.split()[1].strip('"')
                told = validity if selected == "INBOX" else 7
                rows = [b"* 999 EXISTS", b"* OK [UIDVALIDITY %d] ok" % told]
                validity += self.anew and selected == "Archive"
            elif found := re.match(r"UID FETCH (\d+):?(\d*)", command):
                self.heard.append(f"{selected} {found[1]}")
                if selected == "INBOX":
                    await self._turn(len(self.heard))
                uids = range(int(found[1]), int(found[2] or found[1]) + 1)
                # Numbered anew, every number is another letter's.
                lacks = self.missing if (selected, validity) == ("INBOX", 7) else 0
                there = [uid for uid in uids if uid != lacks]
                rows = [b"* %d FETCH (UID %d FLAGS () BODY[] {2}\r\nhi)" % (u, u) for u in there]
            await peer.say(*rows, "{tag} OK")

    async def _turn(self, count: int) -> None:
        self.asked.set()
        if count == 1:
            while not any(each.contended for each in self.sessions):  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        elif count == 2:
            await self.taken.wait()


async def uids_of(
    backend: ImapBackend, mailbox: MailboxName, uids: range, took: Callable[[int], None]
) -> str:
    """How it ended."""
    try:
        async for fetched in backend.fetch(mailbox, 7, uids, Part.FULL):
            took(fetched.uid)
    except Refused as refusal:
        return str(refusal)
    return ""


async def both(server: Server, wanted: range) -> tuple[list[int], list[int], str]:
    """What came of the inbox and of the archive, and how the inbox ended."""
    inbox: list[int] = []
    archive: list[int] = []

    def took(uid: int) -> None:
        inbox.append(uid)
        if uid == 100:
            server.taken.set()

    async with serving(server.serve) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(uids_of(backend, INBOX, wanted, took))
            await server.asked.wait()
            tasks.create_task(uids_of(backend, ARCHIVE, wanted, archive.append))
    return inbox, archive, first.result()


async def test_what_was_numbered_anew_in_anothers_turn_is_not_taken_for_what_did_not_come(
    sessions: list[Session],
) -> None:
    server = Server(sessions, missing=2, anew=True)
    inbox, archive, end = await both(server, range(1, 4))
    assert (inbox, archive) == ([1, 3], [1, 2, 3])
    assert end == "localhost has numbered the messages in INBOX anew"
    assert server.heard == ["INBOX 1", "Archive 1"]


async def test_who_gives_way_takes_first_what_was_asked_for(sessions: list[Session]) -> None:
    server = Server(sessions)
    inbox, archive, end = await both(server, range(1, 251))
    assert (inbox, archive, end) == ([*range(1, 251)], [*range(1, 251)], "")
    assert server.heard[:4] == ["INBOX 1", "INBOX 101", "INBOX 201", "Archive 1"]
