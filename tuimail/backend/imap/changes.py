"""What happened in a mailbox since a bookmark, by UID alone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from tuimail.backend.imap.listing import (
    Listed,
    list_arrivals,
    list_flags_since,
    list_messages,
)
from tuimail.backend.imap.session import Selected, Session
from tuimail.backend.imap.unseen import Unseen
from tuimail.model.mail import SEEN, Flag
from tuimail.model.sync import Bookmark, Changes


@dataclass(slots=True)
class _Findings:
    """`unseen` and `unlisted` are None where they are not known yet."""

    arrived: Collection[int] = ()
    vanished: Collection[int] = ()
    flags: Mapping[int, frozenset[Flag]] = field(default_factory=dict)
    unseen: int | None = None
    unlisted: int = 0


async def find_changes(
    session: Session, selected: Selected, since: Bookmark | None, known: Collection[int]
) -> Changes:
    """What is new, gone or flagged otherwise; `selected` was selected just now."""
    selected.check_total(session.line.host)
    if since is not None and _is_unchanged(selected, since, len(known)):
        return _changes(selected, _Findings(unseen=since.unseen))
    reset = since is not None and since.validity != selected.validity
    unseen = await Unseen.ask(session, selected)
    if reset or (since is None and not known):
        found = await _everything(session, selected)
    elif since is None or not _can_tell_flags(selected, since):
        found = await _by_full_listing(session, selected, set(known))
    else:
        found = await _by_modseq(session, selected, since, set(known))
    if found.unseen is None:
        found.unseen = await unseen.told()
    return _changes(selected, found, reset=reset)


def _is_unchanged(selected: Selected, since: Bookmark, known: int) -> bool:
    """Whether the server's own count of changes (RFC 7162) says that there was none."""
    then = since.validity, since.next_uid, since.modseq, known
    now = selected.validity, selected.next_uid, selected.modseq, selected.total
    return since.modseq > 0 and then == now


def _can_tell_flags(selected: Selected, since: Bookmark) -> bool:
    """Whether the server counts changes, and nothing has run backwards."""
    counted = 0 < since.modseq <= selected.modseq
    return counted and 0 < since.next_uid <= selected.next_uid


async def _everything(session: Session, selected: Selected) -> _Findings:
    listed = await list_messages(session, selected)
    return _Findings(sorted(listed.uids), unseen=_unseen_among(listed), unlisted=listed.unlisted)


async def _by_full_listing(session: Session, selected: Selected, known: set[int]) -> _Findings:
    listed = await list_messages(session, selected, flags=True)
    return _Findings(
        sorted(listed.uids - known),
        _vanished(listed, known),
        {uid: flags for uid, flags in listed.flags.items() if uid in known},
        _unseen_among(listed),
        listed.unlisted,
    )


async def _by_modseq(
    session: Session, selected: Selected, since: Bookmark, known: set[int]
) -> _Findings:
    found = _Findings()
    if selected.next_uid > since.next_uid:
        found.arrived = sorted(await list_arrivals(session, selected, since.next_uid) - known)
    if len(known) + len(found.arrived) != selected.total:
        listed = await list_messages(session, selected)
        found.vanished, found.arrived = _vanished(listed, known), sorted(listed.uids - known)
        found.unlisted = listed.unlisted
    if selected.modseq != since.modseq:
        changed = await list_flags_since(session, selected, since.modseq)
        if changed is None:
            return await _by_full_listing(session, selected, known)
        kept = known.difference(found.vanished)
        found.flags = {uid: flags for uid, flags in changed.flags.items() if uid in kept}
    return found


def _vanished(listed: Listed, known: set[int]) -> set[int]:
    """What is not listed is gone, unless the server counts more than it lists."""
    return set() if listed.unlisted else known - listed.uids


def _unseen_among(listed: Listed) -> int | None:
    """How many are unread, None unless all have told their flags."""
    if listed.unlisted or listed.uids - listed.flags.keys():
        return None
    return sum(SEEN not in listed.flags[uid] for uid in listed.uids)


def _changes(selected: Selected, found: _Findings, *, reset: bool = False) -> Changes:
    return Changes(
        bookmark=replace(selected.bookmark, unseen=found.unseen or 0),
        reset=reset,
        arrived=tuple(found.arrived),
        vanished=tuple(sorted(found.vanished)),
        flags=found.flags,
        keywords_kept=selected.keywords_kept,
        unreadable=found.unlisted,
    )
