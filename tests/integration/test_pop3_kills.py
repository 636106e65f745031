"""kill -9 at any moment of a drain: each letter is here once, or still on the server (P1)."""

import random
from collections import Counter

import pytest

from tests.builders import letter
from tests.integration.pop3_accounts import WORK, add_pop3_account
from tests.integration.pop3_victim import (
    PIECE,
    Phase,
    Pop3Victim,
    Tap,
    drain_to_the_end,
    end_engine,
    start_engine,
)
from tests.servers.mail_user import MailUser
from tuimail.config.paths import Paths
from tuimail.config.schema import Pop3Config

BETWEEN = {Phase.FETCHING, Phase.STORING, Phase.DELETING}
POINTS = (
    "before_store",
    "after_deliver_drop",
    "after_commit_drop",
    "before_dele",
    "after_dele",
    "after_quit",
)
DIED = 137
LARGE = letter("Large", "x" * 70 * 600 + "\r\n")
COUNT = 25


async def be_killed(user: MailUser, seed: str, times: int) -> Counter[Phase]:
    victim = Pop3Victim(user, random.Random(seed))
    for number in range(times):
        victim.deliver(COUNT)
        victim.note_ever()
        waiting = victim.user.letters().total()
        tap = Tap(user.host, user.server.pop3, expected=waiting)
        async with tap:
            add_account_anew(user, tap.port)
            await victim.kill(tap, victim.chance.randrange(victim.to_fetch() + PIECE * waiting))
        victim.judge(finished=False)
        if number % 5 == 4 or number == times - 1:
            add_account_anew(user, user.server.pop3)
            await drain_to_the_end()
            victim.judge(finished=True)
    return victim.phases


def add_account_anew(user: MailUser, port: int) -> None:
    Paths.from_environment().account_file(WORK).unlink(missing_ok=True)
    add_pop3_account(user, port=port)


@pytest.mark.parametrize("failpoint", POINTS)
async def test_dying_between_two_steps_of_a_drain_loses_and_doubles_nothing(
    mail_user: MailUser, failpoint: str
) -> None:
    victim = Pop3Victim(mail_user, random.Random(failpoint))
    add_pop3_account(mail_user)
    for _ in range(2):
        victim.deliver(8)
        victim.note_ever()
        process = await start_engine(failpoint)
        try:
            assert await process.wait() == DIED
        finally:
            await end_engine(process)
        victim.judge(finished=False)
    await drain_to_the_end()
    victim.judge(finished=True)


def add_limited_account(user: MailUser, max_size: int | None) -> None:
    Paths.from_environment().account_file(WORK).unlink(missing_ok=True)
    add_pop3_account(user, pop3=Pop3Config(0, max_size=max_size))


@pytest.mark.parametrize(
    "failpoint", ["after_placeholder", "after_deliver_large", "after_commit_large"]
)
async def test_dying_about_large_messages_loses_and_doubles_nothing(
    mail_user: MailUser, failpoint: str
) -> None:
    victim = Pop3Victim(mail_user, random.Random(failpoint))
    victim.deliver(5)
    for _ in range(2):
        victim.user.deliver(LARGE)
    victim.note_ever()
    add_limited_account(mail_user, 20_000)
    if failpoint != "after_placeholder":
        await drain_to_the_end()
        victim.judge(finished=False)
        add_limited_account(mail_user, None)
    for _ in range(2):
        process = await start_engine(failpoint)
        try:
            assert await process.wait() == DIED
        finally:
            await end_engine(process)
        victim.judge(finished=False)
    add_limited_account(mail_user, 20_000)
    await drain_to_the_end()
    victim.judge(finished=False)
    add_limited_account(mail_user, None)
    await drain_to_the_end()
    victim.judge(finished=True)


async def test_dying_at_random_in_a_drain_loses_and_doubles_nothing(mail_user: MailUser) -> None:
    phases = await be_killed(mail_user, "short", 15)
    assert sum(phases[each] for each in BETWEEN) >= 0.8 * phases.total(), phases


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_a_hundred_deaths_in_drains(mail_user: MailUser) -> None:
    phases = await be_killed(mail_user, "long", 120)
    for phase in Phase:
        print(f"{phases[phase]:4}  {phase}")
    assert sum(phases[each] for each in BETWEEN) >= 0.8 * phases.total(), phases
