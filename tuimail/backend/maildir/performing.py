"""Operations on a Maildir: renames that may be repeated, and new files under sure names."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import assert_never

from tuimail.backend.base import Refused
from tuimail.backend.maildir.keywords import Keywords
from tuimail.backend.maildir.maildir import Maildir, New, StoredFile, sync_folder
from tuimail.backend.maildir.names import FileName, uid_of
from tuimail.model.mail import MailboxName, MessageKey
from tuimail.model.operation import Append, Copy, Expunge, Move, Operation, StoreFlags
from tuimail.model.sync import ServerId

VALIDITY = 1
# Other programs rename files too: look again so often.
TRIES = 5

Ids = Mapping[MessageKey, ServerId]
NewIds = dict[MessageKey, ServerId | None]
Change = Callable[[StoredFile], FileName | None]


class Performer:
    """Carries out one operation at a time; synchronous, raises OSError and Refused."""

    def __init__(self, maildir: Maildir, keywords: Keywords) -> None:
        self._maildir = maildir
        self._keywords = keywords

    def perform(self, operation: Operation, ids: Ids, content: bytes) -> NewIds:
        match operation:
            case StoreFlags():
                return self._store_flags(operation, ids)
            case Move():
                return self._move(operation, ids)
            case Copy():
                return self._copy(operation, ids)
            case Expunge():
                return self._expunge(operation, ids)
            case Append():
                return self._append(operation, content)
            case _:
                assert_never(operation)

    def _store_flags(self, operation: StoreFlags, ids: Ids) -> NewIds:
        folder = self._source(operation.mailbox)
        add = self._keywords.letters_of(operation.add)
        remove = self._keywords.letters_of(operation.remove)

        def change(file: StoredFile) -> FileName:
            return self._maildir.rename(file, folder, file.name.with_letters(add, remove))

        done = self._each(folder, operation.keys, ids, change)
        sync_folder(folder / "cur")
        return dict(done)

    def _move(self, operation: Move, ids: Ids) -> NewIds:
        folder = self._source(operation.mailbox)
        target = self._maildir.make_mailbox(operation.target)

        def change(file: StoredFile) -> FileName:
            return self._maildir.rename(file, target, file.name)

        done = self._each(folder, operation.keys, ids, change)
        there = {file.name.uid for file in self._maildir.files(target).values()}
        earlier = {
            key: ids[key]
            for key in operation.keys & ids.keys() - done.keys()
            if ids[key].uid in there and folder != target
        }
        # The new name reaches the disk before the old one goes.
        sync_folder(target / "cur")
        _sync(folder)
        return {**done, **earlier}

    def _copy(self, operation: Copy, ids: Ids) -> NewIds:
        folder = self._source(operation.mailbox)
        here = _by_uid(self._maildir, folder)
        answer: NewIds = {}
        for source, copy in zip(operation.sources, operation.copies, strict=True):
            file = here.get(ids[source].uid) if source in ids else None
            found = None if file is None else self._maildir.read(file)
            if file is not None and found is not None:
                new = New.of(f"K{copy}.tuimail", *found)
                answer[copy] = self._stored(operation.target, new, set(file.name.letters))
        return answer

    def _append(self, operation: Append, content: bytes) -> NewIds:
        new = New.of(f"K{operation.key}.tuimail", content, operation.received)
        letters = self._keywords.letters_of(operation.flags)
        return {operation.key: self._stored(operation.mailbox, new, letters)}

    def _stored(self, mailbox: MailboxName, new: New, letters: set[str]) -> ServerId:
        """Keys are never used twice: a file of this name is the first try's work."""
        folder = self._maildir.make_mailbox(mailbox)
        if new.unique not in self._maildir.files(folder):
            self._maildir.deliver(mailbox, [new], letters)
        return ServerId(VALIDITY, uid_of(new.unique))

    def _expunge(self, operation: Expunge, ids: Ids) -> NewIds:
        folder = self._source(operation.mailbox)

        def remove(file: StoredFile) -> None:
            file.path.unlink()

        done = self._each(folder, operation.keys, ids, remove)
        _sync(folder)
        return dict.fromkeys(done)

    def _source(self, mailbox: MailboxName) -> Path:
        folder = self._maildir.folder(mailbox)
        if folder is None:
            raise Refused("The mailbox is not there any more.")
        return folder

    def _each(
        self, folder: Path, keys: frozenset[MessageKey], ids: Ids, change: Change
    ) -> dict[MessageKey, ServerId]:
        """Change every message that is there; one that was renamed meanwhile is looked up."""
        done: dict[MessageKey, ServerId] = {}
        left = {key: ids[key].uid for key in keys & ids.keys()}
        for _ in range(TRIES):
            here = _by_uid(self._maildir, folder)
            left = {key: uid for key, uid in left.items() if uid in here and key not in done}
            for key, uid in left.items():
                try:
                    name = change(here[uid])
                except FileNotFoundError:
                    continue
                done[key] = ServerId(VALIDITY, uid if name is None else name.uid)
            if left.keys() <= done.keys():
                break
        return done


def _by_uid(maildir: Maildir, folder: Path) -> dict[int, StoredFile]:
    return {file.name.uid: file for file in maildir.files(folder).values()}


def _sync(folder: Path) -> None:
    for each in ("new", "cur"):
        sync_folder(folder / each)
