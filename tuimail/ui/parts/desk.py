"""What the parts of the main screen share."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from tuimail.engine.commands import Command
from tuimail.engine.mail import CommandFailed, Done, Mail
from tuimail.model.mail import MessageKey
from tuimail.ui.cells import cut, settle, width
from tuimail.ui.hand import Hand
from tuimail.ui.keymap import Keymap
from tuimail.ui.prompts import Prompts
from tuimail.ui.rows import Span
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.mailbox_list import MailboxList
from tuimail.ui.widgets.message_list import MessageList
from tuimail.ui.widgets.message_view import MessageView
from tuimail.ui.widgets.status_line import BottomLine
from tuimail.ui.window import Window


@dataclass(slots=True)
class Act:
    """Something that the user did; `recorded` is the time it bears, once it is recorded."""

    recorded: datetime | None = None


Task = Callable[[], Coroutine[None, None, None]]


@dataclass(slots=True)
class Desk:
    """Widgets, mail and helpers; `run` starts a task whose parent is the screen, and ends an
    older one of the same group; `arrange` lays the screen out anew; `act` is what moves the
    cursor just now, if more than a movement does, `shown` the message that is open."""

    mail: Mail
    looks: Looks
    keymap: Keymap
    now: Callable[[], datetime]
    list: MessageList
    view: MessageView
    mailboxes: MailboxList
    bottom: BottomLine
    prompts: Prompts
    hand: Hand
    window: Window
    run: Callable[[Task, str], None]
    arrange: Callable[[], None]
    act: Act | None = None
    shown: MessageKey | None = None

    def say(self, words: str, *, undoable: bool = False) -> None:
        """Tell on the last line what happened, and how to take it back."""
        spans = [Span(settle(words), Tone.BAR_STRONG)]
        key = self.keymap.first_key("undo")
        if undoable and key:
            dot = f" {self.looks.glyphs.dot} "
            spans += [Span(dot, Tone.BAR), Span(key, Tone.KEY), Span(" undo", Tone.BAR)]
        self.bottom.say(*spans, holds=undoable, keeps=undoable)

    def mention(self, sentence: str, *, remedy: str = "", topic: str = "") -> None:
        """Tell something of less weight than what was just done and how to undo it."""
        if not self.bottom.holds:
            self.warn(sentence, remedy=remedy, topic=topic)

    def warn(self, sentence: str, *, remedy: str = "", topic: str = "") -> None:
        """Tell on the last line what went wrong, and what the user can do: there is always room
        for that. It may be told while keys are typed, and goes when `topic` is over."""
        dot, ellipsis = self.looks.glyphs.dot, self.looks.glyphs.ellipsis
        tail = f" {dot} {remedy}" if remedy else ""
        room = max(12, self.bottom.size.width - 2 - width(tail))
        text = settle(sentence)
        words = [Span(cut(text, room, ellipsis) if tail else text, Tone.BAR_WARN)]
        self.bottom.say(*words, *([Span(tail, Tone.BAR)] if tail else []), stays=True, topic=topic)

    @contextmanager
    def moved_by(self, act: Act) -> Iterator[None]:
        """What is opened meanwhile is opened by `act`."""
        self.act = act
        try:
            yield
        finally:
            self.act = None

    def submit(
        self,
        command: Command,
        *,
        quiet: bool = False,
        act: Act | None = None,
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        """Have a command carried out in its turn, and say what it did; or tell why not, after
        `refused` was called."""

        async def job() -> None:
            try:
                done = await self.mail.submit(command)
            except CommandFailed:
                refused()
                raise
            if act is not None:
                act.recorded = done.recorded
            if not quiet:
                self.tell(done)

        self.hand.give(job)

    def tell(self, done: Done) -> None:
        self.say(done.words, undoable=done.undoable)
