"""What is painted before Textual is loaded is what Textual draws first, cell by cell."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from rich.color import ColorSystem

from tests.ui.driver import NOWHERE, Terminal
from tests.ui.fake_mail import NOW, WORK, FakeMail, message
from tuimail.model.mail import (
    ANSWERED,
    FLAGGED,
    INBOX,
    SEEN,
    AccountName,
    Mailbox,
    MailboxName,
    Message,
    Role,
)
from tuimail.ui.actions import Context
from tuimail.ui.app import TuimailApp
from tuimail.ui.hints import HINTS, hints_of
from tuimail.ui.keymap import Keymap
from tuimail.ui.terminal.boot_paint import Canvas, Opening, first_frame
from tuimail.ui.terminal.depth import ALL, FEW, PALETTE
from tuimail.ui.terminal.frame import Frame
from tuimail.ui.terminal.textual_parts import whole_screen
from tuimail.ui.terminal.updates import drawn
from tuimail.ui.theme import ASCII, THEMES, UNICODE, Looks, choose_looks

SIZES = [(20, 5), (40, 12), (80, 24), (119, 39), (120, 40), (160, 50), (200, 60), (300, 100)]
HOME = AccountName("home")
DEPTHS = {ALL: ColorSystem.TRUECOLOR, PALETTE: ColorSystem.EIGHT_BIT, FEW: ColorSystem.STANDARD}


def letters(number: int) -> list[Message]:
    """Newest first: read and unread, wide and combining, long and empty, dubious and old."""
    kinds = [
        message(1, "Budget for Q3", snippet="the figures you asked for are"),
        message(2, "会議の議事録 — 添付をご確認ください", "山田 太郎", flags=[SEEN]),
        message(3, "🎉 Party! e\u0301te\u0301 👩\u200d🚀", "Zoë", flags=[FLAGGED]),
        message(4, "", "", flags=[ANSWERED, SEEN]),
        message(5, "x" * 400, "anna@bank.example", flags=[SEEN], attachments=["a.pdf"]),
        message(6, "\u202egnp.exe עברית العربية", 'tricky "\x1b[31m'),
    ]
    made = []
    for index in range(number):
        kind = kinds[index % len(kinds)]
        key = message(index + 1)
        made.append(replace(kind, key=key.key, received=key.received))
    return made


def boxes(account: AccountName, total: int, unread: int) -> list[Mailbox]:
    names = {"INBOX": Role.INBOX, "Sent": Role.SENT, "Projekte/Ålesund 会議": Role.NONE}
    return [
        Mailbox(
            account, MailboxName(name), role, total, unread if name == INBOX else 3, on_server=1
        )
        for name, role in names.items()
    ]


class OtherMail(FakeMail):
    """Knows the mailboxes that it is told."""

    def __init__(self, messages: Sequence[Message], mailboxes: Sequence[Mailbox]) -> None:
        super().__init__(messages)
        self.known = mailboxes

    async def mailboxes(self) -> Sequence[Mailbox]:
        return self.known


def opening_of(
    messages: Sequence[Message],
    mailboxes: Sequence[Mailbox],
    *,
    title: str = "",
    notice: str = "",
    keymap: Keymap | None = None,
) -> Opening:
    hints = hints_of(HINTS[Context.LIST], keymap or Keymap.make())
    return Opening(mailboxes, messages, hints, title, notice)


async def textual_draws(
    opening: Opening, canvas: Canvas, keymap: Keymap | None = None
) -> tuple[Frame, str]:
    """The main screen as it is when the first rows are there, and its text."""
    app = TuimailApp(
        OtherMail(opening.newest, opening.mailboxes),
        keymap=keymap,
        looks=canvas.looks,
        title=opening.title,
        notices=[opening.notice] if opening.notice else [],
        drafts=lambda _: NOWHERE,
        now=lambda: NOW,
    )
    async with app.run_test(size=(canvas.width, canvas.height)) as pilot:
        ui = Terminal(app, pilot)
        await ui.until(lambda: ui.screen.places.loaded and ui.screen.rows.in_sight)
        await pilot.pause()
        return drawn(None, whole_screen(app.screen), DEPTHS[canvas.colours]), ui.text


def cells(frame: Frame) -> list[object]:
    return [frame.cells(y) for y in range(frame.height)]


async def same(opening: Opening, canvas: Canvas, keymap: Keymap | None = None) -> None:
    drawn_first, text = await textual_draws(opening, canvas, keymap)
    painted = first_frame(opening, canvas, NOW)
    for y in range(canvas.height):
        assert painted.cells(y) == drawn_first.cells(y), f"row {y} of\n{text}"


def looks(theme: str = "ansi") -> Looks:
    return Looks(THEMES[theme], UNICODE)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_at_every_size(size: tuple[int, int]) -> None:
    opening = opening_of(letters(130), boxes(WORK, 130, 44))
    await same(opening, Canvas(*size, looks()))


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_over_several_accounts(size: tuple[int, int]) -> None:
    both = [replace(m, account=HOME) if m.key % 3 else m for m in letters(70)]
    opening = opening_of(both, [*boxes(HOME, 40, 7), *boxes(WORK, 30, 0)])
    await same(opening, Canvas(*size, looks()))


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_of_an_empty_store_in_the_demo(size: tuple[int, int]) -> None:
    opening = opening_of([], [], title="sample mail", notice="Sample mail: nothing is kept here.")
    await same(opening, Canvas(*size, looks()))


async def test_of_an_inbox_that_is_empty_on_the_server_too() -> None:
    await same(opening_of([], boxes(WORK, 0, 0)), Canvas(80, 24, looks()))


async def test_of_fewer_messages_than_lines() -> None:
    await same(opening_of(letters(3), boxes(WORK, 3, 1)), Canvas(120, 40, looks()))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("colours", DEPTHS)
async def test_in_every_theme_with_few_and_many_colours(theme: str, colours: int) -> None:
    opening = opening_of(letters(20), boxes(WORK, 20, 9), notice="Told")
    await same(opening, Canvas(120, 20, looks(theme), colours))


async def test_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    plain = choose_looks("auto", {"NO_COLOR": "1"}, unicode=True)
    await same(opening_of(letters(20), boxes(WORK, 20, 9)), Canvas(120, 20, plain))


async def test_in_ascii() -> None:
    await same(
        opening_of(letters(9), boxes(WORK, 9, 3)), Canvas(80, 9, Looks(THEMES["ansi"], ASCII))
    )


async def test_with_keys_of_the_users_own() -> None:
    keymap = Keymap.make("gmail", {"delete": ["X"], "go": []})
    opening = opening_of(letters(9), boxes(WORK, 9, 3), keymap=keymap)
    await same(opening, Canvas(120, 24, looks()), keymap)
