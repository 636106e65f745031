"""Whatever user, server, engine and crashes do: nothing is lost, doubled or mistaken.

The store is held against two simple models: what is shown is `overlay` of what the server
last said; and in the end the server has what the user wanted.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.unit.store.fake_server import EPOCH, InDoubt, Server, Token
from tuimail.model.mail import (
    FLAGGED,
    INBOX,
    SEEN,
    AccountName,
    Envelope,
    Flag,
    MailboxName,
    Message,
    MessageKey,
    Order,
)
from tuimail.model.operation import (
    Copy,
    Entry,
    EntryState,
    Expunge,
    Move,
    Operation,
    StoreFlags,
    overlay,
)
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import NOWHERE, Changes, ServerId, ServerMailbox
from tuimail.store import store as store_module
from tuimail.store.flags import flags_of
from tuimail.store.store import AccountFolders, CacheLost, Store

ACCOUNT = AccountName("work")
ARCHIVE, TRASH = MailboxName("Archive"), MailboxName("Trash")
BOXES = (INBOX, ARCHIVE, TRASH)
TODO = Flag("$todo")
OPEN = (EntryState.RECORDED, EntryState.CLAIMED)

boxes = st.sampled_from(BOXES)
flag_sets = st.frozensets(st.sampled_from((SEEN, FLAGGED, TODO)), min_size=1)
picks = st.lists(st.integers(0, 50), min_size=1, max_size=3)

# What a message is in the user's eyes: where, with which flags; None if deleted for good.
State = tuple[MailboxName, frozenset[Flag]] | None


class Crash(Exception):
    """The process ends here."""


@dataclass
class Command:
    """What the user did, to each message: how it was, how it is to be."""

    changes: dict[Token, tuple[State, State]]
    entries: list[int] = field(default_factory=list)
    undone: bool = False


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="tuimail-store-"))
        self.folders = AccountFolders(self.folder / "data", self.folder / "cache")
        self.now = EPOCH
        self.server = Server()
        self.seen: dict[tuple[Token, MailboxName], frozenset[Flag]] = {}
        self.want: dict[Token, State] = {}
        self.contested: set[Token] = set()
        self.token_of: dict[MessageKey, Token] = {}
        self.commands: list[Command] = []
        self.undone: list[Command] = []
        self.made_before: dict[Token, Token] = {}
        self.calm = True
        self.store = self.opened()

    def opened(self) -> Store:
        return Store(ACCOUNT, self.folders, writer=True, clock=lambda: self.now)

    def teardown(self) -> None:
        try:
            self.drain()
        finally:
            self.store.close()
            shutil.rmtree(self.folder)

    def crash(self) -> None:
        self.store.close()
        self.store = self.opened()

    @initialize(
        letters=st.lists(
            st.tuples(boxes, st.frozensets(st.sampled_from((SEEN, FLAGGED)))),
            min_size=2,
            max_size=5,
        ),
        calm=st.booleans(),
    )
    def first_pull(self, letters: list[tuple[MailboxName, frozenset[Flag]]], calm: bool) -> None:
        """While it is calm, nobody else changes the server, and it refuses nothing."""
        self.calm = calm
        for name in BOXES:
            self.server.box(name)
        for name, flags in letters:
            self.server.receive(name, flags)
        self.list_mailboxes()
        for name in BOXES:
            self.pull(name, "")

    def list_mailboxes(self) -> None:
        self.store.merge_mailboxes([ServerMailbox(name) for name in BOXES])

    # Others change the server.

    @rule(name=boxes, flags=st.frozensets(st.sampled_from((SEEN, FLAGGED))))
    def a_letter_comes(self, name: MailboxName, flags: frozenset[Flag]) -> None:
        self.server.receive(name, flags)

    @precondition(lambda self: not self.calm)
    @rule(name=boxes, pick=st.integers(0, 50))
    def a_twin_comes(self, name: MailboxName, pick: int) -> None:
        tokens = sorted(self.server.flags)
        if tokens:
            twin = tokens[pick % len(tokens)]
            token = self.server.receive(name, like=twin)
            look = self.server.looks[token]
            self.contested |= {t for t, other in self.server.looks.items() if other == look}

    @precondition(lambda self: not self.calm)
    @rule(pick=st.integers(0, 50), flags=flag_sets)
    def another_client_flags(self, pick: int, flags: frozenset[Flag]) -> None:
        tokens = [t for t in sorted(self.server.flags) if self.server.where(t)]
        if tokens:
            token = tokens[pick % len(tokens)]
            self.server.flags[token] ^= flags
            self.contest(token)

    @precondition(lambda self: not self.calm)
    @rule(pick=st.integers(0, 50))
    def another_client_removes(self, pick: int) -> None:
        tokens = [t for t in sorted(self.server.flags) if self.server.where(t)]
        if tokens:
            token = tokens[pick % len(tokens)]
            self.server.remove(token)
            self.contest(token)

    def contest(self, token: Token) -> None:
        """What the user wanted of this message, and of copies of it, cannot be foreseen."""
        self.contested |= {token, *self.copies_of(token)}

    def copies_of(self, token: Token) -> set[Token]:
        look = self.server.looks[token]
        return {other for other, its in self.server.looks.items() if its == look}

    @rule(name=boxes)
    def the_server_numbers_anew(self, name: MailboxName) -> None:
        self.server.number_anew(name)

    @precondition(lambda self: not self.server.tells_new_uids)
    @rule()
    def the_server_learns_copyuid(self) -> None:
        self.server.tells_new_uids = True

    @precondition(lambda self: self.server.tells_new_uids)
    @rule()
    def the_server_forgets_copyuid(self) -> None:
        self.server.tells_new_uids = False

    # The user.

    def shown(self, name: MailboxName | None = None) -> list[Message]:
        keys = self.store.keys(name, None, Order.NEWEST)
        return self.store.messages([MessageKey(key) for key in keys])

    def pick(self, picks: list[int]) -> list[Message]:
        """Some messages of one mailbox."""
        everywhere = self.shown()
        if not everywhere:
            return []
        shown = self.shown(everywhere[picks[0] % len(everywhere)].mailbox)
        chosen = {pick % len(shown) for pick in picks}
        return [shown[at] for at in sorted(chosen)]

    def state(self, message: Message) -> State:
        return message.mailbox, message.flags

    def act(
        self,
        operation: Operation,
        changes: Mapping[Token, tuple[State, State]],
        not_before: datetime | None = None,
    ) -> None:
        entries = self.store.record([operation], not_before=not_before)
        changes = {t: (old, new) for t, (old, new) in changes.items() if old != new}
        assert bool(entries) == bool(changes)
        if entries:
            self.commands.append(Command(changes, [entry.id for entry in entries]))
            self.undone.clear()
            self.want |= {token: new for token, (_, new) in changes.items()}

    @rule(
        picks=picks,
        add=st.frozensets(st.sampled_from((SEEN, FLAGGED, TODO))),
        remove=st.frozensets(st.sampled_from((SEEN, FLAGGED, TODO))),
    )
    def the_user_flags(
        self, picks: list[int], add: frozenset[Flag], remove: frozenset[Flag]
    ) -> None:
        chosen = self.pick(picks)
        changes = {
            self.token_of[m.key]: (self.state(m), (m.mailbox, m.flags - remove | add))
            for m in chosen
        }
        if chosen:
            keys = frozenset(message.key for message in chosen)
            self.act(StoreFlags(chosen[0].mailbox, keys, add, remove), changes)

    @rule(picks=picks, to=boxes)
    def the_user_moves(self, picks: list[int], to: MailboxName) -> None:
        chosen = self.pick(picks)
        changes = {self.token_of[m.key]: (self.state(m), (to, m.flags)) for m in chosen}
        if chosen:
            self.act(Move(chosen[0].mailbox, frozenset(m.key for m in chosen), to), changes)

    @rule(picks=picks, to=boxes)
    def the_user_copies(self, picks: list[int], to: MailboxName) -> None:
        chosen = self.pick(picks)
        if not chosen:
            return
        copies = tuple(map(MessageKey, self.store.allot_keys(len(chosen))))
        changes: dict[Token, tuple[State, State]] = {}
        for message, copy in zip(chosen, copies, strict=True):
            token = self.copy_of(self.token_of[message.key])
            self.token_of[copy] = token
            changes[token] = (None, (to, message.flags))
        sources = tuple(message.key for message in chosen)
        self.act(Copy(chosen[0].mailbox, sources, copies, to), changes)

    @rule(picks=picks, later=st.booleans())
    def the_user_deletes_for_good(self, picks: list[int], later: bool) -> None:
        chosen = self.pick(picks)
        changes: dict[Token, tuple[State, State]] = {
            self.token_of[m.key]: (self.state(m), None) for m in chosen
        }
        not_before = self.now + timedelta(minutes=10) if later else None
        if chosen:
            keys = frozenset(message.key for message in chosen)
            self.act(Expunge(chosen[0].mailbox, keys), changes, not_before)

    def copy_of(self, source: Token) -> Token:
        token = self.server.new_token(like=source)
        if source in self.contested:
            self.contested.add(token)
        return token

    @rule()
    def the_user_undoes(self) -> None:
        newest = self.store.newest_undoable()
        undone = self.store.undo()
        assert bool(undone) == (newest is not None)
        if not undone:
            return
        assert all(entry.undone for entry in undone)
        ids = {entry.id for entry in undone}
        command = next(c for c in reversed(self.commands) if ids & set(c.entries))
        command.undone = True
        self.undone.append(command)
        self.want |= {
            token: old
            for token, (old, new) in command.changes.items()
            if not self.is_deleted_since(token, new)
        }

    def is_deleted_since(self, token: Token, left_as: State) -> bool:
        """Whether a deletion for good came after a command that left the message so.

        One that is on its way cannot be undone, and nothing brings the message back.
        """
        return left_as is not None and self.want[token] is None

    @rule()
    def the_user_redoes(self) -> None:
        newest = self.store.newest_redoable()
        redone = self.store.redo()
        assert (newest is None) == (not self.undone)
        if newest is None:
            assert not redone
            return
        command = self.undone.pop()
        changes: dict[Token, tuple[State, State]] = {
            token: (old, new)
            for token, (old, new) in command.changes.items()
            if old is not None and not self.is_deleted_since(token, old)
        }
        for entry in redone:
            if isinstance(entry.operation, Copy):
                changes |= self.copied_again(entry.operation, command.changes)
        self.commands.append(Command(changes, [entry.id for entry in redone]))
        self.want |= {token: new for token, (_, new) in changes.items()}

    def copied_again(
        self, operation: Copy, changes: dict[Token, tuple[State, State]]
    ) -> dict[Token, tuple[State, State]]:
        """A copy made again is another message; what is redone after means that one."""
        again: dict[Token, tuple[State, State]] = {}
        for copy, source in zip(operation.copies, operation.sources, strict=True):
            original = self.token_of[source]
            token = self.copy_of(original)
            self.token_of[copy] = token
            for before, change in changes.items():
                if self.server.made_of[before] in self.all_made_as(original):
                    again[token] = change
                    self.made_before[token] = before
        made_again = {self.made_before[token]: token for token in again}
        for command in self.undone:
            command.changes = {made_again.get(t, t): c for t, c in command.changes.items()}
        return again

    def all_made_as(self, token: Token) -> set[Token]:
        """The copy and what was made in its stead before it was made again."""
        found = {token}
        while token in self.made_before:
            token = self.made_before[token]
            found.add(token)
        return found

    def tokens(self, entries: list[Entry]) -> set[Token]:
        found = set()
        for entry in entries:
            for key in entry.operation.keys:
                found |= self.copies_of(self.token_of[key])
        return found

    @rule(minutes=st.integers(1, 15))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    # The engine.

    @rule(name=boxes, crash=st.sampled_from(("", "", "", "merged", "delivered")))
    def pull(self, name: MailboxName, crash: str) -> None:
        since = self.store.bookmark(name)
        changes = self.server.changes(name, since, self.store.known(name))
        outdated = self.outdated(name)
        try:
            self.store.merge(name, changes)
        except CacheLost:
            self.forget_seen(name)
            self.pull(name, crash)
            return
        self.see_changes(name, changes, outdated)
        if crash == "merged":
            self.crash()
            return
        for uid in changes.arrived:
            self.deliver(name, uid)
            if crash == "delivered":
                self.crash()
                return
        self.store.finish_pull(name, changes.bookmark)
        for token, seen_in in list(self.seen):
            if seen_in == name and not self.is_at(token, name):
                del self.seen[token, name]
        self.learn_keys()

    def see_changes(self, name: MailboxName, changes: Changes, outdated: set[Token]) -> None:
        if changes.reset:
            self.forget_seen(name)
        for token in outdated:
            self.seen.pop((token, name), None)
        box = self.server.box(name)
        for uid in changes.vanished:
            self.seen.pop((self.server.ever_at[name, box.validity, uid], name), None)
        for uid, flags in changes.flags.items():
            self.seen[box.messages[uid], name] = flags

    def outdated(self, name: MailboxName) -> set[Token]:
        """What the index has under UIDs that mean nothing any more."""
        now = self.server.box(name).validity
        return {
            self.token_of[key]
            for key, mailbox, validity, uid in self.rows()
            if mailbox == name and uid is not None and validity != now
        }

    def is_at(self, token: Token, name: MailboxName) -> bool:
        return token in self.server.box(name).messages.values()

    def deliver(self, name: MailboxName, uid: int) -> None:
        token = self.server.box(name).messages[uid]
        (key,) = self.store.deliver(name, [self.server.delivery(name, uid)])
        self.seen[token, name] = self.server.flags[token]
        known = self.token_of.setdefault(key, token)
        if known != token:
            assert token in self.copies_of(known), "a key names another message"
            self.contest(token)
            self.token_of[key] = token

    def forget_seen(self, name: MailboxName) -> None:
        self.seen = {seen: flags for seen, flags in self.seen.items() if seen[1] != name}

    def learn_keys(self) -> None:
        """Messages that others look like may have been given a new key."""
        for key, name, validity, uid in self.rows():
            if uid is None:
                continue
            token = self.server.ever_at[name, validity, uid]
            if self.token_of.get(key) != token and len(self.copies_of(token)) > 1:
                self.contest(token)
            self.token_of[key] = token
        parked = [e for e in self.store.pending() if e.state is EntryState.PARKED]
        self.contested |= self.tokens(parked)

    def rows(self) -> list[tuple[MessageKey, MailboxName, int, int | None]]:
        return [
            (MessageKey(key), MailboxName(name), validity, uid)
            for key, name, validity, uid in self.store._journal.rows(
                "SELECT m.key, b.name, m.validity, m.uid FROM idx.message m"
                " JOIN idx.mailbox b ON b.id = m.mailbox"
            )
        ]

    @rule(crash=st.sampled_from(("", "", "", "claimed", "performed", "between", "settled")))
    def push(self, crash: str) -> None:
        for entry, checkpoint in self.store.unfinished():
            self.carry_out(entry, checkpoint, crash, again=True)
            return
        for entry in self.store.due(self.now)[:1]:
            checkpoint = self.server.checkpoint(entry.operation)
            (claimed,) = self.store.claim([entry.id], checkpoint)
            if crash == "claimed":
                self.crash()
                return
            self.carry_out(claimed, checkpoint, crash, again=False)

    def carry_out(self, entry: Entry, checkpoint: ServerId, crash: str, again: bool) -> None:
        ids = self.store.places(entry)
        self.check_places(entry, ids)
        if self.are_outdated(entry, ids):
            if not again:
                self.store.unclaim(entry)
            return
        try:
            done = self.server.perform(
                entry.operation, ids, self.token_of, checkpoint=checkpoint, again=again
            )
        except InDoubt:
            self.store.park(entry, SafeText("it cannot be told"), in_doubt=True)
            return
        if crash == "performed":
            self.crash()
            return
        if entry.operation.keys - done.keys() or (again and None in done.values()):
            self.contested |= self.tokens([entry])
        if isinstance(entry.operation, Copy):
            self.check_copies(entry.operation, done)
        rows = {key: name for key, name, *_ in self.rows()}
        with self.failing(crash == "between"):
            self.store.settle(entry, done)
        if crash == "between":
            self.see(entry.operation, done, rows)
            self.crash()
            return
        self.see(entry.operation, done, rows)
        if crash == "settled":
            self.crash()

    def are_outdated(self, entry: Entry, ids: dict[MessageKey, ServerId]) -> bool:
        """Whether a server would refuse these ids; then the engine waits for a pull."""
        now = self.server.box(entry.operation.mailbox).validity
        return any(place.validity != now for place in ids.values())

    def check_copies(self, operation: Copy, done: dict[MessageKey, ServerId | None]) -> None:
        """A repeated copy may find another one that looks the same, and need not be made."""
        for copy, place in done.items():
            if place is not None:
                token = self.server.ever_at[operation.target, place.validity, place.uid]
                if token != self.token_of[copy]:
                    self.contest(token)
                    self.token_of[copy] = token

    def check_places(self, entry: Entry, ids: dict[MessageKey, ServerId]) -> None:
        """Never the wrong message."""
        name = entry.operation.mailbox
        for key, place in ids.items():
            token = self.server.ever_at.get((name, place.validity, place.uid))
            assert token == self.token_of[key]

    @contextmanager
    def failing(self, fails: bool) -> Iterator[None]:
        def crash(name: str) -> None:
            if fails:
                raise Crash(name)

        with mock.patch.object(store_module, "failpoint", crash), suppress(Crash):
            yield

    def see(
        self,
        operation: Operation,
        done: dict[MessageKey, ServerId | None],
        rows: dict[MessageKey, MailboxName],
    ) -> None:
        """The index takes over what the server did."""
        if isinstance(operation, Copy):
            for copy, source in zip(operation.copies, operation.sources, strict=True):
                token = self.token_of[copy]
                if copy in done and source in rows:
                    flags = self.seen[self.token_of[source], rows[source]]
                    self.seen.setdefault((token, operation.target), flags)
            return
        for key in done.keys() & rows.keys():
            token = self.token_of[key]
            flags = self.seen.pop((token, rows[key]))
            if isinstance(operation, StoreFlags):
                flags = flags - operation.remove | operation.add
                self.seen[token, rows[key]] = flags
            elif isinstance(operation, Move):
                self.seen.setdefault((token, operation.target), flags)

    @rule(pushes=st.integers(1, 3))
    def the_engine_syncs(self, pushes: int) -> None:
        for name in BOXES:
            self.pull(name, "")
        for _ in range(pushes):
            self.push("")

    @precondition(lambda self: not self.calm)
    @rule(picks=picks)
    def the_server_refuses(self, picks: list[int]) -> None:
        for entry in self.store.due(self.now)[:1]:
            self.store.claim([entry.id], NOWHERE)
            keys = sorted(entry.operation.keys)
            refused = {keys[pick % len(keys)] for pick in picks}
            self.contested |= self.tokens(self.store.pending())
            self.store.park(entry, SafeText("no"), refused)
            for key in refused:
                assert not any(
                    key in other.operation.keys
                    for other in self.store.pending()
                    if other.id == entry.id and other.state in OPEN
                )
            self.store.unclaim(entry)

    @rule(again=st.booleans())
    def the_user_answers_for_what_was_parked(self, again: bool) -> None:
        parked = [e for e in self.store.pending() if e.state is EntryState.PARKED]
        self.contested |= self.tokens(parked)
        before = {entry.id for entry in self.store.pending()}
        for entry in parked[:1]:
            assert self.store.retry(entry.id) if again else self.store.drop(entry.id)
            now = {e.id for e in self.store.pending()}
            assert entry.id not in now
            if now - before:
                self.commands.append(Command({}, entries=sorted(now - before)))

    @rule(running=st.booleans())
    def the_cache_is_lost(self, running: bool) -> None:
        if not running:
            self.store.close()
        shutil.rmtree(self.folders.cache)
        if not running:
            self.store = self.opened()
        self.seen.clear()
        self.list_mailboxes()

    # What must hold.

    @invariant()
    def the_index_is_what_the_server_last_said(self) -> None:
        found: dict[tuple[Token, MailboxName], frozenset[Flag]] = {}
        rows = self.store._journal.rows(
            "SELECT m.key, b.name, m.validity, m.uid, m.flags, m.words FROM idx.message m"
            " JOIN idx.mailbox b ON b.id = m.mailbox"
        )
        for key, name, validity, uid, flags, words in rows:
            token = self.token_of[key]
            if uid is not None:
                assert token == self.server.ever_at[name, validity, uid]
            assert (token, name) not in found, "a message is there twice"
            found[token, name] = flags_of(flags, words)
        assert found == self.seen

    @invariant()
    def what_is_shown_is_the_overlay(self) -> None:
        entries = [e.operation for e in self.store.pending() if e.state in OPEN]
        expected = set()
        for key, name, *_ in self.rows():
            flags = self.seen[self.token_of[key], name]
            message = overlay(_message(key, name, flags), entries)
            if message:
                expected.add((key, message.mailbox, message.flags))
        expected |= self.phantoms(entries)
        shown = {(m.key, m.mailbox, m.flags) for m in self.shown()}
        assert shown == expected
        for name in BOXES:
            in_it = {(m.key, m.mailbox, m.flags) for m in self.shown(name)}
            assert in_it == {row for row in expected if row[1] == name}

    def phantoms(
        self, entries: list[Operation]
    ) -> set[tuple[MessageKey, MailboxName, frozenset[Flag]]]:
        """Copies that are not in the index yet: their sources as they were when copied."""
        rows = {key: name for key, name, *_ in self.rows()}
        found: dict[MessageKey, Message] = {}
        for at, operation in enumerate(entries):
            if not isinstance(operation, Copy):
                continue
            for copy, source in zip(operation.copies, operation.sources, strict=True):
                base: Message | None = found.get(source)
                if source in rows:
                    flags = self.seen[self.token_of[source], rows[source]]
                    base = _message(source, rows[source], flags)
                if copy in rows or base is None:
                    continue
                before = overlay(base, entries[:at])
                if before:
                    found[copy] = _message(copy, operation.target, before.flags)
        shown = [
            overlay(m, [o for o in entries if not isinstance(o, Copy)]) for m in found.values()
        ]
        return {(m.key, m.mailbox, m.flags) for m in shown if m}

    @invariant()
    def counts_are_those_of_the_lists(self) -> None:
        for mailbox in self.store.mailboxes():
            shown = self.shown(mailbox.name)
            assert mailbox.total == len(shown)
            assert mailbox.unread == sum(message.unread for message in shown)
            assert mailbox.size == sum(message.size for message in shown)

    def drain(self) -> None:
        """Let the engine work until nothing is left to do."""
        self.now += timedelta(hours=1)
        for _ in range(60):
            for name in BOXES:
                self.pull(name, "")
            self.what_is_shown_is_the_overlay()
            if not [e for e in self.store.pending() if e.state in OPEN]:
                break
            self.push("")
        assert [e for e in self.store.pending() if e.state in OPEN] == []
        for token, state in self.want.items():
            if token in self.contested:
                continue
            place = self.server.where(token)
            assert (place and (place[0], self.server.flags[token])) == state, self.story(token)

    def story(self, token: Token) -> str:
        """What the journal says of a message, for whoever reads a failure."""
        keys = {key for key, its in self.token_of.items() if its == token}
        lines = [
            f"{entry.id} {entry.state} {entry.operation} {entry.reason} {entry.undoes=}"
            for entry in reversed(self.store.history(1000))
            if entry.operation.keys & keys
        ]
        return "\n".join([f"message {token} under {keys}, wanted {self.want[token]}", *lines])


def _message(key: MessageKey, name: MailboxName, flags: frozenset[Flag]) -> Message:
    return Message(key, "", ACCOUNT, name, flags, EPOCH, 0, Envelope(), "")


StoreMachine.TestCase.settings = settings(
    stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestStore = StoreMachine.TestCase
