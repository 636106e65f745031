"""The way back leads to the inbox, and out only from there; looks and keys change at once."""

import pytest

from tests.ui.driver import Terminal, terminal
from tests.ui.fake_mail import FakeMail, message
from tuimail.cli import arguments
from tuimail.ui.actions import KEYMAPS
from tuimail.ui.keymap import Keymap
from tuimail.ui.theme import THEME_NAMES
from tuimail.ui.widgets.line import LineWidget


def letters() -> FakeMail:
    return FakeMail([message(number, f"Letter {number}") for number in (1, 2, 3)])


async def ended(ui: Terminal) -> None:
    await ui.until(lambda: not ui.app.is_running or ui.app._exit)


@pytest.mark.parametrize("place", ["s", "d", "a", "t", "j"])
async def test_q_outside_the_inbox_goes_to_the_inbox_and_from_there_out(place: str) -> None:
    async with terminal(letters()) as ui:
        await ui.press("g", place)
        await ui.until(lambda: not ui.top.startswith(" Inbox"))
        await ui.press("q")
        await ui.until(lambda: ui.top.startswith(" Inbox 1/3"))
        assert not ui.app._exit
        await ui.press("q")
        await ended(ui)


async def test_q_closes_one_thing_after_the_other() -> None:
    async with terminal(letters()) as ui:
        await ui.press("g", "a")
        await ui.until(lambda: ui.top.startswith(" Archive"))
        await ui.press("B")
        await ui.press("q", "q")
        await ui.until(lambda: ui.top.startswith(" Inbox 1/3"))
        await ui.press("enter")
        await ui.sees("Text of message 1.")
        await ui.press("q")
        await ui.loses("Text of message 1.")
        assert not ui.app._exit


async def test_q_closes_the_list_of_what_waits_though_nothing_does() -> None:
    async with terminal(letters()) as ui:
        await ui.press("g", "p")
        await ui.sees("The servers have everything.")
        await ui.press("q")
        await ui.loses("The servers have everything.")
        assert not ui.app._exit


async def test_u_never_quits_in_the_gmail_map() -> None:
    async with terminal(letters(), keymap=Keymap.make("gmail")) as ui:
        await ui.press("u", "u")
        await ui.sees("This is the inbox; q quits.")
        await ui.press("g", "t")
        await ui.until(lambda: ui.top.startswith(" Sent"))
        await ui.press("u")
        await ui.until(lambda: ui.top.startswith(" Inbox"))
        await ui.press("enter")
        await ui.sees("Text of message 1.")
        await ui.press("u")
        await ui.loses("Text of message 1.")
        assert not ui.app._exit


@pytest.mark.parametrize("name", KEYMAPS)
async def test_the_key_map_changes_at_once(name: str) -> None:
    archive = Keymap.make(name).first_key("archive")
    async with terminal(letters()) as ui:
        await ui.press("colon")
        await ui.type("keymap")
        await ui.press("enter")
        await ui.type(name)
        await ui.press("enter")
        await ui.sees(f'keymap = "{name}" in config.toml keeps it')
        await ui.press("j")
        await ui.sees(f"{archive} arch")
        await ui.press(archive)
        await ui.sees("Archived 1")


@pytest.mark.parametrize("name", THEME_NAMES)
async def test_the_theme_changes_at_once(name: str) -> None:
    async with terminal(letters()) as ui:
        await ui.press("g", "T")
        await ui.type(name)
        await ui.press("enter")
        await ui.sees(f'theme = "{name}" in config.toml keeps it')
        wanted = name if name != "auto" else "ansi"
        assert {widget.looks.theme.name for widget in ui.app.screen.query(LineWidget)} == {wanted}
        await ui.until(lambda: ui.app.ansi_color is (wanted == "ansi"))
        await ui.press("enter")
        await ui.sees("Text of message 1.")


def test_the_demo_can_be_told_every_map_and_every_theme() -> None:
    assert (arguments.KEYMAPS, arguments.THEMES) == (KEYMAPS, THEME_NAMES)
