"""A POP3 letter that cannot be had is left out and named; all others come, each once."""

from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import letter
from tests.servers.pop3_server import Letter, Pop3Server, Uidls
from tests.unit.engine.test_drain import Machine, placeholders
from tuimail.backend.base import Unreachable
from tuimail.backend.pop3.session import BrokenOff, Retrieved
from tuimail.engine.leaving import note_removed, reasons_of
from tuimail.engine.unfetched import LONGEST, SHORTEST, after, in_order
from tuimail.model.safe_text import SafeText
from tuimail.store.maildrop_trouble import Trouble
from tuimail.wire.pop3_commands import Listed

NOW = datetime(2026, 5, 1, tzinfo=UTC)
LETTERS = [letter(f"No. {number}", "x" * 300 + "\r\n") for number in range(12)]


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    async with Pop3Server().open() as server:
        made = Machine(tmp_path, server)
        yield made
        await made.close()


def add(machine: Machine, contents: Collection[bytes]) -> list[Letter]:
    added = [Letter(content, f"uidl-{n}") for n, content in enumerate(contents)]
    machine.server.letters += added
    return added


async def visit(machine: Machine) -> str:
    """What was wrong with it, "" if nothing was."""
    try:
        return " ".join(await machine.drain())
    except Unreachable as trouble:
        return str(trouble)


async def troubles(machine: Machine) -> list[Trouble]:
    return await machine.disk(lambda store: store.maildrop_trouble.troubles())


def asked_for(machine: Machine) -> list[int]:
    """The numbers of all RETRs since the last call."""
    numbers = [int(line.split()[1]) for line in machine.server.lines if line[:4] == b"RETR"]
    machine.server.lines.clear()
    return numbers


