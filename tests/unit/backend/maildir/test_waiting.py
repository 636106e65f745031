"""Waiting for news of a Maildir: soon when something changed, seldom while all changes."""

import asyncio
from pathlib import Path

from tuimail.backend.maildir.backend import MaildirBackend
from tuimail.backend.maildir.maildir import Maildir
from tuimail.model.mail import INBOX


async def test_while_mail_keeps_coming_it_is_looked_for_less_and_less_often(
    tmp_path: Path,
) -> None:
    maildir = Maildir(tmp_path / "mail")
    maildir.make()

    async def deliver_always() -> None:
        number = 0
        while True:
            number += 1
            (maildir.root / "new" / f"{number}.host").touch()
            await asyncio.sleep(0.005)

    delivering = asyncio.create_task(deliver_always())
    backend = MaildirBackend(maildir, look_again=0.01)
    told = asyncio.Event()
    listening = asyncio.create_task(backend.listen(INBOX, told.set))
    seen = []
    for _ in range(7):
        [inbox] = await backend.mailboxes()
        assert inbox.status is not None
        seen.append(inbox.status.total)
        told.clear()
        await told.wait()
    listening.cancel()
    delivering.cancel()
    assert seen[-1] - seen[-2] > 2 * (seen[1] - seen[0])
