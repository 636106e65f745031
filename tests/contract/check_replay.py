"""What a backend promises about an operation whose answer was lost: as if it ran once."""

from contextlib import suppress

import pytest

from tests.builders import letter
from tests.contract.check_operations import APPEND_KEY, append_of, copy_of
from tests.contract.checking import (
    ARCHIVE,
    LABEL,
    Answer,
    assert_told,
    check,
    contents,
    ids_of,
    key,
    left_in,
    validity_of,
)
from tests.contract.world import Feature, World
from tuimail.backend.base import InDoubt, Unreachable
from tuimail.model.mail import FLAGGED, INBOX, SEEN, MessageKey
from tuimail.model.operation import Expunge, Move, Operation, StoreFlags
from tuimail.model.sync import ServerId

Ids = dict[MessageKey, ServerId]


async def twice(world: World, operation: Operation, ids: Ids, content: bytes = b"") -> Answer:
    """The first try is carried out, its answer is lost; returns the second answer."""
    checkpoint = await world.backend.checkpoint(operation)
    await world.backend.perform(operation, ids, checkpoint=checkpoint, content=content)
    return await again(world, operation, ids, checkpoint, content)


async def again(
    world: World, operation: Operation, ids: Ids, checkpoint: ServerId, content: bytes = b""
) -> Answer:
    return await world.backend.perform(
        operation, ids, checkpoint=checkpoint, again=True, content=content
    )


@check()
async def flags_stored_twice_are_stored_once(world: World) -> None:
    uid = await world.deliver(letter(), flags=[FLAGGED])
    ids = await ids_of(world, uid)
    operation = StoreFlags(INBOX, frozenset(ids), frozenset({SEEN, LABEL}), frozenset({FLAGGED}))
    assert await twice(world, operation, ids) == ids
    assert (await world.truth())[uid].flags == {SEEN, LABEL}


@check()
async def a_move_repeated_makes_no_double(world: World) -> None:
    content = letter()
    uid = await world.deliver(content)
    ids = await ids_of(world, uid)
    answer = await twice(world, Move(INBOX, frozenset(ids), ARCHIVE), ids)
    assert await left_in(world) == {}
    target = await world.truth(ARCHIVE)
    assert contents(target) == [content]
    assert_told(answer, {key(uid): content}, target, await validity_of(world, ARCHIVE))


@check()
async def a_move_that_was_half_done_is_finished(world: World) -> None:
    bodies = {await world.deliver(text): text for text in (letter(f"No. {n}") for n in range(6))}
    ids = await ids_of(world, *bodies)
    operation = Move(INBOX, frozenset(ids), ARCHIVE)
    checkpoint = await world.backend.checkpoint(operation)
    for uid in list(bodies)[:3]:
        await world.move(INBOX, uid, ARCHIVE)
    answer = await again(world, operation, ids, checkpoint)
    assert await left_in(world) == {}
    target = await world.truth(ARCHIVE)
    assert contents(target) == sorted(bodies.values())
    expected = {key(uid): text for uid, text in bodies.items()}
    assert_told(answer, expected, target, await validity_of(world, ARCHIVE))


@check()
async def a_move_repeated_never_claims_anothers_message(world: World) -> None:
    """The message was expunged elsewhere, and something else came into the target."""
    uid = await world.deliver(letter("mine"))
    ids = await ids_of(world, uid)
    operation = Move(INBOX, frozenset(ids), ARCHIVE)
    checkpoint = await world.backend.checkpoint(operation)
    await world.expunge(INBOX, uid)
    theirs = await world.deliver(letter("theirs"), ARCHIVE)
    answer = await again(world, operation, ids, checkpoint)
    assert answer.get(key(uid)) is None
    assert list(await world.truth(ARCHIVE)) == [theirs]


@check()
async def a_move_repeated_into_an_empty_target_knows_that_the_message_was_gone(
    world: World,
) -> None:
    uid = await world.deliver(letter())
    ids = await ids_of(world, uid)
    operation = Move(INBOX, frozenset(ids), ARCHIVE)
    checkpoint = await world.backend.checkpoint(operation)
    await world.expunge(INBOX, uid)
    assert await again(world, operation, ids, checkpoint) == {}


@check()
async def a_copy_repeated_makes_no_double(world: World) -> None:
    first, second = letter("one"), letter("two")
    uids = [await world.deliver(first), await world.deliver(second)]
    operation = copy_of(*uids)
    answer = await twice(world, operation, await ids_of(world, *uids))
    target = await world.truth(ARCHIVE)
    assert contents(target) == sorted([first, second])
    assert len(await world.truth()) == 2
    expected = dict(zip(operation.copies, [first, second], strict=True))
    assert_told(answer, expected, target, await validity_of(world, ARCHIVE))


@check()
async def a_copy_whose_first_try_never_arrived_is_made(world: World) -> None:
    """An older copy of the same message, from before the checkpoint, is not mistaken for it."""
    content = letter()
    await world.deliver(content, ARCHIVE)
    uid = await world.deliver(content)
    ids = await ids_of(world, uid)
    operation = copy_of(uid)
    checkpoint = await world.backend.checkpoint(operation)
    await again(world, operation, ids, checkpoint)
    assert contents(await world.truth(ARCHIVE)) == [content, content]


