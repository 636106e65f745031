"""Messages that were fetched become files that are safe: each once, under a name of its own."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from tuimail.backend.maildir.maildir import Maildir, New, StoredFile, drop_stem
from tuimail.backend.pop3.session import Retrieved
from tuimail.engine.same_letter import Print
from tuimail.engine.stamps import Stamp, received_at, stamps
from tuimail.engine.stock import Sight, Stock, recognised
from tuimail.model.mail import INBOX
from tuimail.store.maildrop import Drop
from tuimail.wire.pop3_commands import Listed


class Uniques:
    """The unique names in a Maildir, read once; for one visit, in one thread at a time."""

    def __init__(self, maildir: Maildir) -> None:
        self._maildir = maildir
        self._names: set[str] | None = None
        self._alike: defaultdict[str, set[str]] = defaultdict(set)

    def __contains__(self, unique: str) -> bool:
        return unique in self.names

    @property
    def names(self) -> set[str]:
        if self._names is None:
            self._names = set()
            for name in self._maildir.uniques():
                self.add(name)
        return self._names

    def add(self, unique: str) -> None:
        self.names.add(unique)
        self._alike[unique.partition(".")[0]].add(unique)

    def discard(self, unique: str) -> None:
        self.names.discard(unique)
        self._alike[unique.partition(".")[0]].discard(unique)

    def of_stem(self, stem: str) -> str | None:
        """One that begins so, whatever it says after that."""
        alike = self.alike(stem.partition(".")[0])
        return next((name for name in alike if name.startswith(f"{stem},")), None)

    def alike(self, beginning: str) -> set[str]:
        """Those whose first part, up to the dot, is this."""
        return self._alike[beginning] if self.names else set()


@dataclass(frozen=True, slots=True)
class Batch:
    """So many messages that came: what each that is safe here is known as, by its number.

    `renamed` are names by which the server called some of them before; `failed` did not come.
    """

    count: int
    safe: dict[int, Drop] = field(default_factory=dict)
    renamed: list[str] = field(default_factory=list)
    came: list[Listed] = field(default_factory=list)
    failed: list[Retrieved] = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)


class Filing:
    """One visit's part of it. `passed` is how much time the visits have seen pass."""

    def __init__(self, maildir: Maildir, here: Uniques, stock: Stock, passed: timedelta) -> None:
        self._maildir = maildir
        self._here = here
        self._stock = stock
        self._passed = passed
        self._files: dict[str, StoredFile] | None = None
        # Whose file is whose: a twin of what is known in this session is another message.
        self._taken = {drop.name for drop in stock.safe.values()}

    def store(self, retrieved: Sequence[Retrieved], now: datetime) -> Batch:
        """A message that is here already, wherever it was moved to, is not stored again."""
        batch = Batch(len(retrieved))
        new: list[New] = []
        for each in retrieved:
            if each.content is None:
                batch.failed.append(each)
            else:
                new += self._filed(each.listed, each.content, now, batch)
        if new:
            self._maildir.deliver(INBOX, new)
            for message in new:
                self._here.add(message.unique)
        return batch

    def _filed(self, listed: Listed, content: bytes, now: datetime, batch: Batch) -> list[New]:
        """What has to be stored of it; `batch` learns of it in any case."""
        print_ = Print.of(content)
        sight = Sight(now, self._passed)
        drop, known = recognised(listed, print_, self._stock, sight, self._core_of)
        new: New | None = None
        if known is None:
            name, new = self._named(drop, content, now)
            drop = replace(drop, name=name)
        elif known.uidl != drop.uidl:
            batch.renamed.append(known.uidl)
        self._taken.add(drop.name)
        if listed.uidl is None:
            self._stock.by_uidl[drop.uidl] = drop
        batch.safe[listed.number] = drop
        batch.came.append(listed)
        batch.stamps.extend(stamps(content))
        return [new] if new is not None else []

    def _named(self, drop: Drop, content: bytes, now: datetime) -> tuple[str, New | None]:
        """Its name, and what to store unless it is here: by what it is, not by its notes."""
        for number in count():
            stem = drop_stem(drop.core, f"{drop.uidl} {number}" if number else drop.uidl)
            name = self._here.of_stem(stem)
            if name is None:
                new = New.of(stem, content, received_at(content, now))
                if new.unique not in self._taken:
                    return new.unique, new
            elif name not in self._taken:
                return name, None
        raise AssertionError("there is always another number")

    def _core_of(self, drop: Drop) -> bytes:
        """As it was noted, else as the file has it; empty if that is not here any more."""
        return drop.core or self.print_of(drop).core

    def print_of(self, drop: Drop) -> Print:
        """Of its file as it is here now."""
        if self._files is None:
            self._files = {
                unique: file
                for folder in self._maildir.mailboxes().values()
                for unique, file in self._maildir.files(folder).items()
            }
        file = self._files.get(drop.name)
        read = None if file is None else self._maildir.read(file)
        return Print(b"", b"", b"") if read is None else Print.of(read[0])
