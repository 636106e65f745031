"""What may go together goes together, also the second time; and the journal is read seldom."""

from collections.abc import Iterable

import pytest

from tests.builders import letter
from tests.unit.engine.test_runs import archived, journal, read
from tests.unit.engine.world import ARCHIVE, WORK, World, pushed, subjects, synced
from tuimail.backend.demo.backend import DemoBackend
from tuimail.engine import lifeline
from tuimail.engine.runs import runs_of
from tuimail.model.mail import INBOX, MessageKey, Order
from tuimail.model.operation import Copy, Move, Operation
from tuimail.store.store import Store

NAMES = [f"Letter {number:02}" for number in range(20)]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifeline, "pause_after", lambda *_: 0.05)


async def pulled(world: World) -> list[MessageKey]:
    """Twenty messages are here, and the engine is stopped."""
    for name in NAMES:
        world.server.deliver(letter(name))
    world.start()
    await synced(await world.mail())
    await world.stop()
    with Store(WORK, world.folders(), writer=False) as store:
        return [MessageKey(key) for key in store.keys(INBOX, None, Order.OLDEST)]


def record(world: World, operations: Iterable[Operation]) -> None:
    with Store(WORK, world.folders(), writer=False) as store:
        for operation in operations:
            store.record([operation])


async def test_moves_that_went_as_one_go_as_one_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = await pulled(world)
    record(world, [Move(INBOX, frozenset({key}), ARCHIVE) for key in keys])
    asked: list[tuple[int, bool]] = []
    perform = DemoBackend.perform

    async def watched(
        backend: DemoBackend, operation: Operation, *arguments: object, **options: object
    ) -> object:
        asked.append((len(operation.keys), bool(options["again"])))
        return await perform(backend, operation, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(DemoBackend, "perform", watched)
    world.server.lose_commands = 1
    world.start()
    mail = await world.mail()
    await pushed(mail)
    assert asked == [(20, False), (20, True)]
    assert await subjects(mail, ARCHIVE) == NAMES
    assert len(world.on_server(ARCHIVE)) == 20


async def test_the_journal_is_not_read_anew_for_every_copy(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = await pulled(world)
    with Store(WORK, world.folders(), writer=False) as store:
        copies = [MessageKey(key) for key in store.allot_keys(len(keys))]
    record(
        world,
        [Copy(INBOX, (key,), (copy,), ARCHIVE) for key, copy in zip(keys, copies, strict=True)],
    )
    looks: list[int] = []
    due = Store.due

    def counted(store: Store, *arguments: object) -> object:
        found = due(store, *arguments)  # type: ignore[arg-type]
        looks.append(len(found))
        return found

    monkeypatch.setattr(Store, "due", counted)
    world.start()
    mail = await world.mail()
    await pushed(mail)
    assert [each for each in looks if each] == [20]
    assert len(world.on_server(ARCHIVE)) == len(world.on_server(INBOX)) == 20


def test_all_entries_are_in_runs_and_none_twice() -> None:
    entries = journal(read(1), archived(1), read(2), archived(2), read(1, 3))
    found = [[entry.id for entry in run] for run in runs_of(entries)]
    assert found == [[0, 2], [1, 3], [4]]
