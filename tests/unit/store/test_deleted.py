"""Messages marked \\Deleted are held but not shown, as RFC 8621 4.1.1 wants it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import apsw
import pytest

from tuimail.model.mail import (
    DELETED,
    INBOX,
    AccountName,
    Envelope,
    Flag,
    Mailbox,
    MailboxName,
    MessageKey,
    Order,
    Role,
)
from tuimail.model.operation import Move, StoreFlags
from tuimail.model.query import parse_query
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import NOWHERE, Bookmark, Changes, ServerMailbox
from tuimail.store.database import MIGRATIONS
from tuimail.store.store import AccountFolders, Delivery, Store
from tuimail.store.values import utc_now

TARGET = MailboxName("Archive")
SINCE = utc_now() - timedelta(days=3)
MARKED = frozenset({DELETED})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    folders = AccountFolders(tmp_path / "data", tmp_path / "cache")
    with Store(AccountName("work"), folders, writer=True) as store:
        listed = [ServerMailbox(INBOX, Role.INBOX), ServerMailbox(TARGET, Role.ARCHIVE)]
        store.merge_mailboxes(listed)
        pull(store, INBOX, {1: frozenset(), 2: frozenset()})
        pull(store, TARGET, {})
        yield store


def pull(
    store: Store, mailbox: MailboxName, there: dict[int, frozenset[Flag]], *letters: int
) -> None:
    """Pull a mailbox that has these UIDs; `letters` says which letter each of them is."""
    letter_of = dict(zip(there, letters or there, strict=True))
    store.bookmark(mailbox)
    known = set(store.known(mailbox))
    arrived = sorted(there.keys() - known)
    reached = Bookmark(1, max(there, default=0) + 1, 0, len(there))
    flags = {uid: there[uid] for uid in known & there.keys()}
    vanished = sorted(known - there.keys())
    store.merge(mailbox, Changes(reached, arrived=arrived, vanished=vanished, flags=flags))
    store.deliver(mailbox, [delivery(uid, letter_of[uid], there[uid]) for uid in arrived])
    store.finish_pull(mailbox, reached)


def delivery(uid: int, letter: int, flags: frozenset[Flag]) -> Delivery:
    return Delivery(
        uid=uid,
        validity=1,
        flags=flags,
        received=SINCE + timedelta(minutes=letter),
        size=1000,
        envelope=Envelope(SafeText(f"Budget {letter}"), message_id=f"{letter}@example.org"),
    )


def shown(store: Store, mailbox: MailboxName | None = INBOX, query: str = "") -> list[MessageKey]:
    asked = parse_query(query, utc_now()) if query else None
    return [MessageKey(key) for key in store.keys(mailbox, asked, Order.OLDEST)]


def mailbox_of(store: Store, name: MailboxName = INBOX) -> Mailbox:
    return next(mailbox for mailbox in store.mailboxes() if mailbox.name == name)


def counts(store: Store, name: MailboxName = INBOX) -> tuple[int, int, int, int]:
    mailbox = mailbox_of(store, name)
    return mailbox.total, mailbox.unread, mailbox.size, mailbox.deleted


def push(store: Store) -> None:
    """As to a server without UIDPLUS: it tells no new UIDs."""
    for entry in store.due(utc_now()):
        (claimed,) = store.claim([entry.id], NOWHERE)
        store.settle(claimed, dict.fromkeys(claimed.operation.keys))


def test_a_marked_message_is_neither_listed_nor_counted_nor_found(store: Store) -> None:
    first, second = shown(store)
    assert counts(store) == (2, 2, 2000, 0)
    pull(store, INBOX, {1: MARKED, 2: frozenset()})
    assert shown(store) == shown(store, None) == shown(store, None, "budget") == [second]
    assert counts(store) == (1, 1, 1000, 1)
    pull(store, INBOX, {1: frozenset(), 2: frozenset()})
    assert shown(store) == shown(store, None, "budget") == [first, second]
    assert counts(store) == (2, 2, 2000, 0)


def test_a_marked_message_counts_as_held(store: Store) -> None:
    pull(store, INBOX, {1: MARKED, 2: frozenset(), 3: MARKED})
    mailbox = mailbox_of(store)
    assert mailbox.on_server == mailbox.total + mailbox.deleted == 3
    assert list(store.known(INBOX)) == [1, 2, 3]
    assert store.check() == []


def test_marking_shows_at_once_and_undo_shows_the_message_again(store: Store) -> None:
    first, second = shown(store)
    store.record([StoreFlags(INBOX, frozenset({first}), add=MARKED)])
    assert shown(store) == shown(store, None, "budget") == [second]
    assert counts(store)[:3] == (1, 1, 1000)
    store.undo()
    assert shown(store) == [first, second]


def test_what_a_move_leaves_behind_is_not_shown_and_undo_brings_the_message_back(
    store: Store,
) -> None:
    first, second = shown(store)
    store.record([Move(INBOX, frozenset({first}), TARGET)])
    push(store)
    pull(store, INBOX, {1: MARKED, 2: frozenset()})
    pull(store, TARGET, {7: frozenset()}, 1)
    assert (shown(store), shown(store, TARGET)) == ([second], [first])
    store.undo()
    assert shown(store) == [first, second]
    push(store)
    pull(store, TARGET, {7: MARKED}, 1)
    pull(store, INBOX, {1: MARKED, 2: frozenset(), 3: frozenset()}, 1, 2, 1)
    assert (shown(store), shown(store, TARGET)) == ([first, second], [])
    assert [message.uid for message in store.messages([first])] == [3]
    assert store.pending() == []


def test_a_quick_undo_does_not_take_what_was_left_behind_for_the_message(store: Store) -> None:
    first, second = shown(store)
    store.record([Move(INBOX, frozenset({first}), TARGET)])
    push(store)
    pull(store, TARGET, {7: frozenset()}, 1)
    store.undo()
    push(store)
    # Only now does a pull see the source: with what the move left there.
    pull(store, INBOX, {1: MARKED, 2: frozenset(), 3: frozenset()}, 1, 2, 1)
    assert shown(store) == [first, second]
    assert [message.uid for message in store.messages([first])] == [3]


def test_a_half_done_move_stays_where_the_user_put_it(store: Store) -> None:
    first, second = shown(store)
    store.record([Move(INBOX, frozenset({first}), TARGET)])
    pull(store, INBOX, {1: MARKED, 2: frozenset()})
    assert (shown(store), shown(store, TARGET)) == ([second], [first])
    assert (counts(store)[0], counts(store, TARGET)[0]) == (1, 1)
    push(store)
    assert (shown(store), shown(store, TARGET)) == ([second], [first])
    assert (counts(store)[0], counts(store, TARGET)[0]) == (1, 1)


def test_an_older_index_is_counted_anew(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "index.db"
    path.parent.mkdir()
    connection = apsw.Connection(str(path))
    connection.execute((MIGRATIONS / "index" / "0001_first.sql").read_text(encoding="utf-8"))
    connection.execute("INSERT INTO mailbox (name) VALUES ('INBOX')")
    for key, flags, size in ((1, 0, 10), (2, 1, 20), (3, 8, 40), (4, 9, 80)):
        connection.execute(
            "INSERT INTO message VALUES (?, 1, 1, ?1, ?1, ?, '', ?1, ?, 1, 1, 0, 0, 0)",
            (key, flags, size),
        )
    connection.pragma("user_version", 1)
    connection.close()
    folders = AccountFolders(tmp_path / "data", path.parent)
    Store(AccountName("work"), AccountFolders(folders.data, tmp_path / "x"), writer=False).close()
    with Store(AccountName("work"), folders, writer=True) as store:
        assert counts(store) == (2, 1, 30, 2)


# What is marked can be asked for.


def test_marked_messages_are_found_when_they_are_asked_for(store: Store) -> None:
    first, second = shown(store)
    pull(store, INBOX, {1: MARKED, 2: frozenset()})
    for mailbox in (INBOX, None):
        assert shown(store, mailbox, "is:deleted") == [first]
        assert shown(store, mailbox, "NOT is:deleted") == [second]
        assert shown(store, mailbox, "(is:deleted OR is:unread) budget") == [first, second]
        assert shown(store, mailbox, "budget") == [second]


def test_the_mark_is_taken_off_and_the_message_is_shown_at_once(store: Store) -> None:
    first, second = shown(store)
    pull(store, INBOX, {1: MARKED, 2: frozenset()})
    store.record([StoreFlags(INBOX, frozenset({first}), remove=MARKED)])
    assert (shown(store), shown(store, INBOX, "is:deleted")) == ([first, second], [])
    push(store)
    pull(store, INBOX, {1: frozenset(), 2: frozenset()})
    assert (shown(store), shown(store, INBOX, "is:deleted")) == ([first, second], [])
    assert counts(store) == (2, 2, 2000, 0)


def test_a_mark_that_is_pending_is_found_too(store: Store) -> None:
    first, _ = shown(store)
    store.record([StoreFlags(INBOX, frozenset({first}), add=MARKED)])
    assert shown(store, INBOX, "is:deleted") == [first]
