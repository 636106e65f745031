"""Small questions that operations ask of a server."""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from tuimail.backend.imap.answers import check
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.mailboxes import bookmark_of, status_items
from tuimail.model.mail import Flag, MailboxName
from tuimail.model.quota import Quota
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import Bookmark
from tuimail.wire.imap_commands import Command, astring, on_mailbox, simple, uid_fetch
from tuimail.wire.imap_responses import (
    FetchRow,
    Found,
    ListRow,
    MailboxStatus,
    QuotaRow,
    Status,
    Untagged,
)
from tuimail.wire.uid_set import MAX_UID, Ranges, uid_sets

# RFC 9208 5.1: STORAGE counts in units of 1024 bytes.
_QUOTA_UNIT = 1024
# So many messages are asked about singly, where a server takes no sets of them.
_ONE_BY_ONE = 100
# A mailbox of which nothing is told: there may be messages in it.
UNKNOWN = Bookmark(0, 0, total=-1)


async def run_all(line: Line, commands: Iterable[Command], what: str) -> None:
    """Send all in one flight; the first that is refused raises, once all have ended."""
    flight = [await line.start(command) for command in commands]
    answers = [await pending.done for pending in flight]
    for answer in answers:
        check(answer, line.host, what)


async def present(line: Line, uids: Collection[int]) -> set[int]:
    """Those of `uids` that are in the selected mailbox."""
    return set(await _rows(line, uids, "(UID)"))


async def flags_of(line: Line, uids: Collection[int]) -> dict[int, frozenset[Flag] | None]:
    """The flags of those of `uids` that are in the selected mailbox; None if not told."""
    return await _rows(line, uids, "(UID FLAGS)")


async def _rows(line: Line, uids: Collection[int], items: str) -> dict[int, frozenset[Flag] | None]:
    found: dict[int, frozenset[Flag] | None] = {}

    def hear(response: Untagged | Status) -> None:
        match response:
            case FetchRow(uid=int(uid), flags=flags) if uid in wanted:
                found[uid] = flags
            case Found(uids=ranges):
                found.update(dict.fromkeys(_within(ranges, wanted)))

    wanted = frozenset(uids)
    for piece in uid_sets(uids):
        status = await line.run(uid_fetch(piece, items), hear)
        if status.condition != "OK":
            status = await _ask_otherwise(line, wanted, items, hear, status)
        check(status, line.host, "to list messages")
    return found


async def _ask_otherwise(
    line: Line,
    wanted: Collection[int],
    items: str,
    hear: Callable[[Untagged | Status], None],
    refusal: Status,
) -> Status:
    """Some servers refuse a set that names a message which is gone: ask without such a set.

    RFC 9051 6.4.9 says that a UID without a message is no error. What is refused of one message
    alone, and not of others, is refused of one that is gone.
    """
    for command in (uid_fetch(f"{min(wanted)}:*", items), simple("UID SEARCH", "ALL")):
        status = await line.run(command, hear)
        if status.condition == "OK":
            return status
    if len(wanted) > _ONE_BY_ONE:
        return refusal
    answers = [await line.run(uid_fetch(str(uid), items), hear) for uid in sorted(wanted)]
    return next((answer for answer in answers if answer.condition == "OK"), refusal)


def _within(ranges: Ranges, wanted: Iterable[int]) -> Iterator[int]:
    """Those of `wanted` that the ranges, which may be huge, name."""
    ascending = sorted(ranges)
    for uid in wanted:
        place = bisect_right(ascending, (uid, MAX_UID))
        if place and uid <= ascending[place - 1][1]:
            yield uid


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
    """Where a mailbox stands, None if there is no such mailbox; UNKNOWN where it is not told."""
    found: list[Bookmark] = []

    def hear(response: Untagged | Status) -> None:
        if isinstance(response, MailboxStatus) and same_mailbox(response.name, wire_name):
            total = response.items.get("MESSAGES", UNKNOWN.total)
            found.append(replace(bookmark_of(response.items), total=total))

    status = await line.run(on_mailbox("STATUS", wire_name, status_items()), hear)
    if status.condition == "NO" or (not found and not await _is_listed(line, wire_name)):
        return None
    return found[-1] if found else UNKNOWN


async def _is_listed(line: Line, wire_name: bytes) -> bool:
    """Whether there is such a mailbox, where the server does not answer STATUS; if in doubt, yes.

    "%" and "*" stand for others in LIST: what a name that has them brings is compared.
    """
    found: list[bytes] = []

    def hear(response: Untagged | Status) -> None:
        if isinstance(response, ListRow):
            found.append(response.name)

    asked = Command("LIST …", (b"LIST", b'""', astring(wire_name)))
    status = await line.run(asked, hear)
    return status.condition != "OK" or any(same_mailbox(name, wire_name) for name in found)


def same_mailbox(one: bytes, other: bytes) -> bool:
    """RFC 9051 5.1: the inbox's name is told without regard to case."""
    return one == other or (one.upper() == b"INBOX" == other.upper())


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
