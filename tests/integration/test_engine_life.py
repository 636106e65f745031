"""An engine process and a real server: what a user relies on from log-in to log-out."""

import asyncio
import base64
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.builders import letter
from tests.integration.cli_program import add_account
from tests.integration.engine_process import (
    engine_log,
    engine_pid,
    no_engine_left,
    place,
    wait_until_gone,
)
from tests.integration.engine_victim import (
    ARCHIVE,
    WORK,
    account,
    local_standing,
    server_standing,
    silent_mail,
    sync,
)
from tests.servers.mail_user import MailUser
from tests.servers.proxy import Proxy
from tuimail.config.paths import Paths
from tuimail.engine.commands import Archive, Sync
from tuimail.engine.engine_channel import EngineChannel
from tuimail.engine.events import MailboxChanged, SecretNeeded, SyncFinished
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import View
from tuimail.engine.process import status_of
from tuimail.engine.shelf import LocalAccount
from tuimail.model.mail import INBOX, AccountName
from tuimail.store.store import AccountFolders

PATIENCE = 60.0


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


@asynccontextmanager
async def open_mail(*accounts: LocalAccount, grace: float = 0.5) -> AsyncIterator[LocalMail]:
    mail = LocalMail(accounts or [account()], EngineChannel(place(grace=grace)))
    try:
        async with asyncio.timeout(PATIENCE):
            yield mail
    finally:
        await mail.close()


async def finished(mail: LocalMail, *names: AccountName) -> SyncFinished:
    async with mail.subscribe() as news:
        await mail.submit(Sync(frozenset(names)))
        async for event in news:
            if isinstance(event, SyncFinished):
                return event
    raise AssertionError("the news ended")


async def archive_all(mail: LocalMail) -> None:
    await mail.submit(Archive(frozenset(await mail.keys(View(WORK, INBOX)))))


async def gone() -> None:
    await asyncio.to_thread(wait_until_gone, PATIENCE)


def arguments_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def mailboxes_on_server(user: MailUser) -> list[str]:
    return sorted(each.mailbox for each in user.letters())


async def test_after_the_first_sync_both_sides_hold_the_same(mail_user: MailUser) -> None:
    for number in range(30):
        mail_user.deliver(letter(f"Letter {number}"), flags="S" if number % 3 else "")
    mail_user.deliver(letter("Old"), "Größe".encode("utf-7").decode().replace("+", "&"))
    add_account(mail_user)
    report = await sync()
    assert (report.exit, report.new, report.pending) == (0, 31, 0)
    here, there = await local_standing(), server_standing(mail_user)
    assert {each[1:] for each in here} == {each[1:] for each in there}
    assert len(here) == 31


async def test_new_mail_is_told_while_somebody_waits(mail_user: MailUser) -> None:
    add_account(mail_user)
    async with open_mail() as mail:
        await finished(mail)
        async with mail.subscribe() as news:
            mail_user.deliver(letter("Surprise"))
            async for event in news:
                if isinstance(event, MailboxChanged) and await mail.keys(View(WORK, INBOX)):
                    break


async def test_one_command_is_pushed_after_its_program_has_ended(mail_user: MailUser) -> None:
    mail_user.deliver(letter("One"))
    add_account(mail_user)
    await sync()
    async with open_mail() as mail:
        await archive_all(mail)
    await gone()
    assert mailboxes_on_server(mail_user) == [ARCHIVE]


async def test_without_a_network_it_stays_until_all_is_pushed_and_then_leaves(
    mail_user: MailUser,
) -> None:
    mail_user.deliver(letter("One"))
    proxy = Proxy(mail_user.host, mail_user.server.imap)
    await proxy.open()
    add_account(mail_user, port=proxy.port)
    await sync()
    await proxy.shut()
    async with open_mail() as mail:
        await archive_all(mail)
    await asyncio.sleep(2.0)
    assert engine_pid() is not None
    await proxy.open()
    await gone()
    await proxy.shut()
    assert mailboxes_on_server(mail_user) == [ARCHIVE]


