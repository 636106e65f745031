"""What was recorded for one message goes in order, and none of it waits for ever."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from tests.unit.engine.test_push import LISTS, WORK, ready
from tests.unit.engine.world import (
    ARCHIVE,
    World,
    by_subject,
    keys_of,
    pushed,
    shown,
    synced,
    until,
)
from tuimail.backend.base import Busy, Unreachable
from tuimail.backend.demo.backend import DemoBackend
from tuimail.engine import lifeline, push
from tuimail.engine.commands import Archive, Command, Copy, Delete, Mark, Retry
from tuimail.model.mail import FLAGGED, MessageKey
from tuimail.model.operation import EntryState, Operation

Act = Callable[[frozenset[MessageKey]], Command]


class BusyAtFirst:
    """A server that says "not now" to the first operation; `asked` are all of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[Operation] = []
        perform = DemoBackend.perform

        async def answered(
            backend: DemoBackend, operation: Operation, *arguments: object, **options: object
        ) -> object:
            self.asked.append(operation)
            if len(self.asked) == 1:
                raise Busy("Internal error occurred.")
            return await perform(backend, operation, *arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(DemoBackend, "perform", answered)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> BusyAtFirst:
    return BusyAtFirst(monkeypatch)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifeline, "pause_after", lambda *_: 0.01)


def _flag(keys: frozenset[MessageKey]) -> Command:
    return Mark(keys, add=frozenset({FLAGGED}))


def _unflag(keys: frozenset[MessageKey]) -> Command:
    return Mark(keys, remove=frozenset({FLAGGED}))


def _copy(keys: frozenset[MessageKey]) -> Command:
    return Copy(keys, LISTS)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (_flag, Archive),
        (_flag, Delete),
        (_flag, _unflag),
        (_copy, Archive),
        (_copy, Delete),
        (_copy, _flag),
        (_flag, _copy),
    ],
)
async def test_what_was_due_together_does_not_overtake_what_has_to_wait(
    world: World, server: BusyAtFirst, first: Act, second: Act
) -> None:
    """Both were recorded before the server was there; of the first it says: not now."""
    mail = await ready(world, "One", "Two")
    await world.stop()
    keys = await keys_of(mail, "One")
    for act in (first, second):
        await mail.submit(act(keys))
    await mail.submit(Archive(await keys_of(mail, "Two")))
    recorded = [entry.operation for entry in await mail.pending()]
    world.start()
    mail = await world.mail()
    await synced(mail)
    assert by_subject(world.on_server(ARCHIVE)) == ["Two"]
    assert [entry.operation for entry in await mail.pending()] == recorded[:-1]
    world.clock.ahead = timedelta(minutes=1)
    await synced(mail)
    assert not await mail.pending()
    assert server.asked == [recorded[0], recorded[-1], *recorded[:-1]]


@pytest.mark.usefixtures("server")
async def test_what_was_overtaken_all_the_same_does_not_wait_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As earlier versions did it: a journal may hold such an entry."""
    monkeypatch.setattr(push.Push, "_may_go", lambda *_: True)
    mail = await ready(world, "One")
    await world.stop()
    keys = await keys_of(mail, "One")
    await mail.submit(_flag(keys))
    await mail.submit(Archive(keys))
    world.start()
    mail = await world.mail()
    await synced(mail)
    (parked,) = await mail.pending()
    assert (parked.state, parked.reason) == (EntryState.PARKED, "the message is in Archive now")
    await mail.submit(Retry(WORK, parked.id))
    await pushed(mail)
    (message,) = world.server.mailbox(ARCHIVE).messages.values()
    assert message.flags == {FLAGGED}


async def test_a_copy_that_a_pull_saw_first_is_there_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line broke when it was made, its UID was not told, and nothing changes beside it."""
    mail = await ready(world, "One")
    perform = DemoBackend.perform
    asked: list[Operation] = []

    async def lossy(
        backend: DemoBackend, operation: Operation, *arguments: object, **options: object
    ) -> Mapping[MessageKey, None]:
        asked.append(operation)
        if len(asked) == 1:
            await perform(backend, operation, *arguments, **options)  # type: ignore[arg-type]
        if len(asked) < 3:
            await backend.close()
            raise Unreachable("The connection was lost.")
        return dict.fromkeys(operation.keys)

    monkeypatch.setattr(DemoBackend, "perform", lossy)
    await mail.submit(_copy(await keys_of(mail, "One")))

    async def broke_twice() -> bool:
        return [entry.tries for entry in await mail.pending()] == [2]

    await until(broke_twice)
    await synced(mail)
    world.clock.ahead = timedelta(minutes=1)
    await synced(mail)
    await synced(mail)
    assert not await mail.pending()
    assert len(asked) == 3
    assert [each.uid for each in await shown(mail, LISTS.name)] == [1]
