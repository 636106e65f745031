"""Hearing of news in a Maildir: soon, whatever else changes, and without much work."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tuimail.backend.maildir import listing
from tuimail.backend.maildir.backend import MaildirBackend
from tuimail.backend.maildir.budget import FREE, LONGEST, SHARE, Budget
from tuimail.backend.maildir.listing import Listings, is_past
from tuimail.backend.maildir.maildir import Maildir, regular_files
from tuimail.model.mail import INBOX, MailboxName, MessageKey
from tuimail.model.operation import Move
from tuimail.model.sync import ServerId
from tuimail.model.uid import uid_of

ARCHIVE = MailboxName("Archive")
LONG_AGO = 1_000_000_000_000_000_001


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    found = Maildir(tmp_path / "mail")
    found.make()
    return found


def deliver(maildir: Maildir, number: int, subfolder: str = "new") -> None:
    (maildir.root / subfolder / f"{number}.host").touch()


def grow_old(folder: Path) -> None:
    os.utime(folder, ns=(LONG_AGO, LONG_AGO))


@asynccontextmanager
async def hearing(backend: MaildirBackend) -> AsyncIterator[asyncio.Event]:
    told = asyncio.Event()
    ears = asyncio.create_task(backend.listen(INBOX, told.set))
    yield told
    ears.cancel()
    await asyncio.wait([ears])


async def test_while_mail_keeps_coming_it_is_told_all_the_time(maildir: Maildir) -> None:
    async def deliver_always() -> None:
        for number in range(100_000):
            deliver(maildir, number)
            await asyncio.sleep(0.005)

    delivering = asyncio.create_task(deliver_always())
    backend = MaildirBackend(maildir, look_again=0.01)
    totals = []
    async with hearing(backend) as told, asyncio.timeout(5):
        for _ in range(30):
            [inbox] = await backend.mailboxes()
            assert inbox.status is not None
            totals.append(inbox.status.total)
            told.clear()
            await told.wait()
    delivering.cancel()
    assert totals[-1] > totals[15] > totals[0]


async def test_what_comes_at_the_very_time_of_another_letter_is_told(
    maildir: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The times of folders are no finer than a tick of the clock, or even a second."""
    backend = MaildirBackend(maildir)
    new = maildir.root / "new"
    deliver(maildir, 1)
    read = new.stat()
    now = [read.st_mtime_ns + 1_000_000]
    monkeypatch.setattr("tuimail.backend.maildir.backend.time.time_ns", lambda: now[0])
    await backend.mailboxes()
    deliver(maildir, 2)
    os.utime(new, ns=(read.st_atime_ns, read.st_mtime_ns))
    assert await tells(backend, monkeypatch)
    now[0] += 3_000_000_000
    [inbox] = await backend.mailboxes()
    assert inbox.status is not None
    assert inbox.status.total == 2
    assert not await tells(backend, monkeypatch)


async def test_once_it_was_looked_at_nothing_is_told(maildir: Maildir) -> None:
    backend = MaildirBackend(maildir, look_again=0.01)
    deliver(maildir, 1)
    await asyncio.sleep(0.1)
    await backend.mailboxes()
    async with hearing(backend) as told:
        await asyncio.sleep(0.2)
        assert not told.is_set()


