"""A backend whose server is a `DemoServer`: no network, the same promises."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from typing import assert_never

from tuimail.backend.base import PIECE, NotAuthorized, Refused, Unreachable, check_target_numbers
from tuimail.backend.demo.server import DemoServer, StoredMailbox, StoredMessage
from tuimail.backend.pieces import in_pieces
from tuimail.model.mail import SYSTEM_FLAGS, MailboxName, MessageKey
from tuimail.model.operation import Append, Copy, Expunge, Move, Operation, StoreFlags
from tuimail.model.sync import (
    NOWHERE,
    Bookmark,
    Changes,
    Fetched,
    Part,
    ServerId,
    ServerMailbox,
    numbered_anew,
)

_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>]*>)", re.IGNORECASE | re.MULTILINE)

Secret = Callable[[], Awaitable[str]]
Ids = Mapping[MessageKey, ServerId]
NewIds = dict[MessageKey, ServerId | None]


class DemoBackend:
    """One client of a `DemoServer`; several may be connected to one."""

    def __init__(self, server: DemoServer, *, secret: Secret | None = None) -> None:
        self._server = server
        self._secret = secret
        self._connected_in: int | None = None
        self._last_seen: dict[MailboxName, tuple[int, int]] = {}

    async def connect(self) -> None:
        if self._connected_in == self._server.connection_era:
            return
        self._server.commands["connect"] += 1
        era = self._server.connection_era
        await asyncio.sleep(self._server.latency)
        if self._server.outage is not None or era != self._server.connection_era:
            raise Unreachable(self._server.outage or "The connection was lost.")
        await self._log_in()
        self._connected_in = era

    async def close(self) -> None:
        self._connected_in = None
        self._server.wake()

    async def mailboxes(self) -> Sequence[ServerMailbox]:
        await self._ask("mailboxes")
        listed = self._server.listing()
        self._last_seen = {box.name: self._state_of(box.name) for box in listed}
        await self._answer()
        return listed

    async def changes(
        self, mailbox: MailboxName, since: Bookmark | None, known: Collection[int]
    ) -> Changes:
        await self._ask("changes")
        box = self._server.mailbox(mailbox)
        self._last_seen[mailbox] = (box.validity, box.modseq)
        changes = _changes(box, since, known)
        await self._answer()
        return changes

    async def fetch(
        self, mailbox: MailboxName, validity: int, uids: Sequence[int], part: Part
    ) -> AsyncIterator[Fetched]:
        await self._ask("fetch")
        box = self._server.mailbox(mailbox)
        _check_validity(box, validity)
        for uid in uids:
            self._check_connection()
            if uid in box.messages:
                yield self._fetched(box.messages[uid], part)
        await self._answer()

    def pieces(
        self, mailbox: MailboxName, validity: int, uid: int, *, start: int = 0, size: int = PIECE
    ) -> AsyncIterator[bytes]:
        return in_pieces(self.fetch(mailbox, validity, [uid], Part.FULL), start, size)

    def accepts(self, operation: Operation) -> bool:
        match operation:
            case StoreFlags(mailbox=name, add=add, remove=remove):
                if not self._server.has_mailbox(name) or self._server.mailbox(name).keywords_kept:
                    return True
                return add | remove <= set(SYSTEM_FLAGS)
            case _:
                return True

    async def checkpoint(self, operation: Operation) -> ServerId:
        target = _target(operation)
        if target is None:
            return NOWHERE
        await self._ask("checkpoint")
        there = self._server.has_mailbox(target)
        next_id = self._server.mailbox(target).status.next_id if there else ServerId(0, 1)
        await self._answer()
        return next_id

    async def perform(
        self,
        operation: Operation,
        ids: Ids,
        *,
        checkpoint: ServerId = NOWHERE,
        again: bool = False,
        content: bytes = b"",
    ) -> Mapping[MessageKey, ServerId | None]:
        await self._ask(type(operation).__name__.lower())
        if self._server.lose_commands:
            self._server.lose_commands -= 1
            self._server.cut()
            self._check_connection()
        reason = self._server.refusal(operation)
        if reason is not None:
            raise Refused(reason)
        self._prepare(operation, ids)
        done = self._carry_out(operation, ids, checkpoint if again else None, content)
        if self._server.lose_answers:
            self._server.lose_answers -= 1
            self._server.cut()
        await self._answer()
        return done

    async def listen(self, mailbox: MailboxName, tell: Callable[[], None]) -> None:
        await self._ask("listen")
        told = self._last_seen.get(mailbox)
        while True:
            if (state := self._state_of(mailbox)) != told:
                told = state
                tell()
            await self._server.next_change()
            self._check_connection()

    async def _log_in(self) -> None:
        if self._server.password is None:
            return
        secret = None if self._secret is None else await self._secret()
        if secret != self._server.password:
            raise NotAuthorized("The server does not accept the password.")

    async def _ask(self, command: str) -> None:
        self._server.commands[command] += 1
        self._check_connection()
        await asyncio.sleep(self._server.latency / 2)
        self._check_connection()

    async def _answer(self) -> None:
        await asyncio.sleep(self._server.latency / 2)
        self._check_connection()

    def _check_connection(self) -> None:
        if self._server.outage is not None:
            raise Unreachable(self._server.outage)
        if self._connected_in is None:
            raise Unreachable("There is no connection to the server.")
        if self._connected_in != self._server.connection_era:
            raise Unreachable("The connection was lost.")

    def _state_of(self, mailbox: MailboxName) -> tuple[int, int]:
        if not self._server.has_mailbox(mailbox):
            return (0, 0)
        box = self._server.mailbox(mailbox)
        return (box.validity, box.modseq)

    def _fetched(self, message: StoredMessage, part: Part) -> Fetched:
        content = message.content if part is Part.FULL else _header_block(message.content)
        size = len(message.content)
        return Fetched(message.uid, message.flags, message.received, size, content)

    def _prepare(self, operation: Operation, ids: Ids) -> None:
        """Refuse ids of another UIDVALIDITY before anything is touched; create the target."""
        if not isinstance(operation, Append):
            source = self._server.mailbox(operation.mailbox)
            for id in ids.values():
                _check_validity(source, id.validity)
        target = _target(operation)
        if target is not None and not self._server.has_mailbox(target):
            self._server.create(target)

    def _carry_out(
        self, operation: Operation, ids: Ids, checkpoint: ServerId | None, content: bytes
    ) -> NewIds:
        """`checkpoint` is None at the first try."""
        match operation:
            case StoreFlags(mailbox=name, add=add, remove=remove):
                stored = set(self._server.store(name, _uids(operation.keys, ids), add, remove))
                return {
                    key: ids[key] for key in operation.keys & ids.keys() if ids[key].uid in stored
                }
            case Expunge(mailbox=name):
                gone = set(self._server.expunge(name, _uids(operation.keys, ids)))
                return {key: None for key in operation.keys & ids.keys() if ids[key].uid in gone}
            case Move():
                return self._move(operation, ids, checkpoint)
            case Copy():
                return self._copy(operation, ids, checkpoint)
            case Append():
                return self._append(operation, checkpoint, content)
            case _:
                assert_never(operation)

    def _move(self, operation: Move, ids: Ids, checkpoint: ServerId | None) -> NewIds:
        keys = operation.keys & ids.keys()
        earlier = self._transferred(operation.target, checkpoint)
        moved = self._server.move(operation.mailbox, _uids(keys, ids), operation.target)
        answer: NewIds = {
            key: self._told(moved[ids[key].uid]) for key in keys if ids[key].uid in moved
        }
        if earlier:
            # Whether the first try took these is not told: their UIDs here are unknown.
            answer |= dict.fromkeys(keys - answer.keys())
        return answer

    def _copy(self, operation: Copy, ids: Ids, checkpoint: ServerId | None) -> NewIds:
        source = self._server.mailbox(operation.mailbox)
        earlier = self._transferred(operation.target, checkpoint)
        answer: NewIds = {}
        for origin, copy in zip(operation.sources, operation.copies, strict=True):
            if origin not in ids or ids[origin].uid not in source.messages:
                continue
            uid = ids[origin].uid
            twin = _take_twin(earlier, source.messages[uid])
            if twin is not None:
                answer[copy] = ServerId(self._server.mailbox(operation.target).validity, twin.uid)
                continue
            made = self._server.copy(operation.mailbox, [uid], operation.target)
            answer[copy] = self._told(made[uid])
        return answer

    def _append(self, operation: Append, checkpoint: ServerId | None, content: bytes) -> NewIds:
        message_id = _message_id(content)
        for earlier in self._unclaimed(operation.mailbox, checkpoint):
            same_id = _message_id(earlier.content) == message_id
            if same_id and len(earlier.content) == len(content):
                validity = self._server.mailbox(operation.mailbox).validity
                return {operation.key: ServerId(validity, earlier.uid)}
        appended = self._server.append(
            operation.mailbox, content, operation.flags, operation.received
        )
        return {operation.key: self._told(appended)}

    def _transferred(self, target: MailboxName, checkpoint: ServerId | None) -> list[StoredMessage]:
        if checkpoint is not None:
            check_target_numbers(target, checkpoint, self._server.mailbox(target).validity)
        return self._unclaimed(target, checkpoint)

    def _unclaimed(self, target: MailboxName, checkpoint: ServerId | None) -> list[StoredMessage]:
        """What may be the first try's work: nothing at a first try."""
        if checkpoint is None:
            return []
        box = self._server.mailbox(target)
        since = 0 if numbered_anew(checkpoint.validity, box.validity) else checkpoint.uid
        return [box.messages[uid] for uid in sorted(box.messages) if uid >= since]

    def _told(self, id: ServerId) -> ServerId | None:
        return id if self._server.tells_copyuid else None


