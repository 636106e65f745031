"""Telling a server of claimed entries as one operation; of what it refuses, in halves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tuimail.backend.base import Backend, Busy, InDoubt, NotKept, Refused
from tuimail.engine.link import Link
from tuimail.engine.runs import as_one
from tuimail.model.mail import Flag, MessageKey
from tuimail.model.operation import (
    Append,
    Copy,
    Entry,
    Expunge,
    Move,
    Operation,
    StoreFlags,
    narrowed,
)
from tuimail.model.sync import ServerId
from tuimail.store.failpoint import failpoint
from tuimail.store.store import Store

# So many refusals in a row say that all is refused: halved so often, 5,000 messages are one.
REFUSALS_IN_A_ROW = 20

Places = Mapping[MessageKey, ServerId]
Ids = Mapping[MessageKey, ServerId | None]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why these messages are as they were."""

    keys: frozenset[MessageKey]
    cause: Refused


@dataclass(slots=True)
class Result:
    """What became of an operation: `ids` as `Backend.perform` returns them, and the refusals."""

    ids: dict[MessageKey, ServerId | None] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, keys: Collection[MessageKey], cause: Refused) -> None:
        """What is refused in the same words, or may go later, stays together."""
        for number, known in enumerate(self.refusals):
            if _is_like(known.cause, cause):
                self.refusals[number] = Refusal(known.keys.union(keys), known.cause)
                return
        self.refusals.append(Refusal(frozenset(keys), cause))


class Telling:
    """Entries that go as one; `again`: they may have been told before."""

    def __init__(
        self,
        link: Link,
        entries: Sequence[Entry],
        places: Places,
        checkpoint: ServerId,
        *,
        again: bool,
    ) -> None:
        self._link = link
        self._entries = entries
        self._places = places
        self._checkpoint = checkpoint
        self._again = again
        self._here: frozenset[Flag] = frozenset()
        self.operation = as_one(entries)

    async def whole(self) -> Result:
        return Result(dict(await self._ask(self.operation)))

    async def in_halves(self, whole: Refused) -> Result:
        """Do what can be done, after the `whole` was refused for some messages or for all.

        Which one a server refuses is not told, and the others are not to suffer for it.
        """
        result = Result()
        in_a_row = 0
        refused: list[tuple[Sequence[MessageKey], Refused]] = [(sorted(self._keys()), whole)]
        while refused:
            keys, cause = refused.pop()
            if len(keys) == 1 or not self._can_be_halved(cause) or in_a_row >= REFUSALS_IN_A_ROW:
                result.refuse(keys, cause)
                continue
            middle = len(keys) // 2
            for half in (keys[middle:], keys[:middle]):
                try:
                    result.ids |= await self._ask(narrowed(self.operation, half))
                    in_a_row = 0
                except Refused as refusal:
                    in_a_row += 1
                    refused.append((half, refusal))
        return result

    def stays_here(self) -> bool:
        """Whether the server was told nothing, since it keeps none of these flags."""
        return isinstance(self.operation, StoreFlags) and not _flags(
            without(self.operation, self._here)
        )

    def _keys(self) -> frozenset[MessageKey]:
        return self.operation.keys

    def _can_be_halved(self, cause: Refused) -> bool:
        """Half of what may be there already could be taken for its twins in the other half."""
        in_doubt = (self._again or cause.begun) and isinstance(self.operation, Move | Copy)
        return not (in_doubt or cause.wholly or isinstance(cause, InDoubt))

    async def _ask(self, operation: Operation) -> Ids:
        """Tell the server what it keeps; the rest of the flags stays here."""
        own = {key: self._places[key] for key in sources_of(operation) & self._places.keys()}
        if not own and not isinstance(operation, Append):
            return {}
        while True:
            operation = await self._without_unkept(operation)
            if isinstance(operation, StoreFlags) and not _flags(operation):
                return own
            try:
                return await self._perform(operation, own)
            except NotKept as told:
                await self._keep_here(operation, told)

    async def _without_unkept(self, operation: Operation) -> Operation:
        if not isinstance(operation, StoreFlags):
            return operation
        left = without(operation, self._here)
        if unkept := _unkept(self._link.backend, left):
            await self._note_here(unkept)
        return without(left, unkept)

    async def _keep_here(self, operation: Operation, told: NotKept) -> None:
        if not (isinstance(operation, StoreFlags) and told.flags & _flags(operation)):
            raise told
        await self._note_here(told.flags)

    async def _note_here(self, flags: frozenset[Flag]) -> None:
        self._here |= flags
        await self._link.disk(Store.keep_here, self._entries, self._here)

    async def _perform(self, operation: Operation, own: Places) -> Ids:
        content = b""
        if isinstance(operation, Append):
            content = await self._link.disk(Store.content, self._entries[0])
        if isinstance(operation, Expunge) and self._link.removing is not None:
            await self._link.removing({id.uid for id in own.values()})
        failpoint("before_perform")
        return await self._link.backend.perform(
            operation, own, checkpoint=self._checkpoint, again=self._again, content=content
        )


def sources_of(operation: Operation) -> frozenset[MessageKey]:
    """The messages that must be found on the server."""
    match operation:
        case Copy(sources=sources):
            return frozenset(sources)
        case Append():
            return frozenset()
        case _:
            return operation.keys


def without(operation: StoreFlags, flags: frozenset[Flag]) -> StoreFlags:
    return replace(operation, add=operation.add - flags, remove=operation.remove - flags)


def _is_like(one: Refused, other: Refused) -> bool:
    if one.begun != other.begun:
        return False
    if isinstance(one, Busy):
        return isinstance(other, Busy)
    return type(one) is type(other) and str(one) == str(other)


def _flags(operation: StoreFlags) -> frozenset[Flag]:
    return operation.add | operation.remove


def _unkept(backend: Backend, operation: StoreFlags) -> frozenset[Flag]:
    """The flags that the server is known not to keep."""
    if backend.accepts(operation):
        return frozenset()
    return frozenset(
        flag
        for flag in _flags(operation)
        if not backend.accepts(replace(operation, add=frozenset({flag}), remove=frozenset()))
    )