@check()
async def copies_of_twins_are_twins(world: World) -> None:
    content = letter()
    uids = [await world.deliver(content), await world.deliver(content)]
    operation = copy_of(*uids)
    answer = await twice(world, operation, await ids_of(world, *uids))
    target = await world.truth(ARCHIVE)
    assert contents(target) == [content, content]
    expected = dict.fromkeys(operation.copies, content)
    assert_told(answer, expected, target, await validity_of(world, ARCHIVE))


@check()
async def nothing_is_repeated_into_a_target_that_was_numbered_anew(world: World) -> None:
    """The first try's work may be there, and no UID tells any more what came since."""
    content = letter()
    await world.deliver(letter("older"), ARCHIVE)
    uid = await world.deliver(content)
    ids = await ids_of(world, uid)
    operations: list[Operation] = [copy_of(uid), Move(INBOX, frozenset(ids), ARCHIVE)]
    checkpoints = [await world.backend.checkpoint(operation) for operation in operations]
    await world.backend.perform(operations[0], ids, checkpoint=checkpoints[0])
    await world.renumber(ARCHIVE)
    for operation, checkpoint in zip(operations, checkpoints, strict=True):
        with pytest.raises(InDoubt):
            await again(world, operation, ids, checkpoint)
    assert list(await world.truth()) == [uid]
    assert len(await world.truth(ARCHIVE)) == 2


@check()
async def an_append_is_found_in_a_target_that_was_numbered_anew(world: World) -> None:
    content = letter()
    operation = append_of(content)
    await world.deliver(letter("older"), ARCHIVE)
    checkpoint = await world.backend.checkpoint(operation)
    await world.backend.perform(operation, {}, checkpoint=checkpoint, content=content)
    await world.renumber(ARCHIVE)
    await again(world, operation, {}, checkpoint, content)
    assert contents(await world.truth(ARCHIVE)).count(content) == 1


@check(Feature.EXPUNGES_BY_UID)
async def an_expunge_repeated_takes_nothing_more(world: World) -> None:
    uid, stays = await world.deliver(letter()), await world.deliver(letter())
    ids = await ids_of(world, uid)
    assert await twice(world, Expunge(INBOX, frozenset(ids)), ids) == {}
    assert list(await world.truth()) == [stays]


@check()
async def an_append_repeated_makes_no_double(world: World) -> None:
    content = letter()
    answer = await twice(world, append_of(content), {}, content)
    target = await world.truth(ARCHIVE)
    assert contents(target) == [content]
    assert_told(answer, {APPEND_KEY: content}, target, await validity_of(world, ARCHIVE))


@check()
async def an_append_whose_first_try_never_arrived_is_made(world: World) -> None:
    """An older version of the same draft bears the same Message-ID and is not mistaken for it."""
    old, new = (letter(body=body, message_id="<draft@example.org>") for body in ("Old\n", "New\n"))
    await world.deliver(old, ARCHIVE)
    operation = append_of(new)
    checkpoint = await world.backend.checkpoint(operation)
    await world.deliver(letter("something else"), ARCHIVE)
    await again(world, operation, {}, checkpoint, new)
    assert contents(await world.truth(ARCHIVE)).count(new) == 1
    assert contents(await world.truth(ARCHIVE)).count(old) == 1
    assert len(await world.truth(ARCHIVE)) == 3


@check()
async def whatever_the_moment_the_line_breaks_it_is_as_if_it_ran_once(world: World) -> None:
    for point in world.cut_points:
        await _move_with_a_cut(world, point)
        await _append_with_a_cut(world, point)


async def _move_with_a_cut(world: World, point: int) -> None:
    uids = [await world.deliver(letter(f"Move {point}.{n}"), flags=[SEEN]) for n in range(3)]
    everything = sorted(contents(await left_in(world)) + contents(await world.truth(ARCHIVE)))
    ids = await ids_of(world, *uids)
    await _perform_with_a_cut(world, Move(INBOX, frozenset(ids), ARCHIVE), ids, b"", point)
    assert await left_in(world) == {}
    assert contents(await world.truth(ARCHIVE)) == everything


async def _append_with_a_cut(world: World, point: int) -> None:
    content = letter(f"Append {point}", "x" * 3_000)
    expected = sorted([*contents(await world.truth(ARCHIVE)), content])
    await _perform_with_a_cut(world, append_of(content), {}, content, point)
    assert contents(await world.truth(ARCHIVE)) == expected


async def _perform_with_a_cut(
    world: World, operation: Operation, ids: Ids, content: bytes, point: int
) -> None:
    checkpoint = await world.backend.checkpoint(operation)
    await world.cut_during_next_operation(point)
    with suppress(Unreachable):
        await world.backend.perform(operation, ids, checkpoint=checkpoint, content=content)
    await world.mend()
    await world.backend.connect()
    await again(world, operation, ids, checkpoint, content)
