"""Where a placeholder stood, the message's own header takes its place, under the same key."""

from datetime import timedelta

import pytest

from tests.unit.store.worlds import ARCHIVE, World, delivery
from tuimail.model.body import Body, NotHere
from tuimail.model.mail import FLAGGED, INBOX, SEEN, Flag, MessageKey, Order
from tuimail.model.operation import StoreFlags
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import Bookmark, Changes
from tuimail.store.store import Delivery, Failed

STAND_IN = "The server keeps it back"


def placeholder(uid: int) -> Delivery:
    return delivery(uid, STAND_IN, size=0, message_id="", sender=("", ""))


def came(
    world: World, uid: int, *, validity: int = 1, references: tuple[str, ...] = ()
) -> Delivery:
    return delivery(
        uid,
        "Apples",
        sender=("Zoe", "zoe@example.org"),
        flags=[FLAGGED, Flag("$Work")],
        received=world.now + timedelta(hours=3),
        size=77,
        validity=validity,
        message_id="apples@example.org",
        references=references,
        attachments=("list.txt",),
    )


def sorted_by(world: World, order: Order) -> list[MessageKey]:
    return [MessageKey(key) for key in world.store.keys(INBOX, None, order)]


def test_the_row_shows_what_came_and_the_key_stays(world: World) -> None:
    (key,) = world.hold([placeholder(1)])
    expected = came(world, 1)
    touched = world.store.renew(INBOX, [expected])
    assert touched.mailboxes == {INBOX}
    row = world.message(key)
    assert row.envelope == expected.envelope
    assert (row.received, row.size, row.flags, row.attachments) == (
        expected.received,
        77,
        expected.flags,
        expected.attachments,
    )


def test_what_came_without_attachments_has_none(world: World) -> None:
    keys = world.hold([placeholder(1), placeholder(2)])
    world.store.renew(INBOX, [came(world, 1), delivery(2)])
    assert world.shown(INBOX, "has:attachment") == [keys[0]]
    world.store.renew(INBOX, [delivery(1)])
    assert world.shown(INBOX, "has:attachment") == []


def test_it_is_found_and_sorted_by_what_came_and_not_by_what_stood_there(world: World) -> None:
    other, key = world.hold([delivery(1, "Budget"), placeholder(2)])
    world.store.renew(INBOX, [came(world, 2)])
    assert world.shown(INBOX, "apples") == [key]
    assert world.shown(INBOX, "zoe") == [key]
    assert world.shown(INBOX, "list.txt") == [key]
    assert world.shown(INBOX, "keeps") == []
    assert sorted_by(world, Order.SUBJECT) == [key, other]
    assert sorted_by(world, Order.SENDER) == [other, key]
    assert sorted_by(world, Order.NEWEST) == [key, other]
    assert world.store.check() == []


def test_it_joins_the_thread_that_its_header_names(world: World) -> None:
    parent, key, stranger = world.hold([delivery(1), placeholder(2), delivery(3)])
    world.store.renew(INBOX, [came(world, 2, references=("1@example.org",))])
    assert world.message(key).thread == world.message(parent).thread
    assert world.message(key).thread != world.message(stranger).thread


def test_it_is_no_trouble_any_more_and_others_still_are(world: World) -> None:
    keys = world.hold([placeholder(1), placeholder(2)])
    world.store.note_failed(dict.fromkeys(keys, Failed(SafeText("No"), bare=True)))
    world.store.renew(INBOX, [came(world, 2)])
    assert [each.key for each in world.store.troubles()] == [keys[0]]


def test_after_another_uidvalidity_it_is_found_again_by_what_came(world: World) -> None:
    (key,) = world.hold([placeholder(1)])
    world.store.renew(INBOX, [came(world, 1)])
    reached = Bookmark(2, 10, 0, 1)
    world.store.merge(INBOX, Changes(reached, reset=True, arrived=[9]))
    assert world.store.deliver(INBOX, [came(world, 9, validity=2)]) == [key]


@pytest.mark.parametrize(("uid", "validity"), [(2, 1), (1, 2)])
def test_what_no_row_stands_for_changes_nothing(world: World, uid: int, validity: int) -> None:
    (key,) = world.hold([placeholder(1)])
    before = world.message(key)
    world.store.renew(INBOX, [came(world, uid, validity=validity)])
    world.store.renew(ARCHIVE, [came(world, 1)])
    assert world.message(key) == before
    assert world.shown(None) == [key]


# A message that is a file here now, and whose header was not known.


def test_a_file_takes_over_the_place_of_its_placeholder(world: World) -> None:
    parent, key = world.hold([delivery(1), placeholder(2)])
    world.store.keep_raw([(key, b"stand-in")])
    world.store.keep_bodies([(key, Body(lines=(SafeText("zanzibar"),)))])
    assert world.shown(INBOX, "zanzibar") == [key]
    header = came(world, 2, references=("1@example.org",)).envelope
    moment = world.now + timedelta(hours=5)
    touched = world.store.came_whole(2, 900, (header, moment))
    assert touched.mailboxes == {INBOX}
    row = world.message(key)
    assert (row.envelope, row.received, row.size) == (header, moment, 900)
    assert row.thread == world.message(parent).thread
    assert world.store.raw(key) is None
    assert world.store.body(key) == NotHere(key)
    assert world.shown(INBOX, "zanzibar") == []
    assert world.shown(INBOX, "apples") == [key]
    assert world.shown(INBOX, "keeps") == []


def test_a_header_that_is_known_stays(world: World) -> None:
    known, other = world.hold([delivery(1, size=10, attachments=("a.txt",)), delivery(2)])
    before = world.message(known).envelope
    world.store.came_whole(1, 900)
    row = world.message(known)
    assert (row.envelope, row.size, row.attachments) == (before, 900, ("a.txt",))
    assert world.message(other).size == 1000


def test_what_was_done_to_a_placeholder_is_still_done(world: World) -> None:
    first, second = world.hold([placeholder(1), placeholder(2)])
    world.record(StoreFlags(INBOX, frozenset({first, second}), add=frozenset({SEEN})))
    world.store.came_whole(1, 900, (came(world, 1).envelope, world.now))
    world.store.renew(INBOX, [came(world, 2)])
    assert world.message(first).flags == {SEEN}
    assert world.message(second).flags == came(world, 2).flags | {SEEN}
