"""Small questions that operations ask of a server."""

import hashlib
from collections.abc import Collection, Iterable
from typing import NamedTuple

from tuimail.backend.imap.answers import check
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.mailboxes import bookmark_of, status_items
from tuimail.model.mail import MailboxName
from tuimail.model.quota import Quota
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import Bookmark
from tuimail.wire.imap_commands import Command, on_mailbox, uid_fetch
from tuimail.wire.imap_responses import (
    FetchRow,
    MailboxStatus,
    QuotaRow,
    Status,
    Untagged,
)
from tuimail.wire.uid_set import uid_sets

# RFC 9208 5.1: STORAGE counts in units of 1024 bytes.
_QUOTA_UNIT = 1024


async def run_all(line: Line, commands: Iterable[Command], what: str) -> None:
    """Send all in one flight; the first that is refused raises, once all have ended."""
    flight = [await line.start(command) for command in commands]
    answers = [await pending.done for pending in flight]
    for answer in answers:
        check(answer, line.host, what)


async def present(line: Line, uids: Collection[int]) -> set[int]:
    """Those of `uids` that are in the selected mailbox."""
    found: set[int] = set()

    def hear(response: Untagged | Status) -> None:
        if isinstance(response, FetchRow) and response.uid in wanted:
            found.add(response.uid)

    wanted = frozenset(uids)
    for piece in uid_sets(uids):
        check(await line.run(uid_fetch(piece, "(UID)"), hear), line.host, "to list messages")
    return found


class Looks(NamedTuple):
    """By what a copy is known: a digest of its header, and its size."""

    header: bytes
    size: int


async def looks_of(line: Line, uids: str) -> dict[int, Looks]:
    """How the messages of `uids` look that are in the selected mailbox."""
    found: dict[int, Looks] = {}

    def hear(response: Untagged | Status) -> None:
        if isinstance(response, FetchRow) and response.uid and response.content:
            digest = hashlib.sha256(response.content).digest()
            found[response.uid] = Looks(digest, response.size or 0)

    command = uid_fetch(uids, "(UID RFC822.SIZE BODY.PEEK[HEADER])")
    check(await line.run(command, hear), line.host, "to list messages")
    return found


async def status_of(line: Line, wire_name: bytes) -> Bookmark | None:
    """Where a mailbox stands, None if there is no such mailbox."""
    found: list[Bookmark] = []

    def hear(response: Untagged | Status) -> None:
        if isinstance(response, MailboxStatus) and response.name == wire_name:
            found.append(bookmark_of(response.items))

    items = status_items(line.capabilities)
    status = await line.run(on_mailbox("STATUS", wire_name, items), hear)
    if status.condition == "NO":
        return None
    check(status, line.host, "to tell about a mailbox")
    return found[-1] if found else None


async def quota_of(line: Line, wire_name: bytes) -> Quota | None:
    """How full the fullest storage is that a mailbox counts in, None where there is no limit."""
    fullest: Quota | None = None

    def hear(response: Untagged | Status) -> None:
        nonlocal fullest
        if isinstance(response, QuotaRow):
            used, limit = response.resources.get("STORAGE", (0, 0))
            quota = Quota(used * _QUOTA_UNIT, limit * _QUOTA_UNIT)
            if limit and (fullest is None or _share(quota) > _share(fullest)):
                fullest = quota

    status = await line.run(on_mailbox("GETQUOTAROOT", wire_name), hear)
    if status.condition != "OK":
        return None
    return fullest


def _share(quota: Quota) -> float:
    return quota.used / quota.limit


async def create(line: Line, mailbox: MailboxName, wire_name: bytes) -> None:
    """Create and subscribe; content if another was quicker."""
    status = await line.run(on_mailbox("CREATE", wire_name))
    if status.code.name != "ALREADYEXISTS":
        check(status, line.host, f"to create {safe_line(mailbox, 100)}")
    # Not subscribing is no reason to fail: the mailbox is there.
    await line.run(on_mailbox("SUBSCRIBE", wire_name))
