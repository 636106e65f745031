"""What each action of the table does on the main screen."""

from collections.abc import Callable

from tuimail.engine.commands import Sync
from tuimail.model.draft import Kind
from tuimail.model.mail import MailboxId, Role
from tuimail.ui.actions import Action, Context
from tuimail.ui.arrangement import LOWEST_SPLIT
from tuimail.ui.line_edit import LineEdit
from tuimail.ui.parts.appearance import Appearance
from tuimail.ui.parts.bulletin import Bulletin
from tuimail.ui.parts.composer import Composer
from tuimail.ui.parts.desk import Desk
from tuimail.ui.parts.guide import Guide
from tuimail.ui.parts.places import Places
from tuimail.ui.parts.reader import Reader
from tuimail.ui.parts.triage import Triage
from tuimail.ui.parts.yank import Yank
from tuimail.ui.prompts import Prompt

# What a number typed before a key does.
_TO_A_LINE = {"first", "last"}
_STEPS = {"next": 1, "previous": -1, "scroll-down": 1, "scroll-up": -1}
_AGAIN = {"page-down", "page-up", "half-down", "half-up", "next-unread", "undo", "redo", "mark"}
_ON_MESSAGES = {
    *("delete", "archive", "spam", "move", "copy", "flag", "mark-read", "toggle-unread"),
    *("keep-on-server", "unmark-deleted"),
}
_MOST_AGAIN = 1000


