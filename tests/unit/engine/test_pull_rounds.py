"""Which mailboxes a round asks about, in which order, and what it tells of it."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from tests.builders import NOON
from tests.unit.engine.world import ARCHIVE, TRASH, WORK
from tuimail.backend.base import BrokenOff, Busy, Refused, Unreachable, Withheld
from tuimail.backend.demo.backend import DemoBackend
from tuimail.backend.demo.server import DemoServer
from tuimail.engine import gathering, pull
from tuimail.engine.disk import Disk
from tuimail.engine.events import Event, MailboxChanged, MailboxesChanged, Progress
from tuimail.engine.link import Link
from tuimail.engine.pull import NOT_GIVEN_OUT, Pull
from tuimail.mime.header import envelope
from tuimail.mime.worker import Parser
from tuimail.model.mail import INBOX, SEEN, Envelope, MailboxName, Message, MessageKey, Order, Role
from tuimail.model.sync import Bookmark, Changes, Fetched, Part, ServerMailbox
from tuimail.model.trouble import Trouble
from tuimail.store.store import AccountFolders, Store

LISTS = MailboxName("Lists")
PYTHON = MailboxName("Lists/python")
ROLES = {INBOX: Role.INBOX, TRASH: Role.TRASH, ARCHIVE: Role.ARCHIVE, PYTHON: Role.NONE}
IN_ORDER = [INBOX, ARCHIVE, TRASH, PYTHON]

Fault = Callable[[], Exception]


class Server(DemoBackend):
    """Notes what it is asked for; `faults` are of mailboxes, `bad` of single messages."""

    def __init__(self, server: DemoServer) -> None:
        super().__init__(server)
        self.asked: list[MailboxName] = []
        self.fetched: list[tuple[MailboxName, tuple[int, ...]]] = []
        self.faults: dict[MailboxName, Fault] = {}
        self.bad: dict[tuple[MailboxName, int], Callable[[Sequence[int]], Exception]] = {}
        self.unreadable: dict[MailboxName, int] = {}
        self.lists_all = False
        self.counts_changes = True
        self.lines = 0

    async def connect(self) -> None:
        await super().connect()
        self.lines += 1

    async def mailboxes(self) -> Sequence[ServerMailbox]:
        listed = await super().mailboxes()
        return [
            replace(box, status=self._counted(box.status)) if box.status else box for box in listed
        ]

    async def changes(
        self, mailbox: MailboxName, since: Bookmark | None, known: Collection[int]
    ) -> Changes:
        self.asked.append(mailbox)
        if (fault := self.faults.get(mailbox)) is not None:
            raise fault()
        changes = await super().changes(mailbox, since, () if self.lists_all else known)
        unreadable = self.unreadable.get(mailbox, 0)
        return replace(changes, bookmark=self._counted(changes.bookmark), unreadable=unreadable)

    async def fetch(
        self, mailbox: MailboxName, validity: int, uids: Sequence[int], part: Part
    ) -> AsyncIterator[Fetched]:
        self.fetched.append((mailbox, tuple(uids)))
        for place, uid in enumerate(uids):
            if (fault := self.bad.get((mailbox, uid))) is not None:
                raise fault(uids[place:])
            async for fetched in super().fetch(mailbox, validity, [uid], part):
                yield fetched

    def _counted(self, status: Bookmark) -> Bookmark:
        return status if self.counts_changes else replace(status, modseq=0)


class InProcess:
    """A parser without a process of its own."""

    async def envelopes(self, headers: Sequence[bytes], *, urgent: bool) -> list[Envelope]:
        assert urgent
        return [envelope(header) for header in headers]


class Rounds:
    """One account's pull, round by round, with a clock that stands still."""

    def __init__(self, folder: Path) -> None:
        self.now = NOON
        self.mail = DemoServer(ROLES, clock=self.clock)
        self.server = Server(self.mail)
        self.told: list[Event] = []
        folders = AccountFolders(folder / "data", folder / "cache")
        self.disk = Disk(lambda: Store(WORK, folders, writer=True, clock=self.clock), "store")
        parser = cast(Parser, InProcess())
        self.link = Link(WORK, self.server, self.disk, parser, self.told.append, self.clock)
        self.pull = Pull(self.link)

    def clock(self) -> datetime:
        return self.now

    async def run(self, *, thorough: bool = False, news: bool = False) -> list[MailboxName]:
        """The mailboxes that were asked about."""
        for heard in (self.server.asked, self.server.fetched, self.told):
            heard.clear()
        await self.pull.run(thorough=thorough, news=news)
        return self.server.asked

    def deliver(self, mailbox: MailboxName, count: int = 1) -> None:
        for number in range(count):
            self.mail.deliver(b"Subject: %s %d\r\n\r\n" % (mailbox.encode(), number), mailbox)

    async def troubles(self) -> dict[MailboxName | int, Trouble]:
        troubles = await self.disk(Store.troubles)
        return {each.mailbox if each.key is None else each.uid or 0: each for each in troubles}

    async def subjects(self, mailbox: MailboxName) -> list[str]:
        return await self.disk(_subjects, mailbox)

    @property
    def progress(self) -> list[tuple[int, int]]:
        return [(each.done, each.total) for each in self.told if isinstance(each, Progress)]

    @property
    def changed(self) -> list[MailboxName]:
        return [each.mailbox.name for each in self.told if isinstance(each, MailboxChanged)]