async def test_lines_that_break_again_and_again_lose_and_double_nothing(
    mail_user: MailUser,
) -> None:
    for number in range(12):
        mail_user.deliver(letter(f"Letter {number}"))
    async with Proxy(mail_user.host, mail_user.server.imap) as proxy:
        add_account(mail_user, port=proxy.port)
        async with open_mail() as mail:
            await finished(mail)
            for key in list(await mail.keys(View(WORK, INBOX))):
                await mail.submit(Archive(frozenset({key})))
                await asyncio.sleep(0.01)
                await proxy.cut()
            while await mail.pending():
                await mail.reconnect()
                await asyncio.sleep(0.05)
        await gone()
    assert mailboxes_on_server(mail_user) == [ARCHIVE] * 12
    assert len({each.sha256 for each in mail_user.letters()}) == 12


async def test_an_account_added_meanwhile_is_known_to_the_running_engine(
    mail_user: MailUser,
) -> None:
    add_account(mail_user)
    paths = Paths.from_environment()
    home = AccountName("home")
    async with open_mail() as mail:
        await finished(mail)
        pid = engine_pid()
        other = MailUser(mail_user.server, mail_user.server.new_user())
        other.deliver(letter("Hello"))
        add_account(other, "home")
        folders = AccountFolders(paths.account_data(home), paths.account_cache(home))
        async with open_mail(LocalAccount(home, folders)) as newer:
            report = await finished(newer, home)
            assert (report.account, report.exit, report.new) == (home, 0, 1)
        assert engine_pid() == pid


async def test_changed_settings_are_followed(mail_user: MailUser) -> None:
    add_account(mail_user, password="wrong")
    paths = Paths.from_environment()
    async with open_mail(grace=5) as mail:
        assert (await finished(mail)).exit == 1
    paths.account_file(WORK).unlink()
    add_account(mail_user)
    async with open_mail(grace=0.5) as mail:
        assert (await finished(mail)).exit == 0


async def test_a_cache_deleted_while_it_runs_is_made_again(mail_user: MailUser) -> None:
    for number in range(3):
        mail_user.deliver(letter(f"Letter {number}"))
    add_account(mail_user)
    async with open_mail() as mail:
        await finished(mail)
        before = await mail.keys(View(WORK, INBOX))
        shutil.rmtree(account().folders.cache)
        while len(await mail.keys(View(WORK, INBOX))) < 3:  # noqa: ASYNC110 (news may come before)
            await asyncio.sleep(0.05)
        after = await mail.keys(View(WORK, INBOX))
        assert not set(before) & set(after)
    await gone()
    assert await local_standing() == server_standing(mail_user)


async def test_a_password_that_a_screen_gives_is_nowhere_on_disk(mail_user: MailUser) -> None:
    add_account(mail_user, password="wrong-one")
    async with open_mail() as mail:
        async with mail.subscribe() as news:
            async for event in news:
                if isinstance(event, SecretNeeded):
                    break
        await mail.give_secret(WORK, mail_user.password)
        assert (await finished(mail)).exit == 0
    await gone()
    secret = mail_user.password.encode()
    forms = {secret, base64.b64encode(secret), base64.b64encode(b"\0u\0" + secret)[-12:]}
    paths = Paths.from_environment()
    for folder in (paths.data, paths.cache, paths.state):
        for path in folder.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            assert not [form for form in forms if form in content], path


async def test_no_password_is_in_the_log_or_among_the_arguments(mail_user: MailUser) -> None:
    os.environ["TUIMAIL_LOG"] = "debug"
    mail_user.deliver(letter("Geheime Kommandosache", sender="Anna <anna@example.org>"))
    add_account(mail_user)
    try:
        async with open_mail() as mail:
            await finished(mail)
            status = await status_of(place())
            assert status is not None
            arguments = arguments_of(status.pid)
    finally:
        del os.environ["TUIMAIL_LOG"]
    await gone()
    log = engine_log()
    assert "pulled work" in log
    for private in (mail_user.password, "Geheime", "anna@example.org"):
        assert private not in log
    assert mail_user.password.encode() not in arguments


async def test_recorded_without_an_engine_it_is_pushed_by_the_next_one(
    mail_user: MailUser,
) -> None:
    mail_user.deliver(letter("One"))
    add_account(mail_user)
    await sync()
    async with silent_mail() as mail:
        await archive_all(mail)
    assert engine_pid() is None
    assert (await sync()).pushed == 1
    assert mailboxes_on_server(mail_user) == [ARCHIVE]
