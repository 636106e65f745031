"""A list gives way to another at once, with its rows, however slow the disk is."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.pictures.blinking import Rows, blinks
from tests.ui.driver import terminal
from tests.ui.fake_mail import JUNK, WORK, FakeMail, message
from tests.ui.terminal.emulator import Emulator
from tests.ui.terminal.wire import WiredTerminal, wired
from tuimail.engine.commands import Command
from tuimail.engine.events import MailboxChanged
from tuimail.engine.mail import Done, View
from tuimail.model.body import Body, NotHere
from tuimail.model.mail import INBOX, MailboxId, Message, MessageKey
from tuimail.ui.parts import reader
from tuimail.ui.widgets import message_list

SIZE = (80, 24)
# Longer than any list waits here for its rows before it shows them empty.
SLOW = 0.05


class SlowMail(FakeMail):
    """What is held is answered when it is let go, as it was when it was asked."""

    def __init__(self, messages: Sequence[Message]) -> None:
        super().__init__(messages)
        self.waiting: set[str] = set()
        self.asked = asyncio.Event()
        self._held: dict[str, asyncio.Event] = {}

    def hold(self, what: str) -> None:
        self._held[what] = asyncio.Event()

    def let_go(self, what: str) -> None:
        self._held.pop(what).set()

    async def submit(self, command: Command) -> Done:
        await self._wait("submit")
        return await super().submit(command)

    async def keys(self, view: View) -> Sequence[MessageKey]:
        found = await super().keys(view)
        await self._wait("keys")
        return found

    async def messages(self, keys: Sequence[MessageKey]) -> Sequence[Message]:
        found = await super().messages(keys)
        await self._wait("messages")
        return found

    async def body(self, key: MessageKey) -> Body | NotHere:
        await self._wait("body")
        return await super().body(key)

    async def _wait(self, what: str) -> None:
        if what in self._held:
            self.waiting.add(what)
            self.asked.set()
            await self._held[what].wait()
            self.waiting.discard(what)


def letters(count: int) -> SlowMail:
    """In the inbox, and in Junk as many that look the same."""
    alike = [
        message(1000 + number, f"Letter {number}", mailbox=JUNK, received=each.received)
        for number in range(1, count + 1)
        for each in [message(number)]
    ]
    return SlowMail([message(number, f"Letter {number}") for number in range(1, count + 1)] + alike)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_list, "_PATIENCE", 0.001)


class Watcher:
    """Sees every frame."""

    def __init__(self, ui: WiredTerminal) -> None:
        self._ui = ui
        self._emulator = Emulator(*SIZE, careful=True)
        self.seen: list[Rows] = []

    async def look(self, rest: float = 0) -> None:
        await asyncio.sleep(rest)
        self._ui.app.screen._on_timer_update()
        frames, self._ui.app.wire.frames = self._ui.app.wire.frames, []
        for frame in frames:
            self._emulator.feed(frame)
            self.seen.append([list(row) for row in self._emulator.rows])

    @property
    def lines(self) -> list[str]:
        return ["".join(text for text, _ in row).strip(" >") for row in self.seen[-1]]

    async def until(self, words: str) -> None:
        """Return when these stand on the first or the last line, and all rows are there."""
        async with asyncio.timeout(5):
            while words not in self.lines[0] + self.lines[-1] or "" in self.lines:
                await self.look(0.01)

    async def answer(self, mail: SlowMail, *keys: str) -> None:
        """Press the last of the keys while the disk is slow with the rows."""
        for key in keys[:-1]:
            await self._ui.press(key, rest=SLOW)
        await self.look()
        del self.seen[:-1]
        mail.hold("messages")
        await self._ui.press(keys[-1])
        async with asyncio.timeout(5):
            await mail.asked.wait()
        await self.look(SLOW)
        mail.let_go("messages")


@pytest.mark.parametrize(
    ("keys", "last"),
    [
        (("j", "j", "space", "space", "a", "u"), "Undone"),
        (("j", "d", "u"), "Undone"),
        (("j", "d", "u", "U"), "Done again"),
        (("g", "j"), "Junk"),
    ],
    ids=["undo of two", "undo", "redo", "another mailbox"],
)
async def test_a_list_comes_with_its_rows_from_a_slow_disk(
    keys: tuple[str, ...], last: str
) -> None:
    mail = letters(40)
    async with wired(mail, SIZE) as ui:
        watcher = Watcher(ui)
        await watcher.answer(mail, *keys)
        await watcher.until(last)
        assert blinks(watcher.seen) == []


@pytest.mark.parametrize(("back", "found"), [("u", "Letter 3"), ("U", "Letter 4")])
async def test_what_was_read_before_a_command_ended_is_not_shown_after_it(
    back: str, found: str
) -> None:
    """Else the cursor goes to what comes back while that is not listed yet."""
    mail = letters(30)
    async with terminal(mail) as ui:
        await ui.press("j", "j", "d")
        await ui.sees("Deleted 1")
        if back == "U":
            await ui.press("u")
            await ui.until(lambda: "Letter 3" in ui.current)
        else:
            await ui.press("j", "j", "j")
        mail.hold("submit")
        mail.hold("keys")
        await ui.press(back)
        await ui.until(lambda: "submit" in mail.waiting)
        mail.tell(MailboxChanged(MailboxId(WORK, INBOX)))
        await ui.until(lambda: "keys" in mail.waiting)
        mail.let_go("submit")
        await ui.sees("Undone" if back == "u" else "Done again")
        mail.let_go("keys")
        await ui.until(lambda: found in ui.current)


async def test_the_patience_of_one_wait_does_not_end_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(message_list, "_PATIENCE", 60)
    mail = letters(300)
    async with terminal(mail) as ui:
        rows = ui.screen.rows
        mail.hold("messages")
        await ui.press("G")
        await ui.until(lambda: rows._patience is not None)
        first = rows._patience
        assert first is not None
        mail.let_go("messages")
        await ui.sees("Letter 300")
        assert first._task is None


async def test_a_preview_that_is_away_before_its_text_came_has_not_been_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reader, "_REST", 0)
    monkeypatch.setattr(reader, "_READ_AFTER", 0)
    mail = letters(3)
    async with terminal(mail, (80, 45)) as ui:
        mail.hold("body")
        await ui.press("p")
        await ui.until(lambda: "body" in mail.waiting)
        await ui.press("p")
        mail.let_go("body")
        await ui.until(lambda: not mail.waiting)
        await ui.press("j")
        await ui.until(lambda: "Letter 2" in ui.current)
        assert ui.screen.reader.key is None
        assert mail.submitted == []
