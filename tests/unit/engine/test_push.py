"""What the user does reaches the server once, in order, or comes back with the reason."""

import asyncio
import shutil
from datetime import timedelta

import pytest

from tests.builders import letter
from tests.unit.engine.world import (
    ARCHIVE,
    TRASH,
    World,
    by_subject,
    heard,
    hearing,
    keys_of,
    pushed,
    shown,
    subjects,
    synced,
    until,
)
from tuimail.backend.base import NotKept
from tuimail.backend.demo.backend import DemoBackend
from tuimail.engine import push
from tuimail.engine.commands import (
    Archive,
    Copy,
    Delete,
    Drop,
    Mark,
    Move,
    Redo,
    Retry,
    Spam,
    Undo,
)
from tuimail.engine.events import JournalChanged, MailboxChanged, OperationParked
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import CommandFailed
from tuimail.model import operation as operations
from tuimail.model.mail import (
    FLAGGED,
    INBOX,
    JUNK,
    SEEN,
    AccountName,
    Flag,
    MailboxId,
    MailboxName,
)
from tuimail.model.operation import EntryState

WORK = AccountName("work")
LISTS = MailboxId(WORK, MailboxName("Lists"))
JUNK_BOX = MailboxName("Junk")


async def ready(world: World, *subjects: str) -> LocalMail:
    """A screen of an engine that has these letters in its inbox."""
    for subject in subjects:
        world.server.deliver(letter(subject))
    world.start()
    mail = await world.mail()
    await synced(mail)
    return mail


async def test_archive_shows_at_once_and_reaches_the_server(world: World) -> None:
    mail = await ready(world, "One", "Two")
    done = await mail.submit(Archive(await keys_of(mail, "One")))
    assert (done.words, done.count, done.undoable) == ("Archived 1", 1, True)
    assert await subjects(mail) == ["Two"]
    assert await subjects(mail, ARCHIVE) == ["One"]
    await pushed(mail)
    assert by_subject(world.on_server()) == ["Two"]
    assert by_subject(world.on_server(ARCHIVE)) == ["One"]
    await synced(mail)
    assert await subjects(mail, ARCHIVE) == ["One"]


async def test_flags_reach_the_server(world: World) -> None:
    mail = await ready(world, "One")
    keys = await keys_of(mail, "One")
    await mail.submit(Mark(keys, add=frozenset({SEEN, FLAGGED, Flag("$Work")})))
    await mail.submit(Mark(keys, remove=frozenset({FLAGGED})))
    await pushed(mail)
    assert world.server.mailbox(INBOX).messages[1].flags == {SEEN, "$Work"}
    (message,) = await shown(mail)
    assert message.flags == {SEEN, "$Work"}


async def test_delete_spam_move_and_copy_reach_the_server(world: World) -> None:
    mail = await ready(world, "Delete", "Spam", "Move", "Copy")
    await mail.submit(Delete(await keys_of(mail, "Delete")))
    await mail.submit(Spam(await keys_of(mail, "Spam")))
    await mail.submit(Move(await keys_of(mail, "Move"), LISTS))
    await mail.submit(Copy(await keys_of(mail, "Copy"), LISTS))
    assert await subjects(mail) == ["Copy"]
    assert await subjects(mail, LISTS.name) == ["Copy", "Move"]
    await pushed(mail)
    assert by_subject(world.on_server(TRASH)) == ["Delete"]
    assert by_subject(world.on_server(JUNK_BOX)) == ["Spam"]
    (spam,) = world.server.mailbox(JUNK_BOX).messages.values()
    assert JUNK in spam.flags
    assert by_subject(world.on_server(LISTS.name)) == ["Copy", "Move"]
    assert by_subject(world.on_server()) == ["Copy"]
    await synced(mail)
    assert await subjects(mail, LISTS.name) == ["Copy", "Move"]


async def test_a_deletion_for_good_waits_ten_minutes(world: World) -> None:
    mail = await ready(world)
    world.server.append(TRASH, letter("Rubbish"))
    await synced(mail)
    done = await mail.submit(Delete(await keys_of(mail, "Rubbish")))
    assert done.words == "Deleting 1 for good in 10 minutes"
    assert await subjects(mail, TRASH) == []
    await synced(mail)
    assert by_subject(world.on_server(TRASH)) == ["Rubbish"]
    world.clock.ahead = timedelta(minutes=11)
    await synced(mail)
    assert world.on_server(TRASH) == []


