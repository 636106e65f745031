"""What a visit to a maildrop leaves in the journal, and how it leaves the line."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import letter
from tests.servers.pop3_server import Letter, Pop3Server, Quits, Uidls
from tests.unit.engine.test_drain import Machine
from tuimail.backend.base import Unreachable
from tuimail.backend.pop3.session import Pop3Session, Retrieved
from tuimail.engine import drain as module
from tuimail.engine.drain import Drain, Pop3Access
from tuimail.engine.filing import Batch, Filing
from tuimail.engine.leaving import Rules, note_removed

LETTERS = [letter(f"No. {number}", "x" * 100) for number in range(3)]


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    async with Pop3Server().open() as server:
        server.letters = [Letter(content, f"uidl-{n}") for n, content in enumerate(LETTERS)]
        made = Machine(tmp_path, server, days=None)
        yield made
        await made.close()


async def absent(machine: Machine) -> list[str]:
    return [drop.uidl for drop in await machine.drops() if drop.absent is not None]


async def test_what_is_not_listed_any_more_is_noted_as_absent(machine: Machine) -> None:
    await machine.drain()
    assert await absent(machine) == []
    gone = machine.server.letters.pop(1)
    await machine.drain()
    assert await absent(machine) == ["uidl-1"]
    machine.server.letters.append(gone)
    await machine.drain()
    assert await absent(machine) == []
    assert machine.contents == sorted(LETTERS)


@pytest.mark.parametrize("uidls", [Uidls.NONE, Uidls.TWINS])
async def test_where_uidls_say_nothing_nothing_is_noted_as_absent(
    machine: Machine, uidls: Uidls
) -> None:
    await machine.drain()
    machine.server.letters.pop(1)
    machine.server.uidls = uidls
    await machine.drain()
    assert "uidl-1" not in await absent(machine)


async def test_a_letter_that_cannot_be_had_may_be_any_that_is_missing(machine: Machine) -> None:
    """It may be the one whose UIDL was another: that one is not called absent."""
    await machine.drain()
    machine.server.letters[1] = Letter(LETTERS[1], "renamed", refused=True)
    await machine.drain()
    assert await absent(machine) == []
    machine.server.letters[1].refused = False
    await machine.drain()
    assert await absent(machine) == []
    assert [drop.uidl for drop in await machine.drops()] == ["uidl-0", "renamed", "uidl-2"]
    assert machine.contents == sorted(LETTERS)


@pytest.mark.parametrize(
    ("quits", "deleted"), [(Quits.WELL, 3), (Quits.REFUSED, 0), (Quits.SILENT_UNDONE, 0)]
)
async def test_what_was_deleted_is_noted_once_quit_was_answered(
    machine: Machine, quits: Quits, deleted: int
) -> None:
    machine.days = 0
    machine.server.quits = quits
    await machine.drain()
    assert sum(drop.deleted is not None for drop in await machine.drops()) == deleted


async def test_a_visit_that_deletes_nothing_has_nothing_to_be_confirmed(machine: Machine) -> None:
    machine.server.quits = Quits.REFUSED
    assert await machine.drain() == []


async def test_a_uidl_that_changed_lets_only_leave_what_was_seen_in_this_visit(
    machine: Machine,
) -> None:
    machine.days = 1
    await machine.drain()
    machine.ahead = timedelta(days=2)
    machine.server.letters[2].uidl = "another"
    await machine.drain()
    assert machine.server.contents == sorted(LETTERS[:2])
    await machine.drain()
    assert machine.server.letters == []


@pytest.mark.parametrize("cut", [None, 1])
async def test_however_a_visit_ends_its_line_is_closed(machine: Machine, cut: int | None) -> None:
    machine.days = 0
    machine.server.cut_at_dele = cut
    lines: list[Pop3Session] = []

    async def opening() -> Pop3Session:
        lines.append(await machine.open_session())
        return lines[-1]

    access = Pop3Access(opening, machine.maildir, machine.placeholders, Rules())
    drain = Drain(machine.link, access)
    if cut is None:
        assert await drain.run() == []
    else:
        with pytest.raises(Unreachable):
            await drain.run()
    assert drain.brought == 3
    assert drain.entered is not None
    with pytest.raises(Unreachable):
        await lines[0].listing()


async def test_a_visit_that_is_given_up_ends_its_line(machine: Machine) -> None:
    lines: list[Pop3Session] = []
    listed = asyncio.Event()

    async def opening() -> Pop3Session:
        lines.append(await machine.open_session())
        listed.set()
        return lines[-1]

    access = Pop3Access(opening, machine.maildir, machine.placeholders, Rules())
    task = asyncio.create_task(Drain(machine.link, access).run())
    await listed.wait()
    task.cancel()
    await asyncio.wait([task])
    with pytest.raises(Unreachable):
        await lines[0].listing()


async def test_the_first_mail_is_told_when_it_is_here_and_once(machine: Machine) -> None:
    told: list[list[bytes]] = []
    access = Pop3Access(machine.open_session, machine.maildir, machine.placeholders, Rules(None))
    drain = Drain(machine.link, access)
    drain.arrived = lambda: told.append(machine.contents)
    assert await drain.run() == []
    assert told == [sorted(LETTERS)]
    again = Drain(machine.link, access)
    again.arrived = lambda: told.append([])
    assert await again.run() == []
    assert len(told) == 1
    assert again.brought == 0


@pytest.mark.parametrize(
    ("since", "believed"),
    [(timedelta(seconds=1), True), (timedelta(minutes=1), True), (timedelta(minutes=2), False)],
)
async def test_what_is_noted_as_going_is_believed_for_a_minute(
    machine: Machine, since: timedelta, believed: bool
) -> None:
    """While it is here it stays there; only then it was not deleted after all."""
    machine.with_local = True
    await machine.drain()
    now = datetime.now(UTC)
    machine.link = replace(machine.link, clock=lambda: now)
    (uid,) = (
        file.name.uid
        for file in machine.maildir.files(machine.maildir.root).values()
        if b"No. 1" in file.path.read_bytes()
    )
    await machine.disk(note_removed, [uid], now - since)
    await machine.drain()
    assert len(machine.server.letters) == 3
    noted = {drop.uidl: drop.removed for drop in await machine.drops()}
    assert noted == {
        "uidl-0": None,
        "uidl-1": now - since if believed else None,
        "uidl-2": None,
    }


async def breaks(machine: Machine) -> int:
    memory = await machine.disk(lambda store: store.maildrop_trouble.memory())
    return memory.get("breaks", 0)


async def test_a_visit_that_goes_well_ends_the_care_of_those_that_broke(machine: Machine) -> None:
    machine.days = 0
    for count in (1, 2, 3):
        machine.server.cut_at_dele = machine.server.heard["DELE"] + 1
        with pytest.raises(Unreachable):
            await machine.drain()
        assert await breaks(machine) == min(count, 2)
    machine.server.cut_at_dele = None
    assert await machine.drain() == []
    assert await breaks(machine) == 0
    assert machine.contents == sorted(LETTERS)


async def test_what_came_after_all_is_no_trouble_any_more(machine: Machine) -> None:
    machine.server.letters[1].refused = True
    assert "not this one" in " ".join(await machine.drain())
    machine.server.letters[1].refused = False
    assert await machine.drain() == []
    assert await machine.disk(lambda store: store.maildrop_trouble.troubles()) == []
    assert machine.contents == sorted(LETTERS)
    assert machine.server.heard["RETR"] == 4


async def test_batches_end_at_so_many_letters_or_bytes(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that no more than a few lie in memory."""
    stored: list[int] = []
    store = Filing.store

    def noting(self: Filing, retrieved: Sequence[Retrieved], now: datetime) -> Batch:
        stored.append(len(retrieved))
        return store(self, retrieved, now)

    monkeypatch.setattr(Filing, "store", noting)
    monkeypatch.setattr(module, "BATCH", 2)
    await machine.drain()
    assert stored == [2, 1]
    stored.clear()
    machine.server.letters += [Letter(letter(f"{n}", "y" * 100), f"more-{n}") for n in range(4)]
    monkeypatch.setattr(module, "BATCH", 250)
    size = len(machine.server.letters[3].content)
    monkeypatch.setattr(module, "BATCH_BYTES", 2 * size)
    await machine.drain()
    assert stored == [2, 2]
    assert len(machine.contents) == 7


