"""What goes to a server that holds some of it already: each message once, with its flags."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON, letter
from tuimail.backend.base import Refused
from tuimail.backend.demo.backend import DemoBackend
from tuimail.backend.demo.server import DemoServer, StoredMessage
from tuimail.backend.imap.settings import MAX_MESSAGE
from tuimail.backend.maildir.performing import VALIDITY
from tuimail.engine.copies import require_whole
from tuimail.engine.upload import Upload
from tuimail.model.mail import FLAGGED, INBOX, SEEN, Flag, MailboxName, MessageKey
from tuimail.model.operation import Append, Operation
from tuimail.model.sync import NOWHERE, Fetched, Part, ServerId

ARCHIVE, TRASH = MailboxName("Archive"), MailboxName("Trash")
LISTS = MailboxName("Lists/python")
WORK = Flag("$Work")
ONE, TWO, THREE = (letter(name, message_id=f"<{name}@x>") for name in ("One", "Two2", "Three33"))

Kept = tuple[MailboxName, bytes, frozenset[Flag]]


class Server(DemoBackend):
    """Keeps `keeps` appended messages and loses the others; its sizes may be wrong by `lie`."""

    keeps = 1000
    lie = 0

    async def perform(
        self,
        operation: Operation,
        ids: Mapping[MessageKey, ServerId],
        *,
        checkpoint: ServerId = NOWHERE,
        again: bool = False,
        content: bytes = b"",
    ) -> Mapping[MessageKey, ServerId | None]:
        if isinstance(operation, Append):
            self.keeps -= 1
            if self.keeps < 0:
                return {operation.key: None}
        return await super().perform(
            operation, ids, checkpoint=checkpoint, again=again, content=content
        )

    def _fetched(self, message: StoredMessage, part: Part) -> Fetched:
        fetched = super()._fetched(message, part)
        return replace(fetched, size=fetched.size + self.lie)


class Uploading:
    """Mailboxes here and there, and what was told on the way."""

    def __init__(self) -> None:
        self.here, self.there = DemoServer(), DemoServer()
        self.target = Server(self.there)
        self.told: list[tuple[str, int, int]] = []

    def keep(self, content: bytes, name: MailboxName = INBOX, flags: Collection[Flag] = ()) -> int:
        """A message here; its UID is that of no other one."""
        if not self.here.has_mailbox(name):
            self.here.create(MailboxName("Lists"))
            self.here.create(name)
        self.here.mailbox(name).next_uid = 1 + len(self.messages(self.here))
        return self.here.append(name, content, flags, NOON).uid

    async def run(self, *on_server: int) -> int:
        source = DemoBackend(self.here)
        for box in self.here.listing():
            self.here.mailbox(box.name).validity = VALIDITY
        await source.connect()
        await self.target.connect()
        self.told.clear()
        self.there.commands.clear()
        upload = Upload(source, self.target, {}, on_server, lambda *it: self.told.append(it))
        return await upload.run()

    def messages(self, server: DemoServer) -> list[Kept]:
        return sorted(
            (
                (box.name, each.content, each.flags)
                for box in server.listing()
                if box.selectable
                for each in server.mailbox(box.name).messages.values()
            ),
            key=lambda kept: (kept[0], kept[1], sorted(kept[2])),
        )

    def assert_equal(self) -> None:
        assert self.messages(self.there) == self.messages(self.here)

    def asked(self, operation: str) -> int:
        return self.there.commands[operation]


@pytest.fixture
def uploading() -> Uploading:
    return Uploading()


async def test_all_goes_there_and_it_is_told_how_far(uploading: Uploading) -> None:
    for content, name in ((ONE, INBOX), (TWO, INBOX), (THREE, LISTS)):
        uploading.keep(content, name, {SEEN})
    assert await uploading.run() == 3
    uploading.assert_equal()
    told = [each for each in uploading.told if each[0] == "uploaded"]
    assert told == [("uploaded", 1, 2), ("uploaded", 2, 2), ("uploaded", 1, 1)]
    assert [each for each in uploading.told if each[0] == "read here"] == [
        ("read here", 1, 2),
        ("read here", 2, 2),
        ("read here", 1, 1),
    ]
    assert await uploading.run() == 3
    uploading.assert_equal()
    assert uploading.asked("append") == 0
    assert ("compared", 2, 2) in uploading.told


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({SEEN, FLAGGED}, set[Flag]()),
        (set[Flag](), {SEEN}),
        ({FLAGGED, WORK}, {SEEN}),
        ({SEEN}, {SEEN, Flag("\\Recent")}),
    ],
)
async def test_what_is_there_already_gets_the_flags_that_it_has_here(
    uploading: Uploading, mine: set[Flag], theirs: set[Flag]
) -> None:
    for content in (ONE, TWO):
        uploading.keep(content, INBOX, mine)
        uploading.there.append(INBOX, content, theirs, NOON)
    await uploading.run()
    found = [each[2] - {Flag("\\Recent")} for each in uploading.messages(uploading.there)]
    assert found == [mine, mine]
    assert uploading.asked("storeflags") == (0 if mine == {SEEN} else 1)
    assert uploading.asked("append") == 0


async def test_a_server_that_keeps_no_keywords_is_asked_for_none(uploading: Uploading) -> None:
    uploading.there.keep_keywords(INBOX, False)
    uploading.keep(ONE, INBOX, {WORK})
    uploading.there.append(INBOX, ONE, (), NOON)
    await uploading.run()
    assert uploading.asked("storeflags") == 0


async def test_what_was_moved_here_is_moved_there_with_its_flags(uploading: Uploading) -> None:
    uploading.keep(THREE)
    moved = [uploading.keep(ONE, ARCHIVE, {SEEN}), uploading.keep(TWO, TRASH)]
    uploading.keep(letter("Only here"), ARCHIVE)
    for content in (THREE, ONE, TWO):
        uploading.there.append(INBOX, content, (), NOON)
    assert await uploading.run(*moved) == 4
    uploading.assert_equal()
    assert (uploading.asked("move"), uploading.asked("append")) == (2, 1)


async def test_another_copy_in_the_servers_inbox_stays_there(uploading: Uploading) -> None:
    uploading.keep(ONE, ARCHIVE)
    uploading.there.append(INBOX, ONE, (), NOON)
    await uploading.run()
    assert [each[0] for each in uploading.messages(uploading.there)] == [ARCHIVE, INBOX]
    assert uploading.asked("move") == 0


async def test_one_that_is_in_both_mailboxes_here_is_in_both_there(uploading: Uploading) -> None:
    uploading.keep(ONE)
    copied = uploading.keep(ONE, ARCHIVE)
    uploading.there.append(INBOX, ONE, (), NOON)
    await uploading.run(copied)
    uploading.assert_equal()
    assert (uploading.asked("move"), uploading.asked("append")) == (0, 1)


async def test_a_server_that_loses_what_it_is_given_is_found_out(uploading: Uploading) -> None:
    uploading.target.keeps = 1
    for content in (ONE, TWO, THREE):
        uploading.keep(content, ARCHIVE)
    with pytest.raises(Refused, match="2 messages are not in Archive on the server"):
        await uploading.run()


@pytest.mark.parametrize(
    ("content", "lie"), [(ONE, 7), (b"Subject: No Message-ID\r\n\r\nText.\r\n", 0)]
)
async def test_a_message_is_known_by_its_size_or_by_its_message_id(
    uploading: Uploading, content: bytes, lie: int
) -> None:
    uploading.target.lie = lie
    uploading.keep(content)
    for each in (content, letter("Another", "Much longer than that one.\n" * 9)):
        uploading.there.append(INBOX, each, (), NOON - timedelta(days=1))
    await uploading.run()
    assert len(uploading.messages(uploading.there)) == 2
    assert uploading.told.count(("compared", 1, 1)) == 2


async def test_a_message_that_cannot_be_read_here_is_refused_before_anything_goes(
    uploading: Uploading,
) -> None:
    uploading.keep(ONE)
    uploading.keep(b"", ARCHIVE)
    with pytest.raises(Refused, match="a message in Archive cannot be read"):
        await uploading.run()
    assert uploading.messages(uploading.there) == []


def fetched(size: int) -> Fetched:
    return Fetched(1, frozenset(), NOON, size, b"")


def test_a_message_that_is_too_large_is_named_by_its_size() -> None:
    require_whole(INBOX, fetched(MAX_MESSAGE))
    megabytes = (MAX_MESSAGE >> 20) + 3
    with pytest.raises(Refused, match=f"a message of {megabytes} MB in INBOX is too large"):
        require_whole(INBOX, fetched(megabytes << 20))
