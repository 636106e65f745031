"""Letters on their way out: how each of them stands, in a sentence."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic

from tuimail.engine.mail import Done
from tuimail.model.mail import AccountName
from tuimail.model.outbox import Letter, LetterState
from tuimail.ui.parts.desk import Desk

_LEFT_OVER = {LetterState.UNKNOWN, LetterState.REFUSED}
# What is announced with seconds that are counted.
_LONGEST_COUNT = 60.0

LetterId = tuple[AccountName, int]


class Outgoing:
    """Follows the outbox; `sent` is told of letters that have left for good."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.sent: Callable[[AccountName, int], Awaitable[None]] | None = None
        self._seen: dict[LetterId, tuple[LetterState, str]] | None = None
        self._counted: LetterId | None = None
        self.waiting = 0
        self.refused = 0

    async def look(self) -> None:
        """Count what waits, and tell what happened since the last look."""
        letters = await self._desk.mail.outbox()
        before = self._seen
        self._seen = {_id(each): (each.state, each.reason) for each in letters}
        self.waiting = sum(not each.is_over for each in letters)
        self.refused = sum(each.state in _LEFT_OVER for each in letters)
        for letter in letters:
            known = None if before is None else before.get(_id(letter))
            if known == (letter.state, letter.reason):
                continue
            if before is not None or letter.state is LetterState.QUEUED:
                self._tell(letter, None if known is None else known[0])
            if letter.state is LetterState.SENT and self.sent is not None:
                await self.sent(letter.account, letter.id)

    # --- until it leaves

    def count_down(self, done: Done) -> None:
        """Show how long the letter that was queued just now can still be called back."""
        seconds = done.hold.total_seconds()
        if done.letter is None or done.account is None or not 0 < seconds <= _LONGEST_COUNT:
            return
        self._counted = done.account, done.letter
        self._desk.run(partial(self._count, self._counted, monotonic() + seconds), "countdown")

    async def _count(self, letter: LetterId, end: float) -> None:
        """As long as its words are on the last line; nothing ticks any longer."""
        bottom = self._desk.bottom
        while (left := end - monotonic()) > 0 and self._counted == letter:
            self._desk.say(f"Sending in {math.ceil(left)} s", undoable=True)
            shown = bottom.words
            await asyncio.sleep(left % 1.0 or 1.0)
            if bottom.words is not shown:
                return
        if self._counted == letter:
            self._desk.say("Sending")
            self._counted = None

    # --- what became of it

    def _tell(self, letter: Letter, before: LetterState | None) -> None:
        desk, key = self._desk, self._desk.keymap.first_key("pending")
        if _id(letter) == self._counted:
            self._end_count(letter)
        subject, topic = letter.subject or "(no subject)", f"letter {letter.account}:{letter.id}"
        match letter.state:
            case LetterState.SENT if letter.reason:
                desk.warn(f"Sent: {subject}. {letter.reason}", topic=topic)
            case LetterState.SENT:
                desk.say(f"Sent: {subject}")
            case LetterState.UNKNOWN:
                desk.warn(f"Perhaps not sent, {key} decides: {subject}. {letter.reason}")
            case LetterState.REFUSED:
                desk.warn(f"Not sent, {key} shows it: {subject}. {letter.reason}")
            case LetterState.QUEUED if letter.reason:
                desk.warn(f"Not sent yet: {letter.reason}", remedy=key, topic=topic)
            case LetterState.CANCELLED if before is not None:
                desk.bottom.over(topic)
            case _:
                pass

    def _end_count(self, letter: Letter) -> None:
        """It cannot be called back in silence any more: `u` would mean something else."""
        if letter.state is LetterState.QUEUED and not letter.reason:
            return
        self._counted = None
        if self._desk.bottom.counts:
            self._desk.say("Sending")


def _id(letter: Letter) -> LetterId:
    return letter.account, letter.id
