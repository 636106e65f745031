"""What is to stay on a POP3 server, and what was deleted here: said by keys, done there."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import letter
from tests.integration.cli_program import add_account, done, found
from tests.integration.engine_process import no_engine_left
from tests.integration.pop3_accounts import (
    WORK,
    add_pop3_account,
    local_hashes,
    mail_folder,
    server_hashes,
)
from tests.integration.pop3_victim import drain_to_the_end
from tests.servers.mail_user import MailUser
from tuimail.cli.session import local_account
from tuimail.config.load import load_accounts
from tuimail.config.paths import Paths
from tuimail.config.schema import Pop3Config
from tuimail.engine.channel import NoEngine
from tuimail.engine.commands import Delete, Keep, Redo, Undo
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import CommandFailed, Mail, View
from tuimail.model.address import plain
from tuimail.model.draft import Kind


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


@asynccontextmanager
async def mail_here(ahead: timedelta = timedelta(0)) -> AsyncIterator[Mail]:
    """As a screen has it, with no engine to ring."""
    paths = Paths.from_environment()
    found = [local_account(paths, account) for account in load_accounts(paths)]
    accounts = [replace(each, identities=(plain("anna@example.org"),)) for each in found]
    mail = LocalMail(accounts, NoEngine(), lambda: datetime.now(UTC) + ahead)
    try:
        yield mail
    finally:
        await mail.close()


def staying() -> list[bool]:
    return [each["delete_on"] is None for each in done("pop", "plan", "--json").objects]


async def test_what_is_kept_stays_there_until_it_is_released_or_undone(
    mail_user: MailUser,
) -> None:
    mail_user.deliver(letter("Budget"))
    add_pop3_account(mail_user, delete_after_days=14)
    await drain_to_the_end()
    async with mail_here() as mail:
        (key,) = await mail.keys(View(WORK))
        kept = await mail.submit(Keep(frozenset({key})))
        assert (kept.words, kept.undoable) == ("Kept 1 on the server", True)
        assert staying() == [True]
        assert (await mail.submit(Undo())).words == "Undone: Kept 1 on the server"
        assert staying() == [False]
        await mail.submit(Redo())
        assert staying() == [True]
        await mail.submit(Keep(frozenset({key}), kept=False))
        assert staying() == [False]


async def test_the_command_does_what_the_key_does(mail_user: MailUser) -> None:
    mail_user.deliver(letter("Budget"))
    add_pop3_account(mail_user, delete_after_days=14)
    await drain_to_the_end()
    (message,) = found("Budget")
    done("pop", "keep", message["id"])
    assert found("Budget")[0]["flags"] == ["$KeptOnServer"]
    assert staying() == [True]
    done("undo")
    assert staying() == [False]
    assert found("Budget")[0]["flags"] == []


async def test_what_is_not_there_any_more_cannot_be_kept(mail_user: MailUser) -> None:
    mail_user.deliver(letter("Budget"))
    add_pop3_account(mail_user)
    await drain_to_the_end()
    async with mail_here() as mail:
        (key,) = await mail.keys(View(WORK))
        with pytest.raises(CommandFailed, match="does not have that any more"):
            await mail.submit(Keep(frozenset({key})))


async def test_a_placeholder_is_not_passed_on_in_place_of_its_message(
    mail_user: MailUser,
) -> None:
    mail_user.deliver(letter("Budget", "x" * 70_000))
    add_pop3_account(mail_user, pop3=Pop3Config(None, max_size=50_000))
    await drain_to_the_end()
    async with mail_here() as mail:
        (key,) = await mail.keys(View(WORK))
        for kind in (Kind.FORWARD, Kind.EDIT):
            with pytest.raises(CommandFailed, match="not here whole"):
                await mail.reply(kind, key)


async def test_imap_mail_needs_no_keeping(mail_user: MailUser) -> None:
    mail_user.deliver(letter("Budget"))
    add_account(mail_user)
    done("sync")
    async with mail_here() as mail:
        (key, *_) = await mail.keys(View())
        with pytest.raises(CommandFailed, match="no POP3 account"):
            await mail.submit(Keep(frozenset({key})))


async def test_what_is_deleted_here_for_good_leaves_the_server_when_that_is_final(
    mail_user: MailUser,
) -> None:
    for number in range(3):
        mail_user.deliver(letter(f"Budget {number}"))
    add_pop3_account(mail_user, pop3=Pop3Config(None, delete_with_local=True))
    await drain_to_the_end()
    async with mail_here() as mail:
        first, second, _ = await mail.keys(View(WORK))
        await mail.submit(Delete(frozenset({first, second})))
        # In the trash now; once more is for good, in ten minutes.
        await mail.submit(Delete(frozenset({second})))
        await mail.submit(Keep(frozenset({first})))
    done("sync")
    assert server_hashes(mail_user).total() == 3
    async with mail_here(ahead=-timedelta(minutes=11)) as earlier:
        await earlier.submit(Delete(frozenset({first})))
    done("sync")
    assert len(list((mail_folder() / ".Trash" / "cur").iterdir())) == 1
    done("sync")
    # The first one is to stay there, the second is not final yet.
    assert server_hashes(mail_user).total() == 3
    assert local_hashes().total() == 2
    plan = {each["reason"]: each["uidl"] for each in done("pop", "plan", "--json").objects}
    assert plan.keys() == {"you keep it there", 'delete_after_days is "never"'}
    done("pop", "release", plan["you keep it there"])
    reasons = [each["reason"] for each in done("pop", "plan", "--json").objects]
    assert "you deleted it here for good" in reasons
    done("sync")
    assert server_hashes(mail_user).total() == local_hashes().total() == 2
