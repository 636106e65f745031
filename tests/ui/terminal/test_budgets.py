"""How many bytes things cost, exactly: who makes one dearer or much cheaper says so here.

The letters are those of `bench terminal`, subjects in many scripts and emoji with them. On
these mutt takes 286 at 120x40 for a step, 2,852 for a page, 2,246 to open (most of it the
letter's text) and 3,415 to go back. Our rows show the beginning of the text, too, which mutt's
do not; on a slow link they leave it out.
"""

from collections.abc import Iterable
from statistics import mean, median
from typing import NamedTuple

import pytest

from tests.benchmarks.letters import samples
from tests.ui.fake_mail import FakeMail, message
from tests.ui.terminal.wire import USUAL, Form, WiredTerminal, wired
from tuimail.model.body import Body
from tuimail.model.mail import SEEN, MessageKey
from tuimail.model.safe_text import safe_line

LETTERS = 400

Size = tuple[int, int]


class Budget(NamedTuple):
    """Bytes at the start, of a step in a page and over many pages, of a page, and of a letter."""

    start: int
    step: int
    far_step: int
    page: int
    open: int
    back: int


ARROW = 40
# A step of a list that scrolls by the line, at its edge.
SCROLLED = 300
SCROLLED_ON_A_SLOW_LINK = 240

# The list alone; beside the mailboxes; on a small screen.
ALONE, BESIDE, SMALL = (119, 40), (120, 40), (80, 24)
SLOW = Form(slow_link=True)
BUDGETS = {
    (USUAL, ALONE): Budget(start=5_300, step=310, far_step=430, page=5_000, open=2_350, back=3_800),
    (USUAL, BESIDE): Budget(
        start=4_700, step=275, far_step=375, page=4_250, open=2_450, back=3_350
    ),
    (USUAL, SMALL): Budget(start=2_450, step=230, far_step=320, page=2_100, open=1_850, back=2_350),
    (SLOW, ALONE): Budget(start=3_450, step=250, far_step=325, page=3_150, open=2_400, back=2_450),
    (SLOW, BESIDE): Budget(start=3_600, step=240, far_step=310, page=3_200, open=2_500, back=2_550),
    (SLOW, SMALL): Budget(start=2_100, step=210, far_step=280, page=1_800, open=1_850, back=2_000),
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


@pytest.mark.parametrize(("form", "size"), BUDGETS)
async def test_the_first_screen_and_steps_keep_to_their_budget(form: Form, size: Size) -> None:
    budget = BUDGETS[form, size]
    async with wired(mailbox(), size, form) as ui:
        assert kept(sum(map(len, ui.app.wire.frames)), budget.start)
        assert kept(typical(await presses(ui, "j", 19)), budget.step)
        await home(ui)
        assert kept(mean(await presses(ui, "j", 2 * (size[1] - 2))), budget.far_step)
        await home(ui)
        assert kept(typical(await presses(ui, "pagedown", 5)), budget.page)


@pytest.mark.parametrize(("form", "size"), BUDGETS)
async def test_opening_a_letter_and_going_back_keep_to_their_budget(form: Form, size: Size) -> None:
    budget = BUDGETS[form, size]
    async with wired(mailbox(), size, form) as ui:
        opened, back = [], []
        for _ in range(5):
            opened.append(len(await ui.press("enter", rest=0.1)))
            back.append(len(await ui.press("q", rest=0.1)))
            await ui.press("j")
        assert kept(typical(opened), budget.open)
        assert kept(typical(back), budget.back)


@pytest.mark.parametrize("size", [ALONE, BESIDE, SMALL])
async def test_a_step_of_the_arrow_costs_next_to_nothing(size: Size) -> None:
    async with wired(mailbox(), size, Form(arrow=True)) as ui:
        assert 0 < typical(await presses(ui, "j", 19)) <= ARROW


@pytest.mark.parametrize("size", [ALONE, SMALL])
@pytest.mark.parametrize(
    ("slow_link", "budget"), [(False, SCROLLED), (True, SCROLLED_ON_A_SLOW_LINK)]
)
async def test_a_list_scrolls_by_the_line_for_the_price_of_a_step(
    size: Size, slow_link: bool, budget: int
) -> None:
    async with wired(mailbox(), size, Form(by_line=True, slow_link=slow_link)) as ui:
        await presses(ui, "j", size[1])
        assert 0 < mean(await presses(ui, "j", 40)) <= budget
        await home(ui)
        await presses(ui, "j", 2 * size[1])
        await presses(ui, "k", size[1])
        assert 0 < mean(await presses(ui, "k", 20)) <= budget


@pytest.mark.parametrize("size", [ALONE, BESIDE, SMALL])
async def test_a_line_found_to_be_slow_shows_subjects_alone(size: Size) -> None:
    async with wired(mailbox(), size) as ui:
        ui.app.be_slow(slow=True)
        brief = [len(await ui.press("pagedown")) for _ in range(3)]
        assert typical(brief) <= BUDGETS[SLOW, size].page
        ui.app.be_slow(slow=False)
        usual = [len(await ui.press("pageup")) for _ in range(3)]
        assert typical(usual) > BUDGETS[SLOW, size].page


@pytest.mark.parametrize("size", [ALONE, BESIDE, SMALL])
async def test_a_key_that_changes_nothing_costs_nothing(size: Size) -> None:
    async with wired(mailbox(), size) as ui:
        await home(ui)
        assert await ui.press("k") == b""
        await ui.press("G")
        assert await ui.press("j") == b""
