"""The first look at an account says what a store says, at once or not at all."""

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from tests.benchmarks.sandbox import fill_store, record_moves
from tuimail.model.mail import INBOX, AccountName, MessageKey, Order
from tuimail.store.first_look import FirstLook, first_look
from tuimail.store.store import AccountFolders, Store
from tuimail.store.values import StoreError

MINE = AccountName("mine")
MESSAGES = 50


@pytest.fixture
def folders(tmp_path: Path) -> AccountFolders:
    return AccountFolders(tmp_path / "data", tmp_path / "cache")


@pytest.fixture
def engine(folders: AccountFolders) -> Iterator[Store]:
    with Store(MINE, folders, writer=True) as store:
        fill_store(store, MESSAGES)
        yield store


@pytest.mark.parametrize("pending", [0, 20])
def test_it_says_what_the_store_says(engine: Store, folders: AccountFolders, pending: int) -> None:
    if pending:
        record_moves(engine, pending)
    look = first_look(MINE, folders, 7)
    keys = [MessageKey(key) for key in engine.keys(INBOX, None, Order.NEWEST, 7)]
    assert look == FirstLook(engine.mailboxes(), engine.messages(keys))
    assert len(look.newest) == 7
    [inbox] = [mailbox for mailbox in look.mailboxes if mailbox.name == INBOX]
    assert inbox.total == MESSAGES - pending


def test_an_account_that_was_never_opened_has_nothing_and_is_left_alone(
    folders: AccountFolders,
) -> None:
    assert first_look(MINE, folders, 7) == FirstLook([], [])
    assert not folders.data.exists()


def test_an_index_without_a_journal_is_left_to_who_can_make_one(
    engine: Store, folders: AccountFolders
) -> None:
    engine.close()
    (folders.data / "journal.db").unlink()
    with pytest.raises(StoreError):
        first_look(MINE, folders, 7)


def test_a_locked_journal_is_not_waited_for(engine: Store, folders: AccountFolders) -> None:
    engine.close()
    holder = apsw.Connection(str(folders.data / "journal.db"))
    holder.execute(
        "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE t (c)"
    ).fetchall()
    with pytest.raises(StoreError, match="busy"):
        first_look(MINE, folders, 7)
    holder.close()


def test_a_damaged_index_shows_nothing(engine: Store, folders: AccountFolders) -> None:
    engine.close()
    (folders.cache / "index.db").write_bytes(b"\xff" * 8192)
    assert first_look(MINE, folders, 7) == FirstLook([], [])
