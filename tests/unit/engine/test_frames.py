"""Frames carry requests and news unchanged, and nothing else gets in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.engine.events import (
    BodiesArrived,
    BodiesFailed,
    Connection,
    ConnectionChanged,
    Event,
    MailboxChanged,
    Progress,
    SyncFinished,
)
from tuimail.engine.frames import LARGEST, BadFrame, Frame, Hello, decode, encode, split
from tuimail.engine.requests import (
    AccountStatus,
    FetchBodies,
    GiveSecret,
    Request,
    Ring,
    Status,
    Stop,
    SyncNow,
)
from tuimail.model.mail import AccountName, MailboxId, MailboxName, MessageKey
from tuimail.model.safe_text import SafeText

WORK = AccountName("work")
MANY = frozenset(MessageKey((4_194_303 << 40) + number) for number in range(10_000))

FRAMES = [
    Hello("0.1.0"),
    Ring(WORK, frozenset({MailboxName("INBOX"), MailboxName("Größe\n✓")})),
    FetchBodies(frozenset({MessageKey(7), MessageKey(1 << 61)})),
    SyncNow(),
    SyncNow(frozenset({WORK})),
    GiveSecret(WORK, "pä\n\x00ss"),
    Stop(newer="0.2"),
    MailboxChanged(MailboxId(WORK, MailboxName("a/b"))),
    ConnectionChanged(WORK, Connection.OFFLINE, SafeText("No network.")),
    Progress(WORK, SafeText("headers"), 3, 10),
    SyncFinished(WORK, 0, new=3, seconds=1.5),
    Status("0.1.0", 7, 1, (AccountStatus(WORK, Connection.ONLINE, SafeText(""), 1, 2),)),
]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_what_goes_in_comes_out(frame: Frame) -> None:
    line = encode(frame)
    assert line.count(b"\n") == 1
    assert decode(line) == frame


def test_what_was_safe_text_is_safe_text_again() -> None:
    event = decode(encode(ConnectionChanged(WORK, Connection.OFFLINE, SafeText("No network."))))
    assert isinstance(event, ConnectionChanged)
    assert type(event.reason) is SafeText


@pytest.mark.parametrize(
    "whole",
    [
        BodiesArrived(MANY),
        BodiesFailed(MANY, SafeText("No network.")),
        FetchBodies(MANY),
        Ring(WORK, frozenset(MailboxName("x" * 50 + str(number)) for number in range(2_000))),
    ],
    ids=lambda whole: type(whole).__name__,
)
def test_no_frame_is_larger_than_the_door_lets_in(whole: Request | Event) -> None:
    parts = list(split(whole))
    assert all(len(encode(part)) <= LARGEST for part in parts)
    assert len(parts) > 1


def test_splitting_loses_nothing() -> None:
    parts = [part for part in split(FetchBodies(MANY)) if isinstance(part, FetchBodies)]
    assert frozenset().union(*(part.keys for part in parts)) == MANY


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"[]",
        b"7",
        b"{}",
        b'{"is":"object"}',
        b'{"is":"SyncNow"}',
        b'{"is":"SyncNow","accounts":"work"}',
        b'{"is":"SyncNow","accounts":[1]}',
        b'{"is":"SyncNow","accounts":[],"more":1}',
        b'{"is":"FetchBodies","keys":[true]}',
        b'{"is":["SyncNow"],"accounts":[]}',
        b'{"is":"ConnectionChanged","account":"a","connection":"odd","reason":""}',
        b"\xff\xfe",
        b"[" * 60_000,
    ],
)
def test_anything_else_is_a_bad_frame(line: bytes) -> None:
    with pytest.raises(BadFrame):
        decode(line)


@given(st.binary(max_size=200))
def test_garbage_raises_nothing_but_bad_frame(garbage: bytes) -> None:
    with pytest.raises(BadFrame):
        decode(garbage)


def test_a_secret_is_in_no_repr() -> None:
    assert "hunter2" not in repr(GiveSecret(WORK, "hunter2"))
