"""Whatever is typed and told, the screen lives, and its cursor stands on a message."""

import random

import pytest

from tests.ui.driver import terminal
from tests.ui.fake_mail import TRASH, WORK, FakeMail, message
from tuimail.engine.events import (
    BodiesArrived,
    Connection,
    ConnectionChanged,
    JournalChanged,
    MailboxChanged,
    Progress,
)
from tuimail.model.mail import INBOX, SEEN, MailboxId, MessageKey
from tuimail.model.safe_text import SafeText

NAMED = (
    "enter escape space tab up down pageup pagedown home end backspace delete "
    "ctrl+d ctrl+u ctrl+f ctrl+b ctrl+c ctrl+k ctrl+w"
)
KEYS = [*"jkdaesuUFINVTcBpgGitarCo!.?:/\\$JKH2ybx", *NAMED.split(" ")]
SIZES = [(80, 24), (160, 50), (40, 12), (20, 5), (3, 2), (130, 41)]


def news(chance: random.Random) -> object:
    return chance.choice(
        [
            MailboxChanged(MailboxId(WORK, INBOX)),
            JournalChanged(WORK),
            BodiesArrived(frozenset({MessageKey(3)})),
            ConnectionChanged(WORK, chance.choice(list(Connection)), SafeText("Because.")),
            Progress(WORK, SafeText("Fetching"), chance.randrange(100), 100),
        ]
    )


@pytest.mark.parametrize("seed", range(4))
async def test_any_keys_and_news_leave_a_working_screen(seed: int) -> None:
    chance = random.Random(seed)
    mail = FakeMail(
        [
            message(
                n, f"Letter {n}", flags=[SEEN] * (n % 2), mailbox=TRASH if n % 7 == 0 else INBOX
            )
            for n in range(1, 120)
        ]
    )
    mail.missing.update(map(MessageKey, range(1, 20, 3)))
    async with terminal(mail, SIZES[seed % len(SIZES)]) as ui:
        for step in range(120):
            await ui.pilot.press(chance.choice(KEYS))
            if step % 10 == 0:
                mail.tell(news(chance))  # type: ignore[arg-type]  # an Event
            if step % 25 == 0:
                await ui.pilot.resize_terminal(*chance.choice(SIZES))
            if ui.app._exit:
                return
            listing = ui.screen.rows.listing
            assert 0 <= listing.cursor < max(1, len(listing))
        mail.missing.clear()
        await ui.pilot.resize_terminal(80, 24)
        for _ in range(4):
            await ui.press("escape")
        await ui.press("g", "i")
        await ui.until(lambda: "Inbox" in ui.top)
