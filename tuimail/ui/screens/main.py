"""The main screen: keys to actions, news to widgets, and where everything stands."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from time import monotonic
from typing import TypeVar

from textual import events
from textual.app import ComposeResult
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker

from tuimail.engine.mail import CommandFailed, Mail
from tuimail.model.safe_text import safe_line
from tuimail.ui.actions import Action, Context
from tuimail.ui.arrangement import arrange
from tuimail.ui.bars import Standing
from tuimail.ui.cells import settle
from tuimail.ui.hand import Hand
from tuimail.ui.held_keys import HeldKeys
from tuimail.ui.keymap import Keymap, key_name
from tuimail.ui.parts.appearance import Appearance, Wardrobe
from tuimail.ui.parts.bulletin import Bulletin, FindSecret
from tuimail.ui.parts.composer import Composer, Workshop
from tuimail.ui.parts.deeds import Deeds
from tuimail.ui.parts.desk import Desk, Task
from tuimail.ui.parts.outgoing import Outgoing
from tuimail.ui.parts.places import Places
from tuimail.ui.parts.reader import Reader
from tuimail.ui.parts.sequences import Sequences
from tuimail.ui.prompts import GIVE_UP, Prompts
from tuimail.ui.rows import Span
from tuimail.ui.terminal.painting import repaint
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.line import LineWidget
from tuimail.ui.widgets.mailbox_list import MailboxList
from tuimail.ui.widgets.message_list import MessageList
from tuimail.ui.widgets.message_view import MessageView
from tuimail.ui.widgets.picker import Picker
from tuimail.ui.widgets.status_line import BottomLine, TopLine
from tuimail.ui.window import Window

Result = TypeVar("Result")

_AT_REST = 1.0
_FIRST_PATIENCE = 0.5
_PAINTED_PATIENCE = 3.0
_EARLY_PATIENCE = 10.0

_SLOW = "This line is slow: the list shows subjects alone, no preview follows"
_NOT_SLOW = "This line is fast again"


class MainScreen(Screen[None], inherit_bindings=False):
    """List, message and mailboxes; every key ends in an action of the table."""

    AUTO_FOCUS = ""

    class Dressed(Message):
        """Everything is drawn with other looks from here on."""

        def __init__(self, looks: Looks) -> None:
            super().__init__()
            self.looks = looks

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
        workshop: Workshop,
        by_line: bool,
        slow_link: bool,
        wardrobe: Wardrobe,
        window: Window,
        settled: Callable[[], None] = lambda: None,
        painted: bool = False,
    ) -> None:
        """`painted` is whether the terminal shows a first screen already."""
        super().__init__()
        self._settled = settled
        self._patience = _PAINTED_PATIENCE if painted else _FIRST_PATIENCE
        self._title = title
        self._notices = notices
        self._last_key = 0.0
        self._early = HeldKeys(self._replay, holding=True)
        self._ahead = HeldKeys(self._type_again)
        self._paper = ExitStack()
        self._between = ExitStack()
        self._standing = Standing()
        self.top = TopLine(looks)
        self.bottom = BottomLine(looks)
        self.picker = Picker(looks)
        self.rows = MessageList(
            looks,
            mail.messages,
            now=now,
            by_line=by_line,
            brief=slow_link,
            moved=self._moved,
            drawn=self._rows_came,
            failed=self._rows_failed,
        )
        self.view = MessageView(looks, moved=self.show_standing)
        self.view.clickable = not slow_link
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
            window=window,
            run=self._run_task,
            arrange=self.lay_out,
        )
        self.places = Places(self.desk, self.show_standing)
        self.reader = Reader(self.desk, self.show_standing)
        outgoing = Outgoing(self.desk)
        self.composer = Composer(
            self.desk,
            self.places,
            outgoing,
            workshop,
            self._ahead,
            review=self._on_top,
            write=self._on_top,
            ended=self._resume,
        )
        self.bulletin = Bulletin(
            self.desk,
            self.places,
            self.reader,
            outgoing,
            find_secret=find_secret,
            rest=self._rest,
            changed=self.show_standing,
        )
        self.deeds = Deeds(
            self.desk,
            self.places,
            self.reader,
            self.bulletin,
            self.composer,
            height=lambda: self.size.height,
            changed=self.show_standing,
            leave=self._leave,
            suspend=self._suspend,
            redraw=lambda: repaint(self.app),
            slow_link=slow_link,
            appearance=Appearance(self.desk, wardrobe, self._wear, self.show_standing),
        )
        self.sequences = Sequences(self.desk, self.deeds)

    def compose(self) -> ComposeResult:
        yield self.top
        yield self.boxes
        yield self.rows
        yield self.view
        yield self.bottom
        yield self.picker

    def on_mount(self) -> None:
        news = self.bulletin
        for task in (self.hand.work, news.listen, news.publish, news.count_pending):
            _: Worker[None] = self.run_worker(task)
        self._paper.enter_context(self.app.batch_update())
        # What has waited for the first list begins once that is drawn.
        self._paper.callback(lambda: self.call_after_refresh(self._settled))
        self.set_timer(self._patience, self._paper.close)
        self.set_timer(_EARLY_PATIENCE, self._early.release)
        self.lay_out()
        if self._notices:
            words = Span(settle(" ".join(self._notices)), Tone.BAR_STRONG)
            self.bottom.say(words, holds=True)
        self.desk.run(self.composer.tell_recovered, "compose")

    @property
    def ready(self) -> bool:
        """Whether keys act at once: the first rows are there, or cannot be had."""
        return not self._early.holding

    # --- keys

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self._last_key = monotonic()
        name = key_name(event.key, event.character)
        if self.prompts.current is not None or self._leaves(name) or not self._early.keep(event):
            self.type_key(event)

    def _leaves(self, name: str) -> bool:
        """Whether this key ends the program before there is anything to act on."""
        action = self.desk.keymap.find(self.deeds.context, (name,))
        leaving = isinstance(action, Action) and action.id in {"back", "quit"}
        return leaving and not self._early.kept

    def _replay(self, keys: Sequence[events.Key]) -> None:
        """Carry out what was typed early; a question that came meanwhile must not catch it."""
        if self.prompts.current is None:
            for key in keys:
                self.type_key(key)

    def _type_again(self, keys: Sequence[events.Key]) -> None:
        """To whoever is on top by now."""
        for key in keys:
            self.app.post_message(events.Key(key.key, key.character))

    def on_paste(self, event: events.Paste) -> None:
        """Pasted text is text for a prompt, never keys (security.md T5)."""
        event.stop()
        self.prompts.paste(event.text)

    def type_key(self, event: events.Key) -> None:
        name = key_name(event.key, event.character)
        if self.prompts.current is not None and not self._suspends(name):
            self.prompts.key(name)
        elif self._ahead.holding and name in GIVE_UP and self.composer.give_up():
            self._ahead.forget()
        elif not self._ahead.keep(event) and not self.sequences.take_digit(name):
            self.sequences.act_on(name)

    def _suspends(self, name: str) -> bool:
        action = self.desk.keymap.find(self.deeds.context, (name,))
        return isinstance(action, Action) and action.id == "suspend" and len(name) > 1

    # --- where everything stands

    def lay_out(self) -> None:
        """Lay out for this size and what is open; nothing moves if nothing changed."""
        panes = arrange(
            *self.size,
            choosing=self.boxes.active,
            reading=self.reader.reading,
            preview=self.reader.preview,
        )
        self.boxes.display = panes.boxes
        self.boxes.set_class(panes.alone, "alone")
        self.rows.display = panes.rows
        self.view.display = panes.message
        self.rows.styles.height = panes.list_height
        self.view.styles.height = panes.room[1]
        self.view.ruled = panes.rows
        self.view.expect(Size(*panes.room))
        self.rows.activate(active=self.deeds.context is Context.LIST)
        self.show_standing()

    def be_slow(self, *, slow: bool) -> None:
        """Leave out what costs many bytes, or not any more, and say so."""
        self.rows.be_brief(brief=slow)
        self.view.clickable = not slow
        self.deeds.be_slow(slow=slow)
        self.bottom.say(Span(_SLOW if slow else _NOT_SLOW, Tone.BAR_STRONG), stays=True)

    def _wear(self, looks: Looks) -> None:
        for widget in self.query(LineWidget):
            widget.wear(looks)
        self.post_message(self.Dressed(looks))

    def on_resize(self) -> None:
        self.lay_out()
        self.prompts.resize()

    def show_standing(self) -> None:
        """Bring the first and the last line up to date."""
        listing, place = self.rows.listing, self.places.place
        words, troubled = self.bulletin.connection
        accounts = self.places.accounts
        account = place.view.account if len(accounts) > 1 else None
        if account is not None:
            words = words.removeprefix(f"{settle(safe_line(account))} ")
        self.top.show(
            Standing(
                mailbox=self.places.title,
                position=listing.cursor + 1 if listing.keys else 0,
                total=len(listing) if self.rows.listed else None,
                unread=self.places.unread,
                account=settle(safe_line(account)) if account else self._title,
                limit=place.limit,
                read=self.view.share if self.reader.reading else "",
                marked=listing.marked_count,
                pending=self.bulletin.pending,
                parked=self.bulletin.parked,
                connection=words,
                troubled=troubled,
            )
        )
        self.bottom.remind(self.deeds.guide.hints())
        if self.places.title:
            unread = f" ({self.places.unread} unread)" if self.places.unread else ""
            self.desk.window.entitle(f"tuimail: {self.places.title}{unread}")
        self._begin()

    def _begin(self) -> None:
        """Carry out what was typed early, once there is something to act on, or never will."""
        rows, news = self.rows, self.bulletin
        empty = self.places.known_empty or news.connection[1] or news.pending
        if rows.in_sight if rows.listing.keys else empty:
            self._early.release()

    def _moved(self) -> None:
        self.show_standing()
        self.reader.follow()

    # --- helpers

    def on_mailbox_list_chosen(self, event: MailboxList.Chosen) -> None:
        self.deeds.go_to(event.mailbox)

    def on_message_list_opened(self) -> None:
        self.reader.open()

    def _run_task(self, task: Task, group: str) -> None:
        guarded = partial(self._guard, task)
        _: Worker[None] = self.run_worker(guarded, group=group, exclusive=True)

    async def _guard(self, task: Task) -> None:
        """What the store or the engine cannot do is told in their words."""
        try:
            await task()
        except CommandFailed as failure:
            self.desk.warn(str(failure))

    async def _on_top(self, screen: Screen[Result]) -> Result:
        """Show it until it is done; this screen is not drawn before the next one, or `_resume`."""
        with ExitStack() as undo:
            undo.callback(self._resume)
            ended = self.app.push_screen(screen, wait_for_dismiss=True)
            self._resume()
            self._ahead.release()
            # Should this be cancelled, the screen still ends in order.
            result = await asyncio.shield(ended)
            self._ahead.hold()
            undo.pop_all()
        self._between.enter_context(self.app.batch_update())
        return result

    def _resume(self) -> None:
        """Draw again."""
        self._between.close()

    def _leave(self) -> None:
        """Once all that was done is on disk; if it cannot be, that is told instead."""
        failures = self.hand.failures

        def leave() -> None:
            if self.hand.failures == failures:
                self.app.exit()

        self.hand.at_rest(leave)

    def _rows_came(self) -> None:
        self._paper.close()
        self._begin()

    def _rows_failed(self, sentence: str) -> None:
        self.desk.warn(sentence)
        self._early.release()

    def _suspend(self) -> None:
        self.app.action_suspend_process()

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
