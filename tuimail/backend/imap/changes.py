"""What happened in a mailbox since a bookmark, by UID alone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from tuimail.backend.imap.answers import check
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.pending import Pending
from tuimail.backend.imap.session import Selected
from tuimail.model.mail import Flag
from tuimail.model.sync import Bookmark, Changes
from tuimail.wire.imap_commands import Command, on_mailbox, simple, uid_fetch
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_responses import (
    FetchRow,
    Found,
    MailboxStatus,
    Status,
    Unreadable,
    Untagged,
)
from tuimail.wire.uid_set import MAX_UID, expand

# How many rows more than counted are believed: mail may arrive while we ask.
_SPARE = 10_000


class FlagListing:
    """UIDs and flags as FETCH lists them, and how many rows could not be read."""

    def __init__(self, limit: int) -> None:
        self.flags: dict[int, frozenset[Flag]] = {}
        self.unreadable = 0
        self._limit = limit

    def hear(self, response: Untagged | Status) -> None:
        if isinstance(response, FetchRow):
            if response.uid is not None and response.flags is not None:
                self.flags[response.uid] = response.flags
        elif isinstance(response, Unreadable) and response.kind == "FETCH":
            self.unreadable += 1
        if len(self.flags) + self.unreadable > self._limit:
            raise ProtocolError("more messages than it counts")


class UidListing:
    """UIDs as SEARCH or ESEARCH lists them."""

    def __init__(self, limit: int) -> None:
        self.uids: list[int] = []
        self._limit = limit

    def hear(self, response: Untagged | Status) -> None:
        if isinstance(response, Found):
            self.uids += expand(response.uids, self._limit - len(self.uids))


@dataclass(slots=True)
class _Findings:
    arrived: Collection[int] = ()
    vanished: Collection[int] = ()
    flags: Mapping[int, frozenset[Flag]] = field(default_factory=dict)
    unreadable: int = 0


async def find_changes(
    line: Line, selected: Selected, since: Bookmark | None, known: Collection[int]
) -> Changes:
    """What is new, gone or flagged otherwise; `selected` was selected just now."""
    if since is not None and _is_unchanged(selected, since, len(known)):
        return _changes(selected, _Findings(), unseen=since.unseen)
    reset = since is not None and since.validity != selected.validity
    unseen = await _Unseen.ask(line, selected)
    if reset or (since is None and not known):
        found = _Findings(await _list_uids(line, selected))
    elif since is None or not _can_tell_flags(selected, since):
        found = await _by_full_listing(line, selected, set(known))
    else:
        found = await _by_modseq(line, selected, since, set(known))
    return _changes(selected, found, unseen=await unseen.told(), reset=reset)


def _is_unchanged(selected: Selected, since: Bookmark, known: int) -> bool:
    """Whether the server's own count of changes (RFC 7162) says that there was none."""
    then = since.validity, since.next_uid, since.modseq, known
    now = selected.validity, selected.next_uid, selected.modseq, selected.total
    return since.modseq > 0 and then == now


def _can_tell_flags(selected: Selected, since: Bookmark) -> bool:
    """Whether the server counts changes, and nothing has run backwards."""
    counted = 0 < since.modseq <= selected.modseq
    return counted and 0 < since.next_uid <= selected.next_uid


async def _by_full_listing(line: Line, selected: Selected, known: set[int]) -> _Findings:
    listing = await _list_flags(line, selected, "1:*")
    listed = listing.flags.keys()
    vanished = set() if listing.unreadable else known - listed
    flags = {uid: listing.flags[uid] for uid in known & listed}
    return _Findings(sorted(listed - known), vanished, flags, listing.unreadable)


async def _by_modseq(line: Line, selected: Selected, since: Bookmark, known: set[int]) -> _Findings:
    found = _Findings()
    if selected.next_uid > since.next_uid:
        span = f"{since.next_uid}:{selected.next_uid - 1}"
        listed = await _list_uids(line, selected, span)
        found.arrived = [uid for uid in listed if uid not in known]
    if len(known) + len(found.arrived) != selected.total:
        everything = set(await _list_uids(line, selected))
        found.vanished, found.arrived = known - everything, sorted(everything - known)
    if selected.modseq != since.modseq:
        listing = await _list_flags(line, selected, "1:*", f" (CHANGEDSINCE {since.modseq})")
        kept = known.difference(found.vanished)
        found.flags = {uid: flags for uid, flags in listing.flags.items() if uid in kept}
        found.unreadable = listing.unreadable
    return found


def _changes(selected: Selected, found: _Findings, *, unseen: int, reset: bool = False) -> Changes:
    return Changes(
        bookmark=replace(selected.bookmark, unseen=unseen),
        reset=reset,
        arrived=tuple(found.arrived),
        vanished=tuple(sorted(found.vanished)),
        flags=found.flags,
        keywords_kept=selected.keywords_kept,
        unreadable=found.unreadable,
    )


class _Unseen:
    """How many messages are unread: asked beside the other questions."""

    def __init__(self, line: Line, selected: Selected) -> None:
        self._line = line
        self._total = selected.total
        self._count = 0
        self._pending: Pending | None = None

    @classmethod
    async def ask(cls, line: Line, selected: Selected) -> Self:
        unseen = cls(line, selected)
        if selected.total:
            extended = "ESEARCH" in line.capabilities
            search = simple("UID SEARCH RETURN (COUNT) UNSEEN")
            status = on_mailbox("STATUS", selected.wire_name, "(UNSEEN)")
            unseen._pending = await line.start(search if extended else status, unseen._hear)
        return unseen

    async def told(self) -> int:
        if self._pending is not None:
            check(await self._pending.done, self._line.host, "to count the unread messages")
        return self._count

    def _hear(self, response: Untagged | Status) -> None:
        match response:
            case Found(count=int(count)):
                self._count = min(count, self._total)
            case MailboxStatus(items=items):
                self._count = min(items.get("UNSEEN", 0), self._total)


async def _list_flags(line: Line, selected: Selected, uids: str, modifier: str = "") -> FlagListing:
    listing = FlagListing(selected.total * 2 + _SPARE)
    if selected.total:
        status = await line.run(uid_fetch(uids, f"(UID FLAGS){modifier}"), listing.hear)
        check(status, line.host, "to list the flags")
    return listing


async def _list_uids(line: Line, selected: Selected, uids: str = "1:*") -> list[int]:
    """UIDs in ascending order, below UIDNEXT as SELECT told it: what came since comes next."""
    if not selected.total:
        return []
    if "ESEARCH" in line.capabilities:
        found = UidListing(selected.total + _SPARE)
        status = await line.run(_search(uids), found.hear)
        check(status, line.host, "to list the messages")
        listed = found.uids
    else:
        # No SEARCH here: its single line may be longer than a line may be.
        listed = list((await _list_flags(line, selected, uids)).flags)
    return sorted({uid for uid in listed if uid < (selected.next_uid or MAX_UID)})


def _search(uids: str) -> Command:
    return simple("UID SEARCH RETURN (ALL)", f"UID {uids}")
