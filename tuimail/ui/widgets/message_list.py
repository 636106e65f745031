"""The list of messages: a vector of keys, and the rows in sight fetched off the loop."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from types import MappingProxyType

from textual import events
from textual.message import Message as Notice
from textual.timer import Timer
from textual.worker import Worker

from tuimail.engine.mail import CommandFailed
from tuimail.model.mail import Message, MessageKey
from tuimail.model.operation import StoreFlags, overlay
from tuimail.ui.listing import Listing
from tuimail.ui.rows import Columns, RowState, Span, divide, empty_row, row
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.line import LineWidget

_LINES_AHEAD = 100
_PATIENCE = 0.08
NO_ROWS: Mapping[MessageKey, Message] = MappingProxyType({})

Load = Callable[[Sequence[MessageKey]], Awaitable[Sequence[Message]]]


class MessageList(LineWidget):
    """Draws a `Listing`; a step of the cursor redraws two lines.

    `by_line` lets it scroll by lines, not pages; `brief` rows have no text of the message.
    `moved` is called when the cursor stands on another message or another place, `drawn`
    when rows have come from the disk, `failed` with a sentence when they cannot.
    """

    class Opened(Notice):
        """The current message was chosen with the mouse."""

    def __init__(
        self,
        looks: Looks,
        load: Load,
        *,
        now: Callable[[], datetime],
        by_line: bool = False,
        brief: bool = False,
        moved: Callable[[], None],
        drawn: Callable[[], None],
        failed: Callable[[str], None],
    ) -> None:
        super().__init__(looks, id="list")
        self.listing = Listing(by_line=by_line)
        self.rows: dict[MessageKey, Message] = {}
        self.listed = False
        self.outgoing = False
        self.place_of: Callable[[Message], str] | None = None
        self._nothing = ""
        self.active = True
        self._load = load
        self._now = now
        self._moved = moved
        self._drawn = drawn
        self._failed = failed
        self._brief = brief
        self._columns = divide(80)
        self._waiting = False
        self._patience: Timer | None = None
        self._paper = ExitStack()

    # --- what is listed

    @property
    def current(self) -> Message | None:
        """The message under the cursor, None while its row is on its way."""
        key = self.listing.current
        return None if key is None else self.rows.get(key)

    @property
    def in_sight(self) -> bool:
        """Whether all rows of the window are here."""
        return all(key in self.rows for key in self.listing.around(0))

    def explain(self, nothing: str) -> None:
        """What an empty list says."""
        if nothing != self._nothing:
            self._nothing = nothing
            self.redraw(() if self.listing.keys else None)

    async def coming(
        self, keys: Sequence[MessageKey], *, focus: MessageKey | None = None
    ) -> Mapping[MessageKey, Message]:
        """The rows that `show` needs for these and that are not here, read from the disk.

        So a list that takes the place of another is never seen with rows that are still empty.
        """
        asked: set[int] = set()
        found: dict[MessageKey, Message] = {}
        while missing := [
            MessageKey(key)
            for key in self.listing.after(keys, focus=focus)
            if key not in self.rows and key not in asked
        ]:
            asked.update(missing)
            try:
                found |= {message.key: message for message in await self._load(missing)}
            except CommandFailed as failure:
                self._failed(str(failure))
                break
        return found

    def show(
        self,
        keys: Sequence[MessageKey],
        coming: Mapping[MessageKey, Message] = NO_ROWS,
        *,
        focus: MessageKey | None = None,
    ) -> None:
        """List `keys`; the cursor stays on its message."""
        if not (self.listed or keys):
            self.redraw()
        self.listed = True
        self.rows = {**self.rows, **coming}
        if self.listing.replace(keys, focus=focus):
            self._show_window()
            self._moved()
        self.refetch()

    def start_afresh(self) -> None:
        """Forget cursor, window and marks: another mailbox comes."""
        before = self.listing
        self.listing = Listing(by_line=before.by_line)
        self.listing.height = before.height
        self.listed = False
        self._end_wait()

    def refetch(self) -> None:
        """Ask again for the rows in sight; those that changed are redrawn."""
        self._fetch()

    def take_out(self, keys: frozenset[MessageKey]) -> None:
        """Remove rows at once; the journal follows."""
        self.listing.remove(keys)
        self._show_window()
        self._moved()

    def overlay(self, operations: Iterable[StoreFlags]) -> None:
        """Show flags as they will be."""
        operations = tuple(operations)
        before = self.rows
        self.rows = {
            key: overlay(message, operations) or message for key, message in before.items()
        }
        self._redraw_changed(before)

    # --- moving

    def move_to(self, index: int) -> None:
        before = self.listing.cursor
        lines = self.listing.move_to(index)
        self._show_moved(lines, before)

    def move_by(self, count: int) -> None:
        self.move_to(self.listing.cursor + count)

    def page(self, pages: float) -> None:
        before = self.listing.cursor
        lines = self.listing.scroll(round(pages * self.listing.height))
        self._show_moved(lines, before)

    def _show_moved(self, lines: set[int] | None, before: int) -> None:
        if lines is None:
            self._show_window()
        else:
            self.redraw(lines)
        if before != self.listing.cursor:
            self._moved()

    # --- rows in sight

    def _show_window(self) -> None:
        """Redraw the window, a moment later if its rows must come from the disk first.

        So long nothing else is drawn: one frame answers a key.
        """
        if self.in_sight:
            self._end_wait()
            self.redraw()
            if any(key not in self.rows for key in self.listing.around(self.listing.height)):
                self._fetch()
            return
        if not self._waiting:
            self._waiting = True
            self._paper.enter_context(self.app.batch_update())
            self._patience = self.set_timer(_PATIENCE, self._stop_waiting)
        self._fetch()

    def _stop_waiting(self) -> None:
        if self._waiting:
            self.redraw()
            self._end_wait()

    def _end_wait(self) -> None:
        self._waiting = False
        if self._patience is not None:
            # Or it would end the next wait, too.
            self._patience.stop()
        self._paper.close()

    def _fetch(self) -> None:
        """Read rows from the disk: what is in sight first if it is not here yet."""
        stretches = [self.listing.around(_LINES_AHEAD)]
        if not self.in_sight:
            stretches.insert(0, self.listing.around(0))
        bring = partial(self._bring, stretches)
        _: Worker[None] = self.run_worker(bring, group="rows", exclusive=True)

    async def _bring(self, stretches: Sequence[Sequence[int]]) -> None:
        try:
            for keys in stretches:
                found = await self._load([MessageKey(key) for key in keys])
                self._take({message.key: message for message in found})
        except CommandFailed as failure:
            self._failed(str(failure))

    def _take(self, rows: dict[MessageKey, Message]) -> None:
        before, self.rows = self.rows, rows
        self._drawn()
        if self._waiting:
            self._stop_waiting()
        else:
            self._redraw_changed(before)

    def _redraw_changed(self, before: Mapping[MessageKey, Message]) -> None:
        self.redraw(
            line
            for line, key in enumerate(self.listing.around(0))
            if before.get(MessageKey(key)) != self.rows.get(MessageKey(key))
        )

    # --- drawing

    @property
    def columns(self) -> Columns:
        return self._columns

    def is_cursor(self, y: int) -> bool:
        return self.active and not self.looks.arrow and self._at_cursor(y)

    def activate(self, *, active: bool) -> None:
        """Whether keys go to the list: only then its cursor may be a bar."""
        if active != self.active:
            self.active = active
            self.redraw([self.listing.cursor - self.listing.top])

    def _at_cursor(self, y: int) -> bool:
        return bool(self.listing.keys) and self.listing.top + y == self.listing.cursor

    def line(self, y: int) -> list[Span]:
        key = self.listing.key_at(y)
        if key is None:
            return self._blank(y)
        state = RowState(self._at_cursor(y), self.listing.is_marked(y), self.outgoing)
        message = self.rows.get(key)
        if message is None:
            return empty_row(self._columns, state, self.looks.glyphs)
        if self.place_of is not None:
            place = self.place_of(message)
            state = RowState(state.cursor, state.marked, state.outgoing, place)
        return row(message, self._columns, state, self.looks.glyphs, self._now())

    def _blank(self, y: int) -> list[Span]:
        if y == 1 and self.listed and not self.listing.keys:
            return [Span("   " + self._nothing, Tone.DIM)]
        return []

    # --- size and mouse

    def fit(self) -> None:
        places = self.place_of is not None
        self._columns = divide(self.size.width, places=places, brief=self._brief)
        self.listing.resize(self.size.height)

    def on_resize(self) -> None:
        self.fit_now()
        if not self.in_sight:
            self._show_window()

    def be_brief(self, *, brief: bool) -> None:
        """Show the beginnings of messages, or not."""
        if brief != self._brief:
            self._brief = brief
            self.unfit()
            self.redraw()

    def show_places(self, place_of: Callable[[Message], str] | None) -> None:
        """Show in which mailbox each message is, or not."""
        if place_of != self.place_of:
            self.place_of = place_of
            self.unfit()
            self.redraw()

    def on_click(self, event: events.Click) -> None:
        if self.listing.key_at(event.y) is None:
            return
        already = self._at_cursor(event.y)
        self.move_to(self.listing.top + event.y)
        if already:
            self.post_message(self.Opened())

    def on_mouse_scroll_down(self) -> None:
        self.move_by(3)

    def on_mouse_scroll_up(self) -> None:
        self.move_by(-3)
