"""A Maildir++ as a world: the other client is another mail program on the same files."""

import itertools
import os
import re
import shutil
import time
from base64 import b64encode
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.contract.world import Feature, Truth, World
from tuimail.backend.base import Backend
from tuimail.backend.maildir.backend import MaildirBackend
from tuimail.backend.maildir.maildir import Maildir
from tuimail.model.mail import INBOX, Flag, MailboxName
from tuimail.model.uid import uid_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LETTERS = {
    "\\Draft": "D",
    "\\Flagged": "F",
    "$Forwarded": "P",
    "\\Answered": "R",
    "\\Seen": "S",
    "\\Deleted": "T",
}
# The checks were written for servers that count; so files get names whose numbers ascend.
STEP = 2**62 // 2000


class MaildirWorld(World):
    features = frozenset(
        {
            Feature.IDLE,
            Feature.SPECIAL_USE,
            Feature.TELLS_NEW_IDS,
            Feature.EXPUNGES_BY_UID,
        }
    )
    cut_points = ()

    def __init__(self, root: Path) -> None:
        self.root = root
        self._numbers = itertools.count()
        self._last = 0

    @classmethod
    async def open(cls, root: Path) -> "MaildirWorld":
        world = cls(root)
        world.backend = await world.new_client()
        await world.backend.connect()
        return world

    async def new_client(self, *, right_password: bool = True) -> Backend:
        return MaildirBackend(Maildir(self.root), look_again=0.05)

    async def deliver(
        self,
        content: bytes,
        mailbox: MailboxName = INBOX,
        flags: Collection[Flag] = (),
        received: datetime | None = None,
    ) -> int:
        folder = self._made(mailbox)
        name = self._ascending_name()
        draft = folder / "tmp" / name
        draft.write_bytes(content.replace(b"\r\n", b"\n"))
        moment = received or datetime.now(UTC)
        ns = (moment - EPOCH) // timedelta(microseconds=1) * 1000
        os.utime(draft, ns=(ns, ns))
        if flags:
            draft.rename(folder / "cur" / f"{name}:2,{self._letters(flags)}")
        else:
            draft.rename(folder / "new" / name)
        return uid_of(name)

    async def set_flags(
        self,
        mailbox: MailboxName,
        uid: int,
        add: Collection[Flag] = (),
        remove: Collection[Flag] = (),
    ) -> None:
        path = self._path(mailbox, uid)
        unique, _, info = path.name.partition(":2,")
        letters = set(info) - set(self._letters(remove)) | set(self._letters(add))
        path.rename(path.parent.parent / "cur" / f"{unique}:2,{''.join(sorted(letters))}")

    async def expunge(self, mailbox: MailboxName, *uids: int) -> None:
        for uid in uids:
            self._path(mailbox, uid).unlink()

    async def move(self, mailbox: MailboxName, uid: int, target: MailboxName) -> None:
        path = self._path(mailbox, uid)
        path.rename(self._made(target) / path.parent.name / path.name)

    async def create(self, mailbox: MailboxName) -> None:
        self._made(mailbox)

    async def delete(self, mailbox: MailboxName) -> None:
        shutil.rmtree(self._folder(mailbox))

    async def rename(self, mailbox: MailboxName, new_name: MailboxName) -> None:
        self._folder(mailbox).rename(self._folder(new_name))

    async def renumber(self, mailbox: MailboxName) -> None:
        raise NotImplementedError

    async def keep_keywords(self, mailbox: MailboxName, kept: bool) -> None:
        raise NotImplementedError

    async def truth(self, mailbox: MailboxName = INBOX) -> dict[int, Truth]:
        folder = self._folder(mailbox)
        found: dict[int, Truth] = {}
        for path in sorted([*folder.glob("new/*"), *folder.glob("cur/*")]):
            unique, _, info = path.name.partition(":2,")
            assert uid_of(unique) not in found
            stored = path.read_bytes()
            content = stored if unique.endswith(",RAW") else stored.replace(b"\n", b"\r\n")
            received = EPOCH + timedelta(microseconds=path.stat().st_mtime_ns // 1000)
            found[uid_of(unique)] = Truth(content, self._flags(info), received)
        return found

    async def cut(self) -> None:
        """There is no line."""

    async def cut_during_next_operation(self, point: int) -> None:
        raise NotImplementedError

    async def mend(self) -> None:
        """There is no line."""

    async def go_down(self) -> None:
        self.root.rename(self.root.with_suffix(".away"))

    async def come_back(self) -> None:
        self.root.with_suffix(".away").rename(self.root)

    async def close(self) -> None:
        await self.backend.close()

    def _folder(self, mailbox: MailboxName) -> Path:
        """As a Maildir++ has it; written anew, so as not to trust ours."""
        if mailbox == INBOX:
            return self.root

        def shift(run: re.Match[str]) -> str:
            coded = b64encode(run[0].encode("utf-16-be")).decode()
            return "&" + coded.rstrip("=").replace("/", ",") + "-"

        parts = [
            re.sub(r"([^ -~]|[.\\:])+", shift, part.replace("&", "&-"))
            for part in mailbox.split("/")
        ]
        return self.root / ("." + ".".join(parts))

    def _made(self, mailbox: MailboxName) -> Path:
        folder = self._folder(mailbox)
        for each in ("tmp", "new", "cur"):
            (folder / each).mkdir(parents=True, exist_ok=True)
        return folder

    def _path(self, mailbox: MailboxName, uid: int) -> Path:
        folder = self._folder(mailbox)
        paths = [*folder.glob("new/*"), *folder.glob("cur/*")]
        return next(each for each in paths if uid_of(each.name.partition(":2,")[0]) == uid)

    def _ascending_name(self) -> str:
        while True:
            name = f"{int(time.time())}.M{next(self._numbers)}.elsewhere"
            if self._last < uid_of(name) <= self._last + STEP:
                self._last = uid_of(name)
                return name

    def _keywords(self) -> list[str]:
        path = self.root / "tuimail-keywords"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.partition(" ")[2] for line in lines]

    def _letters(self, flags: Collection[Flag]) -> str:
        known = self._keywords()
        new = [flag for flag in flags if flag not in LETTERS and flag not in known]
        if new:
            rows = [f"{number} {name}\n" for number, name in enumerate([*known, *new])]
            (self.root / "tuimail-keywords").write_text("".join(rows))
        known += new
        return "".join(
            sorted(LETTERS.get(flag) or chr(ord("a") + known.index(flag)) for flag in flags)
        )

    def _flags(self, info: str) -> frozenset[str]:
        names = {letter: flag for flag, letter in LETTERS.items()}
        names |= {chr(ord("a") + number): flag for number, flag in enumerate(self._keywords())}
        return frozenset(names[letter] for letter in info)
