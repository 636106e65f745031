"""A walk over the demo's mail on a clock that stands still, frame by frame."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import NamedTuple

from tests.pictures.blinking import Rows
from tests.pictures.steps import STEPS, Step
from tests.ui.terminal.emulator import Emulator
from tests.ui.terminal.wire import WiredTerminal, wired
from tests.unit.engine.world import WORK, World, synced
from tuimail.backend.demo.letters import OWNER_ADDRESS, OWNER_NAME, demo_server
from tuimail.engine.channel import MemoryChannel
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import Mail
from tuimail.engine.shelf import LocalAccount
from tuimail.model.address import plain

NOW = datetime(2026, 11, 27, 21, 50, tzinfo=UTC)
BETWEEN_KEYS, QUIET = 0.04, 0.2
PATIENCE = 10.0
NOTHING: Mapping[str, str] = MappingProxyType({})


class Taken(NamedTuple):
    """A step: the screen before its last key, and after each frame that answered that."""

    step: Step
    answer: list[Rows]

    @property
    def screen(self) -> Rows:
        return self.answer[-1]

    @property
    def text(self) -> str:
        lines = ("".join(text for text, _ in row).rstrip() for row in self.screen)
        return "\n".join(lines) + "\n"


async def walk(
    folder: Path, size: tuple[int, int], kept: Mapping[str, str] = NOTHING
) -> list[Taken]:
    """The whole walk on a screen of that size; what is `kept` of a step is waited for."""
    async with _demo_mail(folder) as mail, wired(mail, size, drafts=folder, now=lambda: NOW) as ui:
        emulator = Emulator(*size, careful=True)
        for key in ("g", "g"):
            await ui.press(key)
        await _settle(ui, mail)
        _new(ui, emulator)
        return [await _take(ui, emulator, mail, step, kept.get(step.name)) for step in STEPS]


async def _take(
    ui: WiredTerminal, emulator: Emulator, mail: Mail, step: Step, kept: str | None
) -> Taken:
    for key in step.keys[:-1]:
        await ui.press(key, rest=BETWEEN_KEYS)
    await _settle(ui, mail)
    _new(ui, emulator)
    answer = [_copy(emulator)]
    for key in step.keys[-1:]:
        await ui.press(key, rest=step.rest)
    end = monotonic() + PATIENCE
    while True:
        await _settle(ui, mail)
        taken = Taken(step, answer + _new(ui, emulator))
        # A thread that keeps a draft, say, may take longer than anything is drawn.
        if kept in (None, taken.text) or monotonic() > end:
            return taken
        answer = taken.answer


def _new(ui: WiredTerminal, emulator: Emulator) -> list[Rows]:
    """The screen after each frame since the last time."""
    frames, ui.app.wire.frames = ui.app.wire.frames, []
    return [_show(emulator, [frame]) for frame in frames]


async def _settle(ui: WiredTerminal, mail: Mail) -> None:
    """Return when the server has everything and nothing was drawn for a while after that."""
    async with asyncio.timeout(PATIENCE):
        calm = False
        while not calm:
            calm = not await _is_busy(ui, mail)
            seen = len(ui.app.wire.frames)
            await asyncio.sleep(QUIET)
            calm = calm and seen == len(ui.app.wire.frames) and not await _is_busy(ui, mail)


async def _is_busy(ui: WiredTerminal, mail: Mail) -> bool:
    main = ui.app._main
    previews = main.reader.preview and main.reader.key != main.rows.listing.current
    return previews or main.bulletin.pending > 0 or bool(await mail.pending())


def _show(emulator: Emulator, frames: Sequence[bytes]) -> Rows:
    for frame in frames:
        emulator.feed(frame)
    return _copy(emulator)


def _copy(emulator: Emulator) -> Rows:
    return [list(row) for row in emulator.rows]


@asynccontextmanager
async def _demo_mail(folder: Path) -> AsyncIterator[Mail]:
    """The demo's letters as an engine has fetched them; they can be answered."""
    world = World(folder)
    world.servers[WORK] = demo_server(NOW)
    async with world:
        world.start()
        me = (plain(OWNER_ADDRESS, OWNER_NAME),)
        account = LocalAccount(WORK, world.folders(), identities=me)
        mail = LocalMail([account], MemoryChannel(world.engine), lambda: NOW)
        try:
            await synced(mail)
            yield mail
        finally:
            await mail.close()
