"""The outbox on the disk: every state a letter is in, and what leads out of it."""

import os
import shutil
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.store.test_undoing import pulled
from tests.unit.store.worlds import ACCOUNT, ARCHIVE, World
from tuimail.model.mail import ANSWERED, FORWARDED, SEEN, Flag, MessageKey
from tuimail.model.operation import Append, StoreFlags
from tuimail.model.outbox import Letter, LetterState, Posting
from tuimail.model.safe_text import EMPTY, SafeText
from tuimail.store.outbox import Accepted, Outbox, OwnCopy
from tuimail.store.values import StoreError

CONTENT = b"Subject: Budget\r\n\r\nThe figures.\r\n"
ANNA, BERT, CARL = "anna@example.org", "bert@example.net", "carl@example.net"
LATER = timedelta(minutes=5)
WHY = SafeText("the server is full")
OVER = [LetterState.SENT, LetterState.UNKNOWN, LetterState.REFUSED, LetterState.CANCELLED]


def posting(answers: MessageKey | None = None, forwards: MessageKey | None = None) -> Posting:
    return Posting(
        ANNA, (BERT, CARL), "1@example.org", SafeText("Budget"), CONTENT, answers, forwards
    )


@pytest.fixture
def outbox(world: World) -> Outbox:
    return world.store.outbox


def queued(world: World, at: datetime | None = None) -> Letter:
    return world.store.outbox.queue(posting(), at or world.now)


def files(world: World) -> list[Path]:
    return sorted((world.folders.data / "outgoing").glob("*"))


def led_to(world: World, state: LetterState) -> int:
    """A letter in this state."""
    outbox, letter_id = world.store.outbox, queued(world).id
    if state is LetterState.CANCELLED:
        assert outbox.cancel(letter_id)
    elif state is not LetterState.QUEUED:
        outgoing = outbox.claim()
        assert outgoing is not None
        if state in (LetterState.DATA_SENT, LetterState.UNKNOWN, LetterState.SENT):
            outbox.data_sent(letter_id)
        if state is LetterState.UNKNOWN:
            outbox.doubt(letter_id, WHY)
        if state is LetterState.REFUSED:
            outbox.refuse(letter_id, WHY)
        if state is LetterState.SENT:
            outbox.accept(outgoing, Accepted([BERT, CARL]), None)
    found = outbox.letter(letter_id)
    assert found is not None
    assert found.state is state
    return letter_id


def test_a_queued_letter_is_all_that_was_said_of_it(world: World, outbox: Outbox) -> None:
    until = world.now + LATER
    letter = outbox.queue(posting(MessageKey(7), MessageKey(8)), until)
    assert letter == Letter(
        id=letter.id,
        account=ACCOUNT,
        state=LetterState.QUEUED,
        queued=world.now,
        changed=world.now,
        not_before=until,
        attempt=0,
        sender=ANNA,
        recipients=(BERT, CARL),
        delivered=(),
        message_id="1@example.org",
        subject=SafeText("Budget"),
        size=len(CONTENT),
        answers=MessageKey(7),
        forwards=MessageKey(8),
        reason=EMPTY,
    )
    assert outbox.letters() == [letter]
    assert outbox.content(letter.id) == CONTENT
    assert (outbox.letter(99), outbox.content(99)) == (None, None)


@pytest.mark.parametrize(("answers", "forwards"), [(MessageKey(7), None), (None, MessageKey(8))])
def test_a_letter_answers_one_message_or_forwards_one(
    world: World, outbox: Outbox, answers: MessageKey | None, forwards: MessageKey | None
) -> None:
    letter = outbox.queue(posting(answers, forwards), world.now)
    assert (letter.answers, letter.forwards) == (answers, forwards)


