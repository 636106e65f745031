"""Letters leave once: whatever servers answer, wherever the line is cut (security.md O1-O3)."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.servers.proxy import Direction, Fault, Kind, Proxy
from tests.servers.smtp_sink import PASSWORD, USER, smtp_sink
from tests.unit.engine.post import BERT, CONTENT, Post, posting
from tests.unit.engine.world import WORK, until
from tuimail.engine import outbox
from tuimail.engine.events import OutboxChanged, SecretNeeded
from tuimail.engine.outbox import LONGEST_PAUSE, pause_after
from tuimail.model.mail import SEEN, MailboxName
from tuimail.model.operation import Append, EntryState
from tuimail.model.outbox import LetterState
from tuimail.store.outbox import Outbox
from tuimail.store.store import Store, StoreError

SENT, UNKNOWN, QUEUED, REFUSED = (
    LetterState.SENT,
    LetterState.UNKNOWN,
    LetterState.QUEUED,
    LetterState.REFUSED,
)


async def test_a_due_letter_leaves_and_its_copy_waits_for_the_sent_mailbox(tmp_path: Path) -> None:
    async with smtp_sink() as sink:
        post = Post(tmp_path, sink.port)
        async with post.running() as task:
            await post.queue()
            task.ring()
            await post.until(SENT)
            await asyncio.sleep(0.05)
    assert [letter.content.count(b"The figures.") for letter in sink.letters] == [1]
    (entry,) = await post.disk(Store.pending)
    assert entry.state is EntryState.RECORDED
    assert isinstance(entry.operation, Append)
    assert entry.operation.mailbox == MailboxName("Sent")
    assert entry.operation.flags == {SEEN}
    assert entry.operation.message_id == "one@example.org"
    assert await post.disk(Store.content, entry) == CONTENT
    assert (post.filed, await post.spooled()) == (1, [])
    assert await post.disk(Store.newest_undoable) is None
    assert OutboxChanged(WORK) in post.news


async def test_the_own_copy_names_bcc_and_the_letter_does_not(tmp_path: Path) -> None:
    async with smtp_sink() as sink:
        post = Post(tmp_path, sink.port)
        async with post.running():
            await post.queue(posting(BERT, "carl@example.net"))
            await post.until(SENT)
    assert b"carl" not in sink.letters[0].content
    (entry,) = await post.disk(Store.pending)
    content = await post.disk(Store.content, entry)
    assert content == b"Bcc: carl@example.net\r\n" + CONTENT


async def test_a_server_is_given_time_to_file_what_it_sends(tmp_path: Path) -> None:
    async with smtp_sink() as sink:
        post = Post(tmp_path, sink.port, copy_after=timedelta(seconds=20))
        async with post.running():
            await post.queue()
            await post.until(SENT)
    await post.disk.close()
    again = Post(tmp_path, sink.port)
    (entry,) = await again.disk(Store.pending)
    assert isinstance(entry.operation, Append)
    assert entry.operation.unless_there
    assert entry.not_before is not None
    assert timedelta(seconds=10) < entry.not_before - entry.recorded <= timedelta(seconds=20)
    assert await again.disk(Store.due, again.clock()) == []


async def test_no_copy_is_kept_where_none_is_wanted(tmp_path: Path) -> None:
    async with smtp_sink() as sink:
        post = Post(tmp_path, sink.port, copy_after=None)
        async with post.running():
            await post.queue()
            await post.until(SENT)
    assert len(sink.letters) == 1
    assert await post.disk(Store.pending) == []


async def test_a_letter_waits_for_its_time(tmp_path: Path) -> None:
    async with smtp_sink() as sink:
        post = Post(tmp_path, sink.port)
        await post.queue(hold=3600)
        async with post.running() as task:
            await asyncio.sleep(0.2)
            assert sink.letters == []
            assert await task.has_work()
            post.clock.ahead += post.clock.ahead.resolution * 3_600_000_000
            task.ring()
            await post.until(SENT)
            assert not await task.has_work()


async def test_a_cancelled_letter_stays(tmp_path: Path) -> None:
    async with smtp_sink() as sink:
        post = Post(tmp_path, sink.port)
        await post.queue(hold=0.3)
        async with post.running():
            assert await post.disk(lambda store: store.outbox.cancel(1))
            await asyncio.sleep(0.6)
    assert sink.letters == []
    assert (await post.letter()).state is LetterState.CANCELLED


async def test_a_temporary_refusal_is_tried_again_with_the_same_id(tmp_path: Path) -> None:
    async with smtp_sink(answers={"DATA": ["451 busy"], "RCPT": ["450 greylisted"]}) as sink:
        post = Post(tmp_path, sink.port)
        await post.queue()
        async with post.running() as task:
            for attempt, words in ((1, "greylisted"), (2, "busy")):
                letter = await post.until(QUEUED, attempt=attempt)
                assert words in letter.reason
                assert letter.not_before > post.clock()
                task.try_now()
            await post.until(SENT)
    assert [b"<one@example.org>" in letter.content for letter in sink.letters] == [True]


async def test_a_final_refusal_comes_back_with_its_reason(tmp_path: Path) -> None:
    async with smtp_sink(answers={"DATA": ["554 5.7.1 spam"]}) as sink:
        post = Post(tmp_path, sink.port)
        await post.queue()
        async with post.running() as task:
            letter = await post.until(REFUSED)
            assert not await task.has_work()
    assert "spam" in letter.reason
    assert await post.disk(lambda store: store.outbox.content(1)) == CONTENT
    assert await post.disk(Store.pending) == []


async def test_who_was_not_reached_is_named_and_only_the_postponed_are_tried_again(
    tmp_path: Path,
) -> None:
    carl, dora = "carl@example.net", "dora@example.net"
    answers = {carl: ["550 no such user"], dora: ["450 busy"]}
    async with smtp_sink(answers=answers) as sink:
        post = Post(tmp_path, sink.port)
        await post.queue(posting(BERT, carl, dora))
        async with post.running() as task:
            letter = await post.until(QUEUED, attempt=1)
            assert letter.delivered == (BERT,)
            assert carl in letter.reason
            task.try_now()
            letter = await post.until(SENT)
    assert letter.delivered == (BERT, dora)
    assert [each.recipients for each in sink.letters] == [(BERT,), (dora,)]
    assert len(await post.disk(Store.pending)) == 1


async def test_no_answer_is_unknown_and_only_the_user_sends_it_again(tmp_path: Path) -> None:
    async with smtp_sink(answers={"DATA": [""]}) as sink:
        post = Post(tmp_path, sink.port)
        await post.queue()
        async with post.running() as task:
            await post.until(UNKNOWN)
            task.reconnect()
            task.ring()
            await asyncio.sleep(0.2)
            assert sink.letters == []
            assert not await task.has_work()
            assert await post.disk(lambda store: store.outbox.resend(1))
            task.ring()
            await post.until(SENT)
    assert len(sink.letters) == 1


async def test_a_missing_password_stops_the_outbox_until_it_is_given(tmp_path: Path) -> None:
    async with smtp_sink(auth=True) as sink:
        post = Post(tmp_path, sink.port, password=None, username=USER)
        await post.queue()
        async with post.running() as task:
            await post.until(QUEUED, attempt=1)
            await asyncio.sleep(0.05)
            assert [each for each in post.news if isinstance(each, SecretNeeded)]
            assert not await task.has_work()
            task.give_secret(PASSWORD)
            await post.until(SENT)
    assert len(sink.letters) == 1


async def test_a_password_that_was_put_right_elsewhere_is_tried_if_the_user_says_so(
    tmp_path: Path,
) -> None:
    async with smtp_sink(auth=True) as sink:
        post = Post(tmp_path, sink.port, password=None, username=USER)
        await post.queue()
        async with post.running() as task:

            async def helpless() -> bool:
                return task.needs_secret

            await until(helpless)
            post.password = PASSWORD
            task.reconnect()
            await post.until(SENT)
            assert not task.needs_secret
    assert len(sink.letters) == 1


async def test_after_a_crash_only_what_was_not_all_sent_goes_again(tmp_path: Path) -> None:
    async with smtp_sink() as sink:
        post = Post(tmp_path, sink.port)
        for _ in range(2):
            await post.queue()
        await post.disk(lambda store: store.outbox.claim())
        await post.disk(lambda store: store.outbox.data_sent(1))
        await post.disk(lambda store: store.outbox.claim())
        async with post.running():
            await post.until(UNKNOWN, number=1)
            await post.until(SENT, number=2)
    assert len(sink.letters) == 1


async def test_what_is_sent_stays_sent_however_late_the_disk_hears_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept, failures = Outbox.accept, [StoreError("the disk is full")] * 2

    def full_at_first(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        accept(*arguments)

    monkeypatch.setattr(outbox, "AFTER_DISK_TROUBLE", 0.02)
    monkeypatch.setattr(Outbox, "accept", full_at_first)
    async with smtp_sink() as sink:
        post = Post(tmp_path, sink.port)
        await post.queue()
        async with post.running():
            await post.until(SENT)
    assert (len(sink.letters), failures) == (1, [])
    assert len(await post.disk(Store.pending)) == 1


async def test_two_processes_cannot_take_one_letter(tmp_path: Path) -> None:
    post = Post(tmp_path, 1)
    await post.queue()
    assert await post.disk(lambda store: store.outbox.claim()) is not None
    assert await post.disk(lambda store: store.outbox.claim()) is None
    assert not await post.disk(lambda store: store.outbox.cancel(1))


def test_pauses_grow_and_are_bounded() -> None:
    pauses = [pause_after(attempt, 0.5) for attempt in range(1, 20)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 15
    assert pauses[-1] == LONGEST_PAUSE


# The line cut at every byte of the dialogue.


async def passed(folder: Path) -> dict[Direction, int]:
    """How many bytes a whole dialogue has in each direction."""
    async with smtp_sink() as sink, Proxy("127.0.0.1", sink.port) as proxy:
        post = Post(folder, proxy.port)
        await post.queue()
        async with post.running():
            await post.until(SENT)
            await asyncio.sleep(0.1)
        await post.disk.close()
        return dict(proxy.passed)


async def sweep(folder: Path, direction: Direction, offsets: list[int]) -> dict[int, LetterState]:
    """Cut once at each offset, let the engine do what it does; nothing is ever doubled."""
    found: dict[int, LetterState] = {}
    async with smtp_sink() as sink, Proxy("127.0.0.1", sink.port) as proxy:
        post = Post(folder, proxy.port)
        async with post.running() as task:
            for number, at in enumerate(offsets, start=1):
                sink.letters.clear()
                proxy.plan(Fault(Kind.CUT, direction, proxy.passed[direction] + at))
                await post.queue()
                task.ring()
                letter = await post.until(SENT, UNKNOWN, QUEUED, number=number, attempt=1)
                if letter.state is QUEUED:
                    assert sink.letters == [], at
                    proxy.plan()
                    task.try_now()
                    letter = await post.until(SENT, UNKNOWN, number=number)
                    assert letter.state is SENT, at
                await asyncio.sleep(0.005)
                assert len(sink.letters) <= 1, at
                assert letter.state is UNKNOWN or len(sink.letters) == 1, at
                found[at] = letter.state
                await proxy.cut()
        await post.disk.close()
    return found


def assert_known_before_the_body(found: dict[int, LetterState], total: int) -> None:
    """A cut within the body may show only after the dot was written: then nobody knows."""
    body = total - len(b"QUIT\r\n") - len(b".\r\n") - len(CONTENT) - len(b".")
    assert [at for at, state in found.items() if state is UNKNOWN and at < body] == []


async def test_cut_on_its_way_there_it_is_neither_lost_nor_doubled(tmp_path: Path) -> None:
    total = (await passed(tmp_path / "whole"))[Direction.TO_SERVER]
    offsets = [*range(0, total - 12, 17), *range(total - 12, total)]
    found = await sweep(tmp_path / "cut", Direction.TO_SERVER, offsets)
    assert_known_before_the_body(found, total)


async def test_cut_on_its_way_back_it_is_neither_lost_nor_doubled(tmp_path: Path) -> None:
    total = (await passed(tmp_path / "whole"))[Direction.TO_CLIENT]
    offsets = [*range(0, total - 20, 13), *range(total - 20, total)]
    found = await sweep(tmp_path / "cut", Direction.TO_CLIENT, offsets)
    assert UNKNOWN in found.values()


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("direction", Direction)
async def test_cut_at_every_byte(tmp_path: Path, direction: Direction) -> None:
    total = (await passed(tmp_path / "whole"))[direction]
    found = await sweep(tmp_path / "cut", direction, list(range(total)))
    assert len(found) == total
    if direction is Direction.TO_SERVER:
        assert_known_before_the_body(found, total)
