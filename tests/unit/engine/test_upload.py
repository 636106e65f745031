"""Which mailbox of the server a mailbox here becomes, and what a bad server is not given."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import NOON, letter
from tuimail.backend.base import Refused
from tuimail.backend.demo.backend import DemoBackend
from tuimail.backend.demo.server import DemoServer
from tuimail.backend.maildir.backend import MaildirBackend
from tuimail.backend.maildir.maildir import Maildir, New
from tuimail.engine.copies import listing
from tuimail.engine.upload import Upload, targets
from tuimail.model.mail import INBOX, MailboxName, MessageKey, Role
from tuimail.model.operation import Operation
from tuimail.model.sync import NOWHERE, ServerId, ServerMailbox

SENT = ServerMailbox(MailboxName("Sent"), Role.SENT)
HOME = ServerMailbox(INBOX, Role.INBOX)
LIST = ServerMailbox(MailboxName("Lists/python"))


def there(name: str, role: Role = Role.NONE, delimiter: str = "/") -> ServerMailbox:
    return ServerMailbox(MailboxName(name), role, delimiter)


def test_a_role_counts_more_than_a_name() -> None:
    found = targets([HOME, SENT], [HOME, there("Sent"), there("Gesendet", Role.SENT)], {})
    assert found == {INBOX: INBOX, "Sent": "Gesendet"}


def test_what_the_user_chose_counts_more_than_the_servers_word() -> None:
    chosen = {Role.SENT: MailboxName("Sent")}
    assert targets([SENT], [there("Gesendet", Role.SENT)], chosen) == {"Sent": "Sent"}


def test_a_name_that_is_there_stays_and_another_is_spelt_as_the_server_does() -> None:
    server = [
        there("INBOX", Role.INBOX, "."),
        there("INBOX.Sent", Role.SENT, "."),
        there("INBOX.Lists", Role.NONE, "."),
    ]
    known = ServerMailbox(MailboxName("INBOX.Lists"))
    found = targets([HOME, SENT, LIST, known], server, {})
    assert found == {
        INBOX: INBOX,
        "Sent": "INBOX.Sent",
        "Lists/python": "INBOX.Lists.python",
        "INBOX.Lists": "INBOX.Lists",
    }


class RewritingBackend(DemoBackend):
    """Its server adds a line to every message that it is given."""

    async def perform(
        self,
        operation: Operation,
        ids: Mapping[MessageKey, ServerId],
        *,
        checkpoint: ServerId = NOWHERE,
        again: bool = False,
        content: bytes = b"",
    ) -> Mapping[MessageKey, ServerId | None]:
        rewritten = b"X-Scanned: yes\r\n" + content
        return await super().perform(
            operation, ids, checkpoint=checkpoint, again=again, content=rewritten
        )


def full_maildir(root: Path) -> MaildirBackend:
    maildir = Maildir(root)
    maildir.make()
    moments = (NOON + timedelta(days=day) for day in range(5))
    news = [New.of(f"n{at.day}", letter(f"No. {at.day}"), at) for at in moments]
    maildir.deliver(INBOX, news)
    return MaildirBackend(maildir)


async def upload(source: MaildirBackend, target: DemoBackend) -> int:
    await source.connect()
    await target.connect()
    try:
        return await Upload(source, target, {}, (), lambda *_: None).run()
    finally:
        await target.close()


async def test_a_repeat_uploads_nothing_again(tmp_path: Path) -> None:
    source, target = full_maildir(tmp_path / "mail"), DemoBackend(DemoServer())
    assert [await upload(source, target), await upload(source, target)] == [5, 5]
    await target.connect()
    assert len((await listing(target, INBOX))[1]) == 5


async def test_a_server_that_rewrites_messages_gets_one_and_no_more(tmp_path: Path) -> None:
    source, target = full_maildir(tmp_path / "mail"), RewritingBackend(DemoServer())
    with pytest.raises(Refused, match="changes the messages"):
        await upload(source, target)
    await target.connect()
    assert len((await listing(target, INBOX))[1]) == 1
