"""What cannot be had from a POP3 server: when it is asked for again, and what is said of it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from tests.servers.pop3_server import Pop3Server
from tests.unit.engine.test_drain import Machine
from tuimail.backend.base import Unreachable
from tuimail.backend.pop3.session import BRISK, BrokenOff, Pop3Session, Retrieved
from tuimail.engine.unfetched import (
    ALL_REFUSED,
    CAUTIOUS,
    LONGEST,
    LONGEST_SHOWN,
    ONE_BY_ONE,
    SHORTEST,
    Unfetched,
    is_due,
)
from tuimail.model.safe_text import SafeText
from tuimail.store.maildrop_trouble import Trouble
from tuimail.wire.pop3_commands import Listed

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOST = "pop.example.org"
A, B, BARE = Listed(1, 10, "a"), Listed(2, 2_000_000, "b"), Listed(3, 30)
GONE = Trouble("a", 10, NOW, NOW, 3, broke=True, reason="lost", next_try=NOW)


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    made = Machine(tmp_path, Pop3Server())
    made.link = replace(made.link, clock=lambda: NOW + made.ahead)
    yield made
    await made.close()


async def begun(machine: Machine, *listed: Listed, all_named: bool = True) -> Unfetched:
    made = Unfetched(machine.link, HOST)
    await made.begin(listed, all_named=all_named)
    return made


async def noted(machine: Machine, *troubles: Trouble) -> None:
    await machine.disk(lambda store: store.maildrop_trouble.note(troubles))


async def names(machine: Machine) -> list[str]:
    known = await machine.disk(lambda store: store.maildrop_trouble.troubles())
    return sorted(each.name for each in known)


def refused(listed: Listed, words: str = "no") -> Retrieved:
    return Retrieved(listed, None, SafeText(words))


def broken(listed: Listed) -> Retrieved:
    return Retrieved(listed, None, SafeText("lost"), BrokenOff(b"half", 0))


class Breaking:
    """A session whose line ends whenever a header is asked for."""

    asked = 0

    async def heads(self, wanted: Sequence[Listed]) -> AsyncIterator[Retrieved]:
        self.asked += 1
        if wanted:
            raise Unreachable("the line ended")
        yield refused(A)


async def tries(unfetched: Unfetched) -> int:
    """How often headers are asked for until they are refused without a question."""
    line = Breaking()
    session = cast(Pop3Session, line)
    for _ in range(9):
        try:
            found = [each async for each in unfetched.heads(session, [A, B])]
        except Unreachable:
            continue
        assert [each.content for each in found] == [None, None]
        assert {each.refusal for each in found} == {"the line ended when it was asked for"}
        break
    return line.asked


async def test_the_line_may_end_in_headers_twice_a_day(machine: Machine) -> None:
    assert await tries(await begun(machine)) == 2
    assert await tries(await begun(machine)) == 0
    machine.ahead = LONGEST
    assert await tries(await begun(machine)) == 0
    machine.ahead = LONGEST + TICK
    assert await tries(await begun(machine)) == 2
    assert await tries(await begun(machine)) == 0


async def test_one_end_in_a_header_is_remembered_by_the_next_visit(machine: Machine) -> None:
    first = await begun(machine)
    with pytest.raises(Unreachable):
        await anext(first.heads(cast(Pop3Session, Breaking()), [A]))
    assert await tries(await begun(machine)) == 1


async def test_each_end_of_the_line_makes_the_next_visit_more_careful(machine: Machine) -> None:
    paces = []
    for end in (True, True, True, False, True):
        unfetched = await begun(machine)
        paces.append(unfetched.pace)
        await unfetched.ended(broken=end)
    assert paces == [BRISK, CAUTIOUS, ONE_BY_ONE, ONE_BY_ONE, BRISK]
    assert (CAUTIOUS.count, ONE_BY_ONE.count) == (20, 1)


@pytest.mark.parametrize(("all_named", "left"), [(True, ["a"]), (False, ["a", "gone"])])
async def test_what_is_not_listed_any_more_is_no_trouble(
    machine: Machine, all_named: bool, left: list[str]
) -> None:
    """Unless its UIDL may be missing for a day; what has none is known by its number only."""
    await noted(machine, GONE, replace(GONE, name="gone"), replace(GONE, name="#3 30"))
    unfetched = await begun(machine, A, B, all_named=all_named)
    assert await names(machine) == left
    assert unfetched.of(A) == GONE
    assert unfetched.of(B) is None
    assert unfetched.tries([A, B]) == {1: 3}
    assert unfetched.given_up([A, B]) == {1}
    assert unfetched.broke_in(A)
    assert not unfetched.broke_in(B)


async def test_what_is_listed_without_a_uidl_is_known_by_its_number_and_size(
    machine: Machine,
) -> None:
    await noted(machine, replace(GONE, name="#3 30", broke=False))
    unfetched = await begun(machine, A, BARE)
    assert unfetched.given_up([A, BARE]) == {3}
    assert not unfetched.broke_in(BARE)
    assert "(#3 30, 10 bytes): lost" in unfetched.sentence()


@pytest.mark.parametrize(
    ("next_try", "due"),
    [
        (NOW - TICK, True),
        (NOW, True),
        (NOW + TICK, False),
        (NOW + LONGEST, False),
        (NOW + LONGEST + TICK, True),
    ],
)
async def test_what_was_given_up_rests_until_it_is_due(
    machine: Machine, next_try: datetime, due: bool
) -> None:
    assert is_due(replace(GONE, next_try=next_try), NOW) is due
    assert is_due(replace(GONE, next_try=next_try, tries=2), NOW)
    await noted(machine, replace(GONE, next_try=next_try))
    unfetched = await begun(machine, A, B)
    assert unfetched.rests(A) is not due
    assert not unfetched.rests(B)
    assert (A in unfetched.order([A, B])) is due


async def test_three_tries_are_noted_and_the_third_is_told(machine: Machine) -> None:
    for count in (1, 2, 3):
        unfetched = await begun(machine, A, B)
        unfetched.failed([refused(A), broken(B)])
        assert unfetched.where == ", in the message UIDL b"
        fresh = await unfetched.settle()
        assert sorted(each.listed.number for each in fresh) == ([1, 2] if count == 3 else [])
        assert await unfetched.settle() == []
        assert unfetched.tries([A, B]) == {1: count, 2: count}
    assert unfetched.of(A) == Trouble(
        "a", 10, NOW, NOW, 3, broke=False, reason="no", next_try=NOW + SHORTEST
    )
    again = await begun(machine, A, B)
    again.failed([refused(A)])
    assert await again.settle() == []
    assert again.tries([A]) == {1: 4}


async def test_what_came_or_is_not_missed_is_no_trouble_any_more(machine: Machine) -> None:
    await noted(machine, GONE, replace(GONE, name="b"), replace(GONE, name="c"))
    unfetched = await begun(machine, A, B, Listed(4, 1, "c"))
    unfetched.came([A])
    unfetched.dismissed(B)
    unfetched.failed([refused(A), refused(B)])
    assert await unfetched.settle() == []
    assert await names(machine) == ["c"]
    assert unfetched.of(A) is None
    assert "One message could not be had" in unfetched.sentence()


@pytest.mark.parametrize(
    ("count", "came", "nothing"),
    [
        (ALL_REFUSED, False, False),
        (ALL_REFUSED + 1, False, True),
        (ALL_REFUSED + 1, True, False),
    ],
)
async def test_a_server_that_refuses_many_and_gives_none_has_a_trouble_of_its_own(
    machine: Machine, count: int, came: bool, nothing: bool
) -> None:
    listed = [Listed(number, 10, f"{number}") for number in range(10, 10 + count)]
    unfetched = await begun(machine, A, *listed)
    unfetched.failed(map(refused, listed))
    if came:
        unfetched.came([A])
    if nothing:
        with pytest.raises(Unreachable, match=f"{HOST} gives out no message: no"):
            await unfetched.settle()
    else:
        assert await unfetched.settle() == []
    assert len(await names(machine)) == (0 if nothing else count)


async def test_the_latest_trouble_is_named_and_how_many_there_are(machine: Machine) -> None:
    assert (await begun(machine, A, B)).sentence() == ""
    long = "x" * (LONGEST_SHOWN + 1)
    await noted(machine, GONE)
    assert (await begun(machine, A)).sentence() == (
        f"One message could not be had from {HOST} (UIDL a, 10 bytes): lost"
    )
    later = replace(GONE, name=long, last=NOW + TICK, size=0, reason="no")
    await noted(machine, later)
    unfetched = await begun(machine, A, Listed(5, 0, long))
    assert unfetched.sentence() == (
        f"2 messages could not be had from {HOST}, as `tuimail pop plan` lists them;"
        f" the latest (UIDL {long[:LONGEST_SHOWN]}…): no"
    )
    exact = "y" * LONGEST_SHOWN
    await noted(machine, replace(later, name=exact, last=NOW + 2 * TICK))
    unfetched = await begun(machine, A, Listed(5, 0, long), Listed(6, 0, exact))
    assert f"the latest (UIDL {exact}): no" in unfetched.sentence()
