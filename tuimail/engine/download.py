"""From an IMAP server into a Maildir: every message whole and durable, each exactly once.

May be interrupted anywhere: a file's name says which message of the server it is.
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import ParamSpec, TypeVar

from tuimail.backend.base import Backend, Refused
from tuimail.backend.maildir.keywords import Keywords
from tuimail.backend.maildir.maildir import Maildir, New, StoredFile, drop_stem, sync_folder
from tuimail.engine.copies import RECENT, Tell, listing, require_whole
from tuimail.engine.tasks import in_thread
from tuimail.model.mail import INBOX, Flag, MailboxName, Role
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import Fetched, Part, ServerMailbox
from tuimail.store.failpoint import failpoint
from tuimail.store.store import StoreError

BATCH = 50
BATCH_BYTES = 4_000_000
# Mail may come while we look; who moves mail about all the time has to stop.
ROUNDS = 5
_MARKER = "tuimail-converting"

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Here:
    """One message of the server's that is a file here now."""

    mailbox: MailboxName
    file: StoredFile
    sha256: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """One message of the server's; `mark` is what its file's name has to say.

    `in_view`: its mailbox lists all mail, also what is in other mailboxes (RFC 6154).
    """

    mailbox: MailboxName
    validity: int
    uid: int
    flags: frozenset[Flag]
    in_view: bool = False

    @property
    def mark(self) -> str:
        return _mark_of(drop_stem(b"", f"{self.mailbox}\0{self.validity}\0{self.uid}"))

    def named(self, content: bytes) -> str:
        return drop_stem(sha256(content).digest(), f"{self.mailbox}\0{self.validity}\0{self.uid}")


def begin(maildir: Maildir) -> None:
    """An empty Maildir, or the one that an interrupted conversion has begun.

    One from earlier days is kept under another name: its messages went to the server since,
    and may have been deleted there. Raises OSError.
    """
    marker = maildir.root / _MARKER
    if maildir.root.exists() and not marker.exists() and maildir.uniques():
        number = 1
        while os.path.lexists(aside := maildir.root.with_name(f"{maildir.root.name}~{number}")):
            number += 1
        maildir.root.rename(aside)
        sync_folder(maildir.root.parent)
    maildir.make()
    marker.touch(mode=0o600)
    sync_folder(maildir.root)


def end(maildir: Maildir) -> None:
    """The Maildir is the account's own now, and no copy any more. Raises OSError."""
    (maildir.root / _MARKER).unlink(missing_ok=True)
    sync_folder(maildir.root)


