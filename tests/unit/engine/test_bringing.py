"""A large message that somebody asks for is brought from its POP3 server, or found to be here."""

from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from tests.servers.pop3_server import Pop3Server
from tests.unit.engine.test_drain import Machine
from tests.unit.store.worlds import delivery
from tuimail.backend.base import Unreachable
from tuimail.engine.bringing import Bringing
from tuimail.engine.events import BodiesFailed, Event
from tuimail.engine.maildrop import Maildrop
from tuimail.model.mail import INBOX, MailboxName, MessageKey, Role
from tuimail.model.sync import Bookmark, Changes, ServerMailbox
from tuimail.store.store import Store

UIDS = (5, 6, 7)
WHOLE = b"Subject: large\r\n\r\n" + b"x" * 40


def pulled(store: Store) -> list[MessageKey]:
    store.merge_mailboxes([ServerMailbox(INBOX, Role.INBOX)])
    reached = Bookmark(1, 8, 0, len(UIDS))
    store.merge(INBOX, Changes(reached, arrived=list(UIDS)))
    keys = store.deliver(INBOX, [delivery(uid) for uid in UIDS])
    store.finish_pull(INBOX, reached)
    return keys


class World:
    """`here` are the files in the Maildir; a visit brings what is in `there`."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.here: dict[int, bytes] = {}
        self.there: dict[int, bytes] = {}
        self.trouble: Exception | None = None
        self.asked: list[list[int]] = []
        self.events: list[Event] = []
        link = replace(machine.link, publish=self.events.append)
        self.bringing = Bringing(link, cast(Maildrop, self), self.read)

    def read(self, mailbox: MailboxName, uid: int) -> bytes | None:
        assert mailbox == INBOX
        return self.here.get(uid)

    async def bring(self, uids: Collection[int]) -> Exception | None:
        """Of the maildrop."""
        self.asked.append(sorted(uids))
        self.here |= {uid: self.there[uid] for uid in uids if uid in self.there}
        return self.trouble

    def failures(self) -> list[tuple[frozenset[MessageKey], str]]:
        return [(each.keys, each.reason) for each in self.events if isinstance(each, BodiesFailed)]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    machine = Machine(tmp_path, Pop3Server())
    yield World(machine)
    await machine.close()


async def test_only_what_was_asked_for_is_brought_and_once(world: World) -> None:
    first, second, third = await world.machine.disk(pulled)
    world.there = dict.fromkeys(UIDS, WHOLE)
    world.bringing.asked = {first, second}
    assert await world.bringing.bring(frozenset({first, third})) == frozenset()
    assert world.asked == [[5]]
    assert world.bringing.asked == {second}
    assert await world.bringing.bring(frozenset({first, third})) == frozenset()
    assert world.asked == [[5]]
    assert world.events == []
    (message,) = await world.machine.disk(Store.messages, [first])
    assert message.size == len(WHOLE)
    assert await world.machine.disk(Store.files, [first, second, third]) == {first}


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (None, "The message is not on the server any more."),
        (Unreachable("pop.example.org did not answer"), "pop.example.org did not answer"),
    ],
)
async def test_what_did_not_come_is_told_with_the_reason(
    world: World, trouble: Exception | None, words: str
) -> None:
    first, second, third = await world.machine.disk(pulled)
    world.there = {6: WHOLE}
    world.trouble = trouble
    world.bringing.asked = {first, second, third}
    missing = frozenset({first, third})
    assert await world.bringing.bring(frozenset({first, second, third})) == missing
    assert world.asked == [[5, 6, 7]]
    ((keys, reason),) = world.failures()
    assert keys == missing
    assert words in reason


async def test_what_is_here_already_is_not_fetched(world: World) -> None:
    """A power failure made the index forget it."""
    first, second, _ = await world.machine.disk(pulled)
    world.here = {5: WHOLE}
    world.bringing.asked = {first}
    assert await world.bringing.bring(frozenset({first, second})) == frozenset()
    assert world.asked == []
    assert await world.machine.disk(Store.files, [first, second]) == {first}


async def test_nothing_is_asked_of_the_server_for_nobody(world: World) -> None:
    assert await world.bringing.bring(frozenset({MessageKey(1)})) == frozenset()
    assert world.asked == []
    assert world.events == []
