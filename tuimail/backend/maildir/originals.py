"""Reading a Maildir's messages where they are, by UID, whoever may rename them meanwhile."""

from collections.abc import Iterator
from pathlib import Path

from tuimail.backend.maildir.maildir import Maildir, StoredFile
from tuimail.model.mail import MailboxName


class Originals:
    """For one thread at a time; raises OSError."""

    def __init__(self, root: Path) -> None:
        self._maildir = Maildir(root)
        self._known: dict[Path, dict[int, StoredFile]] = {}

    def __call__(self, mailbox: MailboxName, uid: int) -> bytes | None:
        """The wire's bytes of a message of `mailbox`, wherever it is now; None if it is gone."""
        for folder in self._folders(mailbox):
            found = self._read(folder, uid)
            if found is not None:
                return found
        return None

    def _folders(self, mailbox: MailboxName) -> Iterator[Path]:
        """The usual one first; the others are looked up only if they are wanted."""
        usual = self._maildir.folder(mailbox)
        if usual is not None:
            yield usual
        yield from (each for each in self._maildir.mailboxes().values() if each != usual)

    def _read(self, folder: Path, uid: int) -> bytes | None:
        """By the name that it had when the folder was last listed, else by a new listing."""
        file = self._known.get(folder, {}).get(uid)
        read = None if file is None else self._maildir.read(file)
        if read is None:
            files = self._maildir.files(folder).values()
            self._known[folder] = {each.name.uid: each for each in files}
            file = self._known[folder].get(uid)
            read = None if file is None else self._maildir.read(file)
        return None if read is None else read[0]
