"""What a command means for the journal, and the words for it."""

from datetime import UTC, datetime

import pytest

from tuimail.engine import words
from tuimail.engine.commands import Archive, Copy, Delete, Mark, Move, Spam
from tuimail.engine.mail import CommandFailed
from tuimail.engine.planning import GRACE, Account, Change, Plan, plan
from tuimail.model import operation as operations
from tuimail.model.mail import (
    FLAGGED,
    INBOX,
    JUNK,
    NOT_JUNK,
    SEEN,
    AccountName,
    Envelope,
    Flag,
    Mailbox,
    MailboxId,
    MailboxName,
    Message,
    MessageKey,
    Role,
)
from tuimail.model.operation import Entry, EntryState, Expunge, Operation, StoreFlags

WORK = AccountName("work")
NOON = datetime(2024, 5, 17, 12, tzinfo=UTC)
LISTS = MailboxName("Lists")
TRASH = MailboxName("Trash")
JUNK_BOX = MailboxName("Junk")
ARCHIVE = MailboxName("Archive")

ACCOUNT = Account(
    WORK,
    [
        Mailbox(WORK, INBOX, Role.INBOX, 0, 0),
        Mailbox(WORK, LISTS, Role.NONE, 0, 0),
        Mailbox(WORK, TRASH, Role.TRASH, 0, 0),
        Mailbox(WORK, JUNK_BOX, Role.JUNK, 0, 0),
        Mailbox(WORK, ARCHIVE, Role.ARCHIVE, 0, 0),
    ],
    {},
)


def message(number: int, mailbox: MailboxName = INBOX, *flags: Flag) -> Message:
    return Message(
        MessageKey(number),
        f"work:{number}",
        WORK,
        mailbox,
        frozenset(flags),
        NOON,
        1,
        Envelope(),
        "",
    )


def keys(*numbers: int) -> frozenset[MessageKey]:
    return frozenset(MessageKey(number) for number in numbers)


def drafts(command: Change, *messages: Message, copies: range = range(0)) -> list[Operation]:
    plans = plan(command, messages, ACCOUNT, copies)
    return [draft for each in plans for draft in each.drafts]


def test_delete_moves_to_the_trash() -> None:
    assert plan(Delete(keys(1)), [message(1)], ACCOUNT) == [
        Plan((operations.Move(INBOX, keys(1), TRASH),))
    ]


def test_delete_in_the_trash_is_for_good_after_ten_minutes() -> None:
    assert plan(Delete(keys(1)), [message(1, TRASH)], ACCOUNT) == [
        Plan((Expunge(TRASH, keys(1)),), GRACE)
    ]


def test_only_what_is_in_the_trash_already_is_deleted_for_good() -> None:
    plans = plan(Delete(keys(1, 2)), [message(1), message(2, TRASH)], ACCOUNT)
    assert plans == [
        Plan((operations.Move(INBOX, keys(1), TRASH),)),
        Plan((Expunge(TRASH, keys(2)),), GRACE),
    ]


def test_archive_takes_each_message_from_where_it_is() -> None:
    found = drafts(Archive(keys(1, 2, 3)), message(1), message(2, LISTS), message(3, ARCHIVE))
    assert found == [
        operations.Move(INBOX, keys(1), ARCHIVE),
        operations.Move(LISTS, keys(2), ARCHIVE),
    ]


def test_spam_is_marked_and_moved() -> None:
    assert drafts(Spam(keys(1)), message(1)) == [
        StoreFlags(INBOX, keys(1), frozenset({JUNK}), frozenset({NOT_JUNK})),
        operations.Move(INBOX, keys(1), JUNK_BOX),
    ]


def test_a_copy_gets_keys_of_its_own() -> None:
    command = Copy(keys(1, 2), MailboxId(WORK, LISTS))
    assert drafts(command, message(2), message(1), copies=range(10, 12)) == [
        operations.Copy(
            INBOX, (MessageKey(1), MessageKey(2)), (MessageKey(10), MessageKey(11)), LISTS
        )
    ]


def test_marking_leaves_out_what_is_marked_so_already() -> None:
    command = Mark(keys(1, 2), add=frozenset({SEEN}))
    assert drafts(command, message(1), message(2, INBOX, SEEN)) == [
        StoreFlags(INBOX, keys(1), frozenset({SEEN}))
    ]


@pytest.mark.parametrize("kind", [Move, Copy])
def test_another_account_is_refused_in_words(kind: type[Move | Copy]) -> None:
    with pytest.raises(CommandFailed, match=r"from account work to account home"):
        plan(kind(keys(1), MailboxId(AccountName("home"), LISTS)), [message(1)], ACCOUNT)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (Archive(keys(1)), "Archived 3"),
        (Delete(keys(1)), "Deleted 3"),
        (Spam(keys(1)), "Moved 3 to spam"),
        (Move(keys(1), MailboxId(WORK, LISTS)), "Moved 3 to Lists"),
        (Copy(keys(1), MailboxId(WORK, LISTS)), "Copied 3 to Lists"),
        (Mark(keys(1), add=frozenset({SEEN})), "Marked 3 read"),
        (Mark(keys(1), remove=frozenset({SEEN})), "Marked 3 unread"),
        (Mark(keys(1), add=frozenset({FLAGGED})), "Flagged 3"),
        (Mark(keys(1), add=frozenset({Flag("$Work")})), "Marked 3 +$Work"),
        (Move(keys(1), MailboxId(WORK, MailboxName("a\x1bb"))), "Moved 3 to a␛b"),
    ],
)
def test_the_status_line_says_what_was_done(command: Change, said: str) -> None:
    assert words.of_command(command, 3) == said


def test_the_status_line_tells_what_is_final() -> None:
    assert words.of_command(Delete(keys(1)), 2, 2) == "Deleting 2 for good in 10 minutes"
    assert words.of_command(Delete(keys(1)), 3, 1) == "Deleted 3, 1 of them for good in 10 minutes"


def entry(operation: Operation) -> Entry:
    return Entry(1, WORK, 1, operation, EntryState.RECORDED, NOON)


def test_entries_are_told_in_the_words_of_their_command() -> None:
    names = {TRASH: Role.TRASH, ARCHIVE: Role.ARCHIVE, JUNK_BOX: Role.JUNK}
    roles = {MailboxId(WORK, name): role for name, role in names.items()}

    def told(*found: Operation) -> str:
        return words.of_entries([entry(each) for each in found], roles)

    assert told(operations.Move(INBOX, keys(1, 2), TRASH)) == "Deleted 2"
    assert told(*drafts(Spam(keys(1)), message(1))) == "Moved 1 to spam"
    assert (
        told(operations.Move(INBOX, keys(1), ARCHIVE), operations.Move(LISTS, keys(2), ARCHIVE))
        == "Archived 2"
    )
    assert told(Expunge(TRASH, keys(4))) == "Deleted 1 for good"


def test_what_another_account_archives_to_is_any_folder_here() -> None:
    roles = {MailboxId(AccountName("home"), ARCHIVE): Role.ARCHIVE}
    moved = entry(operations.Move(INBOX, keys(1), ARCHIVE))
    assert words.of_entries([moved], roles) == f"Moved 1 to {ARCHIVE}"