def test_what_could_not_be_queued_leaves_no_file(
    world: World, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(outbox._journal, "writing", full)
    with pytest.raises(StoreError):
        queued(world)
    assert files(world) == []


def test_letters_leave_in_the_order_of_their_times(world: World, outbox: Outbox) -> None:
    late, first, second, soon = (
        queued(world, world.now + wait).id
        for wait in (2 * LATER, timedelta(0), timedelta(0), LATER)
    )
    assert outbox.next_time() == world.now
    claimed = []
    for _ in range(3):
        while outgoing := outbox.claim():
            claimed.append(outgoing.letter.id)
            assert (outgoing.letter.state, outgoing.letter.attempt) == (LetterState.SENDING, 1)
            assert (outgoing.recipients, outgoing.content) == ((BERT, CARL), CONTENT)
        world.now += LATER
    assert claimed == [first, second, soon, late]
    assert outbox.next_time() is None


@pytest.mark.parametrize("state", LetterState)
def test_what_may_be_cancelled(world: World, outbox: Outbox, state: LetterState) -> None:
    letter_id = led_to(world, state)
    undecided = (LetterState.QUEUED, LetterState.UNKNOWN, LetterState.REFUSED)
    assert outbox.cancel(letter_id) is (state in undecided)
    found = outbox.letter(letter_id)
    assert found is not None
    assert found.state is (LetterState.CANCELLED if state in undecided else state)
    assert found.reason == EMPTY


@pytest.mark.parametrize("state", LetterState)
def test_what_the_user_may_send_again(world: World, outbox: Outbox, state: LetterState) -> None:
    letter_id = led_to(world, state)
    before = outbox.letter(letter_id)
    world.now += LATER
    stopped = state in (LetterState.UNKNOWN, LetterState.REFUSED, LetterState.CANCELLED)
    assert outbox.resend(letter_id) is stopped
    after = outbox.letter(letter_id)
    assert after is not None
    assert after.queued == world.now - LATER
    if stopped:
        assert (after.state, after.reason) == (LetterState.QUEUED, EMPTY)
        assert (after.not_before, after.changed) == (world.now, world.now)
    else:
        assert after == before


@pytest.mark.parametrize("state", LetterState)
def test_what_is_open_and_whose_bytes_are_kept(
    world: World, outbox: Outbox, state: LetterState
) -> None:
    letter_id = led_to(world, state)
    assert outbox.has_open() is (state not in OVER)
    assert [row[:2] for row in outbox.standing()] == [(state, 1)]
    kept = state is not LetterState.SENT
    assert (outbox.content(letter_id), len(files(world))) == ((CONTENT, 1) if kept else (None, 0))
    recallable = outbox.newest_recallable()
    assert (recallable is not None) is (state is LetterState.QUEUED)


def test_the_letter_that_was_queued_last_is_called_back_first(world: World, outbox: Outbox) -> None:
    first = queued(world)
    second, third = (queued(world, world.now + LATER) for _ in range(2))
    for letter in (third, second, first):
        assert outbox.newest_recallable() == letter
        assert outbox.cancel(letter.id)
    assert outbox.newest_recallable() is None


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (LetterState.SENDING, LetterState.QUEUED, ""),
        (
            LetterState.DATA_SENT,
            LetterState.UNKNOWN,
            "tuimail ended before the server's answer came.",
        ),
        (LetterState.QUEUED, LetterState.QUEUED, ""),
        (LetterState.REFUSED, LetterState.REFUSED, WHY),
    ],
)
def test_after_a_crash(
    world: World, outbox: Outbox, before: LetterState, after: LetterState, reason: str
) -> None:
    letter_id = led_to(world, before)
    outbox.recover()
    found = outbox.letter(letter_id)
    assert found is not None
    assert (found.state, found.reason) == (after, reason)


def test_a_letter_whose_bytes_cannot_be_read_is_refused(world: World, outbox: Outbox) -> None:
    letter = queued(world)
    files(world)[0].unlink()
    with pytest.raises(StoreError):
        outbox.claim()
    found = outbox.letter(letter.id)
    assert found is not None
    assert found.state is LetterState.REFUSED
    assert "cannot be read" in found.reason


def test_the_final_dot_leaves_only_what_is_on_its_way(world: World, outbox: Outbox) -> None:
    letter = queued(world)
    with pytest.raises(StoreError, match="not on its way any more"):
        outbox.data_sent(letter.id)


def test_what_is_postponed_says_why_and_goes_at_its_time_or_when_hurried(
    world: World, outbox: Outbox
) -> None:
    letter_id = led_to(world, LetterState.SENDING)
    held = queued(world, world.now + LATER)
    world.now += timedelta(seconds=1)
    outbox.postpone(letter_id, world.now + 2 * LATER, WHY)
    found = outbox.letter(letter_id)
    assert found is not None
    assert (found.state, found.reason, found.changed) == (LetterState.QUEUED, WHY, world.now)
    assert found.not_before == world.now + 2 * LATER
    assert outbox.claim() is None
    outbox.hurry()
    assert outbox.next_time() == world.now
    outgoing = outbox.claim()
    assert outgoing is not None
    assert (outgoing.letter.id, outgoing.letter.attempt) == (letter_id, 2)
    # What waits for its own time is not hurried.
    assert outbox.claim() is None
    assert outbox.letter(held.id) == held


