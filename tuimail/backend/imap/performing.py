"""Operations on the server: by UID, after a check of UIDVALIDITY, harmless if repeated."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from tuimail.backend.base import NotKept, Refused
from tuimail.backend.imap.asking import flags_of, present, run_all
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.session import Selected
from tuimail.model.mail import DELETED, Flag, MessageKey
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import ServerId
from tuimail.wire.imap_commands import Command, simple, uid_store
from tuimail.wire.uid_set import uid_sets

Ids = Mapping[MessageKey, ServerId]
NewIds = dict[MessageKey, ServerId | None]
Changes = Iterable[tuple[str, Collection[Flag]]]


def check_numbers(line: Line, selected: Selected, ids: Iterable[ServerId]) -> None:
    """Refuse what was meant for other messages."""
    if any(id.validity != selected.validity for id in ids):
        name = safe_line(selected.mailbox, 100)
        raise Refused(f"{line.host} has numbered the messages in {name} anew", wholly=True)


def check_writable(line: Line, selected: Selected) -> None:
    """Refuse what could not be written anyway."""
    if selected.read_only:
        name = safe_line(selected.mailbox, 100)
        raise Refused(f"{line.host} lets nothing be changed in {name}", wholly=True)


async def store_flags(
    line: Line, selected: Selected, ids: Ids, add: Collection[Flag], remove: Collection[Flag]
) -> NewIds:
    """Add and remove flags; the ids of what was there. Raises NotKept."""
    unkept = frozenset(
        flag for flag in (*add, *remove) if selected.read_only or not selected.keeps(flag)
    )
    _check_kept(line, selected, unkept)
    uids = {id.uid for id in ids.values()}
    stored = await _store(line, uids, (("+", add), ("-", remove)))
    told = await flags_of(line, stored)
    _check_kept(line, selected, _unchanged(told.values(), add, remove))
    return {key: id for key, id in ids.items() if id.uid in told}


async def _store(line: Line, uids: set[int], changes: Changes) -> set[int]:
    """Store, if need be without what is gone; the UIDs that were named.

    Some servers refuse a set that names a message which is gone, and do the rest or nothing.
    """
    try:
        await run_all(line, _stores(uids, changes), "to change flags")
    except Refused:
        there = await present(line, uids)
        if there == uids:
            raise
        await run_all(line, _stores(there, changes), "to change flags")
        return there
    return uids


def _check_kept(line: Line, selected: Selected, unkept: frozenset[Flag]) -> None:
    if unkept:
        name = safe_line(selected.mailbox, 100)
        words = safe_line(" ".join(sorted(unkept)), 100)
        raise NotKept(f"{line.host} does not keep {words} in {name}", unkept)


def _unchanged(
    told: Iterable[frozenset[Flag] | None], add: Iterable[Flag], remove: Iterable[Flag]
) -> frozenset[Flag]:
    """What the server said OK to and did with none of the messages."""
    # RFC 9051 2.3.2: flags are case-insensitive.
    now = [{flag.lower() for flag in flags} for flags in told if flags is not None]
    if not now:
        return frozenset()
    return frozenset(
        [flag for flag in add if not any(flag.lower() in flags for flags in now)]
        + [flag for flag in remove if all(flag.lower() in flags for flags in now)]
    )


async def expunge(line: Line, ids: Ids) -> NewIds:
    """Delete these and no others (RFC 4315), whatever else is marked."""
    if "UIDPLUS" not in line.capabilities:
        raise Refused(f"{line.host} cannot delete single messages for good", wholly=True)
    uids = {id.uid for id in ids.values()}
    there = await present(line, uids)
    await run_all(line, removals(there, expunge=True), "to delete messages")
    return {key: None for key, id in ids.items() if id.uid in there}


def removals(uids: Collection[int], *, expunge: bool) -> Iterator[Command]:
    """Mark \\Deleted and, if it can be said by UID, expunge."""
    for piece in uid_sets(uids):
        yield uid_store(piece, "+", [DELETED])
        if expunge:
            yield simple("UID EXPUNGE", piece)


def _stores(uids: Collection[int], changes: Changes) -> Iterator[Command]:
    for piece in uid_sets(uids):
        for sign, flags in changes:
            if flags:
                yield uid_store(piece, sign, flags)
