"""The main screen: keys to actions, news to widgets, and where everything stands."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.worker import Worker

from tuimail.engine.commands import Sync
from tuimail.engine.mail import Mail
from tuimail.model.mail import MailboxId, Role
from tuimail.model.safe_text import safe_line
from tuimail.ui.actions import Action, Context
from tuimail.ui.cells import settle
from tuimail.ui.hand import Hand
from tuimail.ui.keymap import Keymap, Waiting, key_name
from tuimail.ui.line_edit import LineEdit
from tuimail.ui.parts.bulletin import Bulletin, FindSecret
from tuimail.ui.parts.desk import Desk, Task
from tuimail.ui.parts.guide import Guide
from tuimail.ui.parts.places import Places
from tuimail.ui.parts.reader import Reader
from tuimail.ui.parts.triage import Triage
from tuimail.ui.prompts import Prompt, Prompts
from tuimail.ui.theme import Looks
from tuimail.ui.widgets.mailbox_list import MailboxList
from tuimail.ui.widgets.message_list import MessageList
from tuimail.ui.widgets.message_view import MessageView
from tuimail.ui.widgets.picker import Picker
from tuimail.ui.widgets.status_line import BottomLine, Standing, TopLine

WIDE = 120
HIGH = 40
LOWEST_SPLIT = 16
_AT_REST = 1.0


class MainScreen(Screen[None], inherit_bindings=False):
    """List, message and mailboxes; every key ends in an action of the table."""

    AUTO_FOCUS = ""

    def __init__(
        self,
        mail: Mail,
        *,
        keymap: Keymap,
        looks: Looks,
        now: Callable[[], datetime],
        title: str,
        notices: Sequence[str],
        find_secret: FindSecret | None,
        slow_link: bool,
    ) -> None:
        super().__init__()
        self._title = title
        self._notices = notices
        self._slow_link = slow_link
        self._typed: tuple[str, ...] = ()
        self._last_key = 0.0
        self._standing = Standing()
        self.top = TopLine(looks)
        self.bottom = BottomLine(looks)
        self.picker = Picker(looks)
        self.rows = MessageList(looks, mail.messages, now=now, moved=self._moved)
        self.view = MessageView(looks)
        self.boxes = MailboxList(looks)
        self.prompts = Prompts(self.bottom, self.picker, lambda: max(2, self.size.height - 2))
        self.hand = Hand(failed=self._tell_failure, idle=self._refresh)
        self.desk = Desk(
            mail=mail,
            looks=looks,
            keymap=keymap,
            now=now,
            list=self.rows,
            view=self.view,
            mailboxes=self.boxes,
            bottom=self.bottom,
            prompts=self.prompts,
            hand=self.hand,
            run=self._run_task,
            arrange=self.lay_out,
        )
        self.places = Places(self.desk, self.show_standing)
        self.reader = Reader(self.desk, self.show_standing)
        self.triage = Triage(self.desk, self.places, self.show_standing)
        self.guide = Guide(self.desk, self.perform, lambda: self.context)
        self.bulletin = Bulletin(
            self.desk,
            self.places,
            self.reader,
            find_secret=find_secret,
            rest=self._rest,
            changed=self.show_standing,
        )
        self._deeds = self._table()

    def compose(self) -> ComposeResult:
        yield self.top
        yield self.boxes
        yield self.rows
        yield self.view
        yield self.bottom
        yield self.picker

    def on_mount(self) -> None:
        for task in (
            self.hand.work,
            self.bulletin.listen,
            self.bulletin.publish,
            self.bulletin.count_pending,
        ):
            _: Worker[None] = self.run_worker(task)
        self.lay_out()
        if self._notices:
            self.desk.say(" ".join(self._notices))

    # --- keys

    @property
    def context(self) -> Context:
        """What the keys mean now."""
        if self.boxes.active:
            return Context.MAILBOXES
        return Context.MESSAGE if self.reader.reading else Context.LIST

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self._last_key = monotonic()
        self.type_key(key_name(event.key, event.character))

    def on_paste(self, event: events.Paste) -> None:
        """Pasted text is text for a prompt, never keys (security.md T5)."""
        event.stop()
        self.prompts.paste(event.text)

    def type_key(self, name: str) -> None:
        if self.prompts.current is not None:
            self.prompts.key(name)
            return
        typed, self._typed = (*self._typed, name), ()
        found = self.desk.keymap.find(self.context, typed)
        if isinstance(found, Waiting):
            self._typed = typed
            self.bottom.ask(self.guide.which_key(typed, found))
            return
        if len(typed) > 1:
            self.bottom.ask(None)
        if found is not None:
            self.perform(found)
        elif len(typed) == 1:
            key = self.desk.keymap.first_key("help")
            self.desk.say(f"{name} does nothing here; {key} shows the keys.")

    def perform(self, action: Action) -> None:
        """Carry out an action of the table."""
        self._deeds[action.id]()

    def _table(self) -> dict[str, Callable[[], None]]:
        triage, reader = self.triage, self.reader
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
            "preview": self._toggle_preview,
            "back": self._back,
            "escape": self._escape,
            "delete": triage.delete,
            "archive": triage.archive,
            "move": triage.move,
            "copy": triage.copy,
            "flag": triage.toggle_flag,
            "mark-read": triage.mark_read,
            "toggle-unread": triage.toggle_unread,
            "spam": triage.spam,
            "repeat": triage.repeat,
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
            "quit": self._quit,
        }

    # --- moving and reading

    def _step(self, count: int) -> None:
        if self.context is Context.MAILBOXES:
            self.boxes.move_by(count)
        else:
            self.rows.move_by(count)

    def _page(self, pages: float) -> None:
        match self.context:
            case Context.MAILBOXES:
                self.boxes.move_by(round(pages * self.boxes.size.height))
            case Context.MESSAGE:
                self.view.page(pages)
            case Context.LIST:
                self.rows.page(pages)

    def _first(self) -> None:
        match self.context:
            case Context.MAILBOXES:
                self.boxes.move_to(0)
            case Context.MESSAGE:
                self.view.to_start()
            case Context.LIST:
                self.rows.move_to(0)

    def _last(self) -> None:
        match self.context:
            case Context.MAILBOXES:
                self.boxes.last()
            case Context.MESSAGE:
                self.view.to_end()
            case Context.LIST:
                self.rows.move_to(len(self.rows.listing) - 1)

    def _scroll(self, rows: int) -> None:
        self.view.scroll(rows)

    def _open(self) -> None:
        if self.context is Context.MAILBOXES:
            mailbox = self.boxes.current
            self._leave_mailboxes()
            if mailbox is not None:
                self._enter(lambda: self.places.go(mailbox.id))
            return
        self.reader.open()

    def _read_on(self) -> None:
        """A page of the message, then the next unread one."""
        if not self.view.page(1):
            self._next_unread()

    def _next_unread(self) -> None:
        async def job() -> None:
            index = await self.places.next_unread()
            if index is None:
                self.desk.say("There is nothing unread after this.")
            else:
                self.rows.move_to(index)

        self._run_task(job, "unread")

    def _toggle_preview(self) -> None:
        if self._slow_link and not self.reader.preview:
            self.desk.say("No preview on a slow link.")
        elif self.size.height < LOWEST_SPLIT:
            self.desk.say(f"A preview needs {LOWEST_SPLIT} lines.")
        else:
            self.reader.toggle_preview()

    # --- going somewhere

    def _enter(self, go: Callable[[], None]) -> None:
        """Go to another list; what is being read stays behind."""
        if self.reader.reading:
            self.reader.close()
        go()
        self.show_standing()

    def _go_role(self, role: Role) -> None:
        self._leave_mailboxes()
        self._enter(lambda: self.places.go_role(role))

    def _go(self) -> None:
        self.places.pick("Go to:", "Mailboxes", self._go_to)

    def _go_to(self, mailbox: MailboxId) -> None:
        self._leave_mailboxes()
        self._enter(lambda: self.places.go(mailbox))

    def _limit(self) -> None:
        def limited(text: str) -> None:
            self._enter(lambda: self.places.limit(text))

        edit = LineEdit(self.places.place.limit)
        self.prompts.ask(Prompt("Show only:", limited, edit=edit))

    def _search(self) -> None:
        def searched(text: str) -> None:
            self._leave_mailboxes()
            self._enter(lambda: self.places.search(text))

        self.prompts.ask(Prompt("Search all mail:", searched))

    def _toggle_mailboxes(self) -> None:
        if self.boxes.active:
            self._leave_mailboxes()
        else:
            self.boxes.activate(active=True)
            self.lay_out()

    def _leave_mailboxes(self) -> None:
        if self.boxes.active:
            self.boxes.activate(active=False)
            self.lay_out()

    def _back(self) -> None:
        """One step back; from the list of a mailbox out of the program, without a question."""
        if self.boxes.active:
            self._leave_mailboxes()
        elif self.reader.reading:
            self.reader.close()
        elif not self.places.leave():
            self._quit()

    def _escape(self) -> None:
        if self.boxes.active:
            self._leave_mailboxes()
        elif self.reader.reading:
            self.reader.close()
        elif not self.triage.unmark():
            self.places.leave()

    def _sync(self) -> None:
        self.bulletin.expect_sync()
        self.desk.say("Fetching and sending …")
        self.desk.submit(Sync(), quiet=True)

    def _quit(self) -> None:
        self.app.exit()

    # --- where everything stands

    def lay_out(self) -> None:
        """Lay out for this size and what is open; nothing moves if nothing changed."""
        wide, height = self.size.width >= WIDE, self.size.height
        alone = self.boxes.active and not wide
        split = (height >= HIGH or self.reader.preview) and height >= LOWEST_SPLIT
        message = self.reader.reading or (self.reader.preview and split)
        self.boxes.display = wide or alone
        self.boxes.set_class(alone, "alone")
        self.rows.display = not alone and (split or not self.reader.reading)
        self.view.display = not alone and message
        self.view.ruled = self.rows.display
        self.show_standing()

    def on_resize(self) -> None:
        self.lay_out()
        self.prompts.resize()

    def show_standing(self) -> None:
        """Bring the first and the last line up to date."""
        listing, place = self.rows.listing, self.places.place
        words, troubled = self.bulletin.connection
        accounts = self.places.accounts
        account = place.view.account if len(accounts) > 1 else None
        self.top.show(
            Standing(
                mailbox=place.title,
                position=listing.cursor + 1 if listing.keys else 0,
                total=len(listing),
                unread=self.places.unread,
                account=settle(safe_line(account)) if account else self._title,
                limit=place.limit,
                marked=listing.marked_count,
                pending=self.bulletin.pending,
                parked=self.bulletin.parked,
                connection=words,
                troubled=troubled,
            )
        )
        self.bottom.remind(self.guide.hints(), list(self.bulletin.work.values()))

    def _moved(self) -> None:
        self.show_standing()
        self.reader.follow()

    # --- helpers

    def on_mailbox_list_chosen(self, event: MailboxList.Chosen) -> None:
        self._go_to(event.mailbox)

    def on_message_list_opened(self) -> None:
        self.reader.open()

    def _run_task(self, task: Task, group: str) -> None:
        _: Worker[None] = self.run_worker(task, group=group, exclusive=True)

    def _tell_failure(self, sentence: str) -> None:
        self.desk.warn(sentence)
        self._refresh()

    def _refresh(self) -> None:
        self.places.refresh()
        self.bulletin.recount()

    async def _rest(self) -> None:
        """Return once no key was typed for a moment: a password must not catch commands."""
        left = _AT_REST
        while left > 0:
            await asyncio.sleep(left)
            left = self._last_key + _AT_REST - monotonic()