class Deeds:
    """Carries out actions; `height` tells the screen's, `leave` ends the program."""

    def __init__(
        self,
        desk: Desk,
        places: Places,
        reader: Reader,
        bulletin: Bulletin,
        composer: Composer,
        *,
        height: Callable[[], int],
        changed: Callable[[], None],
        leave: Callable[[], None],
        suspend: Callable[[], None],
        redraw: Callable[[], None],
        slow_link: bool,
        appearance: Appearance,
    ) -> None:
        self._desk = desk
        self._places = places
        self._reader = reader
        self._bulletin = bulletin
        self._height = height
        self._changed = changed
        self._quit = leave
        self._suspend = suspend
        self._redraw = redraw
        self._slow_link = slow_link
        self._appearance = appearance
        self._composer = composer
        self._triage = Triage(desk, places, changed, composer.recall)
        self.guide = Guide(
            desk, self.perform, lambda: self.context, lambda: bulletin.reasons, composer.recall
        )
        self._deeds = self._table()

    @property
    def context(self) -> Context:
        """What the keys mean now."""
        if self._desk.mailboxes.active:
            return Context.MAILBOXES
        return Context.MESSAGE if self._reader.reading else Context.LIST

    def perform(self, action: Action, count: int = 0) -> None:
        """Carry out an action of the table; a count repeats it, names a line, or says how
        many messages from the current one on are meant."""
        if action.id in _TO_A_LINE and count and self.context is Context.LIST:
            self._desk.list.move_to(count - 1)
        elif action.id in _STEPS and count:
            self._steps(_STEPS[action.id] * count)
        elif action.id in _AGAIN:
            for _ in range(min(count or 1, _MOST_AGAIN)):
                self._deeds[action.id]()
        else:
            if count and action.id in _ON_MESSAGES and self.context is Context.LIST:
                self._triage.stretch(count)
            self._deeds[action.id]()

    def _steps(self, count: int) -> None:
        if self.context is Context.MESSAGE:
            self._scroll(count)
        else:
            self._step(count)

    def _table(self) -> dict[str, Callable[[], None]]:
        triage, reader = self._triage, self._reader
        return {
            "next": lambda: self._step(1),
            "previous": lambda: self._step(-1),
            "page-down": lambda: self._page(1),
            "page-up": lambda: self._page(-1),
            "half-down": lambda: self._page(0.5),
            "half-up": lambda: self._page(-0.5),
            "first": self._first,
            "last": self._last,
            "open": self._open,
            "scroll-down": lambda: self._scroll(1),
            "scroll-up": lambda: self._scroll(-1),
            "read-on": self._read_on,
            "next-message": lambda: reader.step(1),
            "previous-message": lambda: reader.step(-1),
            "next-unread": self._next_unread,
            "headers": reader.toggle_headers,
            "yank": Yank(self._desk).ask,
            "preview": self._toggle_preview,
            "back": self._back,
            "up": self._up,
            "theme": self._appearance.ask_theme,
            "keymap": self._appearance.ask_keymap,
            "escape": self._escape,
            "delete": triage.delete,
            "archive": triage.archive,
            "move": triage.move,
            "copy": triage.copy,
            "flag": triage.toggle_flag,
            "mark-read": triage.mark_read,
            "toggle-unread": triage.toggle_unread,
            "spam": triage.spam,
            "keep-on-server": triage.keep,
            "unmark-deleted": triage.unmark_deleted,
            "bring-large": self._fetch_large,
            "repeat": triage.repeat,
            "compose": self._composer.compose,
            "reply": lambda: self._composer.answer(Kind.REPLY),
            "reply-all": lambda: self._composer.answer(Kind.REPLY_ALL),
            "reply-list": lambda: self._composer.answer(Kind.REPLY_LIST),
            "forward": lambda: self._composer.answer(Kind.FORWARD),
            "edit-as-new": lambda: self._composer.answer(Kind.EDIT),
            "undo": triage.undo,
            "redo": triage.redo,
            "mark": triage.mark,
            "range": triage.toggle_range,
            "mark-matching": triage.mark_matching,
            "limit": self._limit,
            "search": self._search,
            "go": self._go,
            "mailboxes": self._toggle_mailboxes,
            "go-inbox": lambda: self._go_role(Role.INBOX),
            "go-archive": lambda: self._go_role(Role.ARCHIVE),
            "go-sent": lambda: self._go_role(Role.SENT),
            "go-drafts": lambda: self._go_role(Role.DRAFTS),
            "go-junk": lambda: self._go_role(Role.JUNK),
            "go-trash": lambda: self._go_role(Role.TRASH),
            "pending": self.guide.pending,
            "sync": self._sync,
            "palette": self.guide.palette,
            "help": self.guide.help,
            "redraw": self._redraw,
            "suspend": self._suspend,
            "quit": self._quit,
        }

    # --- moving and reading

    def _step(self, count: int) -> None:
        if self.context is Context.MAILBOXES:
            self._desk.mailboxes.move_by(count)
        else:
            self._desk.list.move_by(count)

    def _page(self, pages: float) -> None:
        match self.context:
            case Context.MAILBOXES:
                self._desk.mailboxes.move_by(round(pages * self._desk.mailboxes.size.height))
            case Context.MESSAGE:
                self._desk.view.page(pages)
            case Context.LIST:
                self._desk.list.page(pages)

    def _first(self) -> None:
        match self.context:
            case Context.MAILBOXES:
                self._desk.mailboxes.move_to(0)
            case Context.MESSAGE:
                self._desk.view.to_start()
            case Context.LIST:
                self._desk.list.move_to(0)

    def _last(self) -> None:
        match self.context:
            case Context.MAILBOXES:
                self._desk.mailboxes.last()
            case Context.MESSAGE:
                self._desk.view.to_end()
            case Context.LIST:
                self._desk.list.move_to(len(self._desk.list.listing) - 1)

    def _scroll(self, rows: int) -> None:
        self._desk.view.scroll(rows)

    def _open(self) -> None:
        if self.context is Context.MAILBOXES:
            self.go_to(self._desk.mailboxes.chosen)
            return
        self._reader.open()

    def _read_on(self) -> None:
        """A page of the message, then the next unread one."""
        if not self._desk.view.page(1):
            self._next_unread()

    def _next_unread(self) -> None:
        async def job() -> None:
            index = await self._places.next_unread()
            if index is None:
                self._desk.say("There is nothing unread after this.")
            else:
                self._desk.list.move_to(index)

        self._desk.run(job, "unread")

    def be_slow(self, *, slow: bool) -> None:
        """Whether a preview costs too much."""
        self._slow_link = slow
        if slow and self._reader.preview:
            self._reader.toggle_preview()

    def _toggle_preview(self) -> None:
        if self._slow_link and not self._reader.preview:
            self._desk.say("No preview on a slow link.")
        elif self._height() < LOWEST_SPLIT:
            self._desk.say(f"A preview needs {LOWEST_SPLIT} lines.")
        else:
            self._reader.toggle_preview()

    def _fetch_large(self) -> None:
        if keys := self._desk.list.listing.chosen:
            self._reader.fetch_large(keys)
        else:
            self._desk.say("There is no message here.")

    # --- going somewhere

    def _enter(self, go: Callable[[], None]) -> None:
        """Go to another list; what is being read stays behind."""
        if self._reader.reading:
            self._reader.close()
        go()
        self._changed()

    def _go_role(self, role: Role) -> None:
        self._leave_mailboxes()
        self._enter(lambda: self._places.go_role(role))

    def _go(self) -> None:
        self._places.pick_place(self.go_to)

    def go_to(self, mailbox: MailboxId | None) -> None:
        """Show another mailbox, from wherever we are."""
        self._leave_mailboxes()
        self._enter(lambda: self._places.go(mailbox))

    def _limit(self) -> None:
        def limited(text: str) -> None:
            self._enter(lambda: self._places.limit(text))

        edit = LineEdit(self._places.place.limit, chosen=True)
        self._desk.prompts.ask(Prompt("Show only:", limited, edit=edit))

    def _search(self) -> None:
        def searched(text: str) -> None:
            self._leave_mailboxes()
            self._enter(lambda: self._places.search(text))

        self._desk.prompts.ask(Prompt("Search all mail:", searched))

    def _toggle_mailboxes(self) -> None:
        if self._desk.mailboxes.active:
            self._leave_mailboxes()
        else:
            self._desk.mailboxes.activate(active=True)
            self._desk.arrange()

    def _leave_mailboxes(self) -> None:
        if self._desk.mailboxes.active:
            self._desk.mailboxes.activate(active=False)
            self._desk.arrange()

    def _back(self) -> None:
        """One step back; from the inbox out of the program, without a question."""
        if not self._step_back():
            self._quit()

    def _up(self) -> None:
        """One step back, never out."""
        if not self._step_back():
            self._desk.say(f"This is the inbox; {self._desk.keymap.first_key('back')} quits.")

    def _step_back(self) -> bool:
        """False if there is no way back from here but out."""
        if self._desk.mailboxes.active:
            self._leave_mailboxes()
        elif self._reader.reading:
            self._reader.close()
        elif self._places.leave():
            return True
        elif self._places.place.role is Role.INBOX:
            return False
        else:
            self._places.go(None)
        return True

    def _escape(self) -> None:
        if self._desk.mailboxes.active:
            self._leave_mailboxes()
        elif self._reader.reading:
            self._reader.close()
        elif not self._triage.unmark():
            self._places.leave()

    def _sync(self) -> None:
        self._bulletin.expect_sync()
        self._desk.say("Fetching and sending")
        self._desk.submit(Sync(), quiet=True)
