"""What a POP3 session makes of a server's answers: listings, refusals, ends of the line, sizes."""

from collections.abc import Sequence

import pytest

from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.maildir.maildir import LARGEST
from tuimail.backend.pop3 import session as module
from tuimail.backend.pop3.line import Line
from tuimail.backend.pop3.session import (
    SLACK,
    UNFORESEEN,
    UNFORESEEN_LATER,
    BrokenOff,
    Pop3Session,
    Retrieved,
)
from tuimail.backend.server import Patience
from tuimail.wire.pop3 import Content, ContentEnd, Event, Rows, Status
from tuimail.wire.pop3_commands import Command, Listed

OK, NO = Status(True, ""), Status(False, "no such thing")
ENDED = Unreachable("pop.example.org ended the line")


class Scripted(Line):
    """Answers with these events in turn; an error is raised in its place."""

    def __init__(self, *events: Event | Exception) -> None:
        super().__init__("pop.example.org", Patience())
        self.events = list(events)
        self.sent: list[str] = []
        self.dropped = False

    def send(self, *commands: Command) -> None:
        if self.dropped:
            raise ENDED
        self.sent += [command.shown for command in commands]

    async def event(self) -> Event:
        event = self.events.pop(0)
        if isinstance(event, Exception):
            raise event
        return event

    def drop(self) -> None:
        self.dropped = True


def session(line: Line, capabilities: Sequence[str] = ("PIPELINING",)) -> Pop3Session:
    return Pop3Session(line, frozenset(capabilities), 0.0)


def rows(text: str | None) -> list[Event | Exception]:
    if text is None:
        return [NO]
    return [OK, Rows(tuple(row.encode() for row in text.split(",") if row))]


@pytest.mark.parametrize(
    ("sizes", "uidls", "stat", "found"),
    [
        ("1 10,2 20", "1 a,2 b", None, "1 10 a,2 20 b"),
        ("2 20,1 10", "2 b,1 a", None, "1 10 a,2 20 b"),
        ("", "", None, ""),
        ("1 10,2 20", None, None, "1 10 -,2 20 -"),
        ("1 10,2 20", "2 b", None, "1 10 -,2 20 b"),
        (None, "1 a,2 b", "2 30", "1 0 a,2 0 b"),
        (None, "2 b", "3 30", "1 0 -,2 0 b,3 0 -"),
        (None, None, "2 30", "1 0 -,2 0 -"),
        ("1 10", "1 a,2 b", "2 30", "1 10 a,2 0 b"),
        ("1 10", "1 a,2 b", "1 10", "1 10 a"),
        ("1 10", "1 a,2 b", "", "1 10 a,2 0 b"),
        ("1 10,x y", "1 a", "2 30", "1 10 a,2 0 -"),
        ("1 10", "1 a,x y", "1 10", "1 10 a"),
        ("1 10", "1 a,x y", "2 10", "1 10 a,2 0 -"),
        ("1 10,3 30", "1 a,3 c,x y", "2 40", "1 10 a,3 30 c"),
    ],
)
async def test_what_either_listing_has_is_there(
    sizes: str | None, uidls: str | None, stat: str | None, found: str
) -> None:
    line = Scripted(*rows(sizes), *rows(uidls), *([] if stat is None else [Status(True, stat)]))
    listed = await session(line).listing()
    shown = ",".join(f"{each.number} {each.size} {each.uidl or '-'}" for each in listed)
    assert shown == found
    assert line.events == []
    assert line.sent == ["LIST", "UIDL", *([] if stat is None else ["STAT"])]


async def test_a_count_that_is_refused_matters_only_where_nothing_else_tells() -> None:
    with pytest.raises(Refused, match="does not list what it has"):
        await session(Scripted(NO, NO, NO)).listing()
    listed = await session(Scripted(*rows(None), *rows("2 b"), NO)).listing()
    assert listed == [Listed(2, 0, "b")]


async def test_without_pipelining_each_listing_is_read_before_the_next_is_asked_for() -> None:
    line = Scripted(*rows("1 10"), *rows("1 a"))
    assert await session(line, ()).listing() == [Listed(1, 10, "a")]
    assert line.sent == ["LIST", "UIDL"]


