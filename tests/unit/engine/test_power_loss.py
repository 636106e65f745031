"""The power goes at any moment of a drain: what was deleted there is whole here (P7)."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.builders import letter
from tests.servers.pop3_server import Pop3Server
from tests.unit.engine.power_loss import Deleted, Event, Image, Recorder, images
from tests.unit.engine.test_drain import Machine
from tuimail.backend.maildir.content import wire_form
from tuimail.backend.maildir.names import FileName
from tuimail.engine import drain

LETTERS = [letter(f"No. {number}", "x" * 700 * number) for number in range(9)]
LARGE = letter("large", "y" * 30_000)


@pytest.fixture
async def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Machine]:
    """It takes three letters at a time."""
    monkeypatch.setattr(drain, "BATCH", 3)
    async with Pop3Server().open() as server:
        made = Machine(tmp_path / "machine", server)
        yield made
        await made.close()


async def recorded(machine: Machine) -> list[Event]:
    """A whole drain, a large message that is asked for included."""
    machine.server.add(*LETTERS)
    machine.max_size = 20_000
    with Recorder(machine.maildir.root).recording() as recorder:
        machine.server.add(LARGE)
        await machine.drain()
        (name,) = (path.name for path in (machine.placeholders.root / "new").iterdir())
        await machine.drain(FileName.read(name).uid)
    assert machine.server.letters == []
    return recorder.events


def messages_in(image: Image) -> list[bytes]:
    return [
        wire_form(path.name, content)
        for path, content in image.items()
        if path.parent.name in {"new", "cur"}
    ]


def check(events: list[Event]) -> None:
    """No torn message under a final name, ever; and all that was to be deleted is there."""
    chance = random.Random("power")
    # The second session has one message only.
    everything = sorted([*LETTERS, LARGE])
    for end in range(len(events) + 1):
        gone = sum(isinstance(event, Deleted) for event in events[:end])
        for image in images(events[:end], chance):
            found = messages_in(image)
            assert not set(found) - set(everything), "torn"
            assert len(found) == len(set(found)), "doubled"
            assert set(found) >= (set(LETTERS) if gone else set()), "lost"
            assert gone <= len(LETTERS) or set(found) == set(everything), "lost"


async def test_at_every_moment_what_is_deleted_there_is_whole_and_safe_here(
    machine: Machine,
) -> None:
    events = await recorded(machine)
    assert sum(isinstance(event, Deleted) for event in events) == len(LETTERS) + 1
    check(events)


@pytest.mark.parametrize("left_out", ["Synced", "FolderSynced"])
async def test_a_drain_that_did_not_sync_would_be_found_out(
    machine: Machine, left_out: str
) -> None:
    events = [each for each in await recorded(machine) if type(each).__name__ != left_out]
    with pytest.raises(AssertionError, match="lost" if left_out == "FolderSynced" else "torn"):
        check(events)


async def test_after_the_power_came_back_nothing_is_doubled(
    machine: Machine, tmp_path: Path
) -> None:
    """The journal is lost altogether; the server has what it had before QUIT."""
    events = await recorded(machine)
    chance = random.Random("again")
    first_deletion = next(n for n, each in enumerate(events) if isinstance(each, Deleted))
    for end in range(0, first_deletion + 1, 7):
        for number, image in enumerate(images(events[:end], chance)):
            async with Pop3Server().open() as server:
                server.letters = [
                    *(each for each in machine.server.ever if each.content in LETTERS)
                ]
                again = Machine(tmp_path / f"{end}-{number}", server)
                for path, content in image.items():
                    place = again.maildir.root / path.relative_to(machine.maildir.root)
                    place.write_bytes(content)
                await again.drain()
                await again.close()
                assert again.contents == sorted(LETTERS)
                assert server.letters == []
