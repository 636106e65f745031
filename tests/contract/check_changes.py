"""What a backend promises about the changes in a mailbox."""

import pytest

from tests.builders import letter
from tests.contract.checking import ARCHIVE, LABEL, assert_in_step, check, pull, steadily
from tests.contract.world import Feature, World
from tuimail.backend.base import Refused
from tuimail.model.mail import ANSWERED, FLAGGED, INBOX, SEEN, MailboxName
from tuimail.model.operation import StoreFlags
from tuimail.model.sync import Changes


async def delivered(world: World, count: int) -> list[int]:
    return [await world.deliver(letter(f"Letter {number}")) for number in range(count)]


def assert_quiet(changes: Changes) -> None:
    assert not changes.reset
    assert list(changes.arrived) == []
    assert list(changes.vanished) == []


@check()
async def an_empty_mailbox_has_no_news(world: World) -> None:
    changes = await pull(world)
    assert_quiet(changes)
    assert changes.bookmark.total == 0
    assert_quiet(await pull(world, since=changes.bookmark))


@check()
async def a_first_pull_lists_everything_in_ascending_order(world: World) -> None:
    uids = await delivered(world, 12)
    await world.expunge(INBOX, uids[3], uids[7])
    changes = await pull(world)
    assert list(changes.arrived) == sorted(set(uids) - {uids[3], uids[7]})
    assert not changes.reset
    assert list(changes.vanished) == []
    assert changes.flags == {}
    assert changes.unreadable == 0


@check()
async def nothing_new_is_no_news(world: World) -> None:
    uids = await delivered(world, 3)
    first = await pull(world)
    second = await pull(world, since=first.bookmark, known=uids)
    assert_quiet(second)
    assert second.bookmark.validity == first.bookmark.validity
    assert second.bookmark.next_uid == first.bookmark.next_uid
    assert second.bookmark.unseen == 3


@check()
async def what_arrived_since_the_bookmark_is_told(world: World) -> None:
    old = await delivered(world, 2)
    first = await pull(world)
    new = await delivered(world, 2)
    changes = await pull(world, since=first.bookmark, known=old)
    assert list(changes.arrived) == new
    assert list(changes.vanished) == []
    assert changes.bookmark.next_uid == new[-1] + 1
    assert changes.bookmark.total == 4


@check()
async def what_vanished_since_the_bookmark_is_told(world: World) -> None:
    uids = await delivered(world, 5)
    first = await pull(world)
    await world.expunge(INBOX, uids[0], uids[2], uids[4])
    changes = await pull(world, since=first.bookmark, known=uids)
    assert sorted(changes.vanished) == [uids[0], uids[2], uids[4]]
    assert list(changes.arrived) == []
    assert changes.flags.keys() <= {uids[1], uids[3]}
    assert_quiet(await pull(world, since=changes.bookmark, known=[uids[1], uids[3]]))


@check()
async def flags_that_changed_since_the_bookmark_are_told(world: World) -> None:
    uids = await delivered(world, 3)
    await world.set_flags(INBOX, uids[1], add=[FLAGGED])
    first = await pull(world)
    await world.set_flags(INBOX, uids[0], add=[SEEN, LABEL])
    await world.set_flags(INBOX, uids[1], remove=[FLAGGED])
    changes = await pull(world, since=first.bookmark, known=uids)
    assert changes.flags.get(uids[0]) == frozenset({SEEN, LABEL})
    assert changes.flags.get(uids[1]) == frozenset()
    assert changes.flags.get(uids[2], frozenset()) == frozenset()
    assert_quiet(changes)
    assert changes.bookmark.unseen == 2


@check()
async def all_kinds_of_news_come_together(world: World) -> None:
    uids = await delivered(world, 4)
    first = await pull(world)
    await world.set_flags(INBOX, uids[0], add=[ANSWERED])
    await world.expunge(INBOX, uids[1])
    new = await delivered(world, 2)
    await world.set_flags(INBOX, new[0], add=[SEEN])
    changes = await pull(world, since=first.bookmark, known=uids)
    assert list(changes.arrived) == new
    assert list(changes.vanished) == [uids[1]]
    assert changes.flags.get(uids[0]) == frozenset({ANSWERED})
    assert changes.flags.keys() <= {uids[0], uids[2], uids[3]}
    assert changes.bookmark.total == 5
    await assert_in_step(world)


@check()
async def a_message_that_came_and_went_is_not_told(world: World) -> None:
    old = await delivered(world, 1)
    first = await pull(world)
    brief, lasting = await delivered(world, 2)
    await world.expunge(INBOX, brief)
    changes = await pull(world, since=first.bookmark, known=old)
    assert list(changes.arrived) == [lasting]
    assert list(changes.vanished) == []
    assert changes.bookmark.next_uid == lasting + 1


