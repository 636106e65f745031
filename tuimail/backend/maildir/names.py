"""Names on disk: mailboxes as Maildir++ folders, messages by their unique part and flags."""

import binascii
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import blake2b

from tuimail.backend.base import Refused
from tuimail.model.mail import (
    ANSWERED,
    DELETED,
    DRAFT,
    FLAGGED,
    FORWARDED,
    INBOX,
    SEEN,
    Flag,
    MailboxName,
)
from tuimail.model.uid import uid_of

LONGEST = 250
INFO = ":2,"

LETTERS: dict[Flag, str] = {
    DRAFT: "D",
    FLAGGED: "F",
    FORWARDED: "P",
    ANSWERED: "R",
    SEEN: "S",
    DELETED: "T",
}

# What has a meaning for a file system or for Maildir++ goes into modified UTF-7 as well.
_DANGEROUS = re.compile(r"[./\\:\x00-\x1f\x7f-\uffff]|[\U00010000-\U0010ffff]|^[ ~-]| $")
_STANDS_FOR = re.compile(r"^G[0-9a-f]{24}\.tuimail,Z=(\d+)")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")


def folder_name(mailbox: MailboxName) -> str:
    """The folder's name inside the Maildir, "" for INBOX; Refused if there can be none."""
    if mailbox.upper() == INBOX:
        return ""
    parts = mailbox.split("/")
    if all(parts) and not _SURROGATE.search(mailbox):
        name = "".join("." + _escaped(part) for part in parts)
        if len(name) <= LONGEST:
            return name
    raise Refused("A mailbox cannot have this name: it is too long, or a part of it is empty")


def mailbox_name(folder: str) -> MailboxName:
    """What a folder is called; one that we would spell otherwise is called as it stands."""
    if not folder:
        return INBOX
    parts = [_unescaped(part) for part in folder[1:].split(".")]
    name = MailboxName("/".join(part or "" for part in parts))
    if None not in parts and all(parts) and _spelt(name) == folder:
        return name
    return MailboxName(folder[1:].encode("utf-8", "surrogateescape").decode("latin-1"))


def _spelt(name: MailboxName) -> str | None:
    try:
        return folder_name(name)
    except Refused:
        return None


def _escaped(part: str) -> str:
    """Modified UTF-7 in which dangerous ASCII is shifted too."""
    out: list[str] = []
    run = ""
    for match in re.finditer(_DANGEROUS.pattern + "|(?P<plain>.)", part, re.DOTALL):
        if match["plain"] is None:
            run += match[0]
            continue
        out.append(_shift(run) + ("&-" if match[0] == "&" else match[0]))
        run = ""
    return "".join(out) + _shift(run)


def _shift(run: str) -> str:
    if not run:
        return ""
    coded = binascii.b2a_base64(run.encode("utf-16-be"), newline=False)
    return "&" + coded.decode("ascii").rstrip("=").replace("/", ",") + "-"


def _unescaped(part: str) -> str | None:
    try:
        return _SHIFTED.sub(_unshift, part)
    except (ValueError, UnicodeDecodeError):
        return None


def _unshift(match: re.Match[str]) -> str:
    if not match[1]:
        return "&"
    coded = match[1].replace(",", "/")
    return binascii.a2b_base64(coded + "=" * (-len(coded) % 4)).decode("utf-16-be")


@dataclass(frozen=True, slots=True)
class FileName:
    """A message's file name: the part that never changes, and the letters after it."""

    unique: str
    letters: str = ""

    @classmethod
    def read(cls, name: str) -> "FileName":
        unique, _, info = name.partition(":")
        return cls(unique, info.removeprefix("2,") if info.startswith("2,") else "")

    @property
    def uid(self) -> int:
        return uid_of(self.unique)

    @property
    def stands_for(self) -> int | None:
        """The size of the message that this is a placeholder of."""
        match = _STANDS_FOR.search(self.unique)
        return int(match[1]) if match else None

    @property
    def in_cur(self) -> str:
        return self.unique + INFO + self.letters

    def with_letters(self, add: Collection[str], remove: Collection[str]) -> "FileName":
        return FileName(self.unique, "".join(sorted(set(self.letters) - set(remove) | set(add))))


def digest_of(names: Iterable[str]) -> int:
    """A number for a folder's state: another one after whatever change."""
    whole = blake2b(digest_size=7)
    for name in sorted(names):
        whole.update(name.encode("utf-8", "surrogateescape") + b"\0")
    return int.from_bytes(whole.digest(), "big") or 1