def _messages(store: Store, mailbox: MailboxName) -> list[Message]:
    return store.messages([MessageKey(key) for key in store.keys(mailbox, None, Order.NEWEST)])


def _subjects(store: Store, mailbox: MailboxName) -> list[str]:
    return sorted(each.envelope.subject for each in _messages(store, mailbox))


def busy() -> Exception:
    return Busy("Internal error occurred")


def refused() -> Exception:
    return Refused("No.")


def withheld(uids: Sequence[int]) -> Exception:
    return Withheld("Not this one", uids)


@pytest.fixture
async def rounds(tmp_path: Path) -> AsyncIterator[Rounds]:
    made = Rounds(tmp_path)
    await made.server.connect()
    yield made
    await made.disk.close()


def lost(rounds: Rounds) -> Unreachable:
    rounds.server._connected_in = None
    return Unreachable("The line was lost")


def broken(rounds: Rounds) -> Callable[[Sequence[int]], Exception]:
    def broken_off(uids: Sequence[int]) -> Exception:
        rounds.server._connected_in = None
        return BrokenOff("The line was lost", uids)

    return broken_off


async def test_the_inbox_comes_first_then_what_has_a_purpose_then_the_others(
    rounds: Rounds,
) -> None:
    assert await rounds.run() == IN_ORDER


async def test_only_what_status_tells_is_other_is_asked_about(rounds: Rounds) -> None:
    await rounds.run()
    assert await rounds.run(thorough=True) == []
    rounds.deliver(ARCHIVE)
    rounds.mail.store(TRASH, [], add=[SEEN])
    assert await rounds.run() == [ARCHIVE, TRASH]
    assert await rounds.run() == []


@pytest.mark.parametrize(("thorough", "asked"), [(False, [INBOX]), (True, IN_ORDER)])
async def test_where_no_changes_are_counted_flags_are_looked_for_in_the_inbox_or_thoroughly(
    rounds: Rounds, thorough: bool, asked: list[MailboxName]
) -> None:
    rounds.server.counts_changes = False
    await rounds.run()
    assert await rounds.run(thorough=thorough) == asked


async def test_what_was_heard_of_is_looked_for_in_the_inbox_whatever_status_tells(
    rounds: Rounds,
) -> None:
    await rounds.run()
    assert await rounds.run(news=True) == [INBOX]


async def test_what_is_left_alone_is_asked_about_again_when_its_pause_is_over(
    rounds: Rounds,
) -> None:
    rounds.server.faults[ARCHIVE] = busy
    await rounds.run()
    assert (await rounds.troubles())[ARCHIVE].tries == 1
    again = (await rounds.troubles())[ARCHIVE].again
    rounds.deliver(ARCHIVE)
    rounds.deliver(TRASH)
    rounds.now = again - timedelta(microseconds=1)
    assert await rounds.run() == [TRASH]
    rounds.now = again
    rounds.deliver(TRASH)
    # Last, since the line may be lost there.
    assert await rounds.run() == [TRASH, ARCHIVE]
    assert (await rounds.troubles())[ARCHIVE].tries == 2
    rounds.server.faults.clear()
    rounds.now += timedelta(hours=1)
    assert await rounds.run() == [ARCHIVE]
    assert await rounds.troubles() == {}
    assert await rounds.run() == []