def test_a_sent_letter_is_filed_and_its_original_marked(world: World, outbox: Outbox) -> None:
    answered, forwarded = pulled(world, frozenset[Flag](), frozenset[Flag]())
    outbox.queue(posting(answered, forwarded), world.now)
    outgoing = outbox.claim()
    assert outgoing is not None
    own = OwnCopy(ARCHIVE, CONTENT, LATER)
    for _ in range(2):
        outbox.accept(outgoing, Accepted([BERT, CARL]), own)
    copy, *marks = world.store.pending()
    assert isinstance(copy.operation, Append)
    assert (copy.operation.mailbox, copy.operation.flags) == (ARCHIVE, frozenset({SEEN}))
    assert copy.operation.message_id == "1@example.org"
    assert (copy.operation.received, copy.not_before) == (world.now, world.now + LATER)
    assert world.store.content(copy) == CONTENT
    assert all(isinstance(mark.operation, StoreFlags) for mark in marks)
    assert [mark.operation.keys for mark in marks] == [{answered}, {forwarded}]
    assert world.message(answered).flags == {ANSWERED}
    assert world.message(forwarded).flags == {FORWARDED}
    assert {entry.undoes for entry in (copy, *marks)} == {0}
    assert world.store.newest_undoable() is None


def test_the_question_is_marked_also_where_the_cache_was_made_anew_meanwhile(
    world: World, outbox: Outbox
) -> None:
    sending = world.store
    world.store = world.open()
    shutil.rmtree(world.folders.cache)
    world.reopen()
    world.list_mailboxes()
    (key,) = pulled(world, frozenset())
    outbox.queue(posting(key), world.now)
    outgoing = outbox.claim()
    assert outgoing is not None
    outbox.data_sent(outgoing.letter.id)
    outbox.accept(outgoing, Accepted([BERT, CARL]), None)
    sending.close()
    assert world.message(key).flags == {ANSWERED}
    world.push()
    assert [*world.server.flags.values()] == [{ANSWERED}]


def test_what_is_kept_at_once_waits_for_nothing(world: World, outbox: Outbox) -> None:
    queued(world)
    outgoing = outbox.claim()
    assert outgoing is not None
    outbox.accept(outgoing, Accepted([BERT, CARL]), OwnCopy(ARCHIVE, CONTENT))
    (copy,) = world.store.pending()
    assert copy.not_before is None
    assert world.store.due(world.now) == [copy]


def test_whom_a_letter_did_not_reach_is_tried_again_and_nobody_else(
    world: World, outbox: Outbox
) -> None:
    letter = queued(world)
    outgoing = outbox.claim()
    assert outgoing is not None
    again = world.now + LATER
    answer = Accepted([BERT], postponed=[CARL], again=again, reason=WHY)
    outbox.accept(outgoing, answer, OwnCopy(ARCHIVE, CONTENT))
    found = outbox.letter(letter.id)
    assert found is not None
    assert (found.state, found.delivered, found.reason) == (LetterState.QUEUED, (BERT,), WHY)
    assert (found.not_before, len(files(world))) == (again, 1)
    # One who has it cannot be told that it never came.
    assert outbox.newest_recallable() is None
    world.now = again
    second = outbox.claim()
    assert second is not None
    assert second.recipients == (CARL,)
    outbox.accept(second, Accepted([CARL]), OwnCopy(ARCHIVE, CONTENT))
    found = outbox.letter(letter.id)
    assert found is not None
    assert (found.state, found.delivered) == (LetterState.SENT, (BERT, CARL))
    assert len(world.store.pending()) == 1
    assert files(world) == []


def test_who_was_refused_is_not_tried_again_before_the_user_wants_it(
    world: World, outbox: Outbox
) -> None:
    letter = queued(world)
    outgoing = outbox.claim()
    assert outgoing is not None
    answer = Accepted([], refused=[BERT], postponed=[CARL], again=world.now)
    outbox.accept(outgoing, answer, None)
    second = outbox.claim()
    assert second is not None
    assert second.recipients == (CARL,)
    outbox.refuse(letter.id, WHY)
    assert outbox.resend(letter.id)
    third = outbox.claim()
    assert third is not None
    assert third.recipients == (BERT, CARL)


@pytest.mark.parametrize("state", OVER)
def test_what_is_over_is_remembered_for_thirty_days(
    world: World, outbox: Outbox, state: LetterState
) -> None:
    letter_id = led_to(world, state)
    for file in files(world):
        os.utime(file, (time.time() - 90_000,) * 2)
    world.now += timedelta(days=30)
    outbox.expire()
    assert outbox.letter(letter_id) is not None
    world.now += timedelta(seconds=1)
    outbox.expire()
    # The user has not decided yet what is to become of the others.
    forgotten = state in (LetterState.SENT, LetterState.CANCELLED)
    assert (outbox.letter(letter_id) is None) is forgotten
    assert (files(world) == []) is forgotten