def test_what_did_not_change_is_not_read_again(
    maildir: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def reading(folder: Path) -> Iterator["os.DirEntry[str]"]:
        read.append(folder.name)
        return regular_files(folder)

    monkeypatch.setattr(listing, "regular_files", reading)
    deliver(maildir, 1, "cur")
    for subfolder in ("new", "cur"):
        grow_old(maildir.root / subfolder)
    listings = Listings()
    first = listings.of(maildir.root)
    deliver(maildir, 2)
    second = listings.of(maildir.root)
    assert read == ["new", "cur", "new"]
    assert (len(first.letters), len(second.letters)) == (1, 2)
    assert first.digest != second.digest
    deliver(maildir, 3)
    assert len(listings.of(maildir.root).letters) == 3


def test_a_time_is_past_when_no_change_can_bear_it_any_more() -> None:
    whole = 5_000_000_000
    assert not is_past(whole, whole + 1_900_000_000)
    assert is_past(whole, whole + 2_200_000_000)
    assert not is_past(whole + 1, whole + 10_000_001)
    assert is_past(whole + 1, whole + 60_000_001)


def test_looks_that_cost_little_never_rest() -> None:
    assert longest_rest(cost=0.8 * SHARE) == 0


def test_looks_that_cost_much_rest_after_some_and_have_their_share_in_the_long_run() -> None:
    cost = 0.1
    assert 0 < longest_rest(cost) <= cost / SHARE
    assert longest_rest(cost=10.0) == LONGEST


def test_after_a_quiet_time_looks_are_free_again() -> None:
    time = [0.0]
    budget = Budget(lambda: time[0])
    budget.spend(2 * FREE)
    assert budget.rest() == LONGEST
    time[0] += 2 * FREE / SHARE
    assert budget.rest() == 0


def test_what_a_look_costs_is_what_its_thread_does_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter([10.0, 10.0 + FREE + SHARE])
    monkeypatch.setattr("tuimail.backend.maildir.budget.time.thread_time", lambda: next(times))
    budget = Budget(lambda: 0.0)
    with budget.spending():
        pass
    monkeypatch.undo()
    assert budget.rest() == pytest.approx(1.0)


def longest_rest(cost: float) -> float:
    """Of a thousand looks, each a second after the rest that the one before it needs."""
    time = [0.0]
    budget = Budget(lambda: time[0])
    longest = 0.0
    for _ in range(1000):
        budget.spend(cost)
        rest = budget.rest()
        longest = max(longest, rest)
        time[0] += 1.0 + rest
    return longest


def all_old(maildir: Maildir, seconds: int = 0) -> None:
    """The times that a look takes for the last word, others after each of `seconds`."""
    when = LONG_AGO + seconds * 1_000_000_000
    for folder in maildir.mailboxes().values():
        for path in (folder, folder / "new", folder / "cur"):
            os.utime(path, ns=(when, when))


async def tells(backend: MaildirBackend, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the next two looks find news."""
    told: list[bool] = []
    pauses: list[float] = []

    async def passing(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) > 3:
            raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr("tuimail.backend.maildir.backend.asyncio.sleep", passing)
        with pytest.raises(asyncio.CancelledError):
            await backend.listen(INBOX, lambda: told.append(True))
    return bool(told)


async def test_between_two_looks_there_is_a_pause_and_after_news_a_rest(
    maildir: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = MaildirBackend(maildir, look_again=0.25)
    all_old(maildir)
    await backend.mailboxes()
    pauses: list[float] = []

    async def passing(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            deliver(maildir, 1)
        if len(pauses) == 4:
            raise asyncio.CancelledError

    monkeypatch.setattr("tuimail.backend.maildir.backend.asyncio.sleep", passing)
    monkeypatch.setattr(backend._budget, "rest", lambda: 7.0)
    with pytest.raises(asyncio.CancelledError):
        await backend.listen(INBOX, lambda: None)
    assert pauses == [0.25, 0.25, 7.0, 0.25]


async def test_a_look_at_one_mailbox_ends_the_news_of_it_and_of_no_other(
    maildir: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = MaildirBackend(maildir)
    maildir.make_mailbox(ARCHIVE)
    all_old(maildir)
    await backend.mailboxes()
    assert not await tells(backend, monkeypatch)
    all_old(maildir, 1)
    assert await tells(backend, monkeypatch)
    await backend.mailboxes()
    for number, path in enumerate((maildir.root / "new", maildir.root / ".Archive" / "cur"), 2):
        os.utime(path, ns=(LONG_AGO + number * 10**9, LONG_AGO + number * 10**9))
        assert await tells(backend, monkeypatch)
    await backend.changes(INBOX, None, ())
    assert await tells(backend, monkeypatch)
    await backend.changes(ARCHIVE, None, ())
    assert not await tells(backend, monkeypatch)


async def test_a_mailbox_that_comes_or_goes_is_told(
    maildir: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = MaildirBackend(maildir)
    all_old(maildir)
    await backend.mailboxes()
    maildir.make_mailbox(ARCHIVE)
    assert await tells(backend, monkeypatch)
    all_old(maildir)
    await backend.mailboxes()
    assert not await tells(backend, monkeypatch)
    (maildir.root / ".Archive").rename(maildir.root / "elsewhere")
    os.utime(maildir.root, ns=(LONG_AGO, LONG_AGO))
    assert await tells(backend, monkeypatch)


async def test_our_own_changes_are_no_news_and_hide_none_of_others(
    maildir: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = MaildirBackend(maildir)
    maildir.make_mailbox(ARCHIVE)
    for number in (1, 2):
        deliver(maildir, number)
    all_old(maildir)
    await backend.mailboxes()
    ids = {MessageKey(number): ServerId(1, uid_of(f"{number}.host")) for number in (1, 2)}
    assert await backend.perform(Move(INBOX, frozenset({MessageKey(1)}), ARCHIVE), ids)
    assert not await tells(backend, monkeypatch)
    deliver(maildir, 3)
    assert await backend.perform(Move(INBOX, frozenset({MessageKey(2)}), ARCHIVE), ids)
    assert await tells(backend, monkeypatch)


async def test_what_happens_among_placeholders_is_told_too(
    maildir: Maildir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Maildir(tmp_path / "held")
    backend = MaildirBackend(maildir, placeholders=held)
    all_old(maildir)
    await backend.mailboxes()
    assert not await tells(backend, monkeypatch)
    held.make()
    all_old(held)
    await backend.mailboxes()
    assert not await tells(backend, monkeypatch)
    deliver(held, 1)
    assert await tells(backend, monkeypatch)