@pytest.mark.parametrize(
    ("size", "tries", "room"),
    [
        (0, 0, UNFORESEEN),
        (10, 1, UNFORESEEN_LATER),
        (UNFORESEEN, 0, 2 * UNFORESEEN + SLACK),
        (UNFORESEEN_LATER - 1, 3, LARGEST),
        (LARGEST, 0, LARGEST),
        (LARGEST + 1, 0, UNFORESEEN),
        (LARGEST + 1, 1, UNFORESEEN_LATER),
        (UNFORESEEN // 2, 0, UNFORESEEN + SLACK),
    ],
)
def test_a_message_has_room_by_what_was_said_of_it(size: int, tries: int, room: int) -> None:
    assert module._room(size, tries) == room


async def got(line: Line, tries: dict[int, int] | None = None) -> list[Retrieved]:
    found: list[Retrieved] = []
    wanted = [Listed(number, 3) for number in (1, 2, 3)]
    retrieving = session(line).retrieve(wanted, tries=tries)
    while True:
        try:
            found.append(await anext(retrieving))
        except (Unreachable, Refused):
            return found


async def test_where_the_line_ends_is_told_with_what_had_come() -> None:
    whole: list[Event | Exception] = [OK, Content(b"one"), Content(b" more"), ContentEnd()]
    first, second, third = await got(Scripted(*whole, NO, OK, Content(b"ha"), Content(b"l"), ENDED))
    assert (first.content, first.broken) == (b"one more", None)
    assert (second.content, second.refusal, second.broken) == (None, "no such thing", None)
    assert third.content is None
    assert third.refusal == "pop.example.org ended the line"
    assert third.broken == BrokenOff(b"hal", len(b"one more"))


async def test_a_refusal_without_words_has_some(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Scripted(Status(False, ""), ENDED)
    first, second = await got(line)
    assert first.refusal == "no reason given"
    assert second.broken == BrokenOff(b"", 0)


@pytest.mark.parametrize("tries", [None, {1: 1}])
async def test_what_outgrows_its_room_ends_the_line(
    monkeypatch: pytest.MonkeyPatch, tries: dict[int, int] | None
) -> None:
    for name, size in (("SLACK", 2), ("UNFORESEEN", 5), ("UNFORESEEN_LATER", 10)):
        monkeypatch.setattr(module, name, size)
    room = 8 if tries is None else 10
    fits: list[Event | Exception] = [OK, Content(b"x" * (room - 1)), Content(b"y"), ContentEnd()]
    beyond: list[Event | Exception] = [OK, Content(b"x" * 8), Content(b"yyy"), ENDED]
    line = Scripted(*fits, *beyond)
    first, second = await got(line, tries)
    assert first.content == b"x" * (room - 1) + b"y"
    assert second.broken is not None
    assert second.broken.begun == b"x" * 8
    assert "far larger than it said" in second.refusal
    assert line.dropped


@pytest.mark.parametrize(("answer", "ended"), [(OK, True), (NO, False), (ENDED, False)])
async def test_a_visit_counts_as_done_when_quit_was_answered(
    answer: Event | Exception, ended: bool
) -> None:
    line = Scripted(answer)
    assert await session(line).quit() is ended
    assert line.sent == ["QUIT"]
    assert line.dropped


async def test_whoever_leaves_without_quit_deletes_nothing() -> None:
    line = Scripted()
    session(line).close()
    assert line.dropped
    assert line.sent == []


async def test_only_what_the_server_marked_counts_as_deleted() -> None:
    line = Scripted(OK, NO, OK)
    assert await session(line).delete([3, 5, 7]) == {3, 7}
    assert line.sent == ["DELE 3", "DELE 5", "DELE 7"]


async def test_headers_are_asked_for_by_top() -> None:
    line = Scripted(OK, Content(b"Subject: x\r\n\r\n"), ContentEnd(), NO)
    wanted = [Listed(4, 10), Listed(9, 10)]
    first, second = [each async for each in session(line).heads(wanted)]
    assert line.sent == ["TOP 4 0", "TOP 9 0"]
    assert (first.listed, first.content) == (wanted[0], b"Subject: x\r\n\r\n")
    assert (second.content, second.refusal) == (None, "no such thing")
