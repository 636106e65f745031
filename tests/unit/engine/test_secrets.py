"""A refused password is tried once, and only the user brings another (security.md N14, S4)."""

import asyncio

import pytest

from tests.builders import letter
from tests.unit.engine.world import WORK, World, hearing, subjects, synced, until
from tuimail.backend.base import NotAuthorized
from tuimail.engine.events import Connection, ConnectionChanged, SecretNeeded
from tuimail.engine.local import LocalMail
from tuimail.engine.secret_keeper import BETWEEN_TRIES, SecretKeeper


async def until_asked(mail: LocalMail) -> SecretNeeded:
    async with hearing(mail) as news:
        async for event in news:
            if isinstance(event, SecretNeeded):
                return event
    raise AssertionError("the news ended")


async def test_an_unknown_password_is_asked_for_and_then_kept(world: World) -> None:
    world.server.password = "hunter2"
    world.passwords[WORK] = None
    world.server.deliver(letter("One"))
    world.start()
    mail = await world.mail()
    await until_asked(mail)
    assert world.server.commands["connect"] == 1
    await mail.give_secret(WORK, "hunter2")

    async def here() -> bool:
        return await subjects(mail) == ["One"]

    await until(here)
    world.server.cut()
    await synced(mail)
    assert (await synced(mail))[0].exit == 0


async def test_a_refused_password_is_tried_once(world: World) -> None:
    world.server.password = "hunter2"
    world.passwords[WORK] = "wrong"
    world.start()
    mail = await world.mail()
    await until_asked(mail)
    for _ in range(3):
        (report,) = await synced(mail)
        assert report.exit == 1
        assert "password" in report.error
    await asyncio.sleep(0.1)
    assert world.server.commands["connect"] == 1


async def test_the_user_may_have_it_tried_again(world: World) -> None:
    world.server.password = "hunter2"
    world.passwords[WORK] = "wrong"
    world.start()
    mail = await world.mail()
    await until_asked(mail)
    world.passwords[WORK] = "hunter2"
    await mail.reconnect()

    async def online() -> bool:
        return (await world.engine.status()).accounts[0].connection is Connection.ONLINE

    await until(online)


async def test_who_comes_later_learns_that_a_password_is_needed(world: World) -> None:
    world.server.password = "hunter2"
    world.start()
    await until_asked(await world.mail())
    await until_asked(await world.mail())


async def test_what_was_done_meanwhile_waits_and_is_pushed(world: World) -> None:
    world.server.password = "hunter2"
    world.passwords[WORK] = "hunter2"
    world.start()
    mail = await world.mail()
    async with hearing(mail) as news:
        async for event in news:
            if event == ConnectionChanged(WORK, Connection.ONLINE):
                break
    world.server.password = "changed"
    world.server.cut()
    await until_asked(mail)
    await mail.give_secret(WORK, "changed")
    assert (await synced(mail))[0].exit == 0


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def nothing() -> str | None:
    return None


async def test_a_given_secret_is_forgotten_once_it_was_refused() -> None:
    keeper = SecretKeeper(nothing)
    keeper.give("wrong")
    assert await keeper.secret() == "wrong"
    keeper.refused()
    with pytest.raises(NotAuthorized) as ignorance:
        await keeper.secret()
    assert "wrong" not in str(ignorance.value)


async def test_one_try_in_fifteen_minutes_needs_no_user() -> None:
    async def found() -> str | None:
        return "wrong"

    time = Time()
    keeper = SecretKeeper(found, time)
    assert keeper.may_try()
    await keeper.secret()
    keeper.refused()
    assert not keeper.may_try()
    time.now = BETWEEN_TRIES + 1
    assert keeper.may_try()


async def test_not_knowing_a_password_is_no_refusal() -> None:
    keeper = SecretKeeper(nothing, Time())
    keeper.refused()
    assert keeper.may_try()


async def test_a_refused_token_is_no_password_that_is_wanted(world: World) -> None:
    world.by_token = True
    world.server.password = "new"
    world.passwords[WORK] = "expired"
    world.start()
    mail = await world.mail()
    assert (await until_asked(mail)).token
    assert (await world.engine.status()).accounts[0].connection is Connection.NEEDS_TOKEN
    assert (await until_asked(await world.mail())).token
    (report,) = await synced(mail)
    assert report.exit == 1
    world.passwords[WORK] = "new"
    await mail.reconnect({WORK})
    assert (await synced(mail))[0].exit == 0


class Command:
    """A token command: `printed` None is one that would have to ask at a terminal."""

    printed: str | None = None

    async def __call__(self) -> str:
        if self.printed is None:
            raise NotAuthorized("the token command failed")
        return self.printed


async def test_a_fresh_token_comes_before_one_that_was_given() -> None:
    command = Command()
    keeper = SecretKeeper(command, Time(), token=True)
    keeper.give("of an hour ago")
    assert await keeper.secret() == "of an hour ago"
    command.printed = "fresh"
    assert await keeper.secret() == "fresh"


async def test_without_a_given_token_the_command_says_why_there_is_none() -> None:
    keeper = SecretKeeper(Command(), Time(), token=True)
    with pytest.raises(NotAuthorized, match="the token command failed"):
        await keeper.secret()


async def test_a_password_that_was_given_comes_before_the_one_that_was_refused() -> None:
    command = Command()
    command.printed = "refused before"
    keeper = SecretKeeper(command, Time())
    keeper.give("typed")
    assert await keeper.secret() == "typed"
