"""Operations on a Maildir: renames that may be repeated, and new files under sure names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import assert_never

from tuimail.backend.base import Refused
from tuimail.backend.maildir.keywords import Keywords
from tuimail.backend.maildir.maildir import Maildir, New, StoredFile, sync_folder
from tuimail.backend.maildir.names import FileName
from tuimail.model.mail import MailboxName, MessageKey
from tuimail.model.operation import Append, Copy, Expunge, Move, Operation, StoreFlags
from tuimail.model.sync import ServerId
from tuimail.model.uid import uid_of

VALIDITY = 1
# Other programs rename files too: look again so often.
TRIES = 5

Ids = Mapping[MessageKey, ServerId]
NewIds = dict[MessageKey, ServerId | None]
Change = Callable[[StoredFile], FileName | None]


class Performer:
    """Carries out one operation at a time; synchronous, raises OSError and Refused."""

    def __init__(
        self, maildir: Maildir, keywords: Keywords, placeholders: Maildir | None = None
    ) -> None:
        self._maildir = maildir
        self._keywords = keywords
        self._placeholders = placeholders

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
        add = self._keywords.letters_of(operation.add)
        remove = self._keywords.letters_of(operation.remove)

        def change(file: StoredFile) -> FileName:
            return self._maildir.rename(file, file.folder, file.name.with_letters(add, remove))

        folders = self._sources(operation.mailbox)
        done = self._each(folders, operation.keys, ids, change)
        for folder in folders:
            sync_folder(folder / "cur")
        return dict(done)

    def _move(self, operation: Move, ids: Ids) -> NewIds:
        folders = self._sources(operation.mailbox)
        targets = [self._maildir.make_mailbox(operation.target)]
        if self._placeholders is not None and len(folders) > 1:
            targets.append(self._placeholders.make_mailbox(operation.target))

        def change(file: StoredFile) -> FileName:
            return self._maildir.rename(file, targets[folders.index(file.folder)], file.name)

        done = self._each(folders, operation.keys, ids, change)
        there = _by_uid(self._maildir, targets).keys()
        earlier = {
            key: ids[key]
            for key in operation.keys & ids.keys() - done.keys()
            if ids[key].uid in there and folders != targets
        }
        # The new name reaches the disk before the old one goes.
        for target in targets:
            sync_folder(target / "cur")
        _sync(folders)
        return {**done, **earlier}

    def _copy(self, operation: Copy, ids: Ids) -> NewIds:
        here = _by_uid(self._maildir, self._sources(operation.mailbox))
        found_here = (here.get(ids[each].uid) for each in operation.sources if each in ids)
        if any(file is not None and file.name.stands_for is not None for file in found_here):
            raise Refused("It is still on the server only, because it is large: fetch it first")
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
        folders = self._sources(operation.mailbox)

        def remove(file: StoredFile) -> None:
            file.path.unlink()

        done = self._each(folders, operation.keys, ids, remove)
        _sync(folders)
        return dict.fromkeys(done)

    def _sources(self, mailbox: MailboxName) -> list[Path]:
        """The mailbox's own folder, and that of its placeholders."""
        folder = self._maildir.folder(mailbox)
        if folder is None:
            raise Refused("The mailbox is not there any more.")
        held = None
        if self._placeholders is not None and self._placeholders.exists():
            held = self._placeholders.folder(mailbox)
        return [folder] if held is None else [folder, held]

    def _each(
        self, folders: Sequence[Path], keys: frozenset[MessageKey], ids: Ids, change: Change
    ) -> dict[MessageKey, ServerId]:
        """Change every message that is there; one that was renamed meanwhile is looked up."""
        done: dict[MessageKey, ServerId] = {}
        left = {key: ids[key].uid for key in keys & ids.keys()}
        for _ in range(TRIES):
            here = _by_uid(self._maildir, folders)
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


def _by_uid(maildir: Maildir, folders: Sequence[Path]) -> dict[int, StoredFile]:
    """The first folder's come before those of the others."""
    files = [maildir.files(folder).values() for folder in reversed(folders)]
    return {file.name.uid: file for some in files for file in some}


def _sync(folders: Iterable[Path]) -> None:
    for folder in folders:
        for each in ("new", "cur"):
            sync_folder(folder / each)
