"""What we rely on in aioimaplib, and that nobody else does."""

import asyncio
import inspect
from pathlib import Path

import aioimaplib  # type: ignore[import-untyped]  # ships no types

import tuimail
from tests.unit.backend.imap.evil_server import QUICK, Peer, serving
from tuimail.backend.imap.connection import ImapClient
from tuimail.backend.imap.line import Line


def test_the_hook_for_our_own_reader_is_still_there() -> None:
    theirs = inspect.signature(aioimaplib.IMAP4.create_client).parameters
    assert list(inspect.signature(ImapClient.create_client).parameters) == list(theirs)


async def test_the_client_opens_a_line_of_ours_and_keeps_its_hands_off() -> None:
    async def script(peer: Peer) -> None:
        await peer.say("* OK hello")
        assert await peer.hear() == b"CAPABILITY"
        await peer.say("* CAPABILITY IMAP4rev1", "{tag} OK")
        await peer.hang()

    async with serving(script) as evil:
        line = Line("localhost", patience=QUICK)
        client = ImapClient(line, "localhost", evil.port, None, QUICK)
        await client.opened()
        assert client.protocol is line
        assert (await line.greeting).text == "hello"
        await asyncio.sleep(0.05)
        assert evil.sent == b""
        assert await line.ask_capabilities() == {"IMAP4REV1"}
        await line.close()


def test_nobody_else_imports_it() -> None:
    root = Path(tuimail.__file__).parent
    users = [file for file in root.rglob("*.py") if "import aioimaplib" in file.read_text()]
    assert users == [root / "backend/imap/connection.py"]
