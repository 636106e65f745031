"""What a first screen shows of an account: read once, at once or not at all."""

from typing import NamedTuple

from tuimail.model.mail import INBOX, AccountName, Mailbox, Message, MessageKey, Order
from tuimail.store.files import file_id
from tuimail.store.journal_file import JournalFile
from tuimail.store.lost import require_journal
from tuimail.store.shown import Shown, Wish
from tuimail.store.values import AccountFolders

_PATIENCE = 0.02


class FirstLook(NamedTuple):
    """The mailboxes, and the newest messages of the inbox."""

    mailboxes: list[Mailbox]
    newest: list[Message]


def first_look(account: AccountName, folders: AccountFolders, messages: int) -> FirstLook:
    """As a `Store` shows it; at most so many messages. Raises StoreError if that takes time."""
    index = folders.cache / "index.db"
    path = folders.data / "journal.db"
    if file_id(path) is None:
        require_journal(path, index)
        return FirstLook([], [])
    journal = JournalFile(folders.data, index, writer=False, patience=_PATIENCE)
    try:
        journal.leave_log()
        journal.follow()
        return _look(Shown(account, journal), messages)
    finally:
        journal.close()


def _look(shown: Shown, messages: int) -> FirstLook:
    keys = shown.keys(Wish(INBOX, None, Order.NEWEST, messages))
    return FirstLook(shown.mailboxes(), shown.messages([MessageKey(key) for key in keys]))
