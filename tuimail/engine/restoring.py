"""After a POP3 account's journal was lost: what its Maildir says about the server.

What is here must not be stored a second time, nor leave the server because nothing says any
more that it is to stay there.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from itertools import count
from pathlib import Path

from tuimail.backend.maildir.keywords import Keywords
from tuimail.backend.maildir.maildir import Maildir, StoredFile
from tuimail.model.mail import INBOX, KEPT, MailboxName
from tuimail.store.maildrop import Drop, copied, is_copied
from tuimail.store.store import Store

# What came from a server has a name of this form (`drop_stem`), wherever it was moved to.
_FROM_SERVER = "P"


def note_maildir(store: Store, root: Path, now: datetime) -> int:
    """Note what is here and not in the journal, by its content; how many there are.

    The days of these messages are counted from `now`. Raises OSError and StoreError.
    """
    maildir = Maildir(root)
    if not maildir.exists():
        return 0
    drops = store.maildrop.drops()
    known = {drop.name: drop for drop in drops}
    new: list[Drop] = []
    kept: list[Drop] = []
    numbers = _free_numbers(drops)
    keywords = Keywords(root)
    for mailbox, file in _files(maildir):
        stays = KEPT in keywords.flags_of(file.name.letters)
        drop = known.get(file.name.unique)
        if drop is None and _may_be_there(mailbox, file):
            drop = _noted(maildir, file, next(numbers), now)
            new += [replace(drop, kept=stays)] if drop else []
        elif drop is not None and stays and not drop.kept:
            kept.append(drop)
    store.maildrop.store(new, ())
    store.maildrop.keep([drop.uidl for drop in kept], kept=True)
    return len(new)


def _free_numbers(drops: list[Drop]) -> Iterator[int]:
    used = (int(drop.uidl.rpartition(" ")[2]) for drop in drops if is_copied(drop))
    return count(max(used, default=0) + 1)


def _files(maildir: Maildir) -> Iterator[tuple[MailboxName, StoredFile]]:
    for mailbox, folder in maildir.mailboxes().items():
        for file in maildir.files(folder).values():
            yield mailbox, file


def _may_be_there(mailbox: MailboxName, file: StoredFile) -> bool:
    """What was written or filed here alone never was on the server."""
    return mailbox == INBOX or file.name.unique.startswith(_FROM_SERVER)


def _noted(maildir: Maildir, file: StoredFile, number: int, now: datetime) -> Drop | None:
    read = maildir.read(file)
    if read is None:
        return None
    content = read[0]
    return copied(number, sha256(content).digest(), file.name.unique, len(content), now)
