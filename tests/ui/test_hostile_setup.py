"""The form for an account under the grammar: what servers say, what is typed and pasted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual import events

from tests.ui.hostile_screen import CANARIES
from tests.ui.terminal.grammar import Grammar, Leak
from tests.ui.terminal.leaks import LEAKS
from tests.ui.terminal.wire import WiredSetup
from tests.ui.test_setup import BOTH, FakeSetup, Shown, to_the_end
from tuimail.engine.setup import Closed, Fault, Probe, SetupFailed
from tuimail.model.safe_text import SafeText
from tuimail.ui import cells
from tuimail.ui.terminal import splitting

TEXTS = [*CANARIES, *(leak.decode("utf-8", "replace") for leak in LEAKS.values())]
EVIL = SafeText(" ".join(TEXTS))
SIZES = [(80, 24), (40, 12)]


class Quick(Shown):
    """Types as fast as the form can take it."""

    async def press(self, *keys: str) -> None:
        for key in keys:
            character = key if len(key) == 1 else {"at": "@", "full_stop": "."}.get(key)
            await self.send(events.Key(key, character))

    async def paste(self, text: str) -> None:
        await self.send(events.Paste(text))

    async def send(self, event: events.Event) -> None:
        self.app.post_message(event)
        for _ in range(20):
            await asyncio.sleep(0)
        self.app.screen._on_timer_update()


@asynccontextmanager
async def form(setup: FakeSetup, size: tuple[int, int]) -> AsyncIterator[Quick]:
    """What was sent is looked at when it is left; raises Leak."""
    app = WiredSetup(setup)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Quick(app, pilot)
    assert Grammar(*size).check(b"".join(app.wire.frames))["style"] > 10


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_pasted_into_a_field_is_text(size: tuple[int, int]) -> None:
    async with form(FakeSetup(), size) as shown:
        await shown.press("enter")
        for number in range(11):
            await shown.paste("anna@" + "".join(TEXTS[number::11]))
            await shown.press("home", "right", "delete", "end", "left", "enter")
        while "This has to be" not in shown.text:
            await shown.press("enter")
        assert "1 of 3" in shown.text


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_typed_as_a_key_is_text(size: tuple[int, int]) -> None:
    async with form(FakeSetup(), size) as shown:
        for character in sorted(set("".join(TEXTS)) - set("\r\n\t\x1b")):
            await shown.send(events.Key("unknown", character))
        await shown.type("anna")
        await shown.sees("nna")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("fault", Fault)
async def test_what_a_server_says_against_us_is_text(size: tuple[int, int], fault: Fault) -> None:
    closed = Closed(SafeText(f"Go away: {EVIL}"), fault)
    async with form(FakeSetup(Probe(closed, closed)), size) as shown:
        await shown.fill()
        await to_the_end(shown)
        await shown.sees("Go away")
        await shown.press("pagedown", "pagedown", "pageup")


@pytest.mark.parametrize("size", SIZES)
async def test_what_does_not_work_in_the_end_is_told_in_text(size: tuple[int, int]) -> None:
    class Full(FakeSetup):
        async def save(self, *_: object) -> None:  # type: ignore[override]
            raise SetupFailed(f"The disk is full: {EVIL}")

    probe = replace(BOTH, smtp=Closed(EVIL))
    async with form(Full(probe), size) as shown:
        await shown.fill()
        await to_the_end(shown)
        await shown.sees("3 of 3")
        while "> Use IMAP" not in shown.text:
            await shown.press("enter")
        await shown.press("enter", "pagedown", "pageup", "pagedown")
        await shown.sees("full")


@pytest.mark.parametrize("hole", ["\x1b[32m", "\x1b]2;x\x07", "\x9b1m", "\u202e"])
async def test_a_hole_in_the_last_filters_is_found(
    hole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, settled = splitting._shown, cells._settled
    monkeypatch.setattr(splitting, "_shown", lambda c: (c, 1) if c in hole else shown(c))
    monkeypatch.setattr(cells, "_settled", lambda c: c if c in hole else settled(c))
    with pytest.raises(Leak):
        await test_what_a_server_says_against_us_is_text((80, 24), Fault.SERVER)