@pytest.mark.parametrize("every", [200_000, 90_000, 30_000])
async def test_on_a_line_that_breaks_again_and_again_all_comes_and_nothing_twice(
    machine: Machine, every: int
) -> None:
    sizes = [40 + 37 * n % 290 for n in range(60)]
    contents = [letter(f"{n}", ("y" * 70 + "\r\n") * size) for n, size in enumerate(sizes)]
    add(machine, contents)
    machine.server.breaks_every = every
    total = sum(map(len, contents))
    for _ in range(3 + 2 * total // every):
        await visit(machine)
    assert machine.contents == sorted(contents)
    assert len(machine.server.whole) == len(contents)
    assert machine.server.letters == []
    assert await troubles(machine) == []


async def test_what_is_larger_than_the_line_can_bear_becomes_a_placeholder(
    machine: Machine,
) -> None:
    large = letter("large", ("y" * 70 + "\r\n") * 800)
    add(machine, [*LETTERS[:4], large, *LETTERS[4:]])
    machine.server.breaks_every = 30_000
    for _ in range(6):
        await visit(machine)
    assert machine.contents == sorted(LETTERS)
    assert machine.server.contents == [large]
    (held,) = (await placeholders(machine)).values()
    assert b"Subject: large" in held
    assert b"yyy" not in held


@pytest.mark.parametrize("breaks_at", [0, 5, 200, 590])
@pytest.mark.parametrize("pipelining", [True, False])
async def test_one_letter_at_which_the_line_ends_holds_up_no_other(
    machine: Machine, breaks_at: int, pipelining: bool
) -> None:
    if not pipelining:
        machine.server.capabilities = ("UIDL", "TOP", "USER")
    bad = add(machine, LETTERS)[5]
    bad.breaks_at = breaks_at
    good = sorted(set(LETTERS) - {bad.content})
    assert "in the message UIDL uidl-5" in await visit(machine)
    assert machine.contents == sorted(LETTERS[:5])
    await visit(machine)
    assert machine.contents == good
    for _ in range(3):
        told = await visit(machine)
    assert "UIDL uidl-5" in told
    assert machine.server.contents == [bad.content]
    assert len(await placeholders(machine)) == 1
    assert len(machine.server.whole) == len(good)


async def test_a_server_that_closes_at_a_letter_is_asked_for_it_three_times(
    machine: Machine,
) -> None:
    bad = add(machine, LETTERS)[5]
    bad.breaks_at = 0
    for _ in range(3):
        assert "uidl-5" in await visit(machine)
    assert len(await placeholders(machine)) == 1
    asked_for(machine)
    assert "could not be had" in await visit(machine)
    assert asked_for(machine) == []


async def test_a_placeholder_says_why_and_what_came_of_the_letter(machine: Machine) -> None:
    bad = add(machine, LETTERS[:3])[1]
    bad.breaks_at = len(bad.content) - 100
    for _ in range(4):
        await visit(machine)
    ((uid, held),) = (await placeholders(machine)).items()
    assert b"Subject: No. 1" in held
    assert "was lost" in (await machine.disk(reasons_of, [uid]))[uid]


async def test_what_broke_the_line_is_not_asked_for_first_after_a_restart(
    machine: Machine,
) -> None:
    add(machine, LETTERS)[0].breaks_at = 0
    await visit(machine)
    assert asked_for(machine)[0] == 1
    await machine.close()
    machine.__post_init__()
    await visit(machine)
    numbers = asked_for(machine)
    assert numbers[0] != 1
    assert numbers[-1] == 1


async def test_what_was_given_up_is_tried_again_in_growing_pauses(machine: Machine) -> None:
    add(machine, LETTERS[:1])[0].refused = True
    tries = []
    for hour in range(60):
        machine.ahead = timedelta(hours=hour)
        await visit(machine)
        if asked_for(machine):
            tries.append(hour)
    assert tries == [0, 1, 2, 3, 5, 9, 17, 33, 57]


async def test_what_was_given_up_comes_when_the_server_is_well(machine: Machine) -> None:
    bad = add(machine, LETTERS[:3])[1]
    bad.breaks_at = 0
    for _ in range(3):
        await visit(machine)
    (uid,) = await placeholders(machine)
    bad.breaks_at = None
    assert "uidl-1" in await visit(machine)
    machine.ahead = SHORTEST + timedelta(minutes=1)
    assert await visit(machine) == ""
    assert await placeholders(machine) == {}
    assert machine.contents == sorted(LETTERS[:3])
    assert machine.server.letters == []
    assert await troubles(machine) == []
    names = machine.maildir.files(machine.maildir.root).values()
    assert uid in {file.name.uid for file in names}


async def test_what_was_given_up_comes_at_once_when_somebody_asks_for_it(
    machine: Machine,
) -> None:
    bad = add(machine, LETTERS[:3])[1]
    bad.refused = True
    for _ in range(3):
        await visit(machine)
    (uid,) = await placeholders(machine)
    bad.refused = False
    assert await machine.drain(uid) == []
    assert machine.contents == sorted(LETTERS[:3])
    assert await troubles(machine) == []


async def test_what_was_given_up_and_deleted_here_is_not_asked_for_nor_named(
    machine: Machine,
) -> None:
    add(machine, LETTERS[:3])[1].refused = True
    for _ in range(3):
        await visit(machine)
    (uid,) = await placeholders(machine)
    await machine.disk(note_removed, [uid], NOW)
    (file,) = machine.placeholders.files(machine.placeholders.root).values()
    file.path.unlink()
    machine.ahead = timedelta(days=3)
    await visit(machine)
    asked_for(machine)
    assert await visit(machine) == ""
    assert asked_for(machine) == []
    assert await placeholders(machine) == {}
    assert len(machine.server.letters) == 1


async def test_one_visit_is_one_try(machine: Machine) -> None:
    add(machine, LETTERS[:3])[1].refused = True
    for tries in (1, 2, 3):
        await visit(machine)
        assert [each.tries for each in await troubles(machine)] == [tries]


async def test_a_letter_that_left_the_server_is_no_trouble_any_more(machine: Machine) -> None:
    add(machine, LETTERS[:3])[1].refused = True
    assert "not this one" in await visit(machine)
    machine.server.letters.clear()
    assert await visit(machine) == ""
    assert await troubles(machine) == []


async def test_a_server_that_gives_out_nothing_at_all_gives_up_no_letter(
    machine: Machine,
) -> None:
    for each in add(machine, LETTERS * 2):
        each.refused = True
    for _ in range(4):
        assert "gives out no message: not this one" in await visit(machine)
    assert await troubles(machine) == []
    assert await placeholders(machine) == {}


@pytest.mark.parametrize("uidls", [Uidls.NONE, Uidls.TWINS])
async def test_without_uidls_too_one_bad_letter_holds_up_no_other(
    machine: Machine, uidls: Uidls
) -> None:
    machine.server.uidls = uidls
    bad = add(machine, LETTERS)[5]
    bad.breaks_at = 0
    for _ in range(5):
        await visit(machine)
    assert machine.contents == sorted(set(LETTERS) - {bad.content})
    assert bad.content in machine.server.contents


async def test_what_is_here_is_no_placeholder_because_it_cannot_be_had_again(
    machine: Machine,
) -> None:
    machine.days = None
    bad = add(machine, LETTERS[:2])[1]
    await visit(machine)
    bad.content = bad.content.replace(b"\r\n\r\n", b"\r\nStatus: RO\r\n\r\n", 1)
    bad.refused = True
    for _ in range(5):
        await visit(machine)
    assert machine.contents == sorted(LETTERS[:2])
    assert await placeholders(machine) == {}
    assert all(drop.here for drop in await machine.drops())
    assert machine.server.heard["DELE"] == 0


async def test_a_line_that_ends_when_a_header_is_asked_for_holds_up_nothing(
    machine: Machine,
) -> None:
    machine.server.cut_at_top = True
    machine.max_size = 20_000
    add(machine, [*LETTERS, letter("big", "x" * 30_000)])
    for _ in range(4):
        await visit(machine)
    assert machine.contents == sorted(LETTERS)
    assert len(machine.server.letters) == 1
    (held,) = (await placeholders(machine)).values()
    assert held.startswith(b"Subject: A message of ")


async def test_headers_are_asked_for_again_on_another_day(machine: Machine) -> None:
    machine.server.cut_at_top = True
    machine.max_size = 300
    add(machine, LETTERS[:2])
    for _ in range(3):
        await visit(machine)
    machine.server.cut_at_top = False
    add(machine, [letter("later", "x" * 400)])
    asked = machine.server.heard["TOP"]
    await visit(machine)
    assert machine.server.heard["TOP"] == asked
    machine.server.letters.append(Letter(letter("last", "x" * 400), "last"))
    machine.ahead = LONGEST + timedelta(minutes=1)
    await visit(machine)
    assert machine.server.heard["TOP"] > asked
    assert any(b"Subject: last" in held for held in (await placeholders(machine)).values())


async def test_what_has_no_uidl_is_no_trouble_when_its_number_is_anothers(
    machine: Machine,
) -> None:
    machine.server.uidls = Uidls.NONE
    add(machine, LETTERS)[11].refused = True
    await visit(machine)
    assert [each.name for each in await troubles(machine)] == [f"#12 {len(LETTERS[11])}"]
    await visit(machine)
    assert [each.name for each in await troubles(machine)] == [f"#1 {len(LETTERS[11])}"]


async def test_garbage_in_the_place_of_a_letter_is_that_letters_trouble(
    machine: Machine,
) -> None:
    add(machine, LETTERS)
    machine.server.letters[5].garbled = True
    for _ in range(4):
        await visit(machine)
    assert machine.contents == sorted(set(LETTERS) - {LETTERS[5]})
    assert [each.name for each in await troubles(machine)] == ["uidl-5"]


def trouble(
    name: str, minutes: int, tries: int = 1, *, broke: bool = True, due_in: int = 0
) -> Trouble:
    last = NOW - timedelta(minutes=minutes)
    due = NOW + timedelta(minutes=due_in)
    return Trouble(name, 10, last, last, tries, broke, "lost", due)


WANTED = [Listed(number, 10, name) for number, name in enumerate("abcdef", 1)]


def names(wanted: Collection[Listed]) -> str:
    return "".join(each.uidl or "" for each in wanted)


@pytest.mark.parametrize(
    ("known", "broken", "order"),
    [
        ((), False, "abcdef"),
        ((trouble("b", 1),), True, "acdefb"),
        ((trouble("b", 1),), False, "bacdef"),
        ((trouble("b", 1), trouble("d", 9)), True, "dacefb"),
        ((trouble("b", 9), trouble("d", 1)), True, "bacefd"),
        ((trouble("b", 1, broke=False),), True, "abcdef"),
        ((trouble("b", 1, 3, broke=False, due_in=9),), True, "acdef"),
        ((trouble("b", 1, 3, broke=False),), True, "abcdef"),
        ((trouble("b", 1, 3, due_in=9),), True, "acdef"),
        ((trouble("b", 9, 3), trouble("d", 5, 4)), False, "acefb"),
        (tuple(trouble(name, n) for n, name in enumerate("abcdef", 1)), True, "fedcba"),
    ],
)
def test_what_ended_the_line_comes_last_and_later_first(
    known: tuple[Trouble, ...], broken: bool, order: str
) -> None:
    assert names(in_order(WANTED, known, NOW, broken=broken)) == order


def test_the_only_one_left_is_asked_for_though_it_broke_the_line() -> None:
    assert names(in_order(WANTED[:1], [trouble("a", 1)], NOW, broken=True)) == "a"


def test_a_clock_that_was_ahead_puts_nothing_off_for_ever() -> None:
    far = trouble("a", 1, 3, due_in=60 * 24 * 400)
    assert names(in_order(WANTED[:1], [far], NOW, broken=False)) == "a"


@pytest.mark.parametrize(
    ("broken", "tries"),
    [
        (None, 2),
        (BrokenOff(b"half", 0), 2),
        (BrokenOff(b"", 1_000), 2),
        (BrokenOff(b"half", 1_000), 1),
    ],
)
def test_only_an_end_that_says_something_about_a_letter_counts(
    broken: BrokenOff | None, tries: int
) -> None:
    failed = Retrieved(WANTED[0], None, SafeText("lost"), broken)
    assert after(None, failed, NOW).tries == 1
    assert after(trouble("a", 1), failed, NOW).tries == tries


def test_pauses_grow_to_a_day_and_no_further() -> None:
    failed = Retrieved(WANTED[0], None, SafeText("no"))
    known: Trouble | None = None
    pauses = []
    for _ in range(12):
        known = after(known, failed, NOW)
        pauses.append(known.next_try - NOW)
    assert pauses[:4] == [timedelta(0), timedelta(0), SHORTEST, 2 * SHORTEST]
    assert pauses[-1] == LONGEST
    assert replace(known or trouble("a", 1), next_try=NOW).given_up


async def test_visits_that_are_broken_off_anywhere_lose_nothing(machine: Machine) -> None:
    add(machine, LETTERS)
    machine.server.breaks_every = 400
    for limit in range(400, 9_000, 211):
        machine.server.breaks_every = limit
        with suppress(Unreachable):
            await machine.drain()
    machine.server.breaks_every = None
    machine.ahead = timedelta(days=2)
    for _ in range(len(LETTERS)):
        await visit(machine)
    assert machine.contents == sorted(LETTERS)
    assert machine.server.letters == []
