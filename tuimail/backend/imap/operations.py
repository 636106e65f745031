"""What each operation of the journal means in IMAP."""

from collections.abc import Iterable
from typing import assert_never

from tuimail.backend.imap.appending import append_message, find_appended, find_filed
from tuimail.backend.imap.names import MailboxNames
from tuimail.backend.imap.performing import (
    Ids,
    NewIds,
    check_numbers,
    check_writable,
    expunge,
    store_flags,
)
from tuimail.backend.imap.session import Session
from tuimail.backend.imap.transfer import Earlier, Placed, Transfer, arrived_since
from tuimail.model.mail import MessageKey
from tuimail.model.operation import Append, Copy, Expunge, Move, Operation, StoreFlags
from tuimail.model.sync import ServerId


async def carry_out(
    session: Session,
    names: MailboxNames,
    operation: Operation,
    ids: Ids,
    checkpoint: ServerId | None,
    *,
    content: bytes,
) -> NewIds:
    """Perform it (base.Backend.perform); `checkpoint` is None at a first try."""
    match operation:
        case Append():
            return await _append(session, names, operation, checkpoint, content)
        case StoreFlags() | Expunge():
            return await _change(session, names, operation, _of(ids, operation.keys))
        case Move():
            return await _move(session, names, operation, _of(ids, operation.keys), checkpoint)
        case Copy():
            return await _copy(session, names, operation, _of(ids, operation.sources), checkpoint)
        case _:
            assert_never(operation)


async def _append(
    session: Session,
    names: MailboxNames,
    operation: Append,
    checkpoint: ServerId | None,
    content: bytes,
) -> NewIds:
    if checkpoint is not None:
        earlier = await find_appended(session, names, operation, checkpoint, content)
        if earlier is not None:
            return {operation.key: earlier}
    if operation.unless_there:
        filed = await find_filed(session, names, operation)
        if filed is not None:
            return {operation.key: filed}
    return {operation.key: await append_message(session, names, operation, content)}


async def _change(
    session: Session, names: MailboxNames, operation: StoreFlags | Expunge, ids: Ids
) -> NewIds:
    if not ids:
        return {}
    wire_name = names.wire(operation.mailbox)
    async with session.mailbox(operation.mailbox, wire_name, fresh=True) as selected:
        check_numbers(session.line, selected, ids.values())
        if isinstance(operation, StoreFlags):
            return await store_flags(session.line, selected, ids, operation.add, operation.remove)
        check_writable(session.line, selected)
        return await expunge(session.line, ids)


async def _move(
    session: Session, names: MailboxNames, operation: Move, ids: Ids, checkpoint: ServerId | None
) -> NewIds:
    placed = await _transfer(session, names, operation, ids, checkpoint)
    return {key: placed[id.uid] for key, id in ids.items() if id.uid in placed}


async def _copy(
    session: Session, names: MailboxNames, operation: Copy, ids: Ids, checkpoint: ServerId | None
) -> NewIds:
    placed = await _transfer(session, names, operation, ids, checkpoint)
    copies = zip(operation.sources, operation.copies, strict=True)
    return {
        copy: placed[ids[source].uid]
        for source, copy in copies
        if source in ids and ids[source].uid in placed
    }


async def _transfer(
    session: Session,
    names: MailboxNames,
    operation: Move | Copy,
    ids: Ids,
    checkpoint: ServerId | None,
) -> Placed:
    if not ids:
        return {}
    earlier = Earlier()
    if checkpoint is not None:
        earlier = await arrived_since(session, names, operation.target, checkpoint)
    transfer = Transfer(session.line, names, operation.target)
    uids = {id.uid for id in ids.values()}
    source = names.wire(operation.mailbox)
    async with session.mailbox(operation.mailbox, source, fresh=True) as selected:
        check_numbers(session.line, selected, ids.values())
        if isinstance(operation, Move):
            check_writable(session.line, selected)
            return await transfer.move(uids, earlier)
        return await transfer.copy(uids, earlier)


def _of(ids: Ids, keys: Iterable[MessageKey]) -> Ids:
    return {key: ids[key] for key in keys if key in ids}
