"""What happened in a mailbox since a bookmark, by UID alone."""

from collections.abc import Collection, Mapping

from tuimail.backend.imap.answers import check
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.session import Selected
from tuimail.model.mail import Flag
from tuimail.model.sync import Bookmark, Changes
from tuimail.wire.imap_commands import Command, simple, uid_fetch
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_responses import FetchRow, Found, Status, Unreadable, Untagged
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


async def find_changes(
    line: Line, selected: Selected, since: Bookmark | None, known: Collection[int]
) -> Changes:
    """What is new, gone or flagged otherwise; `selected` was selected just now."""
    reset = since is not None and since.validity != selected.validity
    if reset or (since is None and not known):
        return await _everything(line, selected, reset=reset)
    old = set(known)
    if since is None or not _can_tell_flags(selected, since):
        return await _by_full_listing(line, selected, old)
    return await _by_modseq(line, selected, since, old)


def _can_tell_flags(selected: Selected, since: Bookmark) -> bool:
    """Whether the server counts changes (RFC 7162), and nothing has run backwards."""
    counted = 0 < since.modseq <= selected.modseq
    return counted and 0 < since.next_uid <= selected.next_uid


async def _everything(line: Line, selected: Selected, *, reset: bool) -> Changes:
    arrived = await _list_uids(line, selected)
    return _changes(selected, arrived, reset=reset)


async def _by_full_listing(line: Line, selected: Selected, known: set[int]) -> Changes:
    listing = await _list_flags(line, selected, "1:*")
    listed = listing.flags.keys()
    vanished = set() if listing.unreadable else known - listed
    flags = {uid: listing.flags[uid] for uid in known & listed}
    return _changes(
        selected, sorted(listed - known), vanished, flags, unreadable=listing.unreadable
    )


async def _by_modseq(line: Line, selected: Selected, since: Bookmark, known: set[int]) -> Changes:
    arrived: list[int] = []
    if selected.next_uid > since.next_uid:
        span = f"{since.next_uid}:{selected.next_uid - 1}"
        arrived = [uid for uid in await _list_uids(line, selected, span) if uid not in known]
    vanished: set[int] = set()
    if len(known) + len(arrived) != selected.total:
        listed = set(await _list_uids(line, selected))
        vanished, arrived = known - listed, sorted(listed - known)
    if selected.modseq == since.modseq:
        return _changes(selected, arrived, vanished)
    listing = await _list_flags(line, selected, "1:*", f" (CHANGEDSINCE {since.modseq})")
    flags = {uid: flags for uid, flags in listing.flags.items() if uid in known - vanished}
    return _changes(selected, arrived, vanished, flags, unreadable=listing.unreadable)


def _changes(
    selected: Selected,
    arrived: list[int],
    vanished: Collection[int] = (),
    flags: Mapping[int, frozenset[Flag]] | None = None,
    *,
    reset: bool = False,
    unreadable: int = 0,
) -> Changes:
    return Changes(
        bookmark=selected.bookmark,
        reset=reset,
        arrived=arrived,
        vanished=sorted(vanished),
        flags=flags or {},
        keywords_kept=selected.keywords_kept,
        unreadable=unreadable,
    )


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
