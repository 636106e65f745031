"""What is done to the window around the screen: its title, notices, the clipboard."""

from dataclasses import dataclass, field

import pytest

from tests.ui.driver import terminal
from tests.ui.fake_mail import WORK, FakeMail, message
from tuimail.engine.events import MailboxChanged
from tuimail.model.body import Body, Link
from tuimail.model.mail import INBOX, SEEN, MailboxId
from tuimail.model.safe_text import SafeText
from tuimail.ui.app import TuimailApp
from tuimail.ui.terminal import controls
from tuimail.ui.terminal.controls import Notify


@dataclass
class Seen:
    titles: list[str] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """What the program wanted to have done."""
    all_of_it = Seen()
    monkeypatch.setattr(TuimailApp, "name_window", lambda _, text: all_of_it.titles.append(text))
    monkeypatch.setattr(
        TuimailApp, "announce", lambda _, way, text: all_of_it.announced.append(text)
    )
    monkeypatch.setattr(
        TuimailApp, "copy_to_clipboard", lambda _, text: all_of_it.copied.append(text)
    )
    return all_of_it


def letters() -> FakeMail:
    return FakeMail([message(1), message(2), message(3, flags={SEEN})])


def arrive(mail: FakeMail, number: int) -> None:
    letter = message(number)
    mail.stored[letter.key] = letter
    mail.order.insert(0, letter.key)
    mail.tell(MailboxChanged(MailboxId(WORK, INBOX)))


async def test_the_title_names_the_mailbox_and_what_is_unread(seen: Seen) -> None:
    async with terminal(letters()) as ui:
        await ui.until(lambda: seen.titles[-1:] == ["tuimail: Inbox (2 unread)"])
        await ui.press("d")
        await ui.until(lambda: seen.titles[-1] == "tuimail: Inbox (1 unread)")
        await ui.press("g", "a")
        await ui.until(lambda: seen.titles[-1] == "tuimail: Archive")


async def test_new_mail_is_announced_once_a_minute(seen: Seen) -> None:
    mail = letters()
    async with terminal(mail) as ui:
        arrive(mail, 11)
        await ui.until(lambda: seen.announced)
        arrive(mail, 12)
        await ui.until(lambda: seen.titles[-1] == "tuimail: Inbox (4 unread)")
        assert seen.announced == ["tuimail: 1 new message"]


async def test_what_the_user_did_is_no_news(seen: Seen) -> None:
    async with terminal(letters()) as ui:
        await ui.press("d")
        await ui.until(lambda: "(1 unread)" in seen.titles[-1])
        await ui.press("u")
        await ui.until(lambda: "(2 unread)" in seen.titles[-1])
        await ui.press("G", "N")
        await ui.until(lambda: "(3 unread)" in seen.titles[-1])
        assert seen.announced == []


async def test_a_link_or_an_address_is_copied_as_it_is_shown(seen: Seen) -> None:
    mail = letters()
    target = SafeText("https://example.org/a?b=c")
    mail.bodies[message(1).key] = Body(links=(Link(1, target, SafeText("example.org")),))
    async with terminal(mail) as ui:
        await ui.press("y")
        await ui.sees("link 1")
        await ui.press("enter")
        await ui.until(lambda: seen.copied == [target])
        await ui.sees(f"Copied {target}")
        await ui.press("y")
        await ui.sees("link 1")
        await ui.type("anna")
        await ui.press("enter")
        await ui.until(lambda: seen.copied[1:] == ["anna@example.org"])


HOSTILE = "\x1b]0;evil\a\x9b31m\r\n\x1b\\ \u202e x"


@pytest.mark.parametrize("way", Notify)
def test_no_word_breaks_out_of_a_sequence(way: Notify) -> None:
    made = controls.notification(way, f"{HOSTILE};y") + controls.title(HOSTILE)
    for control in ("\x1b]2;", "\x1b]9;", "\x1b]777;notify;tuimail;", "\x1b\\"):
        made = made.replace(control.encode(), b"")
    left = made.decode().removeprefix("\a") if way is Notify.BELL else made.decode()
    assert left.isprintable(), repr(left)
    assert "\u202e" not in left


def test_no_word_of_a_notice_becomes_another_field() -> None:
    assert controls.notification(Notify.OSC777, "a;b").count(b";") == 3


def test_what_is_copied_is_what_the_terminal_gets() -> None:
    assert controls.clipboard("é\x1b") == b"\x1b]52;c;w6kb\x1b\\"