class Download:
    """Takes everything of `server` into `maildir`."""

    def __init__(self, server: Backend, maildir: Maildir, tell: Tell) -> None:
        self._server = server
        self._maildir = maildir
        self._keywords = Keywords(maildir.root)
        self._tell = tell
        self._contents: set[str] = set()
        self._elsewhere: set[str] = set()

    async def run(self) -> list[Here]:
        """Everything, read again from the disk. Refused if something cannot be had."""
        for _ in range(ROUNDS):
            wanted = await self._wanted()
            if not await self._fetch_missing(wanted):
                return await self._on_disk(self._verified, wanted)
        raise Refused("mail on the server keeps changing; nothing was switched: convert again")

    async def _wanted(self) -> dict[str, Wanted]:
        wanted: dict[str, Wanted] = {}
        boxes = [box for box in await self._server.mailboxes() if box.selectable]
        for box in sorted(boxes, key=_is_view):
            if box.role is Role.FLAGGED:
                continue
            validity, uids = await listing(self._server, box.name)
            async for fetched in self._server.fetch(box.name, validity, uids, Part.HEADERS):
                require_whole(box.name, fetched)
                flags = fetched.flags - {RECENT}
                each = Wanted(box.name, validity, fetched.uid, flags, _is_view(box))
                if each.mark not in self._elsewhere:
                    wanted[each.mark] = each
        return wanted

    async def _fetch_missing(self, wanted: Mapping[str, Wanted]) -> int:
        """Returns how many were missing and are still there."""
        here = await self._on_disk(self._by_mark)
        self._contents = {_content_of(file) for file in here.values()}
        missing = [each for mark, each in wanted.items() if mark not in here]
        places = list(dict.fromkeys((each.mailbox, each.validity) for each in missing))
        done = 0
        for mailbox, validity in places:
            of_mailbox = {each.uid: each for each in missing if each.mailbox == mailbox}
            batch: list[tuple[Wanted, Fetched]] = []
            async for fetched in self._server.fetch(mailbox, validity, list(of_mailbox), Part.FULL):
                require_whole(mailbox, fetched)
                batch.append((of_mailbox[fetched.uid], fetched))
                if _is_full(batch):
                    done += await self._keep(batch)
                    self._tell("brought here", done, len(missing))
                    batch = []
            done += await self._keep(batch)
            self._tell("brought here", done, len(missing))
        return len(missing)

    async def _keep(self, batch: Sequence[tuple[Wanted, Fetched]]) -> int:
        await self._on_disk(self._deliver, [each for each in batch if self._is_new(*each)])
        failpoint("after_convert_delivery")
        return len(batch)

    def _is_new(self, wanted: Wanted, fetched: Fetched) -> bool:
        """Whether to store it: a view's message may be here by its proper mailbox."""
        content = wanted.named(fetched.content).partition(".")[0]
        if wanted.in_view and content in self._contents:
            self._elsewhere.add(wanted.mark)
            return False
        self._contents.add(content)
        return True

    def _deliver(self, batch: Sequence[tuple[Wanted, Fetched]]) -> None:
        alike: dict[tuple[MailboxName, frozenset[Flag]], list[New]] = {}
        for wanted, fetched in batch:
            new = New.of(wanted.named(fetched.content), fetched.content, fetched.received)
            alike.setdefault((wanted.mailbox, wanted.flags), []).append(new)
        for (mailbox, flags), messages in alike.items():
            self._maildir.deliver(mailbox, messages, self._keywords.letters_of(flags))

    def _by_mark(self) -> dict[str, StoredFile]:
        return {
            _mark_of(unique): file
            for folder in self._maildir.mailboxes().values()
            for unique, file in self._maildir.files(folder).items()
        }

    def _verified(self, wanted: Mapping[str, Wanted]) -> list[Here]:
        """Read every file, set its flags right, and take away what moved on the server."""
        files = self._by_mark()
        found: list[Here] = []
        for number, (mark, each) in enumerate(wanted.items(), 1):
            found.append(self._checked(each, files[mark]))
            self._set_flags(each, files[mark])
            self._tell("checked", number, len(wanted))
        held = {_content_of(here.file) for here in found}
        for mark in files.keys() - wanted.keys():
            if _content_of(files[mark]) in held:
                files[mark].path.unlink()
        return found

    def _checked(self, wanted: Wanted, file: StoredFile) -> Here:
        read = self._maildir.read(file)
        if read is None or not file.name.unique.startswith(wanted.named(read[0])):
            raise Refused(f"{file.path} is not as it was stored; nothing was switched")
        return Here(wanted.mailbox, file, sha256(read[0]).digest(), len(read[0]))

    def _set_flags(self, wanted: Wanted, file: StoredFile) -> None:
        name = file.name.with_letters(self._keywords.letters_of(wanted.flags), file.name.letters)
        if name != file.name:
            self._maildir.rename(file, file.folder, name)

    async def _on_disk(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await in_thread(work, *args, **kwargs)
        except OSError as trouble:
            words = safe_line(trouble.strerror or str(trouble), 200)
            raise StoreError(f"the mail cannot be stored here: {words}") from trouble


def inbox_of(found: Collection[Here]) -> list[Here]:
    """What a POP3 server of the same mail will list."""
    return [here for here in found if here.mailbox == INBOX]


def _is_view(box: ServerMailbox) -> bool:
    return box.role is Role.ALL


def _is_full(batch: Sequence[tuple[Wanted, Fetched]]) -> bool:
    return len(batch) >= BATCH or sum(fetched.size for _, fetched in batch) >= BATCH_BYTES


def _mark_of(unique: str) -> str:
    """The second part of a name that `drop_stem` made; of another name all of it."""
    parts = unique.split(".")
    return parts[1] if len(parts) > 2 and parts[0].startswith("P") else unique


def _content_of(file: StoredFile) -> str:
    return file.name.unique.partition(".")[0]
