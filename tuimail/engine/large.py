"""What is too large to come by itself: a placeholder stands for it until it is asked for.

Placeholders are a Maildir of their own that no other program sees: the header, under a name
that tells the size. The message that takes a placeholder's place has the same UID.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import ParamSpec, Protocol, TypeVar

from tuimail.backend.maildir.content import header_block
from tuimail.backend.maildir.maildir import Maildir, New, StoredFile, drop_stem
from tuimail.backend.pop3.session import Pop3Session, Retrieved
from tuimail.engine.link import Link
from tuimail.engine.tasks import in_thread
from tuimail.model.mail import INBOX, MailboxName
from tuimail.model.safe_text import safe_line
from tuimail.model.sizes import size_words
from tuimail.model.uid import uid_of
from tuimail.store.failpoint import failpoint
from tuimail.store.maildrop import Drop
from tuimail.store.store import Store, StoreError
from tuimail.wire.pop3_commands import Listed

P = ParamSpec("P")
R = TypeVar("R")


class Stock(Protocol):
    """What a visit knows of the messages that its session lists, by number."""

    trusted: bool
    by_uidl: dict[str, Drop]
    safe: dict[int, Drop]
    left: dict[int, Drop]
    wanted: list[Listed]


class Large:
    """One visit's part of it. `limit` is None where nothing is too large."""

    def __init__(
        self,
        link: Link,
        maildir: Maildir,
        placeholders: Maildir,
        *,
        limit: int | None,
        asked: Collection[int],
        received_at: Callable[[bytes, datetime], datetime],
    ) -> None:
        self._link = link
        self._maildir = maildir
        self._placeholders = placeholders
        self._limit = limit
        # More may be asked for while the visit goes on.
        self._asked = asked
        self._received_at = received_at
        self.problems: list[str] = []

    async def leave(self, session: Pop3Session, stock: Stock, listed: Sequence[Listed]) -> None:
        """Take out of `stock.wanted` what stays there, and see to its placeholders."""
        known = _placeholders_of(stock)
        over = {each.number for each in self._too_large(stock, listed)}
        leaving = [each for each in stock.wanted if each.number in over | known.keys()]
        stock.wanted = [each for each in stock.wanted if each.number not in over | known.keys()]
        if not stock.trusted:
            if leaving:
                self.problems.append(_unlisted(session.host, len(leaving)))
            return
        files = await self._on_disk(self._files)
        used = {drop.name for drop in known.values()}
        for each in leaving:
            drop = known.get(each.number)
            if drop is None or (drop.name not in files and drop.removed is None):
                drop = await self._stand_in(session, each, stock, used)
            stock.left[each.number] = drop
            used.add(drop.name)
        await self._sweep(stock, files)

    async def bring(self, session: Pop3Session, stock: Stock, listed: Sequence[Listed]) -> None:
        """Fetch what was asked for, and what is not too large any more."""
        wanted = [each for each in listed if self._is_wanted(each, stock)]
        async for retrieved in session.retrieve(wanted):
            if retrieved.content is None:
                self.problems.append(f"A large message was not given out: {retrieved.refusal}")
            else:
                await self._take(retrieved, retrieved.content, stock)

    def _too_large(self, stock: Stock, listed: Sequence[Listed]) -> list[Listed]:
        """What is here and only got another UIDL has to be fetched to be recognised."""
        if self._limit is None:
            return []
        there = {each.uidl for each in listed}
        lost = {
            drop.size
            for drop in stock.by_uidl.values()
            if drop.here and drop.on_server and drop.uidl not in there
        }
        return [each for each in stock.wanted if self._is_over(each) and each.size not in lost]

    def _is_over(self, listed: Listed) -> bool:
        return self._limit is not None and listed.size > self._limit

    def _is_wanted(self, listed: Listed, stock: Stock) -> bool:
        drop = stock.left.get(listed.number)
        if drop is None or drop.removed is not None:
            return False
        return not self._is_over(listed) or uid_of(drop.name) in self._asked

    async def _stand_in(
        self, session: Pop3Session, listed: Listed, stock: Stock, used: Collection[str]
    ) -> Drop:
        """Make a placeholder, durably, and note it."""
        head = await session.head(listed)
        now = self._link.clock()
        content = _header(head, listed)
        names = (_stem(content, listed.size, number) for number in range(len(used) + 1))
        moment = self._received_at(content, now)
        news = (New.of(stem, content, moment) for stem in names)
        new = next(each for each in news if each.unique not in used)
        earlier = next((d for d in stock.by_uidl.values() if d.name == new.unique), None)
        drop = Drop(listed.uidl or "", b"", new.unique, listed.size, now, here=False)
        if earlier is not None:
            drop = replace(earlier, uidl=drop.uidl, absent=None, deleted=None)
        if drop.removed is None:
            await self._on_disk(self._deliver, INBOX, new, None)
        failpoint("after_placeholder")
        renamed = [earlier.uidl] if earlier is not None and earlier.uidl != drop.uidl else []
        await self._link.disk(_keep, drop, renamed)
        return drop

    async def _take(self, retrieved: Retrieved, content: bytes, stock: Stock) -> None:
        number = retrieved.listed.number
        drop = stock.left[number]
        digest = sha256(content).digest()
        mailbox, letters = await self._on_disk(self._whereabouts, drop.name)
        stem = await self._on_disk(self._stem_of, drop, digest)
        new = New.of(stem, content, self._received_at(content, self._link.clock()))
        await self._on_disk(self._deliver, mailbox, new, letters)
        failpoint("after_deliver_large")
        whole = replace(drop, sha256=digest, name=new.unique, here=True)
        await self._link.disk(_keep, whole, [])
        failpoint("after_commit_large")
        await self._came_whole(drop.name, len(content))
        await self._on_disk(self._remove, {drop.name})
        del stock.left[number]
        stock.safe[number] = whole

    async def _sweep(self, stock: Stock, files: Iterable[str]) -> None:
        """Placeholders of what is here meanwhile, and of what is gone."""
        standing = {drop.name for drop in stock.left.values() if drop.removed is None}
        stale = {name for name in files if name not in standing}
        whole = {uid_of(drop.name): drop.size for drop in stock.safe.values()}
        for name in stale:
            if (size := whole.get(uid_of(name))) is not None:
                await self._came_whole(name, size)
        if stale:
            await self._on_disk(self._remove, stale)

    async def _came_whole(self, name: str, size: int) -> None:
        self._link.show(await self._link.disk(Store.came_whole, uid_of(name), size))

    # In a thread.

    async def _on_disk(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await in_thread(work, *args, **kwargs)
        except OSError as trouble:
            words = safe_line(trouble.strerror or str(trouble), 200)
            raise StoreError(
                f"New mail cannot be stored and stays on the server: {words}"
            ) from trouble

    def _files(self) -> dict[str, tuple[MailboxName, StoredFile]]:
        if not self._placeholders.exists():
            return {}
        return {
            unique: (mailbox, file)
            for mailbox, folder in self._placeholders.mailboxes().items()
            for unique, file in self._placeholders.files(folder).items()
        }

    def _deliver(self, mailbox: MailboxName, new: New, letters: str | None) -> None:
        into = self._maildir if _is_whole(new.unique) else self._placeholders
        if not _is_whole(new.unique):
            into.make()
        if new.unique not in into.uniques():
            into.deliver(mailbox, [new], letters)

    def _whereabouts(self, unique: str) -> tuple[MailboxName, str | None]:
        """Where its placeholder is, and the letters it has; None if it is new."""
        found = self._files().get(unique)
        if found is None:
            return INBOX, None
        mailbox, file = found
        return mailbox, file.name.letters if file.subfolder == "cur" else None

    def _stem_of(self, drop: Drop, digest: bytes) -> str:
        """Of the placeholder's name, unless another message has got that already."""
        shared = drop.name.partition(".")[0]
        stem = f"{shared}.{digest.hex()[:32]}.tuimail"
        alike = [each for each in self._maildir.uniques() if each.startswith(f"{shared}.")]
        if all(each.startswith(stem) for each in alike):
            return stem
        return drop_stem(digest, drop.uidl)

    def _remove(self, uniques: Collection[str]) -> None:
        for unique, (_, file) in self._files().items():
            if unique in uniques:
                file.path.unlink(missing_ok=True)


def _placeholders_of(stock: Stock) -> dict[int, Drop]:
    """The entries of what is wanted and has a placeholder, by number."""
    if not stock.trusted:
        return {}
    found = {each.number: (each, stock.by_uidl.get(each.uidl or "")) for each in stock.wanted}
    return {
        number: drop
        for number, (each, drop) in found.items()
        if drop is not None and not drop.here and drop.on_server and drop.size == each.size
    }


def _header(head: Retrieved, listed: Listed) -> bytes:
    if head.content:
        return header_block(head.content)
    return f"Subject: A message of {size_words(listed.size)}\r\n\r\n".encode()


def _stem(header: bytes, size: int, number: int) -> str:
    """Twins differ by their number; a changed UIDL changes nothing."""
    token = sha256(b"%d %d " % (size, number) + header).hexdigest()[:24]
    return f"G{token}.tuimail,Z={size}"


def _is_whole(unique: str) -> bool:
    return ",Z=" not in unique


def _unlisted(host: str, count: int) -> str:
    verb = "message stays" if count == 1 else "messages stay"
    return (
        f"{count} {verb} on {host} because of pop3.max_size and cannot be listed:"
        " it has no UIDLs that can be trusted"
    )


def _keep(store: Store, drop: Drop, renamed: Sequence[str]) -> None:
    store.maildrop.store([drop], renamed)
