"""Bytes and texts: what is wanted next, kept as they are, and given back."""

from collections.abc import Collection
from datetime import datetime, timedelta

import pytest

from tests.unit.store.worlds import ARCHIVE, World, delivery
from tuimail.model.body import Attachment, Body, Link, NotHere
from tuimail.model.mail import INBOX, MessageKey
from tuimail.model.operation import Copy
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import ServerId
from tuimail.store.store import Delivery

FULL = Body(
    headers=((SafeText("Subject"), SafeText("Łódź")),),
    lines=(SafeText("one"), SafeText(""), SafeText("二")),
    links=(Link(1, SafeText("https://example.org/"), SafeText("example.org")),),
    attachments=(Attachment(2, SafeText("a.pdf"), SafeText("application/pdf"), 7),),
    notes=(SafeText("cut"),),
    snippet=SafeText("one 二"),
)


def at(world: World, hours: int) -> datetime:
    return world.now + timedelta(hours=hours)


def test_bytes_come_back_as_they_were(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    content = bytes(range(256)) * 500
    assert world.store.raw(key) is None
    world.store.keep_raw([(key, content)])
    assert world.store.raw(key) == content


def test_a_body_comes_back_as_it_was_and_shows_in_the_row(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    world.store.keep_raw([(key, b"x")])
    assert world.store.unparsed(9) == [key]
    assert world.store.body(key) == NotHere(key)
    assert not world.message(key).has_body
    world.store.keep_bodies([(key, FULL)])
    assert world.store.body(key) == FULL
    assert world.store.unparsed(9) == []
    row = world.message(key)
    assert (row.has_body, row.snippet, row.attachments) == (True, "one 二", ("a.pdf",))


def test_the_row_shows_all_that_was_delivered(world: World) -> None:
    sent = delivery(1, "Zażółć", attachments=("x.txt",), received=at(world, 1), size=77)
    (key,) = world.hold([sent])
    row = world.message(key)
    assert row.envelope == sent.envelope
    assert (row.received, row.size, row.uid) == (sent.received, 77, 1)
    assert row.attachments == ("x.txt",)


def test_the_newest_of_the_inbox_are_wanted_first(world: World) -> None:
    old, new = world.hold([delivery(1, received=at(world, 0)), delivery(2, received=at(world, 1))])
    (other,) = world.hold([delivery(1, received=at(world, 9))], ARCHIVE)
    wanted = world.store.bodies_wanted(10, 10**9)
    assert [(w.key, w.mailbox, w.uid, w.validity) for w in wanted] == [
        (new, INBOX, 2, 1),
        (old, INBOX, 1, 1),
    ]
    world.store.keep_raw([(old, b""), (new, b"")])
    assert [w.key for w in world.store.bodies_wanted(10, 10**9)] == [other]
    world.store.keep_raw([(other, b"")])
    assert world.store.bodies_wanted(10, 10**9) == []


def test_a_batch_is_bounded_by_number_and_bytes_but_never_empty(world: World) -> None:
    world.hold([delivery(uid, size=100, received=at(world, -uid)) for uid in range(1, 6)])
    assert [w.uid for w in world.store.bodies_wanted(2, 10**9)] == [1, 2]
    assert [w.uid for w in world.store.bodies_wanted(9, 250)] == [1, 2]
    assert [w.uid for w in world.store.bodies_wanted(9, 200)] == [1, 2]
    assert [w.uid for w in world.store.bodies_wanted(9, 199)] == [1]
    assert [w.uid for w in world.store.bodies_wanted(9, 10)] == [1]


def test_what_is_too_old_or_too_large_is_not_wanted(world: World) -> None:
    sizes: list[Delivery] = [
        delivery(1, size=10, received=at(world, -50)),
        delivery(2, size=99, received=at(world, 0)),
        delivery(3, size=10, received=at(world, 0)),
    ]
    world.hold(sizes)
    wanted = world.store.bodies_wanted(9, 10**9, since=at(world, -5), max_size=50)
    assert [w.uid for w in wanted] == [3]


def test_a_mailbox_of_large_letters_does_not_keep_others_from_theirs(world: World) -> None:
    world.hold([delivery(1, size=10**9)])
    (other,) = world.hold([delivery(1)], ARCHIVE)
    assert [w.key for w in world.store.bodies_wanted(9, 10**9)] == [other]


def test_bytes_of_a_message_that_went_meanwhile_are_not_kept(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    gone = MessageKey(key + 12345)
    world.store.keep_raw([(gone, b"x"), (key, b"y")])
    world.store.keep_bodies([(gone, FULL)])
    assert world.store.raw(gone) is None
    assert world.store.body(gone) == NotHere(gone)
    assert world.store.raw(key) == b"y"


def test_given_back_bytes_leave_the_text(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    world.store.keep_raw([(key, b"x")])
    world.store.keep_bodies([(key, FULL)])
    world.store.forget_raw([key])
    assert world.store.raw(key) is None
    assert world.store.body(key) == FULL


def test_attachments_are_those_that_the_body_has(world: World) -> None:
    more, none, same = world.hold(
        [delivery(1), delivery(2, attachments=("x.txt",)), delivery(3, attachments=("a.pdf",))]
    )
    world.store.keep_bodies([(more, FULL), (none, Body()), (same, FULL)])
    assert [world.message(key).attachments for key in (more, none, same)] == [
        ("a.pdf",),
        (),
        ("a.pdf",),
    ]
    assert sorted(world.shown(INBOX, "has:attachment")) == [more, same]
    assert sorted(world.shown(INBOX, "a.pdf")) == [more, same]
    assert world.shown(INBOX, "x.txt") == []


def test_a_message_is_found_by_its_text_once_that_is_here(world: World) -> None:
    key, _ = world.hold([delivery(1), delivery(2)])
    assert world.shown(INBOX, "xylophone") == []
    world.store.keep_bodies([(key, Body(lines=(SafeText("the xylophone"),)))])
    assert world.shown(INBOX, "xylophone") == [key]


def lose(world: World, table: str, key: MessageKey) -> None:
    """As a power failure, which the index may outlive."""
    assert world.store._cache is not None
    with world.store._cache.bodies.writing():
        world.store._cache.bodies.run(f"DELETE FROM {table} WHERE key = ?", (key,))


@pytest.mark.parametrize(
    ("lost", "missing", "unparsed"),
    [((), False, False), (("text",), False, True), (("text", "raw"), True, False)],
)
def test_what_a_power_failure_took_is_missing_or_read_again(
    world: World, lost: Collection[str], missing: bool, unparsed: bool
) -> None:
    key, other = world.hold([delivery(1), delivery(2)])
    for each in (key, other):
        world.store.keep_raw([(each, b"x")])
        world.store.keep_bodies([(each, FULL)])
    for table in lost:
        lose(world, table, key)
    assert [each.key for each in world.store.missing([key, other])] == [key] * missing
    assert world.store.unparsed(9) == [key] * unparsed
    assert world.store.unparsed_count() == unparsed
    assert world.message(key).has_body is not (missing or unparsed)


def test_a_file_whose_text_a_power_failure_took_is_read_again(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    world.store.came_whole(1, 1000)
    world.store.keep_bodies([(key, FULL)])
    lose(world, "text", key)
    assert world.store.missing([key]) == []
    assert world.store.unparsed(9) == [key]


def test_bytes_of_which_the_index_knows_nothing_are_cleared_away(world: World) -> None:
    kept, gone = world.hold([delivery(1), delivery(2)])
    world.store.keep_raw([(kept, b"kept"), (gone, b"gone")])
    assert world.store._cache is not None
    with world.store._cache.index.writing():
        world.store._cache.index.run("DELETE FROM message WHERE key = ?", (gone,))
    assert world.store.raw(gone) == b"gone"
    world.store.expire()
    assert world.store.raw(gone) is None
    assert world.store.raw(kept) == b"kept"


def test_a_copy_on_its_way_shows_the_body_of_its_original(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    world.store.keep_raw([(key, b"x")])
    world.store.keep_bodies([(key, FULL)])
    (copy,) = map(MessageKey, world.store.allot_keys(1))
    world.record(Copy(INBOX, (key,), (copy,), ARCHIVE))
    assert world.store.body(copy) == FULL
    assert world.message(copy).has_body


def test_a_copy_that_the_server_made_has_the_bytes_of_its_original(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    world.store.keep_raw([(key, b"x")])
    world.store.keep_bodies([(key, FULL)])
    (copy,) = map(MessageKey, world.store.allot_keys(1))
    (entry,) = world.record(Copy(INBOX, (key,), (copy,), ARCHIVE))
    world.store.settle(world.claim(entry), {copy: ServerId(1, 7)})
    assert world.store.raw(copy) == b"x"
    assert world.store.unparsed(9) == [copy]
    assert [wanted.key for wanted in world.store.bodies_wanted(9, 10**6)] == []
