"""What a backend promises about operations that are carried out for the first time."""

from contextlib import suppress
from datetime import timedelta, timezone

import pytest

from tests.builders import NOON, letter
from tests.contract.checking import (
    ARCHIVE,
    LABEL,
    assert_told,
    check,
    contents,
    ids_of,
    key,
    left_in,
    perform,
    pull,
    steadily,
    validity_of,
)
from tests.contract.world import Feature, Truth, World
from tuimail.backend.base import Refused
from tuimail.model.mail import (
    ANSWERED,
    DELETED,
    DRAFT,
    FLAGGED,
    FORWARDED,
    INBOX,
    SEEN,
    Flag,
    MailboxName,
)
from tuimail.model.operation import Append, Copy, Expunge, Move, Operation, StoreFlags
from tuimail.model.sync import ServerId

NEW = MailboxName("Projects/Übersee")
COPY_KEY = 90_000
APPEND_KEY = key(80_000)


def copy_of(*uids: int, target: MailboxName = ARCHIVE) -> Copy:
    return Copy(
        INBOX,
        tuple(key(uid) for uid in uids),
        tuple(key(COPY_KEY + uid) for uid in uids),
        target,
    )


def append_of(
    content: bytes, mailbox: MailboxName = ARCHIVE, flags: frozenset[Flag] = frozenset()
) -> Append:
    message_id = content.partition(b"Message-ID: <")[2].partition(b">")[0].decode()
    return Append(mailbox, APPEND_KEY, flags, NOON, message_id)


@check()
async def flags_are_merged_and_not_replaced(world: World) -> None:
    uid = await world.deliver(letter(), flags=[ANSWERED, FLAGGED])
    ids = await ids_of(world, uid)
    operation = StoreFlags(INBOX, frozenset(ids), frozenset({SEEN}), frozenset({FLAGGED}))
    assert await perform(world, operation, ids) == ids
    assert (await world.truth())[uid].flags == {ANSWERED, SEEN}


@check()
async def keywords_can_be_set_and_taken_away(world: World) -> None:
    uid = await world.deliver(letter(), flags=[FORWARDED])
    ids = await ids_of(world, uid)
    added = StoreFlags(INBOX, frozenset(ids), frozenset({LABEL, Flag("$Junk")}))
    assert world.backend.accepts(added)
    await perform(world, added, ids)
    assert (await world.truth())[uid].flags == {FORWARDED, LABEL, "$Junk"}
    await perform(world, StoreFlags(INBOX, frozenset(ids), remove=frozenset({LABEL})), ids)
    assert (await world.truth())[uid].flags == {FORWARDED, "$Junk"}


@check()
async def flags_of_other_messages_stay(world: World) -> None:
    uids = [await world.deliver(letter()) for _ in range(5)]
    ids = await ids_of(world, uids[0], uids[2], uids[4])
    await perform(world, StoreFlags(INBOX, frozenset(ids), frozenset({SEEN})), ids)
    truth = await world.truth()
    assert [SEEN in truth[uid].flags for uid in uids] == [True, False, True, False, True]


@check()
async def a_moved_message_keeps_content_flags_and_date(world: World) -> None:
    content, flags = letter(), frozenset({SEEN, ANSWERED, LABEL})
    uid = await world.deliver(content, flags=flags, received=NOON)
    stays = await world.deliver(letter())
    ids = await ids_of(world, uid)
    answer = await perform(world, Move(INBOX, frozenset(ids), ARCHIVE), ids)
    target = await world.truth(ARCHIVE)
    assert list(target.values()) == [Truth(content, flags, NOON)]
    assert list(await left_in(world)) == [stays]
    assert_told(answer, {key(uid): content}, target, await validity_of(world, ARCHIVE))


@check()
async def a_copied_message_keeps_content_flags_and_date(world: World) -> None:
    content, flags = letter(), frozenset({FLAGGED, LABEL})
    uid = await world.deliver(content, flags=flags, received=NOON)
    operation = copy_of(uid)
    answer = await perform(world, operation, await ids_of(world, uid))
    expected = Truth(content, flags, NOON)
    target = await world.truth(ARCHIVE)
    assert list(target.values()) == [expected]
    assert await world.truth() == {uid: expected}
    copied = {operation.copies[0]: content}
    assert_told(answer, copied, target, await validity_of(world, ARCHIVE))


