"""How many bytes things cost, exactly: who makes one dearer or much cheaper says so here.

The letters are those of `bench terminal`, subjects in many scripts and emoji with them. Their
rows begin with the text, too, which mutt's do not: on these letters at 120x40 it takes 286 for
a step, 2,852 for a page, 2,246 to open and 3,415 to go back.
"""

from collections.abc import Iterable
from statistics import mean, median
from typing import NamedTuple

import pytest

from tests.benchmarks.letters import samples
from tests.ui.fake_mail import FakeMail, message
from tests.ui.terminal.wire import WiredTerminal, wired
from tuimail.model.body import Body
from tuimail.model.mail import SEEN, MessageKey
from tuimail.model.safe_text import safe_line

LETTERS = 400


class Budget(NamedTuple):
    """Bytes at the start, of a step in a page and over many pages, of a page, and of a letter."""

    start: int
    step: int
    far_step: int
    page: int
    open: int
    back: int
    arrow: int = 40


# The list alone; beside the mailboxes; on a small screen.
BUDGETS = {
    (119, 40): Budget(start=5_600, step=310, far_step=450, page=5_050, open=2_900, back=3_950),
    (120, 40): Budget(start=4_800, step=275, far_step=390, page=4_300, open=2_950, back=3_500),
    (80, 24): Budget(start=2_500, step=235, far_step=340, page=2_150, open=2_100, back=2_400),
}


def mailbox() -> FakeMail:
    mail = FakeMail()
    letters = []
    for letter in samples(LETTERS):
        number = LETTERS - letter.number
        flags = [SEEN] if letter.read else []
        row = message(
            number,
            letter.subject,
            letter.name,
            letter.address,
            flags=flags,
            snippet=letter.text[:100],
        )
        letters.append(row)
        lines = map(safe_line, letter.text.split("\r\n")[:40])
        mail.bodies[row.key] = Body(lines=tuple(lines))
    for row in reversed(letters):
        mail.stored[row.key] = row
        mail.order.append(MessageKey(row.key))
    return mail


async def presses(ui: WiredTerminal, key: str, times: int) -> list[int]:
    return [len(await ui.press(key)) for _ in range(times)]


async def home(ui: WiredTerminal) -> None:
    await ui.press("g")
    await ui.press("g")


def kept(size: float, budget: int) -> bool:
    """Neither more, nor so much less that the budget says nothing any more."""
    return 0.85 * budget <= size <= budget


def typical(sizes: Iterable[int]) -> int:
    return int(median(sizes))


@pytest.mark.parametrize("size", BUDGETS)
async def test_the_first_screen_and_steps_keep_to_their_budget(size: tuple[int, int]) -> None:
    budget = BUDGETS[size]
    async with wired(mailbox(), size) as ui:
        assert kept(sum(map(len, ui.app.wire.frames)), budget.start)
        assert kept(typical(await presses(ui, "j", 19)), budget.step)
        await home(ui)
        assert kept(mean(await presses(ui, "j", 2 * (size[1] - 2))), budget.far_step)
        await home(ui)
        assert kept(typical(await presses(ui, "pagedown", 5)), budget.page)


@pytest.mark.parametrize("size", BUDGETS)
async def test_opening_a_letter_and_going_back_keep_to_their_budget(size: tuple[int, int]) -> None:
    budget = BUDGETS[size]
    async with wired(mailbox(), size) as ui:
        opened, back = [], []
        for _ in range(5):
            opened.append(len(await ui.press("enter", rest=0.1)))
            back.append(len(await ui.press("q", rest=0.1)))
            await ui.press("j")
        assert kept(typical(opened), budget.open)
        assert kept(typical(back), budget.back)


@pytest.mark.parametrize("size", BUDGETS)
async def test_a_step_of_the_arrow_costs_next_to_nothing(size: tuple[int, int]) -> None:
    async with wired(mailbox(), size, arrow=True) as ui:
        assert 0 < typical(await presses(ui, "j", 19)) <= BUDGETS[size].arrow


@pytest.mark.parametrize("size", BUDGETS)
async def test_a_key_that_changes_nothing_costs_nothing(size: tuple[int, int]) -> None:
    async with wired(mailbox(), size) as ui:
        await home(ui)
        assert await ui.press("k") == b""
        await ui.press("G")
        assert await ui.press("j") == b""
