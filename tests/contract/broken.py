"""Servers and backends with one fault each, and the check that must notice it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.demo.backend import DemoBackend, Ids, NewIds
from tuimail.backend.demo.server import DemoServer, StoredMessage
from tuimail.model.mail import DELETED, INBOX, SEEN, Flag, MailboxName, MessageKey
from tuimail.model.operation import Append, Copy, Move, Operation, StoreFlags
from tuimail.model.sync import (
    NOWHERE,
    Bookmark,
    Changes,
    Fetched,
    Part,
    ServerId,
    ServerMailbox,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """`check` names the promise that `server` or `backend` does not keep."""

    check: str
    server: type[DemoServer] = DemoServer
    backend: type[DemoBackend] = DemoBackend

    @property
    def name(self) -> str:
        broken: type = self.backend if self.server is DemoServer else self.server
        return broken.__name__


FAULTS: list[Fault] = []


def bad_server(check: str) -> Callable[[type[DemoServer]], type[DemoServer]]:
    def register(server: type[DemoServer]) -> type[DemoServer]:
        FAULTS.append(Fault(check, server=server))
        return server

    return register


def bad_backend(check: str) -> Callable[[type[DemoBackend]], type[DemoBackend]]:
    def register(backend: type[DemoBackend]) -> type[DemoBackend]:
        FAULTS.append(Fault(check, backend=backend))
        return backend

    return register


# Mailboxes.


@bad_backend("every_name_is_spelt_as_on_the_server_and_serves_for_everything")
class SpellsNamesInLowerCase(DemoBackend):
    async def mailboxes(self) -> Sequence[ServerMailbox]:
        listed = await super().mailboxes()
        return [
            box if box.name == INBOX else replace(box, name=MailboxName(box.name.lower()))
            for box in listed
        ]


@bad_backend("a_mailbox_inside_another_has_a_path_for_a_name")
class SelectsWhatCannotBeSelected(DemoBackend):
    async def mailboxes(self) -> Sequence[ServerMailbox]:
        return [replace(box, selectable=True) for box in await super().mailboxes()]


# Changes.


class ChangesAltered(DemoBackend):
    def alter(self, changes: Changes, since: Bookmark | None) -> Changes:
        raise NotImplementedError

    async def changes(
        self, mailbox: MailboxName, since: Bookmark | None, known: Collection[int]
    ) -> Changes:
        return self.alter(await super().changes(mailbox, since, known), since)


@bad_backend("what_vanished_since_the_bookmark_is_told")
class ForgetsWhatVanished(ChangesAltered):
    def alter(self, changes: Changes, since: Bookmark | None) -> Changes:
        return replace(changes, vanished=())


@bad_backend("a_first_pull_lists_everything_in_ascending_order")
class ListsNewestFirst(ChangesAltered):
    def alter(self, changes: Changes, since: Bookmark | None) -> Changes:
        return replace(changes, arrived=list(reversed(changes.arrived)))


@bad_backend("another_uidvalidity_is_a_reset")
class ForgetsToReset(ChangesAltered):
    def alter(self, changes: Changes, since: Bookmark | None) -> Changes:
        return replace(changes, reset=False)


@bad_backend("flags_that_changed_since_the_bookmark_are_told")
class TellsOnlyFlagsThatWereAdded(ChangesAltered):
    def alter(self, changes: Changes, since: Bookmark | None) -> Changes:
        return replace(changes, flags={uid: flags for uid, flags in changes.flags.items() if flags})


@bad_backend("without_a_bookmark_the_flags_of_all_known_come_back")
class TellsNoFlagsAtAFirstPull(ChangesAltered):
    def alter(self, changes: Changes, since: Bookmark | None) -> Changes:
        return changes if since else replace(changes, flags={})


@bad_backend("a_message_that_came_and_went_is_not_told")
class GuessesUidnextFromTheNewest(ChangesAltered):
    def alter(self, changes: Changes, since: Bookmark | None) -> Changes:
        if since is None or not changes.arrived:
            return changes
        guessed = range(since.next_uid, changes.arrived[-1] + 1)
        return replace(changes, arrived=list(guessed))


@bad_server("the_newest_message_vanishes_and_its_uid_never_returns")
class UsesUidsTwice(DemoServer):
    def expunge(self, name: MailboxName, uids: Collection[int]) -> list[int]:
        gone = super().expunge(name, uids)
        mailbox = self.mailbox(name)
        mailbox.next_uid = max(mailbox.messages, default=0) + 1
        return gone


# Fetching.


@bad_backend("fetching_never_marks_as_read")
class MarksAsRead(DemoBackend):
    async def fetch(
        self, mailbox: MailboxName, validity: int, uids: Sequence[int], part: Part
    ) -> AsyncIterator[Fetched]:
        async for fetched in super().fetch(mailbox, validity, uids, part):
            yield fetched
            self._server.store(mailbox, [fetched.uid], [SEEN])


@bad_backend("awkward_contents_come_unharmed")
class ReadsLinesAsThisMachineWritesThem(DemoBackend):
    def _fetched(self, message: StoredMessage, part: Part) -> Fetched:
        fetched = super()._fetched(message, part)
        return replace(fetched, content=b"\r\n".join(fetched.content.splitlines()) + b"\r\n")


@bad_backend("headers_have_what_an_envelope_needs_and_size_is_the_whole")
class TellsTheSizeOfThePart(DemoBackend):
    def _fetched(self, message: StoredMessage, part: Part) -> Fetched:
        fetched = super()._fetched(message, part)
        return replace(fetched, size=len(fetched.content))


# Operations.


@bad_server("flags_are_merged_and_not_replaced")
class ReplacesFlags(DemoServer):
    def store(
        self,
        name: MailboxName,
        uids: Collection[int],
        add: Collection[Flag] = (),
        remove: Collection[Flag] = (),
    ) -> list[int]:
        there = super().store(name, uids, add, remove)
        messages = self.mailbox(name).messages
        for uid in there:
            messages[uid] = replace(messages[uid], flags=frozenset(add))
        return there


@bad_server("a_moved_message_keeps_content_flags_and_date")
class DatesCopiesAnew(DemoServer):
    def append(
        self,
        name: MailboxName,
        content: bytes,
        flags: Collection[Flag] = (),
        received: datetime | None = None,
    ) -> ServerId:
        return super().append(name, content, flags, None)


@bad_server("a_copied_message_keeps_content_flags_and_date")
class LosesKeywordsInCopies(DemoServer):
    def copy(
        self, name: MailboxName, uids: Collection[int], target: MailboxName
    ) -> dict[int, ServerId]:
        copies = super().copy(name, uids, target)
        for id in copies.values():
            flags = self.mailbox(target).messages[id.uid].flags
            self.store(target, [id.uid], remove=[each for each in flags if "$" in each])
        return copies


@bad_server("a_moved_message_keeps_content_flags_and_date")
class CopiesInsteadOfMoving(DemoServer):
    def move(
        self, name: MailboxName, uids: Collection[int], target: MailboxName
    ) -> dict[int, ServerId]:
        return self.copy(name, uids, target)


@bad_server("what_others_marked_deleted_stays")
class ExpungesAllThatIsMarked(DemoServer):
    def expunge(self, name: MailboxName, uids: Collection[int]) -> list[int]:
        messages = self.mailbox(name).messages
        marked = [uid for uid in messages if DELETED in messages[uid].flags]
        return super().expunge(name, [*uids, *marked])


@bad_backend("many_messages_with_gaps_move_and_each_is_told_apart")
class MixesUpTheNewIds(DemoBackend):
    def _move(self, operation: Move, ids: Ids, checkpoint: ServerId | None) -> NewIds:
        answer = super()._move(operation, ids, checkpoint)
        return dict(zip(answer, reversed(list(answer.values())), strict=True))


@bad_backend("the_server_tells_the_new_ids")
class ForgetsTheNewIds(DemoBackend):
    def _told(self, id: ServerId) -> ServerId | None:
        return None


@bad_backend("what_is_gone_is_left_out_and_the_rest_is_done")
class ClaimsWhatWasGone(DemoBackend):
    async def perform(
        self,
        operation: Operation,
        ids: Mapping[MessageKey, ServerId],
        *,
        checkpoint: ServerId = NOWHERE,
        again: bool = False,
        content: bytes = b"",
    ) -> Mapping[MessageKey, ServerId | None]:
        answer = await super().perform(
            operation, ids, checkpoint=checkpoint, again=again, content=content
        )
        if not isinstance(operation, StoreFlags):
            return answer
        return {key: answer.get(key) for key in operation.keys}


@bad_backend("a_missing_target_is_created")
class CreatesNothing(DemoBackend):
    def _prepare(self, operation: Operation, ids: Ids) -> None:
        if isinstance(operation, Append) and not self._server.has_mailbox(operation.mailbox):
            raise Refused("There is no such mailbox.")
        super()._prepare(operation, ids)


@bad_backend("ids_of_another_uidvalidity_touch_nothing")
class ActsByUidAlone(DemoBackend):
    def _prepare(self, operation: Operation, ids: Ids) -> None:
        here = {
            key: replace(id, validity=self._server.mailbox(INBOX).validity)
            for key, id in ids.items()
        }
        super()._prepare(operation, here)


# Repeating.


@bad_backend("an_append_repeated_makes_no_double")
class AppendsAgain(DemoBackend):
    def _append(self, operation: Append, checkpoint: ServerId | None, content: bytes) -> NewIds:
        return super()._append(operation, None, content)


@bad_backend("an_append_whose_first_try_never_arrived_is_made")
class TakesAnOldDraftForTheNewOne(DemoBackend):
    def _append(self, operation: Append, checkpoint: ServerId | None, content: bytes) -> NewIds:
        earlier = self._unclaimed(operation.mailbox, checkpoint and ServerId(0, 1))
        if earlier:
            return {operation.key: None}
        return super()._append(operation, checkpoint, content)


@bad_backend("nothing_is_repeated_into_a_target_that_was_numbered_anew")
class BelievesAnOldCheckpoint(DemoBackend):
    def _transferred(self, target: MailboxName, checkpoint: ServerId | None) -> list[StoredMessage]:
        return self._unclaimed(target, checkpoint)


@bad_backend("an_append_is_found_in_a_target_that_was_numbered_anew")
class AppendsAgainAfterAnOldCheckpoint(DemoBackend):
    def _append(self, operation: Append, checkpoint: ServerId | None, content: bytes) -> NewIds:
        validity = self._server.mailbox(operation.mailbox).validity
        if checkpoint is not None and checkpoint.validity != validity:
            checkpoint = None
        return super()._append(operation, checkpoint, content)


@bad_backend("a_copy_repeated_makes_no_double")
class CopiesAgain(DemoBackend):
    def _copy(self, operation: Copy, ids: Ids, checkpoint: ServerId | None) -> NewIds:
        return super()._copy(operation, ids, None)


@bad_backend("a_copy_whose_first_try_never_arrived_is_made")
class TakesAnOldCopyForTheNewOne(DemoBackend):
    def _copy(self, operation: Copy, ids: Ids, checkpoint: ServerId | None) -> NewIds:
        return super()._copy(operation, ids, checkpoint and ServerId(0, 1))


@bad_backend("a_move_repeated_never_claims_anothers_message")
class ClaimsWhateverCameIntoTheTarget(DemoBackend):
    def _move(self, operation: Move, ids: Ids, checkpoint: ServerId | None) -> NewIds:
        answer = super()._move(operation, ids, checkpoint)
        validity = self._server.mailbox(operation.target).validity
        newest = max(self._server.mailbox(operation.target).messages, default=0)
        return {key: id or ServerId(validity, newest) for key, id in answer.items()}


@bad_backend("a_move_that_was_half_done_is_finished")
class GivesUpWhenSomeAreGone(DemoBackend):
    def _move(self, operation: Move, ids: Ids, checkpoint: ServerId | None) -> NewIds:
        present = self._server.mailbox(operation.mailbox).messages
        if any(id.uid not in present for id in ids.values()):
            return {}
        return super()._move(operation, ids, checkpoint)


@bad_backend("whatever_the_moment_the_line_breaks_it_is_as_if_it_ran_once")
class BelievesThatTheFirstTryArrived(DemoBackend):
    def _carry_out(
        self, operation: Operation, ids: Ids, checkpoint: ServerId | None, content: bytes
    ) -> NewIds:
        if checkpoint is not None:
            return dict.fromkeys(operation.keys)
        return super()._carry_out(operation, ids, checkpoint, content)


# The connection.


@bad_backend("what_came_before_the_listening_began_is_told")
class LooksUpOnlyOnceItListens(DemoBackend):
    async def listen(self, mailbox: MailboxName, tell: Callable[[], None]) -> None:
        self._last_seen[mailbox] = self._state_of(mailbox)
        await super().listen(mailbox, tell)


@bad_backend("mail_that_arrives_is_told")
class SleepsSoundly(DemoBackend):
    async def listen(self, mailbox: MailboxName, tell: Callable[[], None]) -> None:
        await asyncio.sleep(3600)


@bad_backend("each_letter_is_told")
class TellsOnce(DemoBackend):
    async def listen(self, mailbox: MailboxName, tell: Callable[[], None]) -> None:
        left = [tell]

        def tell_once() -> None:
            if left:
                left.pop()()

        await super().listen(mailbox, tell_once)


@bad_backend("an_outage_is_unreachable_and_connecting_ends_it")
class HidesAnOutage(DemoBackend):
    async def mailboxes(self) -> Sequence[ServerMailbox]:
        try:
            return await super().mailboxes()
        except Unreachable:
            return []


@bad_backend("connecting_twice_does_nothing_and_closing_can_be_mended")
class CannotBeOpenedAgain(DemoBackend):
    async def connect(self) -> None:
        if self._server.commands["connect"]:
            return
        await super().connect()


@bad_backend("a_wrong_password_needs_the_user")
class BlamesTheNetwork(DemoBackend):
    async def _log_in(self) -> None:
        secret = await self._secret() if self._secret else None
        if secret != self._server.password:
            raise Unreachable("The server cannot be reached.")


@bad_backend("a_cancelled_call_leaves_the_backend_usable")
class KeepsTheDoorLockedWhenCancelled(DemoBackend):
    _busy = False

    async def _ask(self, command: str) -> None:
        if self._busy:
            raise Unreachable("Another command is still under way.")
        self._busy = True
        await super()._ask(command)
        self._busy = False
