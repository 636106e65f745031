"""A mailbox whose messages the server does not give keeps nobody from the others."""

from collections.abc import AsyncIterator, Sequence

import pytest

from tests.builders import letter
from tests.unit.engine.world import ARCHIVE, World, subjects, synced
from tuimail.backend.base import Refused
from tuimail.backend.demo.backend import DemoBackend
from tuimail.model.mail import INBOX, MailboxName
from tuimail.model.sync import Fetched, Part


async def test_a_mailbox_whose_messages_are_refused_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = DemoBackend.fetch

    async def refusing(
        backend: DemoBackend, mailbox: MailboxName, validity: int, uids: Sequence[int], part: Part
    ) -> AsyncIterator[Fetched]:
        if mailbox == INBOX and uids:
            raise Refused("Nobody may read INBOX.")
        async for fetched in fetch(backend, mailbox, validity, uids, part):
            yield fetched

    monkeypatch.setattr(DemoBackend, "fetch", refusing)
    world.server.deliver(letter("Budget"))
    world.server.deliver(letter("Choir"), ARCHIVE)
    world.start()
    mail = await world.mail()
    (finished,) = await synced(mail)
    assert (finished.exit, finished.error) == (
        1,
        "INBOX cannot be read: Nobody may read INBOX.",
    )
    assert await subjects(mail, ARCHIVE) == ["Choir"]
    monkeypatch.undo()
    (finished,) = await synced(mail)
    assert finished.exit == 0
    assert await subjects(mail) == ["Budget"]
