"""In a list of what is unread one reads one message at a time."""

from pathlib import Path

import pytest

from tests.ui.driver import Terminal
from tests.ui.test_engine import running
from tests.ui.test_undo_line import opened, unread
from tests.unit.engine.world import ARCHIVE, World, by_subject, keys_of
from tuimail.engine.commands import Archive


async def limited(ui: Terminal, query: str = "is:unread") -> None:
    await ui.press("backslash")
    await ui.type(query)
    await ui.press("enter")
    await ui.until(lambda: query in ui.top)


async def test_what_is_opened_stays_in_the_list_until_it_is_left(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, (100, 24), "One", "Two", "Three", "Four") as ui:
        await limited(ui)
        await ui.press("enter")
        await opened(ui, "Four")
        await ui.until(lambda: unread(world) == ["One", "Three", "Two"])
        await ui.loses("pending")
        await ui.pilot.pause(0.3)
        assert unread(world) == ["One", "Three", "Two"]
        assert "The text of Four." in ui.text
        assert ui.top.startswith(" Inbox 1/4")
        await ui.press("J")
        await opened(ui, "Three")
        await ui.until(lambda: unread(world) == ["One", "Two"])
        await ui.until(lambda: ui.top.startswith(" Inbox 1/3"))
        assert "The text of Three." in ui.text


async def test_an_act_goes_on_to_the_next_and_undo_brings_both_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, (100, 24), "One", "Two", "Three") as ui:
        await limited(ui)
        await ui.press("enter")
        await opened(ui, "Three")
        await ui.until(lambda: unread(world) == ["One", "Two"])
        await ui.press("a")
        await opened(ui, "Two")
        await ui.until(lambda: by_subject(world.on_server(ARCHIVE)) == ["Three"])
        await ui.until(lambda: unread(world) == ["One"])
        await ui.press("u")
        await ui.sees("Undone: Archived 1")
        await ui.until(lambda: unread(world) == ["One", "Two"])


async def test_in_a_search_over_all_mail_too(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, (100, 24), "One", "Two", "Three") as ui:
        await ui.press("slash")
        await ui.type("is:unread")
        await ui.press("enter")
        await ui.until(lambda: ui.top.startswith(" Search 1/3"))
        await ui.press("enter")
        await opened(ui, "Three")
        await ui.until(lambda: unread(world) == ["One", "Two"])
        await ui.loses("pending")
        await ui.pilot.pause(0.3)
        assert unread(world) == ["One", "Two"]


async def test_a_preview_reads_no_more_than_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuimail.ui.parts.reader._READ_AFTER", 0.05)
    world = World(tmp_path)
    async with running(world, (100, 40), "One", "Two", "Three") as ui:
        await limited(ui)
        await ui.press("p")
        await opened(ui, "Three")
        await ui.until(lambda: unread(world) == ["One", "Two"])
        await ui.loses("pending")
        await ui.pilot.pause(0.5)
        assert unread(world) == ["One", "Two"]


async def test_what_is_gone_elsewhere_leaves_the_list(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, (100, 24), "One", "Two") as ui:
        await limited(ui)
        await ui.press("enter")
        await opened(ui, "Two")
        await ui.until(lambda: unread(world) == ["One"])
        other = await world.mail()
        await other.submit(Archive(await keys_of(other, "Two")))
        await opened(ui, "One")
