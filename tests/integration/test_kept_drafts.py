"""Drafts on a real server: an engine that dies at any step loses none and leaves no second one."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.integration.cli_program import add_account
from tests.integration.engine_process import no_engine_left
from tests.integration.engine_victim import WORK, run_and_kill, silent_mail, sync
from tests.servers.dovecot import Dovecot
from tests.servers.mail_user import MailUser
from tuimail.engine.commands import DropDraft, KeepDraft, Undo
from tuimail.model.address import plain
from tuimail.model.draft import Draft
from tuimail.model.mail import MessageKey

NAME = "0123456789abcdef"
PATIENCE = 10.0
_SUBJECT = "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"
PUSHING = (
    "after_claim",
    "before_perform",
    "after_perform",
    "between_index_and_journal",
    "after_settle",
)


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


async def keep(subject: str) -> MessageKey:
    async with silent_mail() as mail:
        draft = Draft(plain("me@example.org"), subject=subject, text=f"{subject}, in full.\n")
        done = await mail.submit(KeepDraft(WORK, NAME, draft))
    assert done.key is not None
    return done.key


async def in_step() -> None:
    report = await sync()
    assert (report.exit, report.pending, report.parked) == (0, 0, 0), report


def found(user: MailUser, mailbox: str, criteria: str = "UNDELETED") -> list[str]:
    """The subjects of what is there, by other code."""
    with user.imap() as connection:
        if connection.select(mailbox, readonly=True)[0] != "OK":
            return []
        numbers: bytes = connection.search(None, criteria)[1][0]
        rows = [connection.fetch(number, _SUBJECT)[1][0] for number in numbers.decode().split()]
    lines = [row[1] for row in rows if isinstance(row, tuple)]
    return sorted(str(line, "ascii").strip().removeprefix("Subject: ") for line in lines)


@pytest.mark.parametrize(
    ("failpoint", "again"),
    [("after_claim:1", True), ("after_perform:1", True), ("after_settle:1", False)],
)
async def test_dying_between_two_steps_leaves_one_draft(
    mail_user: MailUser, failpoint: str, *, again: bool
) -> None:
    await die_between_two_versions(mail_user, failpoint, again=again)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("failpoint", PUSHING)
@pytest.mark.parametrize("occasion", [1, 2])
async def test_dying_at_every_step_leaves_one_draft(
    mail_user: MailUser, failpoint: str, occasion: int, *, again: bool
) -> None:
    await die_between_two_versions(mail_user, f"{failpoint}:{occasion}", again=again)


async def die_between_two_versions(mail_user: MailUser, failpoint: str, *, again: bool) -> None:
    """The first occasion is the new version's, the second the removal's of the old one."""
    add_account(mail_user)
    await keep("First")
    await in_step()
    assert found(mail_user, "Drafts", "DRAFT SEEN") == ["First"]
    await keep("Second")
    assert await run_and_kill(PATIENCE, failpoint)
    there = found(mail_user, "Drafts")
    assert there in (["First"], ["First", "Second"], ["Second"])
    assert sorted({*there, *found(mail_user, "Trash")} - {"Second"}) == ["First"]
    if again:
        await keep("Third")
    await in_step()
    assert found(mail_user, "Drafts") == (["Third"] if again else ["Second"])
    trash = found(mail_user, "Trash")
    assert trash in (["First"], ["First", "Second"])
    assert again or trash == ["First"]


async def test_what_was_sent_while_its_copy_was_on_its_way_goes(mail_user: MailUser) -> None:
    add_account(mail_user)
    await keep("First")
    assert await run_and_kill(PATIENCE, "after_perform")
    async with silent_mail() as mail:
        assert (await mail.submit(DropDraft(NAME))).undoable
    await in_step()
    assert (found(mail_user, "Drafts"), found(mail_user, "Trash")) == ([], ["First"])
    async with silent_mail() as mail:
        await mail.submit(Undo())
    await in_step()
    assert (found(mail_user, "Drafts"), found(mail_user, "Trash")) == (["First"], [])


async def test_a_poorer_server_never_hears_a_plain_expunge(
    poorer_dovecot: Callable[[Sequence[str]], Dovecot],
) -> None:
    server = poorer_dovecot(["IMAP4rev1"])
    user = MailUser(server, server.new_user())
    with user.imap() as connection:
        connection.append("Drafts", r"(\Deleted)", "", b"Subject: Theirs\r\n\r\nNot ours.\r\n")
    add_account(user)
    for subject in ("First", "Second"):
        key = await keep(subject)
        await in_step()
        async with silent_mail() as mail:
            [message] = await mail.messages([key])
            assert (message.mailbox, message.envelope.subject) == ("Drafts", subject)
            assert await mail.vanished([key]) == set()
    assert (found(user, "Drafts"), found(user, "Trash")) == (["Second"], ["First"])
    assert "Theirs" in found(user, "Drafts", "DELETED")
