"""kill -9 at any moment: nothing lost, nothing doubled, no wrong message touched (I1, I4)."""

import random
from collections.abc import Iterator

import pytest

from tests.integration.engine_process import no_engine_left
from tests.integration.engine_victim import Victim, run_and_kill
from tests.servers.mail_user import MailUser

LONGEST_LIFE = 1.0
PATIENCE = 10.0
PUSHING = (
    "after_claim",
    "before_perform",
    "after_perform",
    "between_index_and_journal",
    "after_settle",
)
PULLING = ("after_deliver", "after_finish_pull", "after_keep_raw", "after_keep_bodies")


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


async def be_killed(victim: Victim, times: int) -> None:
    """Act, interfere and kill so many times."""
    for _ in range(times):
        for _ in range(victim.chance.randint(1, 3)):
            await victim.act()
        if victim.chance.random() < 0.5:
            victim.interfere()
        await run_and_kill(victim.chance.uniform(0.2, LONGEST_LIFE))


@pytest.mark.parametrize("failpoint", PUSHING)
async def test_dying_between_two_steps_of_a_push_loses_and_doubles_nothing(
    mail_user: MailUser, failpoint: str
) -> None:
    victim = Victim(mail_user, random.Random(failpoint))
    await victim.prepare(8)
    for occasion in (1, 2):
        for _ in range(4):
            await victim.act()
        victim.interfere()
        assert await run_and_kill(PATIENCE, f"{failpoint}:{occasion}")
    await victim.judge()


@pytest.mark.parametrize("failpoint", PULLING)
async def test_dying_between_two_steps_of_a_pull_loses_and_doubles_nothing(
    mail_user: MailUser, failpoint: str
) -> None:
    victim = Victim(mail_user, random.Random(failpoint))
    await victim.prepare(8)
    for _ in range(2):
        await victim.act()
        victim.deliver()
        assert await run_and_kill(PATIENCE, failpoint)
    await victim.judge()


@pytest.mark.parametrize("seed", range(2))
async def test_dying_at_random_loses_and_doubles_nothing(mail_user: MailUser, seed: int) -> None:
    victim = Victim(mail_user, random.Random(seed))
    await victim.prepare(20)
    await be_killed(victim, 8)
    await victim.judge()


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(100, 120))
async def test_a_thousand_deaths(mail_user: MailUser, seed: int) -> None:
    victim = Victim(mail_user, random.Random(seed))
    await victim.prepare(20)
    for _ in range(5):
        await be_killed(victim, 10)
        await victim.judge()