@check()
async def the_newest_message_vanishes_and_its_uid_never_returns(world: World) -> None:
    uids = await delivered(world, 3)
    first = await pull(world)
    await world.expunge(INBOX, uids[2])
    second = await pull(world, since=first.bookmark, known=uids)
    assert list(second.vanished) == [uids[2]]
    (new,) = await delivered(world, 1)
    third = await pull(world, since=second.bookmark, known=uids[:2])
    assert list(third.arrived) == [new]
    assert new > uids[2]


@check()
async def without_a_bookmark_the_flags_of_all_known_come_back(world: World) -> None:
    uids = await delivered(world, 4)
    await world.set_flags(INBOX, uids[0], add=[SEEN])
    await world.set_flags(INBOX, uids[1], add=[LABEL])
    await world.expunge(INBOX, uids[2])
    changes = await pull(world, since=None, known=uids[:3])
    assert list(changes.arrived) == [uids[3]]
    assert list(changes.vanished) == [uids[2]]
    assert changes.flags == {uids[0]: {SEEN}, uids[1]: {LABEL}}


@check()
async def many_changes_at_once_are_all_told(world: World) -> None:
    uids = await delivered(world, 60)
    first = await pull(world)
    await world.expunge(INBOX, *uids[::3])
    for uid in uids[1::3]:
        await world.set_flags(INBOX, uid, add=[SEEN])
    new = await delivered(world, 20)
    changes = await pull(world, since=first.bookmark, known=uids)
    assert sorted(changes.vanished) == uids[::3]
    assert list(changes.arrived) == new
    assert {uid for uid, flags in changes.flags.items() if SEEN in flags} == set(uids[1::3])


@check()
async def another_uidvalidity_is_a_reset(world: World) -> None:
    uids = await delivered(world, 3)
    first = await pull(world)
    await world.renumber(INBOX)
    changes = await steadily(world, lambda: pull(world, since=first.bookmark, known=uids))
    assert changes.reset
    assert changes.bookmark.validity != first.bookmark.validity
    assert list(changes.arrived) == sorted(await world.truth())
    assert list(changes.vanished) == []
    assert changes.flags == {}


@check()
async def a_mailbox_made_anew_is_a_reset(world: World) -> None:
    name = MailboxName("Notes")
    await world.create(name)
    old = await world.deliver(letter(), name)
    first = await pull(world, name)
    await world.delete(name)
    await world.create(name)
    new = await world.deliver(letter(), name)
    changes = await steadily(world, lambda: pull(world, name, since=first.bookmark, known=[old]))
    assert changes.reset
    assert list(changes.arrived) == [new]


@check()
async def a_mailbox_that_is_gone_is_refused(world: World) -> None:
    with pytest.raises(Refused):
        await pull(world, MailboxName("Nowhere"))
    name = MailboxName("Brief")
    await world.create(name)
    first = await pull(world, name)
    await world.delete(name)

    async def again() -> None:
        with pytest.raises(Refused):
            await pull(world, name, since=first.bookmark)

    await steadily(world, again)


@check()
async def mailboxes_do_not_mix(world: World) -> None:
    inbox = await delivered(world, 2)
    archived = await world.deliver(letter(), ARCHIVE)
    first, other = await pull(world), await pull(world, ARCHIVE)
    assert list(first.arrived) == inbox
    assert list(other.arrived) == [archived]
    await world.expunge(INBOX, inbox[0])
    assert_quiet(await pull(world, ARCHIVE, since=other.bookmark, known=[archived]))
    changes = await pull(world, since=first.bookmark, known=inbox)
    assert list(changes.vanished) == [inbox[0]]


@check()
async def keywords_are_kept_where_the_server_keeps_them(world: World) -> None:
    (uid,) = await delivered(world, 1)
    assert (await pull(world)).keywords_kept
    keyword = StoreFlags(INBOX, frozenset(), add=frozenset({LABEL}))
    assert world.backend.accepts(keyword)
    await world.set_flags(INBOX, uid, add=[LABEL])
    assert (await pull(world, known=[uid])).flags == {uid: {LABEL}}


@check(Feature.PERMANENT_FLAGS_SWITCH)
async def keywords_a_server_does_not_keep_are_not_accepted(world: World) -> None:
    await world.keep_keywords(INBOX, False)
    assert not (await pull(world)).keywords_kept
    system = StoreFlags(INBOX, frozenset(), add=frozenset({SEEN, FLAGGED}))
    keyword = StoreFlags(INBOX, frozenset(), add=frozenset({LABEL}))
    unkeyword = StoreFlags(INBOX, frozenset(), remove=frozenset({LABEL}))
    assert world.backend.accepts(system)
    assert not world.backend.accepts(keyword)
    assert not world.backend.accepts(unkeyword)