@check(Feature.TELLS_NEW_IDS)
async def the_server_tells_the_new_ids(world: World) -> None:
    uids = [await world.deliver(letter(f"No. {n}")) for n in range(3)]
    ids = await ids_of(world, *uids)
    moved = {each: ids[each] for each in (key(uids[0]), key(uids[1]))}
    answers = [
        await perform(world, Move(INBOX, frozenset(moved), ARCHIVE), moved),
        await perform(world, copy_of(uids[2]), {key(uids[2]): ids[key(uids[2])]}),
        await perform(world, append_of(letter()), {}, content=letter()),
    ]
    assert None not in [id for answer in answers for id in answer.values()]


@check()
async def many_messages_with_gaps_move_and_each_is_told_apart(world: World) -> None:
    bodies = {await world.deliver(text): text for text in (letter(f"No. {n}") for n in range(40))}
    wanted = [uid for number, uid in enumerate(bodies) if number % 3]
    ids = await ids_of(world, *wanted)
    answer = await perform(world, Move(INBOX, frozenset(ids), ARCHIVE), ids)
    target = await world.truth(ARCHIVE)
    assert contents(target) == sorted(bodies[uid] for uid in wanted)
    expected = {key(uid): bodies[uid] for uid in wanted}
    assert_told(answer, expected, target, await validity_of(world, ARCHIVE))
    assert (await left_in(world)).keys() == bodies.keys() - set(wanted)


@check()
async def a_missing_target_is_created(world: World) -> None:
    moved, copied, appended = letter("moved"), letter("copied"), letter("appended")
    first, second = await world.deliver(moved), await world.deliver(copied)
    ids = await ids_of(world, first)
    await perform(world, Move(INBOX, frozenset(ids), NEW), ids)
    copies = MailboxName("Copies")
    await perform(world, copy_of(second, target=copies), await ids_of(world, second))
    drafts = MailboxName("More drafts")
    await perform(world, append_of(appended, drafts), {}, content=appended)
    assert contents(await world.truth(NEW)) == [moved]
    assert contents(await world.truth(copies)) == [copied]
    assert contents(await world.truth(drafts)) == [appended]


@check()
async def what_is_gone_is_left_out_and_the_rest_is_done(world: World) -> None:
    def operations(keys: frozenset[int], uids: list[int]) -> list[Operation]:
        typed = frozenset(key(uid) for uid in keys)
        return [
            StoreFlags(INBOX, typed, frozenset({SEEN})),
            copy_of(*uids),
            Move(INBOX, typed, ARCHIVE),
        ]

    for number in range(3):
        there, gone = await world.deliver(letter()), await world.deliver(letter())
        await world.expunge(INBOX, gone)
        ids = await ids_of(world, there, gone)
        operation = operations(frozenset({there, gone}), [there, gone])[number]
        answer = await perform(world, operation, ids)
        done = operation.copies[0] if isinstance(operation, Copy) else key(there)
        assert answer.keys() == {done}
    assert len(await world.truth(ARCHIVE)) == 2


@check()
async def when_all_are_gone_nothing_happens(world: World) -> None:
    uid = await world.deliver(letter())
    ids = await ids_of(world, uid)
    await world.expunge(INBOX, uid)
    everything: list[Operation] = [
        StoreFlags(INBOX, frozenset(ids), frozenset({SEEN})),
        Move(INBOX, frozenset(ids), ARCHIVE),
        copy_of(uid),
    ]
    if Feature.EXPUNGES_BY_UID in world.features:
        everything.append(Expunge(INBOX, frozenset(ids)))
    for operation in everything:
        assert await perform(world, operation, ids) == {}
    assert await world.truth(ARCHIVE) == {}


@check(Feature.EXPUNGES_BY_UID)
async def expunge_takes_its_messages(world: World) -> None:
    gone, stays = await world.deliver(letter()), await world.deliver(letter())
    ids = await ids_of(world, gone)
    answer = await perform(world, Expunge(INBOX, frozenset(ids)), ids)
    assert answer.keys() == ids.keys()
    assert list(await world.truth()) == [stays]


