"""A row of LIST that cannot be read takes no mailbox away, and what it hides is named."""

import pytest

from tests.integration.cli_program import done, tuimail
from tests.integration.scripted_accounts import add_scripted_account
from tests.integration.scripted_world import WORK, ScriptedWorld
from tests.servers.scripted import letter
from tests.servers.scripted_imap import ScriptedImap, Session
from tuimail.engine.mail import View
from tuimail.model.mail import MailboxName
from tuimail.store.store import Store

ROWS = ['* LIST "/" "Archive"', '* LIST () "Archive"', '* LIST (\\Archive "/" Archive', "* LIST"]
ARCHIVE = MailboxName("Archive")


def garble(server: ScriptedImap, row: str, hidden: str = "Archive") -> None:
    """Tell of one mailbox with a row that makes no sense, from now on."""

    @server.hook("LIST")
    def answer(session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
        for name in {**server.boxes, hidden: None}:
            session.say(row if name == hidden else f'* LIST () "/" "{name}"')
        session.say(f"{tag} OK done")
        return True


def troubles(world: ScriptedWorld) -> list[str]:
    (account,) = world._accounts
    with Store(WORK, account.folders, writer=False) as store:
        return [each.sentence for each in store.troubles()]


@pytest.mark.parametrize("row", ROWS)
async def test_what_was_told_before_is_still_here(row: str) -> None:
    with ScriptedImap() as server:
        server.deliver(letter(1), "Archive")
        async with ScriptedWorld(server) as world:
            await world.synced()
            garble(server, row)
            server.deliver(letter(2), "Archive")
            assert (await world.synced()).exit == 0
            shown = await world.mail.keys(View(WORK, ARCHIVE))
            assert len(shown) == 2


@pytest.mark.parametrize("row", ROWS)
async def test_what_an_earlier_engine_was_told_is_still_here(row: str) -> None:
    with ScriptedImap() as server:
        server.deliver(letter(1), "Archive")
        async with ScriptedWorld(server) as world:
            await world.synced()
            before = await world.mail.keys(View(WORK, ARCHIVE))
            await world.stop()
            garble(server, row)
            server.deliver(letter(2), "Archive")
            world.start()
            assert (await world.synced()).exit == 0
            shown = await world.mail.keys(View(WORK, ARCHIVE))
            assert len(shown) == 2
            assert set(before) < set(shown)
            assert troubles(world) == []


async def test_what_is_not_told_by_a_list_in_order_is_gone() -> None:
    with ScriptedImap() as server:
        server.deliver(letter(1), "Archive")
        async with ScriptedWorld(server) as world:
            await world.synced()
            del server.boxes["Archive"]
            await world.synced()
            assert not await world.mail.keys(View(WORK, MailboxName("Archive")))


async def test_what_is_gone_behind_a_row_that_makes_no_sense_is_named() -> None:
    with ScriptedImap() as server:
        server.deliver(letter(1), "Archive")
        async with ScriptedWorld(server) as world:
            await world.synced()
            await world.stop()
            garble(server, "* LIST")
            del server.boxes["Archive"]
            world.start()
            assert "Archive cannot be read" in (await world.synced()).error


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ('* LIST () "/" "Work\0er"', 'Work␀er"'),
        ('* LIST (\\HasNoChildren "/" Work', '(\\HasNoChildren "/" Work'),
        ('* LIST "/" Work', '("/" Work)'),
        ("* LIST \x1b[31m", "␛[31m"),
    ],
)
async def test_a_row_that_was_never_read_is_named_until_it_is(row: str, shown: str) -> None:
    with ScriptedImap() as server:
        garble(server, row, "Work")
        server.deliver(letter(1))
        async with ScriptedWorld(server) as world:
            finished = await world.synced()
            assert finished.exit == 1
            assert "the list of mailboxes could not be had in full: 1 of its rows" in finished.error
            assert shown in finished.error
            assert finished.new == 1
            assert len(troubles(world)) == 1
            server.hooks.clear()
            assert (await world.synced()).exit == 0
            assert troubles(world) == []


async def test_several_rows_that_cannot_be_read_are_counted() -> None:
    with ScriptedImap() as server:

        @server.hook("LIST")
        def answer(session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
            session.say('* LIST () "/" INBOX', *[f"* LIST odd{number}" for number in range(5)])
            session.say(f"{tag} OK done")
            return True

        async with ScriptedWorld(server) as world:
            error = (await world.synced()).error
            assert "5 of its rows cannot be read (odd0, odd1, odd2)" in error


async def test_a_subscription_that_cannot_be_read_hides_nothing() -> None:
    with ScriptedImap() as server:
        server.capabilities = "IMAP4rev1 AUTH=PLAIN"

        @server.hook("LSUB")
        def answer(session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
            session.say("* LSUB ( / INBOX", f"{tag} OK done")
            return True

        async with ScriptedWorld(server) as world:
            assert (await world.synced()).exit == 0
            found = await world.mail.mailboxes()
            assert all(mailbox.subscribed for mailbox in found)


def test_doctor_and_the_list_of_mailboxes_name_it() -> None:
    with ScriptedImap() as server:
        garble(server, '* LIST (\\Sent "/" Work', "Work")
        add_scripted_account(server)
        words = (
            "the list of mailboxes could not be had in full: 1 of its rows cannot be read ((\\Sent"
        )
        doctor = tuimail("doctor")
        assert doctor.status == 1
        assert f"mailboxes: work: {words}" in doctor.err
        assert f"work: {words}" in done("mailboxes").err
        assert f"work: {words}" in done("--json", "mailboxes", "--account", "work").err