async def test_what_is_well_again_and_has_not_changed_is_no_trouble_any_more(
    rounds: Rounds,
) -> None:
    await rounds.run()
    rounds.server.faults[ARCHIVE] = busy
    rounds.deliver(ARCHIVE)
    await rounds.run()
    rounds.mail.expunge(ARCHIVE, [1])
    rounds.server.faults.clear()
    rounds.now += timedelta(hours=1)
    await rounds.run()
    assert await rounds.troubles() == {}


async def test_where_the_line_is_lost_it_is_opened_anew_and_asked_last_once_more(
    rounds: Rounds,
) -> None:
    rounds.server.faults[INBOX] = lambda: lost(rounds)
    rounds.deliver(ARCHIVE)
    assert await rounds.run() == [*IN_ORDER, INBOX]
    assert rounds.server.lines == 3
    assert await rounds.subjects(ARCHIVE) == ["Archive 0"]
    trouble = (await rounds.troubles())[INBOX]
    assert (trouble.tries, trouble.broke) == (1, True)


async def test_a_line_that_was_lost_once_at_a_mailbox_leaves_no_trouble(rounds: Rounds) -> None:
    faults = [lambda: lost(rounds)]
    rounds.deliver(INBOX)

    def once() -> Exception:
        del rounds.server.faults[INBOX]
        return faults.pop()()

    rounds.server.faults[INBOX] = once
    assert await rounds.run() == [*IN_ORDER, INBOX]
    assert await rounds.troubles() == {}
    assert await rounds.subjects(INBOX) == ["INBOX 0"]


