"""What a settled operation leaves in the index, whatever a pull has found meanwhile."""

import pytest

from tests.unit.store.test_undoing import pulled
from tests.unit.store.worlds import ARCHIVE, World
from tuimail.model.mail import INBOX, Flag, MessageKey
from tuimail.model.operation import Copy, Expunge, Move

NO_FLAGS = frozenset[Flag]()


@pytest.mark.parametrize("told", [True, False])
def test_a_moved_message_that_its_target_showed_first_is_at_its_old_place_no_more(
    world: World, told: bool
) -> None:
    """The target was pulled before the move was settled, the old mailbox was not."""
    world.server.tells_new_uids = told
    (key,) = pulled(world, NO_FLAGS)
    world.store.keep_raw([(key, b"the letter")])
    (entry,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    claimed = world.claim(entry)
    done = world.perform(claimed)
    world.pull(ARCHIVE)
    world.store.settle(claimed, done)
    (message,) = world.messages(None)
    assert (message.mailbox, message.key == key) == (ARCHIVE, False)
    assert world.store.raw(key) is None


def test_of_a_message_deleted_for_good_no_bytes_are_kept(world: World) -> None:
    (key,) = pulled(world, NO_FLAGS)
    world.store.keep_raw([(key, b"the letter")])
    world.record(Expunge(INBOX, frozenset({key})))
    world.push()
    assert world.store.raw(key) is None


def test_a_copy_is_found_by_its_words_before_a_pull_has_seen_it(world: World) -> None:
    world.server.tells_new_uids = False
    (key,) = pulled(world, NO_FLAGS)
    (copy,) = map(MessageKey, world.store.allot_keys(1))
    world.record(Copy(INBOX, (key,), (copy,), ARCHIVE))
    world.push()
    assert set(world.shown(None, "letter")) == {key, copy}
    assert world.shown(ARCHIVE, "letter") == [copy]
