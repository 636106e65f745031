"""A server that files what it sends after our own copy: two copies once, and not again."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.servers.smtp_sink import smtp_sink
from tests.unit.engine.post import Post
from tests.unit.store.worlds import delivery
from tuimail.model.mail import MailboxName, Order
from tuimail.model.operation import Entry
from tuimail.model.outbox import LetterState
from tuimail.model.sync import NOWHERE, ServerId
from tuimail.store.store import Store

SENT = MailboxName("Sent")
USUAL = timedelta(seconds=5)


async def sent_copy(post: Post, number: int = 1) -> Entry:
    """What is recorded for our own copy of a letter that has just left."""
    async with post.running():
        await post.queue()
        await post.until(LetterState.SENT, number=number)
    return (await post.disk(Store.pending))[-1]


async def filed(post: Post, copy: Entry, uid: int | None) -> None:
    """The server has it, and says under which UID."""
    await post.disk(Store.claim, [copy.id], NOWHERE)
    place = None if uid is None else ServerId(1, uid)
    await post.disk(Store.settle, copy, dict.fromkeys(copy.operation.keys, place))


def wait_of(copy: Entry) -> timedelta:
    assert copy.not_before is not None
    return copy.not_before - copy.recorded


async def test_after_a_late_copy_of_the_server_ours_waits_longer(tmp_path: Path) -> None:
    async with smtp_sink() as sink:
        post = Post(tmp_path, sink.port, copy_after=USUAL)
        copy = await sent_copy(post)
        assert wait_of(copy) <= USUAL
        await filed(post, copy, 7)
        late = delivery(8, message_id="one@example.org", size=1100)
        await post.disk(Store.deliver, SENT, [delivery(7, message_id="one@example.org"), late])
        assert wait_of(await sent_copy(post, 2)) > timedelta(minutes=4)
        assert len(await post.disk(Store.keys, SENT, None, Order.NEWEST)) == 2
    await post.disk.close()


@pytest.mark.parametrize(
    ("told", "arrives", "message_id", "mailbox", "later"),
    [
        (7, 7, "one@example.org", SENT, timedelta(0)),
        (7, 8, "two@example.org", SENT, timedelta(0)),
        (7, 8, "one@example.org", MailboxName("INBOX"), timedelta(0)),
        (None, 8, "one@example.org", SENT, timedelta(0)),
        (7, 8, "one@example.org", SENT, timedelta(days=2)),
    ],
    ids=["ours", "another letter", "another mailbox", "ours is not told", "copied by hand"],
)
async def test_what_proves_nothing_changes_nothing(
    tmp_path: Path,
    told: int | None,
    arrives: int,
    message_id: str,
    mailbox: MailboxName,
    later: timedelta,
) -> None:
    async with smtp_sink() as sink:
        post = Post(tmp_path, sink.port, copy_after=USUAL)
        await filed(post, await sent_copy(post), told)
        post.clock.ahead = later
        await post.disk(Store.deliver, mailbox, [delivery(arrives, message_id=message_id)])
        assert wait_of(await sent_copy(post, 2)) <= USUAL
    await post.disk.close()


@pytest.mark.parametrize("copy_after", [timedelta(0), timedelta(minutes=10)])
async def test_who_does_not_wait_or_waits_longer_goes_on_so(
    tmp_path: Path, copy_after: timedelta
) -> None:
    async with smtp_sink() as sink:
        post = Post(tmp_path, sink.port, copy_after=USUAL)
        await filed(post, await sent_copy(post), 7)
        await post.disk(Store.deliver, SENT, [delivery(8, message_id="one@example.org")])
        post.copy_after = copy_after
        copy = await sent_copy(post, 2)
        waits = wait_of(copy) if copy.not_before else timedelta(0)
        assert abs(waits - copy_after) < timedelta(seconds=1)
    await post.disk.close()
