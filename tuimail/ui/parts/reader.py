"""Reading: opens messages, fetches what is not here, marks what was read."""

import asyncio
from collections.abc import Callable, Collection
from functools import partial

from tuimail.engine.commands import Fetch, Mark
from tuimail.engine.mail import CommandFailed
from tuimail.model.body import Body, NotHere
from tuimail.model.mail import SEEN, Message, MessageKey
from tuimail.model.operation import StoreFlags
from tuimail.model.safe_text import SafeText
from tuimail.ui.document import Document, Fields
from tuimail.ui.parts.desk import Act, Desk

_FETCHING = "Fetching the text of this message"
_REST = 0.15
_READ_AFTER = 2.0


class Reader:
    """The message being read, if any, and the preview that follows the cursor."""

    def __init__(self, desk: Desk, changed: Callable[[], None]) -> None:
        self._desk = desk
        self._changed = changed
        self._shown: Message | None = None
        self._body: Body | NotHere | None = None
        self._note = ""
        self._all_headers = False
        self._fields: Fields | None = None
        self._large: set[MessageKey] = set()
        self.reading = False
        self.preview = False

    @property
    def key(self) -> MessageKey | None:
        return None if self._shown is None else self._shown.key

    # --- opening

    def open(self) -> None:
        """Read the current message; it counts as read at once."""
        key = self._desk.list.listing.current
        if key is None:
            return
        self.reading = True
        self._desk.run(partial(self._open, key, self._desk.act, mark=True), "reader")

    def close(self) -> None:
        self.reading = False
        if not self.preview:
            self._show(None)
        self._desk.arrange()
        self._changed()

    def follow(self) -> None:
        """The cursor moved: show its message soon, if a message is shown."""
        if self._desk.list.listing.current == self.key and self.key is not None:
            return
        if self.reading:
            self.open() if self._desk.list.listing.current else self.close()
        elif self.preview:
            self._desk.run(partial(self._preview, self._desk.act), "reader")

    def toggle_preview(self) -> None:
        self.preview = not self.preview
        self._desk.arrange()
        self.follow()
        if not self.preview and not self.reading:
            self._show(None)

    def step(self, count: int) -> None:
        """Read the next or the previous message of the list."""
        before = self._desk.list.listing.cursor
        self._desk.list.move_by(count)
        if self._desk.list.listing.cursor == before:
            self._desk.say("This is the last message." if count > 0 else "This is the first one.")

    def toggle_headers(self) -> None:
        self._all_headers = not self._all_headers
        self._fields = None
        if self._all_headers and self.key is not None:
            self._desk.run(partial(self._read_header, self.key), "header")
        else:
            self._show(self._shown, keep_place=True)

    async def _read_header(self, key: MessageKey) -> None:
        fields = await self._fields_of(key)
        if key == self.key:
            self._fields = fields
            self._show(self._shown, keep_place=True)

    async def _fields_of(self, key: MessageKey) -> Fields | None:
        """All of its header if that is asked for; None while the message is not here."""
        if not self._all_headers:
            return None
        header = await self._desk.mail.header(key)
        return None if isinstance(header, NotHere) else header

    async def _preview(self, act: Act | None) -> None:
        """Wait until the cursor rests; mark as read what was looked at for a while."""
        await asyncio.sleep(_REST)
        if not self.preview:
            return
        key = self._desk.list.listing.current
        if key is None:
            self._show(None)
            return
        await self._open(key, act, mark=False)
        await asyncio.sleep(_READ_AFTER)
        self._mark_read(act)

    async def _open(self, key: MessageKey, act: Act | None, *, mark: bool) -> None:
        """`act` is what made the cursor come here, if not a movement."""
        message = self._desk.list.rows.get(key)
        if message is None:
            message = next(iter(await self._desk.mail.messages([key])), None)
        body = await self._desk.mail.body(key)
        if message is None:
            self._desk.say("This message is not here any more.")
            return
        if not mark and not self.preview:
            # Nobody has seen it.
            return
        self._body, self._fields = body, await self._fields_of(key)
        self._note = _FETCHING if isinstance(body, NotHere) else ""
        self._desk.arrange()
        self._show(message)
        if mark:
            self._mark_read(act)
        if isinstance(body, NotHere):
            await self._fetch(key)

    async def _fetch(self, key: MessageKey) -> None:
        try:
            await self._desk.mail.submit(Fetch(frozenset({key})))
        except CommandFailed as failure:
            self._tell_failure(str(failure))

    def _mark_read(self, act: Act | None) -> None:
        """No step of its own for undo: it belongs to what opened the message (contract.md)."""
        message = self._shown
        if message is None or not message.unread:
            return
        keys, seen = frozenset({message.key}), frozenset({SEEN})
        self._desk.list.overlay([StoreFlags(message.mailbox, keys, add=seen)])

        async def job() -> None:
            recorded = None if act is None else act.recorded
            await self._desk.mail.submit(Mark(keys, seen, by_itself=True, act=recorded))

        self._desk.hand.give(job)

    def fetch_large(self, keys: Collection[MessageKey]) -> None:
        """Bring here what was left on a POP3 server for its size."""
        self._large |= set(keys)
        count = "1 message" if len(keys) == 1 else f"{len(keys)} messages"
        self._desk.say(f"Fetching {count} whole")
        self._desk.submit(Fetch(frozenset(keys), large=True), quiet=True)

    # --- news

    def bodies_arrived(self, keys: Collection[MessageKey]) -> None:
        if self._large & set(keys):
            self._desk.say("The whole message is here" if len(keys) == 1 else "They are here whole")
        self._large -= set(keys)
        if self.key in keys:
            self._desk.run(self._reread, "reader")

    def bodies_failed(self, failed: dict[MessageKey, SafeText]) -> None:
        for key in self._large & failed.keys():
            self._desk.warn(f"It did not come: {failed[key]}")
        self._large -= failed.keys()
        if self.key in failed and isinstance(self._body, NotHere):
            self._tell_failure(failed[self.key])

    async def _reread(self) -> None:
        message = self._shown
        if message is None:
            return
        self._body = await self._desk.mail.body(message.key)
        self._fields = await self._fields_of(message.key)
        self._note = _FETCHING if isinstance(self._body, NotHere) else ""
        self._show(message, keep_place=True)

    def _tell_failure(self, sentence: str) -> None:
        self._note = f"Not here yet: {sentence}"
        self._show(self._shown, keep_place=True)

    def _show(self, message: Message | None, *, keep_place: bool = False) -> None:
        self._shown = message
        self._desk.shown = None if message is None else message.key
        document = None
        if message is not None:
            document = Document(
                message,
                self._body,
                self._desk.looks.glyphs,
                note=self._note,
                fields=self._fields,
            )
        self._desk.view.read(document, keep_place=keep_place)
        self._changed()