def _changes(box: StoredMailbox, since: Bookmark | None, known: Collection[int]) -> Changes:
    everything = sorted(box.messages)
    if since is not None and since.validity != box.validity:
        return Changes(box.status, reset=True, arrived=everything, keywords_kept=box.keywords_kept)
    held = frozenset(known)
    modseq = 0 if since is None else since.modseq
    return Changes(
        box.status,
        arrived=[uid for uid in everything if uid not in held],
        vanished=sorted(held - box.messages.keys()),
        flags={
            uid: box.messages[uid].flags
            for uid in box.present(held)
            if box.messages[uid].modseq > modseq
        },
        keywords_kept=box.keywords_kept,
    )


def _target(operation: Operation) -> MailboxName | None:
    match operation:
        case Move(target=target) | Copy(target=target) | Append(mailbox=target):
            return target
        case StoreFlags() | Expunge():
            return None
        case _:
            assert_never(operation)


def _check_validity(box: StoredMailbox, validity: int) -> None:
    if validity != box.validity:
        raise Refused(f"The server has renumbered the mailbox {box.name}.")


def _uids(keys: frozenset[MessageKey], ids: Ids) -> list[int]:
    return [ids[key].uid for key in keys]


def _take_twin(candidates: list[StoredMessage], original: StoredMessage) -> StoredMessage | None:
    """Remove and return the first of `candidates` that is a copy of `original`."""
    for candidate in candidates:
        if (candidate.content, candidate.received) == (original.content, original.received):
            candidates.remove(candidate)
            return candidate
    return None


def _header_block(content: bytes) -> bytes:
    """Up to and with the empty line (RFC 9051 6.4.5.1)."""
    if content.startswith(b"\r\n"):
        return b"\r\n"
    end = content.find(b"\r\n\r\n")
    return content if end < 0 else content[: end + 4]


def _message_id(content: bytes) -> bytes | None:
    found = _MESSAGE_ID.search(_header_block(content))
    return found[1] if found else None