async def test_a_deletion_for_good_can_be_undone_meanwhile(world: World) -> None:
    mail = await ready(world)
    world.server.append(TRASH, letter("Rubbish"))
    await synced(mail)
    await mail.submit(Delete(await keys_of(mail, "Rubbish")))
    await mail.submit(Undo())
    world.clock.ahead = timedelta(minutes=11)
    await synced(mail)
    assert await subjects(mail, TRASH) == ["Rubbish"]
    assert by_subject(world.on_server(TRASH)) == ["Rubbish"]


async def test_many_single_commands_are_few_on_the_wire(world: World) -> None:
    mail = await ready(world, *(str(number) for number in range(40)))
    world.server.go_down()
    for number in range(40):
        keys = await keys_of(mail, str(number))
        await mail.submit(Mark(keys, add=frozenset({SEEN})))
        await mail.submit(Archive(keys))
    world.server.come_back()
    await mail.reconnect()
    await pushed(mail)
    assert len(world.on_server(ARCHIVE)) == 40
    assert world.server.commands["move"] == 1
    assert world.server.commands["storeflags"] == 1


# Refused.


async def test_a_refused_move_brings_the_message_back_with_the_reason(world: World) -> None:
    mail = await ready(world, "One")
    world.server.refuse(operations.Move, "Over quota.")
    keys = await keys_of(mail, "One")
    event = await heard(mail, OperationParked, lambda: mail.submit(Archive(keys)))
    assert event.reason == "Over quota."
    assert await subjects(mail) == ["One"]
    (entry,) = await mail.pending()
    assert (entry.state, entry.reason) == (EntryState.PARKED, "Over quota.")
    await synced(mail)
    assert world.server.commands["move"] == 1


async def test_a_parked_entry_can_be_tried_again(world: World) -> None:
    mail = await ready(world, "One")
    world.server.refuse(operations.Move, "Over quota.")
    keys = await keys_of(mail, "One")
    event = await heard(mail, OperationParked, lambda: mail.submit(Archive(keys)))
    world.server.allow(operations.Move)
    await mail.submit(Retry(WORK, event.entry))
    await pushed(mail)
    assert by_subject(world.on_server(ARCHIVE)) == ["One"]


async def test_a_parked_entry_can_be_dropped(world: World) -> None:
    mail = await ready(world, "One")
    world.server.refuse(operations.Move, "Over quota.")
    keys = await keys_of(mail, "One")
    event = await heard(mail, OperationParked, lambda: mail.submit(Archive(keys)))
    await mail.submit(Drop(WORK, event.entry))
    assert not await mail.pending()
    with pytest.raises(CommandFailed, match="no parked entry"):
        await mail.submit(Drop(WORK, event.entry))


async def test_of_a_refused_run_only_what_is_refused_is_parked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = await ready(world, "One", "Two", "Three")
    (bad,) = await keys_of(mail, "Two")

    def refusal(operation: operations.Operation) -> str | None:
        return "Not this one." if bad in operation.keys else None

    monkeypatch.setattr(world.server, "refusal", refusal)
    world.server.go_down()
    for subject in ("One", "Two", "Three"):
        await mail.submit(Archive(await keys_of(mail, subject)))
    world.server.come_back()
    await mail.reconnect()

    async def only_parked_is_left() -> bool:
        return [entry.state for entry in await mail.pending()] == [EntryState.PARKED]

    await until(only_parked_is_left)
    assert await subjects(mail) == ["Two"]
    assert by_subject(world.on_server(ARCHIVE)) == ["One", "Three"]


async def test_what_depends_on_a_refused_move_is_parked_with_it(world: World) -> None:
    mail = await ready(world, "One")
    world.server.refuse(operations.Move, "No.")
    world.server.go_down()
    await mail.submit(Move(await keys_of(mail, "One"), LISTS))
    await mail.submit(Mark(await keys_of(mail, "One"), add=frozenset({FLAGGED})))
    world.server.come_back()
    await mail.reconnect()

    async def all_parked() -> bool:
        return {entry.state for entry in await mail.pending()} == {EntryState.PARKED}

    await until(all_parked)
    (message,) = await shown(mail)
    assert FLAGGED not in message.flags