async def test_a_mailbox_whose_older_messages_lost_the_line_is_asked_once_more(
    rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    def once(_: Sequence[int]) -> Exception:
        rounds.server.bad.clear()
        return lost(rounds)

    monkeypatch.setattr(pull, "FIRST_LOOK", 2)
    rounds.deliver(INBOX, 5)
    rounds.server.bad[INBOX, 2] = once
    assert await rounds.run() == [*IN_ORDER, INBOX]
    assert await rounds.subjects(INBOX) == [f"INBOX {number}" for number in range(5)]
    assert await rounds.troubles() == {}


async def test_without_a_server_the_round_ends(rounds: Rounds) -> None:
    def down() -> Exception:
        rounds.mail.go_down("There is no network.")
        return lost(rounds)

    rounds.server.faults[ARCHIVE] = down
    with pytest.raises(Unreachable, match="no network"):
        await rounds.run()
    assert rounds.server.asked == [INBOX, ARCHIVE]


@pytest.mark.parametrize(
    ("fault", "well", "expected"),
    [(busy, (), True), (busy, (TRASH,), False), (refused, (), False), (busy, IN_ORDER, False)],
)
async def test_a_server_is_busy_where_it_has_time_for_no_mailbox(
    rounds: Rounds, fault: Fault, well: Collection[MailboxName], expected: bool
) -> None:
    assert not rounds.pull.busy
    rounds.server.faults = {name: fault for name in IN_ORDER if name not in well}
    await rounds.run()
    assert rounds.pull.busy is expected
    rounds.server.faults.clear()
    rounds.now += timedelta(hours=1)
    await rounds.run()
    assert not rounds.pull.busy


async def test_a_busy_server_is_busy_although_the_line_was_lost_at_it(rounds: Rounds) -> None:
    rounds.server.faults = dict.fromkeys(IN_ORDER, busy)
    first = [lost]

    def lost_first() -> Exception:
        return first.pop()(rounds) if first else busy()

    await rounds.run()
    assert rounds.pull.busy
    rounds.now += timedelta(hours=1)
    rounds.server.faults[INBOX] = lost_first
    await rounds.run()
    assert not rounds.pull.busy


async def test_what_is_counted_and_not_listed_is_told_until_it_is_listed(rounds: Rounds) -> None:
    rounds.deliver(ARCHIVE, 3)
    rounds.server.unreadable = {ARCHIVE: 2, PYTHON: 1}
    await rounds.run()
    assert rounds.pull.unlisted == (
        "Archive: the server counts 3 messages and does not list 2 of them;"
        " Lists/python: the server counts 0 messages and does not list 1 of them"
    )
    rounds.mail.delete(PYTHON)
    await rounds.run()
    assert rounds.pull.unlisted.startswith("Archive: ")
    assert "python" not in rounds.pull.unlisted
    rounds.server.unreadable.clear()
    rounds.deliver(ARCHIVE)
    await rounds.run()
    assert rounds.pull.unlisted == ""


async def test_the_newest_of_all_come_before_the_older_of_any(
    rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "FIRST_LOOK", 2)
    rounds.deliver(INBOX, 5)
    rounds.deliver(ARCHIVE, 3)
    await rounds.run()
    assert [each for each in rounds.server.fetched if each[1]] == [
        (INBOX, (5, 4)),
        (ARCHIVE, (3, 2)),
        (INBOX, (3, 2, 1)),
        (ARCHIVE, (1,)),
    ]
    # How many there are is known after each mailbox's first look.
    assert rounds.progress == [(2, 5), (4, 8), (7, 8), (8, 8), (8, 8)]
    assert rounds.link.tally.new == 8
    assert await rounds.subjects(INBOX) == [f"INBOX {number}" for number in range(5)]


async def test_a_second_round_counts_anew_and_says_nothing_of_nothing(rounds: Rounds) -> None:
    rounds.deliver(INBOX, 2)
    await rounds.run()
    rounds.deliver(INBOX)
    await rounds.run()
    assert rounds.progress == [(1, 1), (1, 1)]
    assert set(rounds.changed) == {INBOX}
    await rounds.run()
    assert rounds.told == []
    assert rounds.link.tally.new == 3


async def test_batches_are_told_one_by_one(rounds: Rounds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "BATCH", 2)
    rounds.deliver(TRASH, 5)
    await rounds.run()
    assert rounds.progress == [(2, 5), (4, 5), (5, 5), (5, 5)]
    assert rounds.changed.count(TRASH) >= 3


async def test_what_is_known_is_not_fetched_again_by_a_server_that_lists_all(
    rounds: Rounds,
) -> None:
    rounds.deliver(INBOX, 3)
    await rounds.run()
    rounds.server.lists_all = True
    rounds.deliver(INBOX)
    await rounds.run()
    assert [uids for _, uids in rounds.server.fetched if uids] == [(4,)]
    assert rounds.progress[-1] == (1, 1)


async def test_the_list_of_mailboxes_is_told_when_it_changes(rounds: Rounds) -> None:
    await rounds.run()
    assert sum(isinstance(each, MailboxesChanged) for each in rounds.told) == 1
    # With the parent, which cannot be selected.
    assert rounds.link.tally.mailboxes == len(ROLES) + 1
    await rounds.run()
    assert rounds.told == []
    rounds.mail.create(MailboxName("Music"))
    await rounds.run()
    assert sum(isinstance(each, MailboxesChanged) for each in rounds.told) == 1


async def test_flags_and_what_is_gone_are_told_and_counted(rounds: Rounds) -> None:
    rounds.deliver(ARCHIVE, 3)
    await rounds.run()
    rounds.mail.store(ARCHIVE, [1], add=[SEEN])
    rounds.mail.expunge(ARCHIVE, [2])
    await rounds.run()
    assert set(rounds.changed) == {ARCHIVE}
    assert (rounds.link.tally.flags_changed, rounds.link.tally.removed) == (1, 1)


async def test_what_goes_with_its_mailbox_or_with_another_uidvalidity_is_told_and_counted(
    rounds: Rounds,
) -> None:
    for name in (ARCHIVE, PYTHON):
        rounds.deliver(name, 2)
    await rounds.run()
    rounds.mail.delete(PYTHON)
    await rounds.run()
    assert PYTHON in rounds.changed
    assert rounds.link.tally.removed == 2
    rounds.mail.expunge(ARCHIVE, [1])
    rounds.mail.renumber(ARCHIVE)
    await rounds.run()
    assert ARCHIVE in rounds.changed
    assert rounds.link.tally.removed == 3
    assert await rounds.subjects(ARCHIVE) == ["Archive 1"]


async def test_after_a_line_was_lost_little_is_asked_for_at_once(
    rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "CAUTIOUS", 2 << 10)
    rounds.deliver(INBOX, 2)
    rounds.deliver(ARCHIVE, 5)
    rounds.server.bad[INBOX, 2] = broken(rounds)
    await rounds.run()
    of_archive = [uids for name, uids in rounds.server.fetched if name == ARCHIVE and uids]
    assert of_archive == [(5, 4), (3, 2), (1,)]
    rounds.server.bad.clear()
    rounds.deliver(ARCHIVE, 5)
    await rounds.run()
    assert (ARCHIVE, (10, 9, 8, 7, 6)) in rounds.server.fetched


# Messages whose headers the server does not give out.


async def test_a_placeholder_stands_for_a_header_that_does_not_come(rounds: Rounds) -> None:
    rounds.deliver(INBOX, 3)
    rounds.server.bad[INBOX, 2] = withheld
    await rounds.run()
    assert await rounds.subjects(INBOX) == sorted(["INBOX 0", "INBOX 2", NOT_GIVEN_OUT])
    assert rounds.link.tally.new == 3
    assert INBOX in rounds.changed
    trouble = (await rounds.troubles())[2]
    assert (trouble.bare, trouble.broke, trouble.tries) == (True, False, 1)
    assert trouble.subject == NOT_GIVEN_OUT


async def test_a_placeholder_alone_is_told_and_says_what_is_known_of_it(rounds: Rounds) -> None:
    await rounds.run()
    rounds.deliver(ARCHIVE)
    rounds.server.bad[ARCHIVE, 1] = withheld
    await rounds.run()
    # Once because the server counts one more, and once because it is here.
    assert rounds.changed == [ARCHIVE, ARCHIVE]
    (message,) = await rounds.disk(_messages, ARCHIVE)
    assert (message.size, message.received, message.flags) == (0, NOON, frozenset())


async def test_a_bare_message_is_asked_for_when_its_pause_is_over(rounds: Rounds) -> None:
    rounds.deliver(INBOX, 3)
    rounds.deliver(ARCHIVE, 1)
    rounds.server.bad = {(INBOX, 2): withheld, (ARCHIVE, 1): withheld}
    await rounds.run()
    rounds.now += timedelta(minutes=1) - timedelta(microseconds=1)
    await rounds.run()
    assert rounds.server.fetched == []
    rounds.now += timedelta(microseconds=1)
    await rounds.run()
    assert sorted(rounds.server.fetched) == [(ARCHIVE, (1,)), (INBOX, (2,))]
    troubles = await rounds.troubles()
    assert [(each.tries, each.bare) for each in troubles.values()] == [(2, True)] * 2
    rounds.server.bad.clear()
    rounds.now += timedelta(hours=1)
    await rounds.run()
    assert sorted(rounds.changed) == [ARCHIVE, INBOX]
    assert await rounds.troubles() == {}
    assert await rounds.subjects(INBOX) == ["INBOX 0", "INBOX 1", "INBOX 2"]
    assert await rounds.subjects(ARCHIVE) == ["Archive 0"]


async def test_bare_messages_of_a_mailbox_that_is_left_alone_wait_with_it(rounds: Rounds) -> None:
    rounds.deliver(INBOX, 2)
    rounds.server.bad[INBOX, 1] = withheld
    await rounds.run()
    rounds.server.bad.clear()
    rounds.server.faults[INBOX] = busy
    for _ in range(2):
        rounds.deliver(INBOX)
        rounds.now += timedelta(minutes=1)
        await rounds.run()
    assert (await rounds.troubles())[INBOX].tries == 2
    rounds.now += timedelta(minutes=1)
    assert await rounds.run() == []
    assert rounds.server.fetched == []


async def test_bare_messages_at_which_the_line_is_lost_are_all_tried(rounds: Rounds) -> None:
    rounds.deliver(INBOX, 3)
    rounds.server.bad = {(INBOX, uid): broken(rounds) for uid in (1, 2)}
    await rounds.run()
    assert await rounds.subjects(INBOX) == sorted([NOT_GIVEN_OUT, NOT_GIVEN_OUT, "INBOX 2"])
    del rounds.server.bad[INBOX, 1]
    rounds.now += timedelta(minutes=1)
    await rounds.run()
    assert await rounds.subjects(INBOX) == sorted(["INBOX 0", NOT_GIVEN_OUT, "INBOX 2"])
    trouble = (await rounds.troubles())[2]
    assert (trouble.tries, trouble.broke, trouble.bare) == (2, True, True)
