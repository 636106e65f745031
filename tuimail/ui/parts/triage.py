"""Acting on messages: gathers keys, shows the effect at once, submits."""

from collections.abc import Callable, Iterable

from tuimail.engine.commands import (
    Archive,
    Command,
    Copy,
    Delete,
    Keep,
    Mark,
    Move,
    Redo,
    Spam,
    Undo,
)
from tuimail.engine.mail import Done, View
from tuimail.model.mail import (
    DELETED,
    FLAGGED,
    KEPT,
    SEEN,
    Flag,
    MailboxId,
    Message,
    MessageKey,
    Role,
)
from tuimail.model.operation import StoreFlags
from tuimail.model.query import And
from tuimail.ui.folders import role_of
from tuimail.ui.parts.desk import Act, Desk
from tuimail.ui.parts.places import Places
from tuimail.ui.prompts import Prompt

Keys = frozenset[MessageKey]
_TRAIL = 50


class Triage:
    """Commands on the marked messages, else on the current one."""

    def __init__(
        self,
        desk: Desk,
        places: Places,
        changed: Callable[[], None],
        recalled: Callable[[Done], None],
    ) -> None:
        """`recalled` is told of a letter that undo has called back."""
        self._desk = desk
        self._places = places
        self._changed = changed
        self._recalled = recalled
        self._last: Callable[[], None] | None = None
        self._trail: list[MessageKey] = []

    # --- out of this mailbox

    def delete(self) -> None:
        """To the trash; in the trash for good, which is asked once."""
        self._last = self.delete
        keys = self._chosen()
        if not keys:
            return
        if self._places.place.role == Role.TRASH or self._some_in_trash(keys):
            count = "this message" if len(keys) == 1 else f"{len(keys)} messages"
            self._desk.prompts.ask(
                Prompt(
                    f"Delete {count} for good?",
                    lambda _: self._take_out(keys, Delete(keys)),
                    yes_or_no=True,
                )
            )
            return
        self._take_out(keys, Delete(keys))

    def archive(self) -> None:
        self._last = self.archive
        if keys := self._chosen():
            self._take_out(keys, Archive(keys))

    def spam(self) -> None:
        self._last = self.spam
        if keys := self._chosen():
            self._take_out(keys, Spam(keys))

    def move(self) -> None:
        if keys := self._chosen():
            self._pick("Move", keys, self._move)

    def copy(self) -> None:
        if keys := self._chosen():
            self._pick("Copy", keys, self._copy)

    def _pick(self, verb: str, keys: Keys, act: Callable[[Keys, MailboxId], None]) -> None:
        accounts = {message.account for message in self._known(keys)} or set(self._places.accounts)
        account = accounts.pop() if len(accounts) == 1 else None
        title = f"{verb} {_count(keys)} to"
        self._places.pick(f"{verb} to:", title, lambda target: act(keys, target), account)

    def _move(self, keys: Keys, target: MailboxId) -> None:
        self._last = lambda: self._move(self._chosen(), target)
        if not keys:
            return
        if target == self._places.place.mailbox:
            self._desk.say("They are in that mailbox already.")
            return
        self._take_out(keys, Move(keys, target))

    def _copy(self, keys: Keys, target: MailboxId) -> None:
        self._last = lambda: self._copy(self._chosen(), target)
        if keys:
            self._act(keys, Copy(keys, target))

    # --- flags

    def toggle_flag(self) -> None:
        self._last = self.toggle_flag
        self._toggle(FLAGGED)

    def toggle_unread(self) -> None:
        self._last = self.toggle_unread
        self._toggle(SEEN)

    def mark_read(self) -> None:
        self._last = self.mark_read
        if keys := self._chosen():
            self._store_flags(keys, add=frozenset({SEEN}))

    def unmark_deleted(self) -> None:
        """What a search for `is:deleted` shows is a message like all others again."""
        self._last = self.unmark_deleted
        if keys := self._chosen():
            self._store_flags(keys, remove=frozenset({DELETED}))

    def keep(self) -> None:
        """On the POP3 server, whatever its settings say; if all are, no longer."""
        self._last = self.keep
        keys = self._chosen()
        if not keys:
            return

        async def look_first() -> None:
            messages = await self._desk.mail.messages(sorted(keys))
            kept = not all(KEPT in message.flags for message in messages)
            self._act(keys, Keep(keys, kept=kept))

        self._desk.run(look_first, "look")

    def _toggle(self, flag: Flag) -> None:
        """Set it on all unless all have it."""
        keys = self._chosen()
        if not keys:
            return
        known = self._known(keys)
        if len(known) == len(keys):
            self._set(flag, keys, known)
            return

        async def look_first() -> None:
            self._set(flag, keys, await self._desk.mail.messages(sorted(keys)))

        self._desk.run(look_first, "look")

    def _set(self, flag: Flag, keys: Keys, messages: Iterable[Message]) -> None:
        if all(flag in message.flags for message in messages):
            self._store_flags(keys, remove=frozenset({flag}))
        else:
            self._store_flags(keys, add=frozenset({flag}))

    def _store_flags(
        self,
        keys: Keys,
        *,
        add: frozenset[Flag] = frozenset(),
        remove: frozenset[Flag] = frozenset(),
    ) -> None:
        mailboxes = {message.mailbox for message in self._known(keys)}
        self._desk.list.overlay(StoreFlags(name, keys, add, remove) for name in mailboxes)
        self._act(keys, Mark(keys, add=add, remove=remove))

    # --- back and forth

    def undo(self) -> None:
        """Take back the newest command; the cursor goes to what comes back."""
        self._go_back(Undo())

    def redo(self) -> None:
        self._go_back(Redo())

    def repeat(self) -> None:
        if self._last is None:
            self._desk.say("Nothing to repeat yet.")
        else:
            self._last()

    def _go_back(self, command: Undo | Redo) -> None:
        focus = self._trail.pop() if isinstance(command, Undo) and self._trail else None

        async def job() -> None:
            done = await self._desk.mail.submit(command)
            self._desk.tell(done)
            self._places.refresh(focus=focus)
            if done.letter is not None:
                self._recalled(done)

        self._desk.hand.give(job)

    # --- marks

    def mark(self) -> None:
        """Mark the current message, or not any more, and go on."""
        listing = self._desk.list.listing
        if listing.current is None:
            return
        listing.settle_range()
        listing.mark([listing.current], on=listing.current not in listing.marks)
        self._desk.list.redraw([listing.cursor - listing.top])
        self._desk.list.move_by(1)
        self._changed()

    def stretch(self, count: int) -> None:
        """Let the next action apply to `count` messages from the current one on."""
        listing = self._desk.list.listing
        if listing.keys and not listing.marks and listing.anchor is None:
            listing.anchor = listing.cursor
            self._desk.list.move_by(count - 1)

    def toggle_range(self) -> None:
        listing = self._desk.list.listing
        if listing.anchor is not None:
            listing.settle_range()
        elif listing.keys:
            listing.anchor = listing.cursor
        self._desk.list.redraw()
        self._changed()

    def mark_matching(self) -> None:
        self._desk.prompts.ask(Prompt("Mark what matches:", self._mark_matching))

    def unmark(self) -> bool:
        """Forget the marks; False if there are none."""
        listing = self._desk.list.listing
        if not listing.marks and listing.anchor is None:
            return False
        listing.clear_marks()
        self._desk.list.redraw()
        self._changed()
        return True

    def _mark_matching(self, text: str) -> None:
        if not text.strip():
            return
        query = self._places.parse(text)
        if query is None:
            return
        view = self._places.place.view
        both = query if view.query is None else And((view.query, query))
        narrowed = View(view.account, view.mailbox, both, view.order)

        async def job() -> None:
            keys = await self._desk.mail.keys(narrowed)
            self._desk.list.listing.mark(keys, on=True)
            self._desk.list.redraw()
            self._desk.say(f"Marked {len(keys)}")
            self._changed()

        self._desk.run(job, "look")

    # --- helpers

    def _chosen(self) -> Keys:
        keys = self._desk.list.listing.chosen
        if not keys:
            self._desk.say("There is no message here.")
        return keys

    def _known(self, keys: Keys) -> list[Message]:
        rows = self._desk.list.rows
        return [rows[key] for key in keys if key in rows]

    def _some_in_trash(self, keys: Keys) -> bool:
        homes = [self._places.home_of(message) for message in self._known(keys)]
        return any(home is not None and role_of(home) == Role.TRASH for home in homes)

    def _take_out(self, keys: Keys, command: Command) -> None:
        """Act, and where a list is one mailbox show at once that they are gone from it."""
        act = self._act(keys, command, redraw=False)
        with self._desk.moved_by(act):
            if self._places.place.spans_mailboxes:
                self._desk.list.move_by(1)
                self._desk.list.redraw()
            else:
                self._desk.list.take_out(keys)

    def _act(self, keys: Keys, command: Command, *, redraw: bool = True) -> Act:
        """Submit; the marks have served."""
        act = Act()
        listing = self._desk.list.listing
        focus = listing.current if listing.current in keys else next(iter(keys))
        if focus is not None:
            self._trail = [*self._trail[-_TRAIL:], focus]
        marked = bool(listing.marks) or listing.anchor is not None
        again = set(keys) if marked else set[MessageKey]()
        listing.clear_marks()
        if marked and redraw:
            self._desk.list.redraw()
        self._desk.submit(command, act=act, refused=lambda: listing.mark(again, on=True))
        self._changed()
        return act


def _count(keys: Keys) -> str:
    return "1 message" if len(keys) == 1 else f"{len(keys)} messages"