# Outages.


async def test_what_was_done_offline_is_pushed_once_when_the_line_is_back(world: World) -> None:
    mail = await ready(world, "One")
    world.server.go_down("No network.")
    (report,) = await synced(mail)
    assert (report.exit, report.error) == (75, "No network.")
    await mail.submit(Archive(await keys_of(mail, "One")))
    await mail.submit(Copy(await keys_of(mail, "One"), LISTS))
    assert await subjects(mail, ARCHIVE) == ["One"]
    world.server.come_back()
    (report,) = await synced(mail)
    assert (report.exit, report.pushed, report.pending) == (0, 2, 0)
    assert by_subject(world.on_server(ARCHIVE)) == ["One"]
    assert by_subject(world.on_server(LISTS.name)) == ["One"]


@pytest.mark.parametrize("tells_copyuid", [True, False])
async def test_a_lost_answer_doubles_and_loses_nothing(
    world: World, tells_copyuid: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "pause_after_break", lambda _: timedelta(0))
    mail = await ready(world, "Move", "Copy", "Mark", "Both")
    world.server.tells_copyuid = tells_copyuid
    world.server.lose_answers = 4
    await mail.submit(Move(await keys_of(mail, "Move"), LISTS))
    await mail.submit(Copy(await keys_of(mail, "Copy"), LISTS))
    await mail.submit(Mark(await keys_of(mail, "Mark"), add=frozenset({FLAGGED})))
    await mail.submit(Archive(await keys_of(mail, "Both")))
    await pushed(mail)
    assert by_subject(world.on_server(LISTS.name)) == ["Copy", "Move"]
    assert by_subject(world.on_server(ARCHIVE)) == ["Both"]
    assert by_subject(world.on_server()) == ["Copy", "Mark"]
    await synced(mail)
    assert await subjects(mail, LISTS.name) == ["Copy", "Move"]
    assert await subjects(mail, ARCHIVE) == ["Both"]
    assert await subjects(mail) == ["Copy", "Mark"]


async def test_a_chain_of_moves_works_without_copyuid(world: World) -> None:
    mail = await ready(world, "One", "Two")
    world.server.tells_copyuid = False
    await mail.submit(Archive(await keys_of(mail, "One")))
    await mail.submit(Mark(await keys_of(mail, "One"), add=frozenset({SEEN})))
    await mail.submit(Move(await keys_of(mail, "One"), LISTS))
    await pushed(mail)
    (message,) = world.server.mailbox(LISTS.name).messages.values()
    assert message.flags == {SEEN}
    await synced(mail)
    assert await subjects(mail, LISTS.name) == ["One"]
    assert await subjects(mail) == ["Two"]


async def test_what_was_done_with_no_engine_is_pushed_by_the_next(world: World) -> None:
    mail = await ready(world, "One")
    await world.stop()
    await mail.submit(Archive(await keys_of(mail, "One")))
    world.start()
    await pushed(await world.mail())
    assert by_subject(world.on_server(ARCHIVE)) == ["One"]


async def test_renumbering_meanwhile_hits_no_other_message(world: World) -> None:
    mail = await ready(world, "One", "Two", "Three")
    world.server.go_down()
    await mail.submit(Archive(await keys_of(mail, "Three")))
    world.server.expunge(INBOX, [1])
    world.server.renumber(INBOX)
    world.server.come_back()
    await mail.reconnect()
    await pushed(mail)
    assert by_subject(world.on_server(ARCHIVE)) == ["Three"]
    assert by_subject(world.on_server()) == ["Two"]


async def test_renumbering_while_connected_hits_no_other_message(world: World) -> None:
    mail = await ready(world, "One", "Two", "Three")
    world.server.latency = 0.1
    keys = await keys_of(mail, "Three")
    world.server.renumber(INBOX)
    await mail.submit(Archive(keys))
    world.server.latency = 0
    await pushed(mail)
    assert by_subject(world.on_server(ARCHIVE)) == ["Three"]
    assert by_subject(world.on_server()) == ["One", "Two"]


