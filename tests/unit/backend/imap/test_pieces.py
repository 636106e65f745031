"""A message by partial fetches: every byte once and in order, or a sentence why not."""

import re

import pytest

from tests.unit.backend.imap.evil_server import Peer, backend_for, closing, serving
from tuimail.backend.base import Refused
from tuimail.model.mail import INBOX

CONTENT = b"0123456789"
PIECE = "UID FETCH 5 (UID BODY.PEEK[]<{}.4>)"


def row(offset: int, content: bytes, *, uid: int = 5, more: str = "") -> bytes:
    words = f"* 1 FETCH (UID {uid}{more} BODY[]<{offset}> {{{len(content)}}}\r\n"
    return words.encode() + content + b")"


class Server:
    """Has the message 5; `instead` are rows for a piece, by its offset."""

    def __init__(self) -> None:
        self.instead: dict[int, list[bytes | str]] = {}
        self.validity = 7
        self.uids = [5]
        self.answer = "OK"
        self.heard: list[str] = []

    async def serve(self, peer: Peer) -> None:
        await peer.greet()
        while command := (await peer.hear()).decode():
            rows: list[bytes | str] = []
            if command.startswith(("SELECT", "EXAMINE")):
                rows = ["* 1 EXISTS", f"* OK [UIDVALIDITY {self.validity}] ok"]
            elif found := re.search(r"<(\d+)\.(\d+)>", command):
                start, size = int(found[1]), int(found[2])
                rows = self.instead.get(start, [row(start, CONTENT[start : start + size])])
            elif command.startswith("UID FETCH"):
                rows = [f"* 1 FETCH (UID {uid})" for uid in self.uids]
            if command.startswith(("UID", "NOOP")):
                self.heard.append(command)
            await peer.say(*rows, f"{{tag}} {self.answer if '<' in command else 'OK'} done")

    @property
    def asked(self) -> list[str]:
        """The pieces that were asked for."""
        return [command for command in self.heard if "<" in command]

    async def pieces(self, start: int = 0, size: int = 4) -> list[bytes]:
        async with serving(self.serve) as evil, closing(backend_for(evil)) as backend:
            await backend.connect()
            return [piece async for piece in backend.pieces(INBOX, 7, 5, start=start, size=size)]


async def test_pieces_come_in_their_order_until_there_is_no_more() -> None:
    server = Server()
    assert await server.pieces() == [b"0123", b"4567", b"89"]
    assert server.asked == [PIECE.format(offset) for offset in (0, 4, 8, 10)]


@pytest.mark.parametrize("start", [1, 4, 9])
async def test_what_is_here_already_is_not_asked_for(start: int) -> None:
    server = Server()
    assert b"".join(await server.pieces(start)) == CONTENT[start:]
    assert server.heard[0] == PIECE.format(start)


async def test_rows_that_answer_something_else_are_no_pieces() -> None:
    server = Server()
    server.instead[4] = [
        row(4, b"none", uid=6),
        row(4, b"none", more=" RFC822.SIZE 10"),
        "* 1 FETCH (UID 5 FLAGS ())",
        "* 3 EXPUNGE",
        b"* 1 FETCH (UID 5 BODY[HEADER]<0> {4}\r\nnone)",
        row(4, b"4567"),
    ]
    assert b"".join(await server.pieces()) == CONTENT


async def test_a_message_that_is_gone_has_no_pieces() -> None:
    server = Server()
    server.instead[0] = []
    assert await server.pieces() == []
    assert server.heard == [PIECE.format(0)]


@pytest.mark.parametrize("start", [0, 4])
async def test_a_message_that_goes_between_two_pieces_is_told(start: int) -> None:
    server = Server()
    server.instead[4] = []
    with pytest.raises(Refused, match="localhost stopped giving out the message: it may be gone"):
        await server.pieces(start)


async def test_more_than_was_asked_for_is_no_piece() -> None:
    server = Server()
    server.instead[4] = [row(4, b"45678")]
    with pytest.raises(Refused, match="localhost sends more of a message than it was asked for"):
        await server.pieces()


async def test_a_shorter_piece_is_gone_on_from() -> None:
    server = Server()
    server.instead[4] = [row(4, b"45")]
    assert b"".join(await server.pieces()) == CONTENT
    assert server.asked[1:3] == [PIECE.format(4), PIECE.format(6)]


@pytest.mark.parametrize("offset", [0, 4])
async def test_nil_for_a_message_that_is_there_is_told(offset: int) -> None:
    server = Server()
    server.instead[offset] = [f"* 1 FETCH (UID 5 BODY[]<{offset}> NIL)"]
    with pytest.raises(Refused, match="localhost lists it and does not give it out"):
        await server.pieces()
    # What another deleted just now is told at the NOOP.
    assert server.heard[-2:] == ["NOOP", "UID FETCH 5 (UID)"]


async def test_nil_for_a_message_that_another_deleted_is_no_refusal() -> None:
    server = Server()
    server.uids = [6]
    server.instead[0] = ["* 1 FETCH (UID 5 BODY[]<0> NIL)"]
    assert await server.pieces() == []


async def test_nil_beside_the_piece_costs_nothing() -> None:
    server = Server()
    nil = "* 1 FETCH (UID 5 BODY[]<0> NIL)"
    server.instead[0] = [nil, row(0, b"0123")]
    server.instead[4] = [row(4, b"4567"), nil]
    assert b"".join(await server.pieces()) == CONTENT
    assert "UID FETCH 5 (UID)" not in server.heard


async def test_of_another_uidvalidity_no_piece_is_asked_for() -> None:
    server = Server()
    server.validity = 8
    with pytest.raises(Refused, match="has numbered the messages in INBOX anew"):
        await server.pieces()
    assert server.heard == []


async def test_a_piece_that_is_refused_is_told_in_words() -> None:
    server = Server()
    server.answer = "NO"
    with pytest.raises(Refused, match="localhost refused to send the message"):
        await server.pieces()
