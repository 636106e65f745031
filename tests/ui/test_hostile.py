"""What letters try to do to the terminal (security.md T1-T4, M13)."""

import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.benchmarks.terminal import Terminal
from tests.ui import fake_mail
from tests.ui.driver import terminal
from tests.ui.fake_mail import FakeMail, message
from tests.ui.terminal.grammar import Grammar
from tuimail.model.body import Attachment, Body, Link
from tuimail.model.mail import INBOX, MailboxName, MessageKey, Role
from tuimail.model.safe_text import safe_line, safe_prose

HOSTILE = [
    "[/]",
    "[/ [",
    "[@click=app.quit]x[/]",
    "[bold]x[/bold] [link=file:///x] [$error] {0} %s",
    "\x1b]0;title\x07 \x1b[2J \x9b32m \x1b]52;c;aGk=\x07 \x1bP1$q\x1b\\",
    "gnp\u202eexe.\u202c \u2066x\u2069 \u200bzero \U000e0041tag \u2800braille",
    "a\rb\x00c\x08d\x7f",
    "x" + "\u0301" * 1000,
    "👩‍👩‍👧‍👦🇩🇪❤️👍🏽" * 40,
    "日本語" * 500,
    "ﷺ𒐫꧅",
]
FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def hostile_mail(texts: list[str]) -> FakeMail:
    mail = FakeMail(
        [
            message(n, text, text, text[:40] + "@x", snippet=text, attachments=[text])
            for n, text in enumerate(texts, 1)
        ]
    )
    for n, text in enumerate(texts, 1):
        safe = safe_line(text, 500)
        mail.bodies[MessageKey(n)] = Body(
            headers=((safe, safe),),
            lines=(safe_prose(text), safe),
            links=(Link(1, safe, safe),),
            attachments=(Attachment(1, safe, safe, 10),),
            notes=(safe,),
        )
    return mail


@pytest.mark.parametrize("size", [(80, 24), (160, 50), (40, 12)])
async def test_hostile_letters_are_listed_and_read_as_text(size: tuple[int, int]) -> None:
    mail = hostile_mail(HOSTILE)
    async with terminal(mail, size) as ui:
        for number in range(len(HOSTILE)):
            assert not FORBIDDEN.search(ui.text.replace("\n", ""))
            await ui.press("enter", "H")
            await ui.pilot.pause(0.02)
            assert not FORBIDDEN.search(ui.text.replace("\n", ""))
            await ui.press("G", "H", "q", "j")
            assert ui.app.is_running, HOSTILE[number]


async def test_markup_is_shown_as_it_is_written() -> None:
    async with terminal(hostile_mail(HOSTILE[:4]), (120, 24)) as ui:
        for text in HOSTILE[:4]:
            assert text in ui.text


async def test_hostile_names_of_mailboxes_are_made_harmless(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = {MailboxName(text): Role.NONE for text in HOSTILE}
    monkeypatch.setattr(fake_mail, "BOXES", {INBOX: Role.INBOX, **names})
    async with terminal(FakeMail([message(1)]), (130, 24)) as ui:
        assert not FORBIDDEN.search(ui.text.replace("\n", ""))
        await ui.press("c")
        assert "[@click=app.quit]x[/]" in ui.text
        await ui.type("zero")
        await ui.press("enter")
        assert not FORBIDDEN.search(ui.text.replace("\n", ""))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=100), min_size=1, max_size=8))
async def test_every_line_is_exactly_as_wide_as_the_screen(texts: list[str]) -> None:
    async with terminal(hostile_mail(texts), (60, 16)) as ui:
        for strip in ui.app.screen._compositor.render_strips():
            assert strip.cell_length == 60


def test_not_one_byte_of_a_letter_commands_the_terminal() -> None:
    """Even past the border: the program's own output is nothing but what we mean."""
    command = [sys.executable, "-m", "tests.ui.hostile_screen"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}
    with Terminal(command, environment, columns=100, rows=50) as screen:
        screen.wait_for("The second letter")
        screen.press("\r")
        screen.wait_for("The end of the text")
        screen.press("H")
        screen.press("q")
        screen.press("/canary\r")
        output = screen.output
    Grammar(100, 50, title="tuimail: .*").check(output)
    assert b"cut\r" not in output
    assert b"[@click=app.quit][/] [/" in output
