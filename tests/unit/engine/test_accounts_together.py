"""Several accounts are one: lists, history, undo; and each fails alone."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import NOON, letter
from tests.unit.engine.world import (
    ARCHIVE,
    WORK,
    World,
    by_subject,
    pushed,
    synced,
)
from tuimail.engine.commands import Archive, Copy, Mark, Move, Sync, Undo
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import CommandFailed, View
from tuimail.model.mail import (
    INBOX,
    SEEN,
    AccountName,
    MailboxId,
    MessageKey,
    Order,
)

HOME = AccountName("home")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, WORK, HOME) as made:
        for hour, (name, subject) in enumerate(
            [(WORK, "Budget"), (HOME, "Choir"), (WORK, "Plan"), (HOME, "Bicycle")]
        ):
            received = NOON + timedelta(hours=hour)
            made.servers[name].deliver(letter(subject), received=received)
        made.start()
        yield made


async def listed(mail: LocalMail, view: View) -> list[str]:
    messages = await mail.messages(await mail.keys(view))
    return [str(message.envelope.subject) for message in messages]


async def all_keys(mail: LocalMail) -> frozenset[MessageKey]:
    return frozenset(await mail.keys(View(mailbox=INBOX)))


async def test_one_inbox_over_all_accounts(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    newest_first = ["Bicycle", "Plan", "Choir", "Budget"]
    assert await listed(mail, View(mailbox=INBOX)) == newest_first
    assert await listed(mail, View(mailbox=INBOX, order=Order.OLDEST)) == newest_first[::-1]
    assert await listed(mail, View(HOME, INBOX)) == ["Bicycle", "Choir"]
    assert await listed(mail, View(AccountName("nobody"), INBOX)) == []


async def test_one_command_over_two_accounts_is_one_undo(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    done = await mail.submit(Archive(await all_keys(mail)))
    assert done.words == "Archived 4"
    await pushed(mail)
    assert by_subject(world.on_server(ARCHIVE, HOME)) == ["Bicycle", "Choir"]
    done = await mail.submit(Undo())
    assert done.words == "Undone: Archived 4"
    assert len(await all_keys(mail)) == 4
    await pushed(mail)
    assert by_subject(world.on_server(INBOX, HOME)) == ["Bicycle", "Choir"]
    assert by_subject(world.on_server(INBOX, WORK)) == ["Budget", "Plan"]


async def test_undo_takes_the_newest_of_any_account(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    at_home = frozenset(await mail.keys(View(HOME, INBOX)))
    at_work = frozenset(await mail.keys(View(WORK, INBOX)))
    await mail.submit(Mark(at_home, add=frozenset({SEEN})))
    await mail.submit(Archive(at_work))
    assert (await mail.submit(Undo())).words == "Undone: Archived 2"
    assert (await mail.submit(Undo())).words == "Undone: Marked 2 read"


async def test_history_and_pending_are_in_the_order_of_time(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    for server in world.servers.values():
        server.go_down()
    for name in (HOME, WORK, HOME):
        keys = frozenset(list(await mail.keys(View(name, INBOX)))[:1])
        await mail.submit(Archive(keys))
    assert [entry.account for entry in await mail.pending()] == [HOME, WORK, HOME]
    assert [entry.account for entry in await mail.history()] == [HOME, WORK, HOME]
    assert len(await mail.history(1)) == 1


@pytest.mark.parametrize("kind", [Move, Copy])
async def test_between_accounts_nothing_goes_yet_and_nothing_is_changed(
    world: World, kind: type[Move | Copy]
) -> None:
    mail = await world.mail()
    await synced(mail)
    with pytest.raises(CommandFailed, match="yet"):
        await mail.submit(kind(await all_keys(mail), MailboxId(WORK, ARCHIVE)))
    assert not await mail.pending()
    assert len(await all_keys(mail)) == 4


async def test_one_account_out_of_reach_does_not_stop_the_other(world: World) -> None:
    mail = await world.mail()
    world.servers[HOME].go_down("No network.")
    reports = {report.account: report for report in await synced(mail)}
    assert (reports[HOME].exit, reports[WORK].exit) == (75, 0)
    assert await listed(mail, View(mailbox=INBOX)) == ["Plan", "Budget"]


async def test_an_unknown_account_is_refused_in_words(world: World) -> None:
    mail = await world.mail()
    with pytest.raises(CommandFailed, match="no account named nobody"):
        await mail.submit(Sync(frozenset({AccountName("nobody")})))


async def test_a_message_that_is_gone_is_said_in_words(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    with pytest.raises(CommandFailed, match="not there any more"):
        await mail.submit(Archive(frozenset({MessageKey(1)})))


async def test_a_public_id_finds_its_message_in_its_account(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    for message in await mail.messages(list(await all_keys(mail))):
        assert await mail.resolve(message.id) == message.key
    assert await mail.resolve("nobody:abc") is None
    assert await mail.resolve("nonsense") is None
