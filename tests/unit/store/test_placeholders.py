"""Where a header did not come a placeholder stands, wherever it goes, until the header comes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import apsw
import pytest

from tests.unit.store.worlds import ARCHIVE, TRASH, World, delivery
from tuimail.engine.pull import NOT_GIVEN_OUT
from tuimail.model.mail import FLAGGED, INBOX, SEEN, Envelope, MessageKey
from tuimail.model.operation import Copy, Move, StoreFlags
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import Bookmark, Changes, ServerId
from tuimail.model.trouble import Trouble
from tuimail.store.store import Delivery, Failed

NO = SafeText("Internal error")
NOT_HERE = Failed(NO, bare=True)


def placeholder(world: World, uid: int) -> Delivery:
    return Delivery(
        uid=uid,
        validity=1,
        flags=frozenset(),
        received=world.now,
        size=0,
        envelope=Envelope(subject=NOT_GIVEN_OUT),
        missed=NOT_HERE,
    )


def bare(world: World) -> dict[MessageKey, Trouble]:
    return {each.key: each for each in world.store.troubles() if each.bare and each.key}


def copied(world: World, key: MessageKey) -> MessageKey:
    (copy,) = map(MessageKey, world.store.allot_keys(1))
    (entry,) = world.record(Copy(INBOX, (key,), (copy,), ARCHIVE))
    world.store.settle(world.claim(entry), {copy: ServerId(1, 7)})
    return copy


def moved(world: World, key: MessageKey) -> MessageKey:
    (entry,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.store.settle(world.claim(entry), {key: ServerId(1, 7)})
    return key


def copied_and_moved(world: World, key: MessageKey) -> MessageKey:
    copy = copied(world, key)
    (entry,) = world.record(Move(ARCHIVE, frozenset({copy}), TRASH))
    world.store.settle(world.claim(entry), {copy: ServerId(1, 7)})
    return copy


def test_a_placeholder_and_why_it_is_one_are_kept_together(world: World) -> None:
    """With anything between the two the header would never be asked for."""
    (key,) = world.store.deliver(INBOX, [placeholder(world, 1)])
    ((found, trouble),) = bare(world).items()
    assert (found, trouble.uid, trouble.reason, trouble.tries) == (key, 1, NO, 1)


@pytest.mark.parametrize("act", [copied, moved, copied_and_moved])
def test_a_placeholder_gets_its_header_where_it_went(
    world: World, act: Callable[[World, MessageKey], MessageKey]
) -> None:
    (key,) = world.hold([placeholder(world, 1)])
    there = act(world, key)
    trouble = bare(world)[there]
    assert trouble.uid == 7
    world.store.renew(trouble.mailbox, [delivery(7, "Budget")])
    assert world.message(there).envelope.subject == "Budget"
    assert there not in bare(world)


def test_a_copy_of_what_cannot_be_had_is_not_asked_for_at_once_either(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    world.store.note_failed({key: Failed(NO, broke=True)})
    copy = copied(world, key)
    assert {each.key for each in world.store.troubles()} == {key, copy}
    assert world.store.bodies_wanted(9, 10**9) == []


def test_a_copy_of_what_is_here_has_no_trouble(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    world.store.keep_raw([(key, b"x")])
    copied(world, key)
    assert world.store.troubles() == []


def test_a_placeholder_whose_text_was_asked_for_in_vain_stays_one(world: World) -> None:
    (key,) = world.hold([placeholder(world, 1)])
    world.store.note_failed({key: Failed(NO, sure=False)})
    assert bare(world)[key].tries == 2


def test_a_placeholder_stays_one_when_its_text_comes_first(world: World) -> None:
    (key,) = world.hold([placeholder(world, 1)])
    world.store.keep_raw([(key, b"x")])
    assert key in bare(world)


def test_twins_that_cannot_be_told_apart_stay_placeholders(world: World) -> None:
    """The journal's key is given up; the row under its new one is asked for all the same."""
    (key,) = world.hold([placeholder(world, 1)])
    world.record(StoreFlags(INBOX, frozenset({key}), frozenset({SEEN})))
    reached = Bookmark(2, 3, 0, 2)
    world.store.merge(INBOX, Changes(reached, arrived=[1, 2], reset=True))
    twins = [replace(placeholder(world, uid), validity=2) for uid in (1, 2)]
    world.store.deliver(INBOX, twins)
    world.store.finish_pull(INBOX, reached)
    assert bare(world).keys() == set(world.shown())
    assert key not in bare(world)


def test_what_is_known_is_not_made_a_placeholder(world: World) -> None:
    (key,) = world.hold([delivery(1, "Budget", flags=[SEEN])])
    assert world.store.deliver(INBOX, [placeholder(world, 1)]) == [key]
    message = world.message(key)
    assert message.envelope.subject == "Budget"
    assert message.flags == {SEEN}


def test_what_was_a_placeholder_is_found_again_by_what_it_is(world: World) -> None:
    """By a mailbox that was numbered anew, and without the index."""
    world.now += timedelta(hours=1)
    (key,) = world.hold([placeholder(world, 1)])
    (entry,) = world.record(StoreFlags(INBOX, frozenset({key}), frozenset({SEEN})))
    world.store.settle(world.claim(entry), {key: ServerId(1, 1)})
    world.store.renew(INBOX, [delivery(1, flags=[SEEN])])
    world.record(StoreFlags(INBOX, frozenset({key}), frozenset({FLAGGED})))
    world.lose_cache()
    reached = Bookmark(2, 6, 0, 1)
    world.store.bookmark(INBOX)
    world.store.merge(INBOX, Changes(reached, arrived=[5]))
    world.store.deliver(INBOX, [delivery(5, validity=2, message_id="1@example.org")])
    world.store.finish_pull(INBOX, reached)
    assert world.shown() == [key]


def test_an_earlier_version_forgot_that_some_are_placeholders(world: World) -> None:
    first, second, third = world.hold(
        [placeholder(world, 1), placeholder(world, 2), delivery(3, size=0)]
    )
    world.store.note_failed({third: Failed(NO)})
    world.store.close()
    connection = apsw.Connection(str(world.folders.cache / "index.db"))
    connection.execute("DELETE FROM trouble WHERE key = ?", (first,))
    connection.execute("UPDATE trouble SET bare = 0 WHERE key = ?", (second,))
    connection.pragma("user_version", 5)
    connection.close()
    world.store = world.open()
    assert bare(world).keys() == {first, second}
