"""Which entries go to the server together."""

from dataclasses import replace
from datetime import UTC, datetime

from tuimail.engine.runs import as_one, first_run, runs_of
from tuimail.model.mail import FLAGGED, INBOX, SEEN, AccountName, MailboxName, MessageKey
from tuimail.model.operation import (
    Copy,
    Entry,
    EntryState,
    Expunge,
    Move,
    Operation,
    StoreFlags,
    narrowed,
)

ARCHIVE = MailboxName("Archive")
NOON = datetime(2024, 5, 17, 12, tzinfo=UTC)


def keys(*numbers: int) -> frozenset[MessageKey]:
    return frozenset(MessageKey(number) for number in numbers)


def journal(*operations: Operation) -> list[Entry]:
    return [
        Entry(number, AccountName("work"), number, operation, EntryState.RECORDED, NOON)
        for number, operation in enumerate(operations)
    ]


def run_of(*operations: Operation) -> list[int]:
    return [entry.id for entry in first_run(journal(*operations))]


def read(*numbers: int) -> StoreFlags:
    return StoreFlags(INBOX, keys(*numbers), add=frozenset({SEEN}))


def archived(*numbers: int) -> Move:
    return Move(INBOX, keys(*numbers), ARCHIVE)


def test_fifty_single_deletes_are_one_command() -> None:
    entries = journal(*(archived(number) for number in range(50)))
    run = first_run(entries)
    assert run == entries
    assert as_one(run) == archived(*range(50))


def test_reading_and_archiving_in_turns_are_two_commands() -> None:
    assert run_of(read(1), archived(1), read(2), archived(2)) == [0, 2]


def test_nothing_overtakes_what_concerns_the_same_message() -> None:
    unread = StoreFlags(INBOX, keys(1), remove=frozenset({SEEN}))
    assert run_of(read(1), unread, read(1), read(2)) == [0, 3]


def test_a_copy_holds_its_source_back() -> None:
    copy = Copy(INBOX, (MessageKey(2),), (MessageKey(9),), ARCHIVE)
    assert run_of(archived(1), copy, archived(2), archived(3)) == [0, 3]


def test_copies_go_one_by_one() -> None:
    copy = Copy(INBOX, (MessageKey(2),), (MessageKey(9),), ARCHIVE)
    again = Copy(INBOX, (MessageKey(2),), (MessageKey(10),), ARCHIVE)
    assert run_of(copy, again) == [0]


def test_other_flags_or_mailboxes_are_another_command() -> None:
    flagged = StoreFlags(INBOX, keys(2), add=frozenset({FLAGGED}))
    elsewhere = StoreFlags(ARCHIVE, keys(3), add=frozenset({SEEN}))
    assert run_of(read(1), flagged, elsewhere) == [0]
    assert run_of(archived(1), Move(INBOX, keys(2), MailboxName("Lists"))) == [0]
    assert run_of(Expunge(INBOX, keys(1)), Expunge(ARCHIVE, keys(2))) == [0]


def test_one_command_names_at_most_five_thousand_messages() -> None:
    thousands = [archived(*range(start, start + 2_000)) for start in (0, 2_000, 4_000)]
    assert run_of(*thousands, archived(7_000)) == [0, 1, 3]
    assert run_of(archived(*range(4_999)), archived(5_000), archived(5_001)) == [0, 1]


def tried(number: int, tries: int, state: EntryState = EntryState.RECORDED) -> Entry:
    return replace(journal(archived(number))[0], id=number, tries=tries, state=state)


def test_what_the_server_had_trouble_with_goes_alone() -> None:
    entries = [tried(1, 1), tried(2, 0), tried(3, 1), tried(4, 0)]
    runs = [[entry.id for entry in run] for run in runs_of(entries)]
    assert runs == [[1], [2, 4], [3]]


def test_what_broke_the_line_once_goes_with_the_others_once_more() -> None:
    once = [tried(number, 1, EntryState.CLAIMED) for number in (1, 2)]
    assert first_run(once) == once
    twice = [tried(number, 2, EntryState.CLAIMED) for number in (1, 2)]
    assert first_run(twice) == twice[:1]


def test_an_operation_is_narrowed_to_some_of_its_messages() -> None:
    copy = Copy(INBOX, (MessageKey(1), MessageKey(2)), (MessageKey(8), MessageKey(9)), ARCHIVE)
    assert narrowed(copy, keys(9)) == Copy(INBOX, (MessageKey(2),), (MessageKey(9),), ARCHIVE)
    assert narrowed(archived(1, 2, 3), keys(2, 4)) == archived(2)
