"""Threads by Message-ID and References, in whatever order and mailbox their messages come."""

from itertools import permutations

import pytest

from tests.unit.store.worlds import ARCHIVE, World, delivery
from tuimail.model.mail import INBOX
from tuimail.store.store import Delivery

# a <- b <- c, and d answers b; every later one knows of its thread's first.
LETTERS: dict[str, tuple[str, ...]] = {
    "a": (),
    "b": ("a",),
    "c": ("a", "b"),
    "d": ("a", "b"),
}


def letter(uid: int, name: str, *references: str) -> Delivery:
    return delivery(
        uid, message_id=f"{name}@x", references=tuple(f"{other}@x" for other in references)
    )


@pytest.mark.parametrize("order", list(permutations("abcd")))
def test_a_thread_is_one_whatever_comes_first(world: World, order: tuple[str, ...]) -> None:
    for uid, name in enumerate(order, 1):
        world.store.deliver(INBOX, [letter(uid, name, *LETTERS[name])])
    assert len({message.thread for message in world.messages()}) == 1


def test_the_name_of_a_thread_is_the_same_in_every_cache(world: World) -> None:
    world.hold([letter(1, "a"), letter(2, "b", "a")])
    (first,) = {message.thread for message in world.messages()}
    world.store.close()
    for file in world.folders.cache.iterdir():
        file.unlink()
    world.store = world.open()
    world.hold([letter(2, "b", "a"), letter(1, "a")])
    assert {message.thread for message in world.messages()} == {first}


def test_a_link_that_comes_later_joins_two_threads_and_both_names_still_serve(
    world: World,
) -> None:
    world.hold([letter(1, "a"), letter(2, "m")])
    before = [message.thread for message in world.messages()]
    assert len(set(before)) == 2
    world.store.deliver(ARCHIVE, [letter(1, "z", "a", "m")])
    assert len({message.thread for message in world.messages(None)}) == 1
    for name in before:
        assert len(world.shown(None, f"thread:{name}")) == 3


def test_strangers_have_threads_of_their_own(world: World) -> None:
    world.hold([letter(1, "a"), letter(2, "b"), delivery(3, message_id="")])
    assert len({message.thread for message in world.messages()}) == 3


def test_a_copy_is_in_the_thread_of_its_original(world: World) -> None:
    world.hold([letter(1, "a")])
    world.hold([letter(1, "a")], ARCHIVE)
    assert len({message.thread for message in world.messages(None)}) == 1


def test_ten_thousand_references_are_no_burden(world: World) -> None:
    many = tuple(f"r{n}" for n in range(10_000))
    world.store.deliver(INBOX, [letter(1, "a", *many), letter(2, "b", "r0")])
    assert len({message.thread for message in world.messages()}) == 1
    assert world.store._journal.value("SELECT count(*) FROM idx.link") < 60