async def test_a_copy_that_may_be_there_is_parked_and_not_made_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was lost, and the target was numbered anew before the line was back."""
    mail = await ready(world, "One")
    world.server.create(LISTS.name)
    world.server.deliver(letter("Older"), LISTS.name)
    await synced(mail)
    cut = world.server.cut

    def cut_and_renumber() -> None:
        monkeypatch.setattr(world.server, "cut", cut)
        world.server.renumber(LISTS.name)
        cut()

    monkeypatch.setattr(world.server, "cut", cut_and_renumber)
    world.server.lose_answers = 1
    copy = Copy(await keys_of(mail, "One"), LISTS)
    event = await heard(mail, OperationParked, lambda: mail.submit(copy))
    assert "it cannot be told" in event.reason
    await synced(mail)
    assert by_subject(world.on_server(LISTS.name)) == ["Older", "One"]
    assert sorted(await subjects(mail, LISTS.name)) == ["Older", "One"]


async def test_what_another_client_removed_is_noted_and_nothing_else_touched(
    world: World,
) -> None:
    mail = await ready(world, "One", "Two")
    world.server.go_down()
    await mail.submit(Archive(await keys_of(mail, "One")))
    world.server.expunge(INBOX, [1])
    world.server.come_back()
    await mail.reconnect()
    await pushed(mail)
    await synced(mail)
    assert by_subject(world.on_server()) == ["Two"]
    assert world.on_server(ARCHIVE) == []
    assert await subjects(mail, ARCHIVE) == []
    (entry, *_) = await mail.history()
    assert "no longer on the server" in entry.reason


# Undo.


async def test_undo_before_the_server_heard_leaves_it_in_peace(world: World) -> None:
    mail = await ready(world, "One")
    world.server.go_down()
    await mail.submit(Archive(await keys_of(mail, "One")))
    done = await mail.submit(Undo())
    assert done.words == "Undone: Archived 1"
    assert await subjects(mail) == ["One"]
    world.server.come_back()
    await synced(mail)
    assert world.server.commands["move"] == 0


async def test_undo_after_the_server_heard_is_told_to_it(world: World) -> None:
    mail = await ready(world, "Read", "Unread")
    world.server.store(INBOX, [1], add={SEEN})
    await synced(mail)
    keys = await keys_of(mail, "Read", "Unread")
    await mail.submit(Mark(keys, add=frozenset({SEEN})))
    await mail.submit(Archive(keys))
    await pushed(mail)
    await mail.submit(Undo())
    await mail.submit(Undo())
    await pushed(mail)
    await synced(mail)
    flags = {str(each.envelope.subject): each.flags for each in await shown(mail)}
    assert flags == {"Read": {SEEN}, "Unread": frozenset()}
    assert by_subject(world.on_server()) == ["Read", "Unread"]
    assert world.on_server(ARCHIVE) == []


async def test_redo_does_it_again(world: World) -> None:
    mail = await ready(world, "One")
    await mail.submit(Archive(await keys_of(mail, "One")))
    await pushed(mail)
    await mail.submit(Undo())
    done = await mail.submit(Redo())
    assert done.words == "Done again: Archived 1"
    await pushed(mail)
    assert by_subject(world.on_server(ARCHIVE)) == ["One"]


async def test_nothing_to_undo_is_said_in_words(world: World) -> None:
    mail = await ready(world, "One")
    with pytest.raises(CommandFailed, match="nothing to undo"):
        await mail.submit(Undo())


async def test_one_undo_takes_back_what_one_command_did_in_trash_and_elsewhere(
    world: World,
) -> None:
    mail = await ready(world, "One")
    world.server.append(TRASH, letter("Rubbish"))
    await synced(mail)
    await mail.submit(Delete(await keys_of(mail, "One", "Rubbish")))
    assert await subjects(mail, TRASH) == ["One"]
    await mail.submit(Undo())
    assert await subjects(mail) == ["One"]
    assert await subjects(mail, TRASH) == ["Rubbish"]


async def test_undo_says_how_many_of_them_were_changed_elsewhere(world: World) -> None:
    mail = await ready(world, "One", "Two", "Three")
    await mail.submit(Archive(await keys_of(mail, "One", "Two", "Three")))
    await pushed(mail)
    await synced(mail)
    uids = sorted(world.server.mailbox(ARCHIVE).messages)
    world.server.expunge(ARCHIVE, uids[:1])
    world.server.move(ARCHIVE, uids[1:2], TRASH)
    await synced(mail)
    done = await mail.submit(Undo())
    assert (done.words, done.count) == ("Undone: Archived 1 · 2 of 3 were changed elsewhere", 1)
    await pushed(mail)
    assert len(world.on_server()) == 1


# Several screens.


async def test_one_screen_sees_what_another_did(world: World) -> None:
    mail = await ready(world, "One")
    other = await world.mail()
    async with hearing(other) as news:
        await mail.submit(Archive(await keys_of(mail, "One")))
        heard_of = set()
        async for event in news:
            match event:
                case MailboxChanged(mailbox=mailbox):
                    heard_of.add(mailbox.name)
                case JournalChanged():
                    heard_of.add(MailboxName("the journal"))
            if heard_of >= {INBOX, ARCHIVE, "the journal"}:
                break
    assert await subjects(other) == []
    done = await other.submit(Undo())
    assert done.words == "Undone: Archived 1"
    await pushed(mail)
    assert await subjects(mail) == ["One"]


async def test_two_screens_at_once_lose_nothing(world: World) -> None:
    mail = await ready(world, *(str(number) for number in range(20)))
    other = await world.mail()

    async def archive(screen: LocalMail, numbers: range) -> None:
        for number in numbers:
            await screen.submit(Archive(await keys_of(screen, str(number))))

    await asyncio.gather(archive(mail, range(10)), archive(other, range(10, 20)))
    await pushed(mail)
    assert len(world.on_server(ARCHIVE)) == 20
    assert await subjects(other) == []


async def test_a_mark_on_a_message_marked_meanwhile_is_no_entry(world: World) -> None:
    mail = await ready(world, "One")
    keys = await keys_of(mail, "One")
    await mail.submit(Mark(keys, add=frozenset({SEEN})))
    done = await mail.submit(Mark(keys, add=frozenset({SEEN})))
    assert (done.count, done.undoable) == (0, False)
    assert len(await mail.history()) == 1


# Flags that the server does not keep.


async def test_a_keyword_that_the_server_does_not_keep_stays_here(world: World) -> None:
    world.server.keep_keywords(INBOX, False)
    mail = await ready(world, "One")
    await mail.submit(Mark(await keys_of(mail, "One"), add=frozenset({Flag("$Work")})))
    await pushed(mail)
    (report,) = await synced(mail)
    assert (report.pushed, report.here) == (0, 1)
    assert world.server.commands["storeflags"] == 0
    await world.stop()
    shutil.rmtree(world.folders().cache)
    world.start()
    mail = await world.mail()
    await synced(mail)
    (message,) = await shown(mail)
    assert message.flags == {"$Work"}


async def test_of_two_flags_the_server_is_told_the_one_that_it_keeps(world: World) -> None:
    world.server.keep_keywords(INBOX, False)
    mail = await ready(world, "One")
    keys = await keys_of(mail, "One")
    await mail.submit(Mark(keys, add=frozenset({SEEN, Flag("$Work")})))
    await pushed(mail)
    (report,) = await synced(mail)
    assert (report.pushed, report.here) == (1, 0)
    assert world.server.mailbox(INBOX).messages[1].flags == {SEEN}
    (message,) = await shown(mail)
    assert message.flags == {SEEN, "$Work"}
    await mail.submit(Undo())
    await pushed(mail)
    await synced(mail)
    (message,) = await shown(mail)
    assert message.flags == world.server.mailbox(INBOX).messages[1].flags == frozenset()


async def test_what_turns_out_not_to_be_kept_stays_here_and_the_rest_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = await ready(world, "One")
    perform = DemoBackend.perform

    async def forgetful(
        backend: DemoBackend, operation: operations.Operation, *rest: object, **more: object
    ) -> object:
        if isinstance(operation, operations.StoreFlags) and SEEN in operation.add:
            raise NotKept("It is not kept.", frozenset({SEEN}))
        return await perform(backend, operation, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(DemoBackend, "perform", forgetful)
    keys = await keys_of(mail, "One")
    await mail.submit(Mark(keys, add=frozenset({SEEN, FLAGGED})))
    await mail.submit(Mark(keys, add=frozenset({SEEN})))
    await pushed(mail)
    world.server.store(INBOX, [1], add={Flag("$New")})
    await synced(mail)
    (message,) = await shown(mail)
    assert message.flags == {SEEN, FLAGGED, "$New"}
    assert world.server.mailbox(INBOX).messages[1].flags == {FLAGGED, "$New"}
