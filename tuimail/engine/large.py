"""What is too large to come by itself: a placeholder stands for it until it is asked for.

Placeholders are a Maildir of their own that no other program sees: the header, under a name
that tells the size. The message that takes a placeholder's place has the same UID.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ParamSpec, TypeVar

from tuimail.backend.maildir.content import header_block
from tuimail.backend.maildir.maildir import Maildir, New, StoredFile, drop_stem
from tuimail.backend.pop3.session import Pop3Session, Retrieved
from tuimail.engine.filing import Uniques
from tuimail.engine.link import Link
from tuimail.engine.same_letter import Print, head_print
from tuimail.engine.stamps import received_at
from tuimail.engine.stock import Sight, Stock, is_there, recognised
from tuimail.engine.tasks import in_thread
from tuimail.engine.unfetched import Unfetched
from tuimail.model.mail import INBOX, Envelope, MailboxName
from tuimail.model.safe_text import safe_line
from tuimail.model.sizes import size_words
from tuimail.model.uid import uid_of
from tuimail.store.failpoint import failpoint
from tuimail.store.maildrop import Drop
from tuimail.store.store import Store, StoreError
from tuimail.wire.pop3_commands import Listed

P = ParamSpec("P")
R = TypeVar("R")


class Large:
    """One visit's part of it. `limit` is None where nothing is too large.

    `came` are those that were fetched after all.
    """

    def __init__(
        self,
        link: Link,
        maildir: Maildir,
        placeholders: Maildir,
        here: Uniques,
        unfetched: Unfetched,
        *,
        limit: int | None,
        asked: Collection[int],
        passed: timedelta,
    ) -> None:
        """`passed` is how much time the visits have seen pass."""
        self._link = link
        self._maildir = maildir
        self._placeholders = placeholders
        self._here = here
        self._held = Uniques(placeholders)
        self._unfetched = unfetched
        self._limit = limit
        self._passed = passed
        # More may be asked for while the visit goes on.
        self._asked = asked
        self._leaving: list[Listed] = []
        self._drops: dict[str, Drop] = {}
        self._where: dict[str, tuple[MailboxName, StoredFile]] = {}
        self.problems: list[str] = []
        self.came: list[Listed] = []

    def leave(self, stock: Stock) -> None:
        """Take out of `stock.wanted` what stays there, or could not be had three times."""
        over = {each.number for each in self._too_large(stock)}
        over |= self._placeholders_of(stock).keys()
        over |= self._unfetched.given_up(
            each for each in stock.wanted if _may_stand_in(each, stock)
        )
        self._leaving = [each for each in stock.wanted if each.number in over]
        stock.wanted = [each for each in stock.wanted if each.number not in over]

    async def stand_in(self, session: Pop3Session, stock: Stock) -> None:
        """See to the placeholders of what stays there."""
        named = [each for each in self._leaving if each.uidl is not None]
        if count := len(self._leaving) - len(named):
            self.problems.append(_unlisted(session.host, count))
        known = self._placeholders_of(stock, named)
        files = await self._on_disk(self._files)
        used = {drop.name for drop in known.values()}
        missing: list[Listed] = []
        for each in named:
            drop = known.get(each.number)
            if drop is None or (drop.name not in files and drop.removed is None):
                missing.append(each)
            else:
                stock.left[each.number] = drop
                if drop.removed is not None:
                    self._unfetched.dismissed(each)
        # A line that ends in a message may end in its header, too.
        plain = [each for each in missing if self._unfetched.broke_in(each)]
        for each in plain:
            await self._stand_for(each, None, stock, used)
        heads = self._unfetched.heads(session, [each for each in missing if each not in plain])
        async for head in heads:
            await self._stand_for(head.listed, head.content, stock, used)
        if stock.trusted:
            await self._sweep(stock, files)

    async def hold(self, failed: Retrieved, stock: Stock) -> None:
        """It was given up just now: let a placeholder stand for it, of what came of it."""
        if failed.listed.number in stock.left or not _may_stand_in(failed.listed, stock):
            return
        begun = b"" if failed.broken is None else failed.broken.begun
        used = {drop.name for drop in stock.left.values()}
        await self._stand_for(failed.listed, begun if b"\r\n\r\n" in begun else None, stock, used)

    async def bring(self, session: Pop3Session, stock: Stock, listed: Sequence[Listed]) -> None:
        """Fetch what was asked for, what is not too large any more, and what may come by now."""
        wanted = [each for each in listed if self._is_wanted(each, stock)]
        asked = {each.number for each in wanted if self._is_asked(each, stock)}
        due = self._unfetched.order([each for each in wanted if each.number not in asked])
        ordered = [*(each for each in wanted if each.number in asked), *due]
        tries = self._unfetched.tries(ordered)
        async for retrieved in session.retrieve(ordered, self._unfetched.pace, tries):
            if retrieved.content is not None:
                await self._take(retrieved.listed, retrieved.content, stock)
                continue
            if not self._is_over(retrieved.listed):
                self._unfetched.failed([retrieved])
            elif retrieved.broken is None:
                self.problems.append(f"A large message was not given out: {retrieved.refusal}")

    def _too_large(self, stock: Stock) -> list[Listed]:
        """What is here and only got another UIDL has to be fetched to be recognised."""
        if self._limit is None:
            return []
        astray = {drop.size for drop in stock.astray()}
        return [each for each in stock.wanted if self._is_over(each) and each.size not in astray]

    def _is_over(self, listed: Listed) -> bool:
        return self._limit is not None and listed.size > self._limit

    def _is_wanted(self, listed: Listed, stock: Stock) -> bool:
        drop = stock.left.get(listed.number)
        if drop is None or drop.removed is not None:
            return False
        return self._is_asked(listed, stock) or not (
            self._is_over(listed) or self._unfetched.rests(listed)
        )

    def _is_asked(self, listed: Listed, stock: Stock) -> bool:
        return uid_of(stock.left[listed.number].name) in self._asked

    def _placeholders_of(
        self, stock: Stock, among: Sequence[Listed] | None = None
    ) -> dict[int, Drop]:
        """The entries of what is wanted and has a placeholder, by number."""
        found = ((each, stock.own(each)) for each in (stock.wanted if among is None else among))
        return {
            each.number: drop
            for each, drop in found
            if drop is not None
            and not drop.here
            and drop.on_server
            and (drop.size == each.size or self._unfetched.of(each) is not None)
        }

    async def _stand_for(
        self, listed: Listed, known: bytes | None, stock: Stock, used: set[str]
    ) -> None:
        """Make a placeholder, durably, and note it; `known` is what begins with its header."""
        header = header_block(known) if known else self._own_words(listed)
        now = self._link.clock()
        names = (_stem(header, listed.size, number) for number in range(len(used) + 1))
        moment = received_at(header, now)
        news = (New.of(stem, header, moment) for stem in names)
        new = next(each for each in news if each.unique not in used)
        earlier = self._of_name(stock).get(new.unique)
        drop = Drop(
            listed.uidl or "",
            b"",
            new.unique,
            listed.size,
            now,
            here=False,
            head=head_print(header) if known else b"",
            seen_at=self._passed,
        )
        if earlier is not None:
            drop = replace(earlier, uidl=drop.uidl, absent=None, deleted=None)
        if drop.removed is None:
            await self._on_disk(self._deliver, INBOX, new, None)
        failpoint("after_placeholder")
        renamed = [earlier.uidl] if earlier is not None and earlier.uidl != drop.uidl else []
        await self._link.disk(_keep, drop, renamed)
        stock.left[listed.number] = drop
        used.add(drop.name)

    def _own_words(self, listed: Listed) -> bytes:
        """A header for what has none here."""
        size = size_words(listed.size) if listed.size else "unknown size"
        lost = "" if self._unfetched.of(listed) is None else " that could not be had"
        return f"Subject: A message of {size}{lost}\r\n\r\n".encode()

    def _of_name(self, stock: Stock) -> dict[str, Drop]:
        if not self._drops:
            self._drops = {drop.name: drop for drop in stock.by_uidl.values()}
        return self._drops

    async def _take(self, listed: Listed, content: bytes, stock: Stock) -> None:
        drop = stock.left[listed.number]
        print_ = Print.of(content)
        if await self._is_here_already(listed, print_, stock):
            return
        mailbox, letters = await self._on_disk(self._whereabouts, drop.name)
        stem = await self._on_disk(self._stem_of, drop, print_.whole)
        new = New.of(stem, content, received_at(content, self._link.clock()))
        await self._on_disk(self._deliver, mailbox, new, letters)
        failpoint("after_deliver_large")
        whole = replace(
            drop,
            sha256=print_.whole,
            core=print_.core,
            head=print_.head,
            name=new.unique,
            size=listed.size,
            here=True,
        )
        await self._link.disk(_keep, whole, [])
        failpoint("after_commit_large")
        header = None
        if drop.head != print_.head:
            (envelope,) = await self._link.parser.envelopes([header_block(content)], urgent=True)
            header = envelope, new.received
        await self._came_whole(drop.name, len(content), header)
        await self._on_disk(self._remove, {drop.name})
        self._note_came(listed, whole, stock)

    async def _is_here_already(self, listed: Listed, print_: Print, stock: Stock) -> bool:
        """It came under another name, or none: only its placeholder goes."""
        sight = Sight(self._link.clock(), self._passed)
        whole, known = recognised(listed, print_, stock, sight, lambda drop: drop.core)
        if known is None:
            return False
        placeholder = stock.left[listed.number]
        whole = replace(whole, kept=known.kept or placeholder.kept)
        await self._link.disk(_keep, whole, [known.uidl])
        await self._on_disk(self._remove, {placeholder.name})
        self._note_came(listed, whole, stock)
        return True

    def _note_came(self, listed: Listed, whole: Drop, stock: Stock) -> None:
        del stock.left[listed.number]
        stock.safe[listed.number] = whole
        stock.fetched.add(listed.number)
        self.came.append(listed)

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

    async def _came_whole(
        self, name: str, size: int, header: tuple[Envelope, datetime] | None = None
    ) -> None:
        self._link.show(await self._link.disk(Store.came_whole, uid_of(name), size, header))

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
        """Where each placeholder is, read anew."""
        self._where = {}
        if self._placeholders.exists():
            self._where = {
                unique: (mailbox, file)
                for mailbox, folder in self._placeholders.mailboxes().items()
                for unique, file in self._placeholders.files(folder).items()
            }
        return self._where

    def _find(self, unique: str) -> tuple[MailboxName, StoredFile] | None:
        """Where it is, also if it was moved or marked meanwhile."""
        found = self._where.get(unique)
        if found is None or not found[1].path.exists():
            found = self._files().get(unique)
        return found

    def _deliver(self, mailbox: MailboxName, new: New, letters: str | None) -> None:
        whole = _is_whole(new.unique)
        into, names = (self._maildir, self._here) if whole else (self._placeholders, self._held)
        if not whole:
            into.make()
        if new.unique not in names:
            into.deliver(mailbox, [new], letters)
            names.add(new.unique)

    def _whereabouts(self, unique: str) -> tuple[MailboxName, str | None]:
        """Where its placeholder is, and the letters it has; None if it is new."""
        found = self._find(unique)
        if found is None:
            return INBOX, None
        mailbox, file = found
        return mailbox, file.name.letters if file.subfolder == "cur" else None

    def _stem_of(self, drop: Drop, digest: bytes) -> str:
        """Of the placeholder's name, unless another message has got that already."""
        shared = drop.name.partition(".")[0]
        stem = f"{shared}.{digest.hex()[:32]}.tuimail"
        if all(each.startswith(stem) for each in self._here.alike(shared)):
            return stem
        return drop_stem(digest, drop.uidl)

    def _remove(self, uniques: Collection[str]) -> None:
        for unique in uniques:
            if (found := self._find(unique)) is not None:
                found[1].path.unlink(missing_ok=True)
                self._held.discard(unique)


def _may_stand_in(listed: Listed, stock: Stock) -> bool:
    """Not where it cannot be told, nor where it is here and only its size changed."""
    own = stock.own(listed)
    return listed.uidl is not None and (own is None or not is_there(own))


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