async def test_what_could_not_be_looked_at_again_before_its_deletion_is_noted(
    machine: Machine,
) -> None:
    """Its header is another one, and then the server does not give it out."""
    machine.days = 1
    await machine.drain()
    machine.ahead = timedelta(days=2)
    there = machine.server.letters[1]
    there.content = there.content.replace(b"No. 1", b"No. 7")
    there.refused = True
    assert "not this one" in " ".join(await machine.drain())
    known = await machine.disk(lambda store: store.maildrop_trouble.troubles())
    assert [(each.name, each.tries) for each in known] == [("uidl-1", 1)]
    assert machine.server.letters == [there]


async def test_what_was_deleted_here_does_not_come_back_after_a_day_off_the_list(
    machine: Machine,
) -> None:
    """With a note of the server in it, so that it is known by the rest."""
    await machine.drain()
    for path in (machine.maildir.root / "new").iterdir():
        if b"No. 1" in path.read_bytes():
            path.unlink()
    there = machine.server.letters.pop(1)
    await machine.drain()
    assert await absent(machine) == ["uidl-1"]
    there.content = there.content.replace(b"\r\n\r\n", b"\r\nStatus: RO\r\n\r\n", 1)
    machine.server.letters.append(there)
    await machine.drain()
    assert machine.contents == sorted([LETTERS[0], LETTERS[2]])
    assert await absent(machine) == []
