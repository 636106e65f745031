"""What could not be had is asked for less and less often, and forgotten once it is here."""

from datetime import timedelta

from tests.unit.store.worlds import ARCHIVE, World, delivery
from tuimail.model.safe_text import SafeText
from tuimail.store.store import Failed
from tuimail.store.troubles import FIRST_PAUSE, LONGEST_FOR_MAILBOX, LONGEST_PAUSE

NO = SafeText("Internal error")


def test_pauses_grow_up_to_an_hour_and_for_a_mailbox_to_five_minutes(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    pauses: dict[bool, list[timedelta]] = {True: [], False: []}
    for _ in range(9):
        world.store.note_failed({key: Failed(NO)})
        world.store.note_mailbox_failed(ARCHIVE, Failed(NO))
        for each in world.store.troubles():
            pauses[each.key is None].append(each.again - world.now)
    assert pauses[False][:2] == [FIRST_PAUSE, 2 * FIRST_PAUSE]
    assert pauses[False][-1] == LONGEST_PAUSE
    assert pauses[True][-1] == LONGEST_FOR_MAILBOX


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
