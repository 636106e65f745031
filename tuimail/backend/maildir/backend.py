"""A backend whose server is a Maildir++ on this machine, shared with other programs."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

from tuimail.backend.base import PIECE, Refused, Unreachable
from tuimail.backend.maildir.budget import Budget
from tuimail.backend.maildir.keywords import Keywords
from tuimail.backend.maildir.listing import Listings, is_past
from tuimail.backend.maildir.maildir import Maildir, MissingMaildir, StoredFile
from tuimail.backend.maildir.names import digest_of
from tuimail.backend.maildir.performing import VALIDITY, Performer
from tuimail.backend.pieces import in_pieces
from tuimail.model.mail import INBOX, SEEN, Flag, MailboxName, MessageKey, Role
from tuimail.model.operation import Operation, StoreFlags
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import (
    NOWHERE,
    Bookmark,
    Changes,
    Fetched,
    Part,
    ServerId,
    ServerMailbox,
)

USUAL = {
    Role.ARCHIVE: MailboxName("Archive"),
    Role.DRAFTS: MailboxName("Drafts"),
    Role.JUNK: MailboxName("Junk"),
    Role.SENT: MailboxName("Sent"),
    Role.TRASH: MailboxName("Trash"),
}
# How often the folders' times are looked at.
LOOK_AGAIN = 1.0
# How many files are read in one go.
BATCH = 50

P = ParamSpec("P")
R = TypeVar("R")

Stamp = dict[Path, int]


class MaildirBackend:
    """UIDs are hashes of unique names, so they stay when a message moves; UIDVALIDITY is 1.

    A folder's state is its MODSEQ, a hash too: other than before means that something changed.
    `placeholders` is another Maildir, of what stands for messages that are not here.
    """

    def __init__(
        self,
        maildir: Maildir,
        roles: Mapping[Role, MailboxName] | None = None,
        *,
        placeholders: Maildir | None = None,
        look_again: float = LOOK_AGAIN,
    ) -> None:
        self._maildir = maildir
        self._placeholders = placeholders
        self._roles = {**USUAL, **(roles or {})}
        self._look_again = look_again
        self._budget = Budget()
        self._listings = Listings()
        self._keywords = Keywords(maildir.root)
        self._performer = Performer(maildir, self._keywords, placeholders)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="maildir")
        self._seen: Stamp = {}
        self._told: dict[MailboxName, tuple[int, dict[int, frozenset[Flag]]]] = {}

    async def connect(self) -> None:
        await self._ask(self._make)

    async def close(self) -> None:
        """Nothing is held open."""

    async def mailboxes(self) -> Sequence[ServerMailbox]:
        return await self._look(self._mailboxes)

    async def changes(
        self, mailbox: MailboxName, since: Bookmark | None, known: Collection[int]
    ) -> Changes:
        return await self._look(self._changes, mailbox, since, known)

    async def fetch(
        self, mailbox: MailboxName, validity: int, uids: Sequence[int], part: Part
    ) -> AsyncIterator[Fetched]:
        if validity != VALIDITY:
            raise Refused(f"The mailbox {safe_line(mailbox)} was numbered anew.")
        here = await self._ask(self._present, mailbox, uids)
        wanted = [here[uid] for uid in uids if uid in here]
        for start in range(0, len(wanted), BATCH):
            for fetched in await self._ask(self._read, wanted[start : start + BATCH], part):
                yield fetched

    def pieces(
        self, mailbox: MailboxName, validity: int, uid: int, *, start: int = 0, size: int = PIECE
    ) -> AsyncIterator[bytes]:
        return in_pieces(self.fetch(mailbox, validity, [uid], Part.FULL), start, size)

    def accepts(self, operation: Operation) -> bool:
        match operation:
            case StoreFlags(add=add, remove=remove):
                return self._keywords.accepts(add | remove)
            case _:
                return True

    async def checkpoint(self, operation: Operation) -> ServerId:
        """Of no use: what an operation makes has a name that tells what made it."""
        return NOWHERE

    async def perform(
        self,
        operation: Operation,
        ids: Mapping[MessageKey, ServerId],
        *,
        checkpoint: ServerId = NOWHERE,
        again: bool = False,
        content: bytes = b"",
    ) -> Mapping[MessageKey, ServerId | None]:
        if any(id.validity != VALIDITY for id in ids.values()):
            raise Refused("The mailbox was numbered anew.")
        return await self._ask(self._perform, operation, ids, content)

    async def listen(self, mailbox: MailboxName, tell: Callable[[], None]) -> None:
        """Told is what happens in any mailbox; after many costly looks there is a rest."""
        while True:
            await asyncio.sleep(self._look_again)
            if await self._ask(self._has_news):
                tell()
                await asyncio.sleep(self._budget.rest())

    # In the thread.

    async def _ask(self, question: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """One at a time; a caller that is cancelled stops waiting, what it began is finished."""
        loop = asyncio.get_running_loop()

        def answer() -> R:
            with _told():
                return question(*args, **kwargs)

        return await loop.run_in_executor(self._thread, answer)

    async def _look(self, question: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The same, on the budget."""

        def answer() -> R:
            with self._budget.spending():
                return question(*args, **kwargs)

        return await self._ask(answer)

    def _make(self) -> None:
        self._maildir.make()
        for name in self._roles.values():
            self._maildir.make_mailbox(name)
        if self._placeholders is not None and self._placeholders.exists():
            for name in self._placeholders.mailboxes().keys() - {INBOX}:
                self._maildir.make_mailbox(name)

    def _mailboxes(self) -> list[ServerMailbox]:
        self._seen = _told_apart(self._stamp())
        roles = {name: role for role, name in self._roles.items()} | {INBOX: Role.INBOX}
        return [
            ServerMailbox(name, roles.get(name, Role.NONE), status=self._status(name)[0])
            for name in self._maildir.mailboxes()
        ]

    def _changes(
        self, mailbox: MailboxName, since: Bookmark | None, known: Collection[int]
    ) -> Changes:
        for folder in self._folders(mailbox):
            self._seen |= _told_apart(_times(folder))
        status, flags = self._status(mailbox)
        held = frozenset(known)
        told_at, told = self._told.get(mailbox, (0, {}))
        if since is None or since.modseq != told_at:
            told = {}
        self._told[mailbox] = (status.modseq, flags)
        return Changes(
            status,
            arrived=sorted(flags.keys() - held),
            vanished=sorted(held - flags.keys()),
            flags={uid: flags[uid] for uid in held & flags.keys() if told.get(uid) != flags[uid]},
        )

    def _status(self, mailbox: MailboxName) -> tuple[Bookmark, dict[int, frozenset[Flag]]]:
        listings = [self._listings.of(folder) for folder in self._folders(mailbox)]
        letters: dict[int, str] = {}
        for listing in reversed(listings):
            letters |= listing.letters
        meaning = {each: self._keywords.flags_of(each) for each in set(letters.values())}
        flags = {uid: meaning[each] for uid, each in letters.items()}
        bookmark = Bookmark(
            VALIDITY,
            max(flags, default=0) + 1,
            digest_of(str(listing.digest) for listing in listings),
            len(flags),
            sum(SEEN not in each for each in flags.values()),
        )
        return bookmark, flags

    def _present(self, mailbox: MailboxName, uids: Collection[int]) -> dict[int, StoredFile]:
        """Where those are that are here; a message that is here hides its placeholder."""
        found: dict[int, StoredFile] = {}
        wanted = set(uids)
        for folder in self._folders(mailbox):
            for file in self._maildir.find(folder, wanted):
                found[file.name.uid] = file
            wanted -= found.keys()
        return found

    def _read(self, files: Sequence[StoredFile], part: Part) -> list[Fetched]:
        return [fetched for file in files if (fetched := self._fetched(file, part)) is not None]

    def _fetched(self, file: StoredFile, part: Part) -> Fetched | None:
        if part is Part.FULL and file.name.stands_for is not None:
            return None
        found = self._content(file, part)
        if found is None:
            # Renamed meanwhile, or gone.
            now = self._maildir.files(file.folder).get(file.name.unique)
            found = None if now is None else self._content(now, part)
            file = now or file
        if found is None:
            return None
        content, size, received = found
        flags = self._keywords.flags_of(file.name.letters)
        absent = file.name.stands_for
        whole = size if absent is None else absent
        return Fetched(file.name.uid, flags, received, whole, content, here=absent is None)

    def _content(self, file: StoredFile, part: Part) -> tuple[bytes, int, datetime] | None:
        if part is Part.HEADERS:
            return self._maildir.head(file)
        found = self._maildir.read(file)
        return None if found is None else (found[0], len(found[0]), found[1])

    def _perform(
        self, operation: Operation, ids: Mapping[MessageKey, ServerId], content: bytes
    ) -> dict[MessageKey, ServerId | None]:
        """Our own renames are no news to wait for."""
        quiet = not self._has_news()
        try:
            return self._performer.perform(operation, ids, content)
        finally:
            if quiet:
                now = self._stamp()
                self._seen = {path: now[path] for path in self._seen.keys() & now.keys()}

    def _folders(self, mailbox: MailboxName) -> list[Path]:
        """Where its messages are, and where its placeholders are, if there can be any."""
        folder = self._maildir.folder(mailbox)
        if folder is None:
            if mailbox == INBOX:
                raise MissingMaildir(self._maildir.root)
            raise Refused(f"There is no mailbox {safe_line(mailbox)}.")
        held = None
        if self._placeholders is not None and self._placeholders.exists():
            held = self._placeholders.folder(mailbox)
        return [folder] if held is None else [folder, held]

    def _has_news(self) -> bool:
        now = self._stamp()
        return any(now.get(path) != seen for path, seen in self._seen.items())

    def _stamp(self) -> Stamp:
        """When each folder was changed last."""
        found = {self._maildir.root: self._maildir.root.stat().st_mtime_ns}
        for maildir in (self._maildir, self._placeholders):
            if maildir is not None and (maildir is self._maildir or maildir.exists()):
                for folder in maildir.mailboxes().values():
                    found |= _times(folder)
        return found


def _told_apart(stamp: Stamp) -> Stamp:
    """What changed just now may change again at the same time: another look is due."""
    now = time.time_ns()
    return {path: changed if is_past(changed, now) else -1 for path, changed in stamp.items()}


def _times(folder: Path) -> Stamp:
    return {path: path.stat().st_mtime_ns for path in (folder / "new", folder / "cur")}


@contextmanager
def _told() -> Iterator[None]:
    """A disk that is full or away may be better later."""
    try:
        yield
    except MissingMaildir as missing:
        raise Unreachable(str(missing)) from missing
    except OSError as trouble:
        place = f"{trouble.filename}: " if trouble.filename else ""
        words = safe_line(f"{place}{trouble.strerror or trouble}", 300)
        raise Unreachable(f"The mail folder cannot be used: {words}") from trouble
