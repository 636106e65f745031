"""The review of a letter: everything is seen once more before it leaves."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial

from textual import events
from textual.app import ComposeResult
from textual.worker import Worker

from tuimail.engine.mail import CommandFailed
from tuimail.model.address import BadAddress
from tuimail.model.safe_text import safe_line
from tuimail.ui.actions import Action, Context
from tuimail.ui.bars import Standing
from tuimail.ui.cells import settle
from tuimail.ui.choices import Choice, Choices
from tuimail.ui.hints import hints_of
from tuimail.ui.keymap import Keymap, key_name
from tuimail.ui.letters.files import enclose
from tuimail.ui.letters.people import format_people, parse_people
from tuimail.ui.letters.writing import (
    NotReady,
    Own,
    Writing,
    draft_of,
    is_same,
    warnings,
)
from tuimail.ui.line_edit import LineEdit
from tuimail.ui.parts.guide import keys_prompt
from tuimail.ui.prompts import Prompt, Prompts
from tuimail.ui.rows import Span
from tuimail.ui.screens.passing import PassingScreen
from tuimail.ui.terminal.painting import repaint
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.letter_view import LetterView
from tuimail.ui.widgets.picker import Picker
from tuimail.ui.widgets.status_line import BottomLine, TopLine

_HINTS = ("send", "edit-text", "set-to", "set-subject", "attach", "postpone", "leave", "help")


class Wish(Enum):
    """How the user left the review."""

    SEND = auto()
    EDIT = auto()
    KEEP = auto()
    DISCARD = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    wish: Wish
    writing: Writing


class ReviewScreen(PassingScreen[Verdict], inherit_bindings=False):
    """Fields, warnings and text of one letter; `save` keeps every change on disk.

    `notice` is told on the last line at the start; `begun` is what the program began it with,
    if that is all there was: left as it is, there is nothing to keep.
    """

    AUTO_FOCUS = ""

    def __init__(
        self,
        writing: Writing,
        own: Own,
        *,
        keymap: Keymap,
        looks: Looks,
        save: Callable[[Writing], Awaitable[None]],
        begun: Writing | None = None,
        notice: str = "",
    ) -> None:
        super().__init__()
        self.writing = writing
        self._own = own
        self._keymap = keymap
        self._save = save
        self._begun = begun
        self._notice = notice
        self._typed: tuple[str, ...] = ()
        self.top = TopLine(looks)
        self.bottom = BottomLine(looks)
        self.picker = Picker(looks)
        self.view = LetterView(looks)
        self.prompts = Prompts(self.bottom, self.picker, lambda: max(2, self.size.height - 2))
        self._deeds = self._table()

    def compose(self) -> ComposeResult:
        yield self.top
        yield self.view
        yield self.bottom
        yield self.picker

    def on_mount(self) -> None:
        self.bottom.remind(hints_of(_HINTS, self._keymap))
        if self._notice:
            self._warn(self._notice)
        self._show()

    def on_resize(self) -> None:
        self.prompts.resize()

    # --- keys

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        name = key_name(event.key, event.character)
        if self.prompts.current is not None:
            self.prompts.key(name)
            return
        typed, self._typed = (*self._typed, name), ()
        found = self._keymap.find(Context.REVIEW, typed)
        if isinstance(found, Action):
            self._perform(found)
        elif found is not None:
            self._typed = typed
        else:
            key = self._keymap.first_key("help")
            self._say(f"{' '.join(typed)} does nothing here; {key} shows the keys.")

    def on_paste(self, event: events.Paste) -> None:
        """Pasted text is text for a prompt, never keys (security.md T5)."""
        event.stop()
        self.prompts.paste(event.text)

    def _perform(self, action: Action) -> None:
        self._deeds[action.id]()

    def _table(self) -> dict[str, Callable[[], None]]:
        view = self.view
        return {
            "send": self._send,
            "edit-text": lambda: self._leave(Wish.EDIT),
            "set-from": self._set_from,
            "set-to": self._set_to,
            "set-cc": self._set_cc,
            "set-bcc": self._set_bcc,
            "set-subject": self._ask_subject,
            "attach": self._ask_file,
            "detach": self._ask_which_file,
            "postpone": lambda: self._leave(Wish.KEEP),
            "leave": self._ask_how_to_leave,
            "scroll-down": lambda: view.scroll(1),
            "scroll-up": lambda: view.scroll(-1),
            "page-down": lambda: view.page(1),
            "page-up": lambda: view.page(-1),
            "half-down": lambda: view.page(0.5),
            "half-up": lambda: view.page(-0.5),
            "first": view.to_start,
            "last": view.to_end,
            "help": self._help,
            "redraw": partial(repaint, self.app),
            "suspend": self.app.action_suspend_process,
        }

    # --- changing it

    def _set_to(self) -> None:
        self._ask_people("To:", self.writing.to, lambda text: replace(self.writing, to=text))

    def _set_cc(self) -> None:
        self._ask_people("Cc:", self.writing.cc, lambda text: replace(self.writing, cc=text))

    def _set_bcc(self) -> None:
        self._ask_people("Bcc:", self.writing.bcc, lambda text: replace(self.writing, bcc=text))

    def _ask_people(
        self, label: str, before: str, put: Callable[[str], Writing], complaint: str = ""
    ) -> None:
        """Ask again, with what was typed, until all of it are addresses."""

        def done(text: str) -> None:
            try:
                people = parse_people(text)
            except BadAddress as bad:
                self._ask_people(label, text, put, f"{bad}.")
                return
            self._change(put(format_people(people)))

        edit = LineEdit(before)
        self.prompts.ask(Prompt(label, done, complaint, edit=edit, one_line=True))

    def _ask_subject(self) -> None:
        def done(text: str) -> None:
            self._change(replace(self.writing, subject=text.strip()))

        edit = LineEdit(self.writing.subject)
        self.prompts.ask(Prompt("Subject:", done, edit=edit, one_line=True))

    def _set_from(self) -> None:
        offered = [
            Choice(settle(format_people([each])), (account, each), settle(safe_line(account)))
            for account, identities in self._own.items()
            for each in identities
        ]

        def done(chosen: tuple[str, object]) -> None:
            sender = next(c.words for c in offered if c.value == chosen)
            self._change(replace(self.writing, sender=sender))

        self.prompts.ask(Prompt("From:", done, choices=Choices(offered), title="Your addresses"))

    def _ask_file(self) -> None:
        async def read(path: str) -> None:
            try:
                enclosure = await asyncio.to_thread(enclose, path)
            except CommandFailed as failure:
                self._warn(str(failure))
                return
            enclosures = (*self.writing.enclosures, enclosure)
            self._change(replace(self.writing, enclosures=enclosures))

        def done(path: str) -> None:
            if path.strip():
                _: Worker[None] = self.run_worker(read(path))

        self.prompts.ask(Prompt("File to attach:", done, one_line=True))

    def _ask_which_file(self) -> None:
        files = self.writing.enclosures
        if not files:
            self._say("There is no file to take away.")
            return

        def done(index: int) -> None:
            self._change(replace(self.writing, enclosures=files[:index] + files[index + 1 :]))

        offered = [Choice(settle(safe_line(each.name)), n) for n, each in enumerate(files)]
        self.prompts.ask(
            Prompt("Take away:", done, choices=Choices(offered), title="Files of this letter")
        )

    def _change(self, writing: Writing) -> None:
        self.writing = writing
        self._show()
        _: Worker[None] = self.run_worker(self._keep(writing))

    async def _keep(self, writing: Writing) -> None:
        try:
            await self._save(writing)
        except CommandFailed as failure:
            self._warn(str(failure))

    # --- leaving

    def _send(self) -> None:
        try:
            draft_of(self.writing, self._own)
        except NotReady as reason:
            self._warn(str(reason))
        else:
            self._leave(Wish.SEND)

    def _ask_how_to_leave(self) -> None:
        if self._begun is not None and is_same(self.writing, self._begun):
            self._leave(Wish.DISCARD)
            return
        offered = [
            Choice("Keep it as a draft", Wish.KEEP),
            Choice("Throw it away", Wish.DISCARD),
        ]
        self.prompts.ask(
            Prompt("Leave:", self._leave, choices=Choices(offered), title="This letter")
        )

    def _leave(self, wish: Wish) -> None:
        self.end(Verdict(wish, self.writing))

    # --- telling

    def _help(self) -> None:
        self.prompts.ask(keys_prompt(Context.REVIEW, self._keymap, self._perform))

    def _show(self) -> None:
        subject = settle(safe_line(self.writing.subject, 60)) or "New letter"
        self.top.show(Standing(subject, total=None, account="not sent yet"))
        self.view.show(self.writing, warnings(self.writing, self._own))

    def _say(self, words: str) -> None:
        self.bottom.say(Span(settle(safe_line(words)), Tone.BAR_STRONG))

    def _warn(self, words: str) -> None:
        self.bottom.say(Span(settle(safe_line(words)), Tone.BAR_WARN))
