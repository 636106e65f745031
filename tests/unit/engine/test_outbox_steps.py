"""Each step of an outbox: who hears of it, when it rests, and what makes it try again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.unit.engine.post import BERT, Post, posting
from tests.unit.engine.world import WORK, until
from tuimail.backend.base import NotAuthorized, Unreachable
from tuimail.backend.postman import Postman, Receipt, Refusal
from tuimail.engine import outbox, retry
from tuimail.engine.events import JournalChanged, OutboxChanged, SecretNeeded
from tuimail.engine.outbox import Sending
from tuimail.engine.retry import Surroundings
from tuimail.engine.secret_keeper import FindSecret
from tuimail.model.outbox import LetterState
from tuimail.model.safe_text import SafeText
from tuimail.store.outbox import Outbox
from tuimail.store.store import Store, StoreError

CARL = "carl@example.net"
CHANGED = OutboxChanged(WORK)
LATER = Unreachable("No route.")
NO = NotAuthorized("wrong password")


class Hand:
    """A postman that answers what a test says; then that the server has it all."""

    def __init__(self) -> None:
        self.answers: list[Receipt | Exception] = []
        self.tried: list[tuple[str, ...]] = []
        self.secrets: list[str] = []
        self.left = 0
        self.open = asyncio.Event()
        self.open.set()

    def opened(self, secret: Callable[[], Awaitable[str]]) -> Postman:
        self.secret = secret
        return self

    async def deliver(
        self,
        sender: str,
        recipients: Sequence[str],
        content: bytes,
        before_dot: Callable[[], Awaitable[None]],
    ) -> Receipt:
        self.tried.append(tuple(recipients))
        self.secrets.append(await self.secret())
        await self.open.wait()
        answer = self.answers.pop(0) if self.answers else Receipt()
        if isinstance(answer, Exception):
            raise answer
        await before_dot()
        return answer

    def leave(self) -> None:
        self.left += 1


@dataclass
class ByHand(Post):
    """Its letters are taken by hand; `sends` False: the settings name no server for that."""

    hand: Hand = field(default_factory=Hand)
    sends: bool = True
    find_secret: FindSecret | None = None

    def sending(self) -> Sending | None:
        if not self.sends:
            return None
        return Sending(self.hand.opened, self.find_secret, copy_after=self.copy_after)

    async def told(self, changes: int) -> None:
        """Return once so many changes of the outbox were told."""

        async def enough() -> bool:
            return self.news.count(CHANGED) >= changes

        await until(enough)

    async def tries(self, number: int) -> None:
        async def enough() -> bool:
            return len(self.hand.tried) >= number

        await until(enough)

    async def turns(self) -> None:
        """Time for whoever wants something of the disk; one caller after the other has it."""
        for _ in range(30):
            await self.disk(lambda _: None)


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ByHand:
    """No letter of its that waits for another try gets it because a test takes long."""
    monkeypatch.setattr(outbox, "FIRST_PAUSE", outbox.LONGEST_PAUSE)
    return ByHand(tmp_path, 0)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Grows whenever the outbox looks how its letters stand."""
    standing, seen = Outbox.standing, list[None]()

    def counted(store: Outbox) -> Any:
        seen.append(None)
        return standing(store)

    monkeypatch.setattr(Outbox, "standing", counted)
    return seen


async def assert_at_rest(post: ByHand, looks: list[None]) -> None:
    await post.turns()
    before = len(looks)
    await post.turns()
    assert len(looks) == before


async def test_a_screen_hears_of_each_step_and_the_sync_of_the_copy(post: ByHand) -> None:
    post.hand.open.clear()
    await post.queue()
    async with post.running():
        await post.until(LetterState.SENDING)
        await post.tries(1)
        assert post.news == [CHANGED, CHANGED]
        post.hand.open.set()
        await post.told(3)
        assert (await post.letter()).state is LetterState.SENT
    assert post.news == [CHANGED, CHANGED, JournalChanged(WORK), CHANGED]
    assert post.filed == 1


async def test_a_letter_that_is_held_is_told_and_leaves_at_its_time_by_itself(
    post: ByHand, looks: list[None]
) -> None:
    async with post.running() as task:
        await assert_at_rest(post, looks)
        assert post.news == []
        await post.queue(hold=3600)
        task.ring()
        await post.told(1)
        await assert_at_rest(post, looks)
        assert post.hand.tried == []
        await post.queue(hold=0.1)
        task.ring()
        await post.until(LetterState.SENT, number=2)
        assert (await post.letter()).state is LetterState.QUEUED


async def test_it_lets_go_of_the_server_when_it_ends(post: ByHand) -> None:
    async with post.running():
        await post.queue()
        assert post.hand.left == 0
    assert post.hand.left == 1


