"""Letters that their server calls otherwise than before, while not all of them can be had."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import letter
from tests.servers.pop3_server import Letter, Pop3Server, Uidls
from tests.unit.engine.test_drain import Machine, placeholders
from tuimail.backend.base import Unreachable
from tuimail.store.maildrop import copied

LETTERS = [letter(f"No. {number}", "x" * 300 * number + "\r\n") for number in range(7)]


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    async with Pop3Server().open() as server:
        server.letters = [Letter(content, f"uidl-{n}") for n, content in enumerate(LETTERS)]
        made = Machine(tmp_path, server, days=None)
        yield made
        await made.close()


async def without_names(machine: Machine) -> None:
    machine.server.uidls = Uidls.NONE
    await machine.drain()
    machine.server.uidls = Uidls.UNIQUE


async def with_names_of_a_session(machine: Machine) -> None:
    machine.server.uidls = Uidls.CHANGING
    await machine.drain()


async def with_other_names(machine: Machine) -> None:
    await machine.drain()
    for each in machine.server.letters:
        each.uidl = f"new-{each.uidl}"


async def by_another_way(machine: Machine) -> None:
    await machine.drain()
    drops = [
        copied(number, drop.sha256, drop.name, drop.size, drop.first_seen)
        for number, drop in enumerate(await machine.drops())
    ]
    await machine.disk(lambda store: store.maildrop.begin_anew(drops))


BEFORE = [without_names, with_names_of_a_session, with_other_names, by_another_way]


def refuse_one(server: Pop3Server) -> None:
    server.letters[2].refused = True


def refuse_all_but_one(server: Pop3Server) -> None:
    for each in server.letters[1:]:
        each.refused = True


def break_in_one(server: Pop3Server) -> None:
    server.letters[3].breaks_at = 100


def break_in_the_first(server: Pop3Server) -> None:
    server.letters[0].breaks_at = 0


def break_after_some(server: Pop3Server) -> None:
    server.breaks_every = 3_000


TROUBLES = [refuse_one, refuse_all_but_one, break_in_one, break_in_the_first, break_after_some]


def be_well(server: Pop3Server) -> None:
    server.breaks_every = None
    for each in server.letters:
        each.refused, each.breaks_at = False, None


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("before", BEFORE)
async def test_what_came_under_another_name_is_not_doubled_where_some_cannot_be_had(
    machine: Machine,
    before: Callable[[Machine], Awaitable[None]],
    trouble: Callable[[Pop3Server], None],
) -> None:
    await before(machine)
    trouble(machine.server)
    for _ in range(2):
        with suppress(Unreachable):
            await machine.drain()
    be_well(machine.server)
    for _ in range(2):
        await machine.drain()
    assert machine.contents == sorted(LETTERS)
    machine.days = 0
    await machine.drain()
    assert machine.server.letters == []
    assert machine.contents == sorted(LETTERS)


@pytest.mark.parametrize("before", [without_names, with_other_names, by_another_way])
async def test_what_was_given_up_under_another_name_is_known_when_it_comes(
    machine: Machine, before: Callable[[Machine], Awaitable[None]]
) -> None:
    await before(machine)
    refuse_one(machine.server)
    for _ in range(3):
        await machine.drain()
    assert len(await placeholders(machine)) == 1
    be_well(machine.server)
    machine.ahead = timedelta(days=2)
    assert await machine.drain() == []
    assert await placeholders(machine) == {}
    assert machine.contents == sorted(LETTERS)
    assert await machine.drain() == []
    assert machine.contents == sorted(LETTERS)


async def test_what_came_without_a_name_while_a_placeholder_stood_for_it_is_not_doubled(
    machine: Machine,
) -> None:
    refuse_one(machine.server)
    for _ in range(3):
        await machine.drain()
    be_well(machine.server)
    await without_names(machine)
    assert machine.contents == sorted(LETTERS)
    machine.ahead = timedelta(days=2)
    for _ in range(2):
        assert await machine.drain() == []
    assert await placeholders(machine) == {}
    assert machine.contents == sorted(LETTERS)


async def test_a_placeholder_that_was_to_stay_there_is_a_letter_that_is_to_stay_there(
    machine: Machine,
) -> None:
    await without_names(machine)
    refuse_one(machine.server)
    for _ in range(3):
        await machine.drain()
    (held,) = (drop for drop in await machine.drops() if not drop.here)
    await machine.disk(lambda store: store.maildrop.keep([held.uidl], kept=True))
    be_well(machine.server)
    machine.ahead, machine.days = timedelta(days=2), 0
    for _ in range(2):
        await machine.drain()
    assert [each.uidl for each in machine.server.letters] == [held.uidl]
    assert machine.contents == sorted(LETTERS)


@pytest.mark.parametrize("trouble", [None, *TROUBLES])
async def test_a_twin_of_what_has_left_the_server_is_another_letter(
    machine: Machine, trouble: Callable[[Pop3Server], None] | None
) -> None:
    """Once everything that is there was seen."""
    await machine.drain()
    gone = machine.server.letters.pop()
    if trouble is not None:
        machine.server.add(*(letter(f"New {number}", "y" * number) for number in range(4)))
        trouble(machine.server)
        with suppress(Unreachable):
            await machine.drain()
        be_well(machine.server)
    await machine.drain()
    machine.server.letters.append(Letter(gone.content, "twin"))
    await machine.drain()
    assert machine.contents.count(gone.content) == 2
