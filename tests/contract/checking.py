"""How the contract's checks are written: registered sentences, and what they share."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tests.contract.world import Feature, Truth, World
from tuimail.backend.base import Unreachable
from tuimail.model.mail import DELETED, INBOX, SEEN, Flag, MailboxName, MessageKey
from tuimail.model.operation import Operation
from tuimail.model.sync import Bookmark, Changes, Fetched, Part, ServerId

ARCHIVE = MailboxName("Archive")
LABEL = Flag("$Label1")

Answer = Mapping[MessageKey, ServerId | None]
Result = TypeVar("Result")
Run = Callable[[World], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Check:
    """One promise of `Backend`, for servers that have all of `needs` and nothing of `lacks`."""

    name: str
    run: Run
    needs: frozenset[Feature]
    lacks: frozenset[Feature]

    def fits(self, features: Collection[Feature]) -> bool:
        return self.needs <= set(features) and not self.lacks & set(features)


CHECKS: list[Check] = []


def check(*needs: Feature, lacks: Collection[Feature] = ()) -> Callable[[Run], Run]:
    """Register a check under its function's name."""

    def register(run: Run) -> Run:
        name = getattr(run, "__name__", "")
        CHECKS.append(Check(name, run, frozenset(needs), frozenset(lacks)))
        return run

    return register


async def pull(
    world: World,
    mailbox: MailboxName = INBOX,
    since: Bookmark | None = None,
    known: Collection[int] = (),
) -> Changes:
    return await world.backend.changes(mailbox, since, known)


async def fetch(
    world: World,
    uids: Sequence[int],
    part: Part = Part.FULL,
    mailbox: MailboxName = INBOX,
    validity: int | None = None,
) -> dict[int, Fetched]:
    """By UID; a message that comes twice fails."""
    if validity is None:
        validity = (await pull(world, mailbox)).bookmark.validity
    messages = [each async for each in world.backend.fetch(mailbox, validity, uids, part)]
    by_uid = {each.uid: each for each in messages}
    assert len(by_uid) == len(messages)
    return by_uid


def key(uid: int) -> MessageKey:
    """The key that checks give to the message of a UID."""
    return MessageKey(7_000_000 + uid)


async def ids_of(
    world: World, *uids: int, mailbox: MailboxName = INBOX
) -> dict[MessageKey, ServerId]:
    validity = (await pull(world, mailbox)).bookmark.validity
    return {key(uid): ServerId(validity, uid) for uid in uids}


async def perform(
    world: World,
    operation: Operation,
    ids: Mapping[MessageKey, ServerId],
    content: bytes = b"",
) -> Answer:
    """The first try, as an engine makes it."""
    checkpoint = await world.backend.checkpoint(operation)
    return await world.backend.perform(operation, ids, checkpoint=checkpoint, content=content)


async def steadily(world: World, call: Callable[[], Awaitable[Result]]) -> Result:
    """Call as an engine does: connect again when the server hangs up."""
    for _ in range(3):
        try:
            return await call()
        except Unreachable:
            await world.backend.connect()
    return await call()


def assert_told(
    answer: Answer, expected: Mapping[MessageKey, bytes], target: Mapping[int, Truth], validity: int
) -> None:
    """Each key has the id of its content in the target, or None; no id is told twice."""
    assert answer.keys() == expected.keys()
    told = [id for id in answer.values() if id is not None]
    assert len(set(told)) == len(told)
    for message, id in answer.items():
        if id is not None:
            assert id.validity == validity
            assert target[id.uid].content == expected[message]


async def validity_of(world: World, mailbox: MailboxName) -> int:
    return (await pull(world, mailbox)).bookmark.validity


async def left_in(world: World, mailbox: MailboxName = INBOX) -> dict[int, Truth]:
    """What is there for good: without UID EXPUNGE, what was moved stays, marked as deleted."""
    truth = await world.truth(mailbox)
    if Feature.EXPUNGES_BY_UID in world.features:
        return truth
    return {uid: message for uid, message in truth.items() if DELETED not in message.flags}


def contents(truth: Mapping[int, Truth]) -> list[bytes]:
    return sorted(message.content for message in truth.values())


async def assert_in_step(world: World, mailbox: MailboxName = INBOX) -> None:
    """What the backend says of a mailbox is what an independent client sees."""
    truth = await world.truth(mailbox)
    changes = await pull(world, mailbox)
    assert list(changes.arrived) == sorted(truth)
    assert changes.bookmark.total == len(truth)
    assert changes.bookmark.unseen == sum(SEEN not in each.flags for each in truth.values())
    fetched = await fetch(world, sorted(truth), Part.FULL, mailbox, changes.bookmark.validity)
    seen = {
        uid: Truth(each.content, frozenset(each.flags), each.received)
        for uid, each in fetched.items()
    }
    assert seen == truth
