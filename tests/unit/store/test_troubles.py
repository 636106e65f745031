"""What could not be had is asked for less and less often, and forgotten once it is here."""

from datetime import timedelta

import pytest

from tests.unit.store.worlds import ARCHIVE, TRASH, World, delivery
from tuimail.model.mail import INBOX
from tuimail.model.safe_text import SafeText
from tuimail.store.store import Failed
from tuimail.store.troubles import pause_after

NO = SafeText("Internal error")


def test_pauses_grow_up_to_an_hour_and_for_a_mailbox_to_five_minutes(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    minutes: dict[bool, list[int]] = {True: [], False: []}
    for tries in range(1, 10):
        world.store.note_failed({key: Failed(NO)})
        world.store.note_mailbox_failed(ARCHIVE, Failed(NO))
        for each in world.store.troubles():
            assert each.tries == tries
            minutes[each.key is None].append((each.again - world.now) // timedelta(minutes=1))
    assert minutes[False] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert minutes[True] == [1, 2, 4, 5, 5, 5, 5, 5, 5]


def test_after_a_thousand_tries_the_pause_is_as_long_as_ever(world: World) -> None:
    assert pause_after(1000) == timedelta(hours=1)
    assert pause_after(0) == timedelta(0)


def test_a_mailbox_that_can_be_read_is_no_trouble_and_begins_anew(world: World) -> None:
    for _ in range(4):
        world.store.note_mailbox_failed(ARCHIVE, Failed(NO))
    world.store.note_mailbox_failed(TRASH, Failed(NO))
    world.store.note_mailbox_read(ARCHIVE)
    assert [each.mailbox for each in world.store.troubles()] == [TRASH]
    world.store.note_mailbox_failed(ARCHIVE, Failed(NO, sure=False))
    archive, _ = world.store.troubles()
    assert (archive.mailbox, archive.tries, archive.key) == (ARCHIVE, 0, None)


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("broke", [True, False])
def test_it_is_told_as_it_was_noted_last_and_a_bare_message_stays_bare(
    world: World, bare: bool, broke: bool
) -> None:
    (key,) = world.hold([delivery(1, "Budget")])
    world.store.note_failed({key: Failed(NO, bare=bare, broke=not broke)})
    world.store.note_failed({key: Failed(SafeText("Later"), broke=broke)})
    (trouble,) = world.store.troubles()
    assert (trouble.bare, trouble.broke, trouble.reason) == (bare, broke, "Later")
    assert (trouble.mailbox, trouble.uid, trouble.validity) == (INBOX, 1, 1)
    assert trouble.subject == "Budget"


def test_what_may_have_been_by_chance_is_asked_for_again_at_once_and_last(world: World) -> None:
    first, second = world.hold([delivery(1), delivery(2)])
    world.store.note_failed({second: Failed(NO, sure=False, broke=True)})
    (trouble,) = world.store.troubles()
    assert (trouble.tries, trouble.again) == (0, world.now)
    wanted = world.store.bodies_wanted(9, 10**9)
    assert [(each.key, each.suspect) for each in wanted] == [(first, False)]
    world.store.keep_raw([(first, b"x")])
    wanted = world.store.bodies_wanted(9, 10**9)
    assert [(each.key, each.suspect) for each in wanted] == [(second, True)]
    world.store.note_failed({second: Failed(NO)})
    assert world.store.bodies_wanted(9, 10**9) == []
    world.store.hurry_troubles()
    assert [each.key for each in world.store.bodies_wanted(9, 10**9)] == [second]


def test_it_is_forgotten_once_the_bytes_are_here_or_the_message_is_gone(world: World) -> None:
    first, second = world.hold([delivery(1), delivery(2)])
    world.store.note_failed({first: Failed(NO), second: Failed(NO)})
    world.store.keep_raw([(first, b"x")])
    assert [each.key for each in world.store.troubles()] == [second]
    world.hold([delivery(3)])
    world.reopen()
    assert [each.key for each in world.store.troubles()] == [second]


def test_a_list_that_is_not_whole_is_noted_once_until_it_is(world: World) -> None:
    world.store.note_list(NO)
    world.now += timedelta(minutes=1)
    world.store.note_list(NO)
    (trouble,) = world.store.troubles()
    assert (trouble.mailbox, trouble.key, trouble.reason, trouble.tries) == ("", None, NO, 1)
    assert trouble.again == world.now
    world.store.note_list(SafeText("Two rows"))
    assert [each.reason for each in world.store.troubles()] == ["Two rows"]
    world.store.note_mailbox_failed(ARCHIVE, Failed(NO))
    world.store.note_list(SafeText(""))
    world.store.note_list(SafeText(""))
    assert [each.mailbox for each in world.store.troubles()] == [ARCHIVE]