@pytest.mark.parametrize("own", [True, False])
async def test_a_server_that_has_a_secret_of_its_own_is_given_that(post: ByHand, own: bool) -> None:
    async def find() -> str:
        return "outgoing"

    post.password, post.find_secret = "incoming", find if own else None
    await post.queue()
    async with post.running():
        await post.until(LetterState.SENT)
    assert post.hand.secrets == ["outgoing" if own else "incoming"]


async def test_a_refused_password_is_tried_once_for_all_letters_and_then_forgotten(
    post: ByHand, looks: list[None]
) -> None:
    post.hand.answers = [NO, NO]
    for _ in range(2):
        await post.queue()
    async with post.running() as task:
        task.give_secret("wrong")
        await post.tries(1)
        await assert_at_rest(post, looks)
        task.ring()
        task.try_now()
        await assert_at_rest(post, looks)
        assert len(post.hand.tried) == 1
        assert [type(each) for each in post.news].count(SecretNeeded) == 1
        assert not await task.has_work()
        post.password = "right"
        task.reconnect()
        await post.tries(2)
        await assert_at_rest(post, looks)
        post.password = "right at last"
        task.reconnect()
        await post.until(LetterState.SENT, number=2)
        await post.until(LetterState.SENT, number=1)
    assert post.hand.secrets == ["wrong", "right", *["right at last"] * 2]


async def test_where_nothing_can_be_sent_letters_stay_and_hold_nobody_up(
    post: ByHand, looks: list[None]
) -> None:
    post.sends = False
    await post.queue()
    async with post.running() as task:
        await post.told(1)
        await assert_at_rest(post, looks)
        task.give_secret("of the incoming server")
        task.reconnect()
        await assert_at_rest(post, looks)
        assert not await task.has_work()
    assert (await post.letter()).state is LetterState.QUEUED


async def test_a_letter_that_waits_for_another_try_is_not_tried_at_every_ring(
    post: ByHand, looks: list[None]
) -> None:
    post.hand.answers = [LATER]
    await post.queue()
    async with post.running() as task:
        letter = await post.until(LetterState.QUEUED, attempt=1)
        assert letter.not_before > post.clock()
        await post.turns()
        task.ring()
        await assert_at_rest(post, looks)
        await post.queue(hold=0.1)
        task.ring()
        await post.until(LetterState.SENT, number=2)
        await assert_at_rest(post, looks)
        assert len(post.hand.tried) == 2
        task.try_now()
        await post.until(LetterState.SENT)


async def test_recipients_that_wait_are_not_tried_at_once(post: ByHand, looks: list[None]) -> None:
    post.hand.answers = [Receipt({CARL: Refusal(SafeText("450 busy"), for_good=False)})]
    await post.queue(posting(BERT, CARL))
    async with post.running():
        letter = await post.until(LetterState.QUEUED, attempt=1)
        await assert_at_rest(post, looks)
    assert letter.not_before > post.clock()
    assert post.hand.tried == [(BERT, CARL)]


async def test_on_another_network_it_is_tried_at_once(
    post: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = ["10.0.0.1", "10.0.0.2"]
    monkeypatch.setattr(retry, "LOOK_AROUND", 0.01)
    monkeypatch.setattr(
        outbox,
        "Surroundings",
        lambda: Surroundings(lambda: addresses.pop(0) if len(addresses) > 1 else addresses[0]),
    )
    post.hand.answers = [LATER]
    await post.queue()
    async with post.running():
        await post.until(LetterState.SENT)
    assert len(post.hand.tried) == 2


@pytest.mark.parametrize("step", ["claim", "postpone"])
async def test_a_disk_in_trouble_is_given_time(
    post: ByHand, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    failures = 0

    def fail(*_: object) -> None:
        nonlocal failures
        failures += 1
        raise StoreError("the disk is full")

    async def failed() -> bool:
        return failures > 0

    monkeypatch.setattr(outbox, "AFTER_DISK_TROUBLE", 3600.0)
    monkeypatch.setattr(Outbox, step, fail)
    post.hand.answers = [LATER]
    await post.queue()
    async with post.running():
        await until(failed)
        await post.turns()
    assert failures == 1


async def test_before_the_last_dot_the_disk_knows_that_it_leaves(
    post: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[LetterState] = []
    accept = Outbox.accept

    def noted(store: Outbox, outgoing: Any, *rest: Any) -> None:
        states.extend(each.state for each in store.letters())
        accept(store, outgoing, *rest)

    monkeypatch.setattr(Outbox, "accept", noted)
    await post.queue()
    async with post.running():
        await post.until(LetterState.SENT)
    assert states == [LetterState.DATA_SENT]
    assert len(await post.disk(Store.pending)) == 1
