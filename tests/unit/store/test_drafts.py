"""Versions of a draft in the journal: the older one waits for the newer."""

from datetime import timedelta

from tests.unit.store.worlds import ARCHIVE, TRASH, World, delivery
from tuimail.model.mail import DRAFT, MessageKey
from tuimail.model.operation import Append, Entry, EntryState, Move
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import NOWHERE, ServerId
from tuimail.store.drafts import Earlier

NAME = "0123456789abcdef"


def put(world: World, number: int, origin: MessageKey | None = None) -> list[Entry]:
    (key,) = map(MessageKey, world.store.allot_keys(1))
    id = f"{NAME}.{number}@example.org"
    append = Append(ARCHIVE, key, frozenset({DRAFT}), world.now, id)
    place = None if origin is None else (ARCHIVE, origin)
    earlier = Earlier(NAME, ARCHIVE, TRASH, place)
    return world.store.put_draft(append, b"Subject: x\r\n\r\n", earlier)


def test_the_older_version_waits_for_the_newer_however_long_that_takes(world: World) -> None:
    (old,) = world.hold([delivery(1)], ARCHIVE)
    append, move = put(world, 1, old)
    assert move.operation == Move(ARCHIVE, frozenset({old}), TRASH)
    assert world.store.due(world.now) == [append]
    (claimed,) = world.store.claim([append.id], NOWHERE)
    assert world.store.due(world.now) == []
    until = world.now + timedelta(minutes=5)
    world.store.postpone(claimed, SafeText("busy"), until)
    assert world.store.due(world.now) == []
    assert [each.id for each in world.store.due(until)] == [append.id]
    (claimed,) = world.store.claim([append.id], NOWHERE)
    (key,) = claimed.operation.keys
    world.store.settle(claimed, {key: ServerId(1, 2)})
    assert [each.operation for each in world.store.due(until)] == [move.operation]


def test_a_version_on_its_way_is_taken_out_once_it_is_there(world: World) -> None:
    world.hold([delivery(1)], ARCHIVE)
    (first,) = put(world, 1)
    (claimed,) = world.store.claim([first.id], NOWHERE)
    append, move = put(world, 2)
    assert move.operation.keys == first.operation.keys
    assert world.store.due(world.now) == [append]
    (key,) = first.operation.keys
    world.store.settle(claimed, {key: ServerId(1, 2)})
    assert world.store.due(world.now) == [append], "the newer one is not there"
    (claimed,) = world.store.claim([append.id], NOWHERE)
    world.store.settle(claimed, {min(append.operation.keys): ServerId(1, 3)})
    assert [each.id for each in world.store.due(world.now)] == [move.id]


def test_a_version_that_has_not_left_never_does(world: World) -> None:
    (first,) = put(world, 1)
    (second,) = put(world, 2)
    assert world.store.pending() == [second]
    assert world.store.entry(first.id).state is EntryState.WITHDRAWN  # type: ignore[union-attr]
    assert world.store.undo() == [], "it is no step of undo"
    assert world.store.take_out_draft(Earlier(NAME, ARCHIVE, TRASH)) == []
    assert world.store.pending() == []


def test_only_what_is_where_it_was_put_is_taken_out(world: World) -> None:
    (old,) = world.hold([delivery(1)], ARCHIVE)
    world.record(Move(ARCHIVE, frozenset({old}), TRASH))
    (append,) = put(world, 1, old)
    assert isinstance(append.operation, Append)
