"""Operations on the server: by UID, after a check of UIDVALIDITY, harmless if repeated."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from tuimail.backend.base import Refused
from tuimail.backend.imap.asking import present, run_all
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.session import Selected
from tuimail.model.mail import DELETED, Flag, MessageKey
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import ServerId
from tuimail.wire.imap_commands import Command, simple, uid_store
from tuimail.wire.uid_set import uid_sets

Ids = Mapping[MessageKey, ServerId]
NewIds = dict[MessageKey, ServerId | None]


def check_target(line: Line, selected: Selected, ids: Iterable[ServerId]) -> None:
    """Refuse what was meant for other messages, and what could not be written anyway."""
    name = safe_line(selected.mailbox, 100)
    if any(id.validity != selected.validity for id in ids):
        raise Refused(f"{line.host} has numbered the messages in {name} anew")
    if selected.read_only:
        raise Refused(f"{line.host} lets nothing be changed in {name}")


async def store_flags(
    line: Line, selected: Selected, ids: Ids, add: Iterable[Flag], remove: Iterable[Flag]
) -> NewIds:
    """Add and remove those flags that the mailbox keeps; the ids of what was there."""
    uids = {id.uid for id in ids.values()}
    changes = ("+", _kept(selected, add)), ("-", _kept(selected, remove))
    await run_all(line, _stores(uids, changes), "to change flags")
    there = await present(line, uids)
    return {key: id for key, id in ids.items() if id.uid in there}


async def expunge(line: Line, ids: Ids) -> NewIds:
    """Delete these and no others (RFC 4315), whatever else is marked."""
    if "UIDPLUS" not in line.capabilities:
        raise Refused(f"{line.host} cannot delete single messages for good")
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


def _kept(selected: Selected, flags: Iterable[Flag]) -> list[Flag]:
    return [flag for flag in flags if selected.keeps(flag)]


def _stores(
    uids: Collection[int], changes: Iterable[tuple[str, Collection[Flag]]]
) -> Iterator[Command]:
    for piece in uid_sets(uids):
        for sign, flags in changes:
            if flags:
                yield uid_store(piece, sign, flags)