@check(lacks=[Feature.EXPUNGES_BY_UID])
async def what_cannot_be_expunged_by_uid_is_refused(world: World) -> None:
    """A plain EXPUNGE would take what others marked as deleted."""
    uid = await world.deliver(letter())
    ids = await ids_of(world, uid)
    with pytest.raises(Refused):
        await perform(world, Expunge(INBOX, frozenset(ids)), ids)
    assert (await world.truth())[uid].flags == frozenset()


@check()
async def what_others_marked_deleted_stays(world: World) -> None:
    others = await world.deliver(letter("theirs"), flags=[DELETED])
    first, second = await world.deliver(letter("mine")), await world.deliver(letter("mine, too"))
    ids = await ids_of(world, first, second)
    with suppress(Refused):
        await perform(world, Expunge(INBOX, frozenset({key(first)})), ids)
    await perform(world, Move(INBOX, frozenset({key(second)}), ARCHIVE), ids)
    assert second not in await left_in(world)
    assert others in await world.truth()


@check()
async def an_appended_message_has_its_bytes_flags_and_date(world: World) -> None:
    content = letter(body="Ä draft.\n")
    flags = frozenset({DRAFT, SEEN})
    answer = await perform(world, append_of(content, flags=flags), {}, content=content)
    target = await world.truth(ARCHIVE)
    assert list(target.values()) == [Truth(content, flags, NOON)]
    assert_told(answer, {APPEND_KEY: content}, target, await validity_of(world, ARCHIVE))


@check()
async def appended_dates_of_other_zones_are_the_same_moment(world: World) -> None:
    content = letter()
    for hours in (-11, 0, 5.5, 14):
        received = (NOON - timedelta(days=400)).astimezone(timezone(timedelta(hours=hours)))
        operation = Append(ARCHIVE, APPEND_KEY, frozenset(), received, "x@y")
        await perform(world, operation, {}, content=content)
    dates = {message.received for message in (await world.truth(ARCHIVE)).values()}
    assert dates == {NOON - timedelta(days=400)}


@check()
async def ids_of_another_uidvalidity_touch_nothing(world: World) -> None:
    for _ in range(3):
        await world.deliver(letter())
    ids = await ids_of(world, *(await world.truth()))
    await world.renumber(INBOX)
    before = await world.truth()
    everything: list[Operation] = [
        StoreFlags(INBOX, frozenset(ids), frozenset({SEEN})),
        Move(INBOX, frozenset(ids), ARCHIVE),
        Expunge(INBOX, frozenset(ids)),
    ]
    for operation in everything:

        async def attempt(operation: Operation = operation) -> None:
            with pytest.raises(Refused):
                await perform(world, operation, ids)

        await steadily(world, attempt)
    assert await world.truth() == before
    assert await world.truth(ARCHIVE) == {}


@check()
async def a_missing_source_mailbox_is_refused(world: World) -> None:
    uid = await world.deliver(letter())
    ids = await ids_of(world, uid)
    with pytest.raises(Refused):
        await perform(world, Move(MailboxName("Nowhere"), frozenset(ids), ARCHIVE), ids)
    assert list(await world.truth()) == [uid]


@check()
async def the_checkpoint_is_the_uidnext_of_the_target(world: World) -> None:
    last = await world.deliver(letter(), ARCHIVE)
    uid = await world.deliver(letter())
    for operation in (
        Move(INBOX, frozenset({key(uid)}), ARCHIVE),
        copy_of(uid),
        append_of(letter()),
    ):
        checkpoint = await world.backend.checkpoint(operation)
        assert checkpoint == ServerId(await validity_of(world, ARCHIVE), last + 1)


@check()
async def all_that_a_server_can_keep_is_accepted(world: World) -> None:
    await pull(world)
    keys = frozenset({key(1)})
    for operation in (
        StoreFlags(INBOX, keys, frozenset({SEEN, FLAGGED}), frozenset({ANSWERED})),
        Move(INBOX, keys, ARCHIVE),
        copy_of(1),
        Expunge(INBOX, keys),
        append_of(letter()),
    ):
        assert world.backend.accepts(operation)
