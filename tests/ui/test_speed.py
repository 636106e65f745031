"""What a key costs, in what is drawn and in how it grows."""

import time
from statistics import median

from textual.geometry import Region

from tests.ui.driver import Terminal, terminal
from tests.ui.fake_mail import WORK, FakeMail, message
from tuimail.engine.events import MailboxChanged
from tuimail.model.mail import INBOX, MailboxId, MessageKey
from tuimail.ui.listing import Listing


def repainted(ui: Terminal) -> list[Region]:
    """Record what the list asks to have painted again."""
    regions: list[Region] = []
    rows = ui.screen.rows
    refresh = rows.refresh

    def recorded(*areas: Region, **options: bool) -> object:
        regions.extend(areas or [rows.size.region])
        assert not options.get("layout")
        return refresh(*areas, **options)

    rows.refresh = recorded  # type: ignore[method-assign, assignment]  # a spy for one test
    return regions


async def test_a_step_of_the_cursor_paints_two_lines() -> None:
    mail = FakeMail([message(number) for number in range(1, 200)])
    async with terminal(mail) as ui:
        await ui.pilot.pause(0.1)
        regions = repainted(ui)
        await ui.press("j")
        assert [(area.y, area.height) for area in regions] == [(0, 1), (1, 1)]


async def test_news_that_change_one_message_paint_one_line() -> None:
    mail = FakeMail([message(number) for number in range(1, 200)])
    async with terminal(mail) as ui:
        await ui.pilot.pause(0.1)
        regions = repainted(ui)
        mail.stored[MessageKey(5)] = message(5, "Changed")
        mail.tell(MailboxChanged(MailboxId(WORK, INBOX)))
        await ui.sees("Changed")
        assert [(area.y, area.height) for area in regions] == [(4, 1)]


async def test_a_step_asks_nobody_for_anything() -> None:
    mail = FakeMail([message(number) for number in range(1, 200)])
    async with terminal(mail) as ui:
        await ui.pilot.pause(0.1)
        mail.latency = 60
        await ui.press("j", "j", "j", "k")
        assert ui.current
        assert ui.top.startswith(" Inbox 3/199")


def test_a_step_costs_the_same_at_any_length() -> None:
    def cost(count: int) -> float:
        listing = Listing()
        listing.resize(40)
        listing.replace(range(count))
        listing.mark(map(MessageKey, range(0, count, 2)), on=True)
        times = []
        for step in range(2000):
            started = time.perf_counter()
            listing.move_to(step % 39)
            listing.is_marked(step % 39)
            assert listing.current is not None
            assert listing.marked_count
            times.append(time.perf_counter() - started)
        return median(times)

    assert cost(100_000) < 5 * cost(100)


async def test_a_hundred_thousand_messages_are_paged_to_the_end_and_back() -> None:
    mail = FakeMail([message(number) for number in range(1, 100_001)])
    async with terminal(mail) as ui:
        await ui.press("G")
        await ui.until(lambda: ui.top.startswith(" Inbox 100000/100000"))
        await ui.press("k", "k", "g", "g", "j")
        assert ui.top.startswith(" Inbox 2/100000")
