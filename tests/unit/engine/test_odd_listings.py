"""LIST and UIDL as servers get them wrong: every letter comes, once, and none is lost for it."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import letter
from tests.servers.pop3_server import Letter, Pop3Server, Uidls
from tests.unit.engine.test_drain import Machine, placeholders
from tuimail.backend.base import Refused
from tuimail.engine.stock import Uidls as Told
from tuimail.engine.stock import usable
from tuimail.wire.pop3_commands import Listed

Rows = list[bytes]

LETTERS = [letter(f"No. {number}", "x" * 400 * number + "\r\n") for number in range(5)]


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    async with Pop3Server().open() as server:
        server.letters = [Letter(content, f"uidl-{n}") for n, content in enumerate(LETTERS)]
        made = Machine(tmp_path, server)
        yield made
        await made.close()


def in_listing(
    word: str, change: Callable[[Rows], Rows | None]
) -> Callable[[str, Rows], Rows | None]:
    return lambda asked, rows: change(rows) if rows and asked == word else rows


def second(row: bytes) -> Callable[[Rows], Rows]:
    """In place of the second row."""
    return lambda rows: [*rows[:1], row, *rows[2:]]


SIZES: dict[str, Callable[[Rows], Rows | None]] = {
    "zero": second(b"2 0"),
    "negative": second(b"2 -1"),
    "huge": second(b"2 " + b"9" * 18),
    "beyond any number": second(b"2 " + b"9" * 40),
    "missing": second(b"2"),
    "no number": second(b"2 big"),
    "with a unit": second(b"2 14k"),
    "blanks": lambda rows: [b"  " + row.replace(b" ", b" \t ") + b"  " for row in rows],
    "blank rows": lambda rows: [b"", *rows, b"   "],
    "a row too few": lambda rows: rows[:-1],
    "none at all": lambda rows: [],
    "no such message": lambda rows: [*rows[:1], b"0 12", *rows[1:]],
    "no row": second(b"two 500"),
    "twice": lambda rows: [*rows, rows[1], b"3 77"],
    "backwards": lambda rows: rows[::-1],
    "refused": lambda rows: None,
    "all zero": lambda rows: [row.split()[0] + b" 0" for row in rows],
}


@pytest.mark.parametrize("days", [0, None])
@pytest.mark.parametrize("case", SIZES)
async def test_a_size_is_a_hint_and_a_row_of_list_costs_nothing(
    machine: Machine, case: str, days: int | None
) -> None:
    machine.days = days
    machine.server.rows = in_listing("LIST", SIZES[case])
    assert await machine.drain() == []
    assert machine.contents == sorted(LETTERS)
    assert len(machine.server.letters) == (0 if days == 0 else len(LETTERS))
    await machine.drain()
    assert machine.contents == sorted(LETTERS)
    assert machine.server.heard["RETR"] == len(LETTERS)


UIDLS: dict[str, Callable[[Rows], Rows | None]] = {
    "empty": second(b"2 "),
    "missing": second(b"2"),
    "a control character": second(b"2 a\x01b"),
    "no number": second(b"two uidl-1"),
    "endless": second(b"2 " + b"u" * 9000),
    "a row too few": lambda rows: rows[:-1],
    "a name for two": second(b"2 uidl-2"),
    "two names for one": lambda rows: [*rows, b"2 other"],
    "none at all": lambda rows: [],
    "all empty": lambda rows: [row.split()[0] for row in rows],
}


@pytest.mark.parametrize("case", UIDLS)
async def test_a_row_of_uidl_costs_no_letter_and_nothing_is_deleted(
    machine: Machine, case: str
) -> None:
    machine.days = 14
    machine.server.rows = in_listing("UIDL", UIDLS[case])
    for days in (0, 20):
        machine.ahead = timedelta(days=days)
        problems = await machine.drain()
        assert problems
        assert machine.contents == sorted(LETTERS)
    assert machine.server.heard["DELE"] == 0


@pytest.mark.parametrize("case", ["empty", "a control character", "a name for two"])
async def test_only_what_has_no_uidl_of_its_own_is_fetched_again(
    machine: Machine, case: str
) -> None:
    machine.days = None
    machine.server.rows = in_listing("UIDL", UIDLS[case])
    await machine.drain()
    doubtful = 2 if case == "a name for two" else 1
    for visits in (1, 2):
        assert await machine.drain() == []
        assert machine.server.heard["RETR"] == len(LETTERS) + doubtful * visits
    assert machine.contents == sorted(LETTERS)


async def test_a_uidl_that_was_lost_for_a_day_doubles_nothing(machine: Machine) -> None:
    machine.days = None
    for uidls in (Uidls.UNIQUE, Uidls.NONE, Uidls.UNIQUE, Uidls.TWINS, Uidls.UNIQUE):
        machine.server.uidls = uidls
        await machine.drain()
        assert machine.contents == sorted(LETTERS)
    machine.days = 0
    await machine.drain()
    assert machine.server.letters == []


async def test_twins_of_which_one_has_no_uidl_are_both_kept(machine: Machine) -> None:
    twin = LETTERS[1]
    machine.server.letters = [Letter(twin, name) for name in ("a", "b", "c")]
    machine.server.rows = in_listing("UIDL", UIDLS["empty"])
    for _ in range(3):
        await machine.drain()
        assert machine.contents == [twin] * 3


async def test_a_message_that_only_a_listing_has_is_named_and_harms_nothing(
    machine: Machine,
) -> None:
    machine.server.rows = lambda word, rows: [*rows, b"6 500"]
    for _ in range(2):
        (sentence,) = await machine.drain()
        assert "no such message" in sentence
    assert machine.contents == sorted(LETTERS)
    assert machine.server.letters == []


async def test_a_name_for_what_is_not_there_is_nothing(machine: Machine) -> None:
    machine.server.rows = in_listing("UIDL", lambda rows: [*rows, b"6 nobody", b"7 nothing"])
    assert await machine.drain() == []
    assert machine.server.letters == []
    assert machine.server.heard["RETR"] == len(LETTERS)


@pytest.mark.parametrize("word", ["LIST", "UIDL"])
async def test_a_server_that_lists_in_one_way_only_is_served(machine: Machine, word: str) -> None:
    machine.server.rows = in_listing(word, lambda rows: None)
    await machine.drain()
    assert machine.contents == sorted(LETTERS)
    assert machine.server.letters == []


async def test_a_server_that_lists_in_neither_way_says_how_many_there_are(
    machine: Machine,
) -> None:
    machine.server.rows = lambda word, rows: None
    await machine.drain()
    assert machine.contents == sorted(LETTERS)


async def test_a_server_that_does_not_even_count_is_refused(machine: Machine) -> None:
    machine.server.rows = lambda word, rows: None
    machine.server.counts = False
    with pytest.raises(Refused, match="does not list"):
        await machine.drain()


async def test_rows_that_end_in_lf_are_rows(machine: Machine) -> None:
    machine.server.rows = lambda word, rows: [b"\n".join(rows)]
    assert await machine.drain() == []
    assert machine.contents == sorted(LETTERS)
    assert machine.server.letters == []


async def test_with_max_size_a_letter_of_unknown_size_comes(machine: Machine) -> None:
    machine.max_size = 600
    machine.server.rows = in_listing("LIST", SIZES["all zero"])
    await machine.drain()
    assert machine.contents == sorted(LETTERS)
    assert await placeholders(machine) == {}


@pytest.mark.parametrize(
    ("uidls", "kept", "told"),
    [
        (("a", "b", "c"), ["a", "b", "c"], Told.USABLE),
        ((), [], Told.USABLE),
        ((None, None), [None, None], Told.NONE),
        (("a", None, "c"), ["a", None, "c"], Told.LACKING),
        (("a", "b", "a"), [None, "b", None], Told.SHARED),
        (("a", "a", None), [None, None, None], Told.SHARED),
    ],
)
def test_a_uidl_names_one_message_or_none(
    uidls: tuple[str | None, ...], kept: list[str | None], told: Told
) -> None:
    listed = [Listed(number, 10, uidl) for number, uidl in enumerate(uidls, 1)]
    found, uidls_told = usable(listed)
    assert [each.uidl for each in found] == kept
    assert uidls_told is told
