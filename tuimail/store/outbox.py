"""The outbox: letters on their way out, whose every step is on the disk before it is taken.

Any process queues and cancels; the engine alone moves a letter on. Every change of state is
a compare-and-set in a transaction of the journal, which is synced before it returns.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tuimail.model.mail import (
    ANSWERED,
    FORWARDED,
    INBOX,
    SEEN,
    AccountName,
    MailboxName,
    MessageKey,
)
from tuimail.model.operation import Append, StoreFlags
from tuimail.model.outbox import Letter, LetterState, Posting
from tuimail.model.safe_text import EMPTY, SafeText
from tuimail.store.database import Row
from tuimail.store.entries import Entries
from tuimail.store.journal_file import JournalFile
from tuimail.store.recording import Circumstances, Draft, Recorder
from tuimail.store.spool import Spool
from tuimail.store.values import StoreError, from_micros, to_micros

REMEMBERED = timedelta(days=30)

# What is recorded for a sent letter is no command of the user's, so that no undo takes it back.
_NOT_UNDOABLE = Circumstances(undoes=0)

_COLUMNS = (
    "id, state, queued, changed, not_before, attempt, sender, recipients, delivered,"
    " message_id, subject, size, answers, forwards, reason"
)
_IN_FLIGHT = "('sending', 'data-sent')"
_GIVEN_UP = "('sent', 'cancelled')"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter that the engine has claimed: to whom it still has to go, and its bytes."""

    letter: Letter
    recipients: tuple[str, ...]
    content: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the server answered after the final dot.

    `postponed` recipients are tried again later, at `again`; `refused` ones never.
    """

    delivered: Collection[str]
    refused: Collection[str] = ()
    postponed: Collection[str] = ()
    again: datetime | None = None
    reason: SafeText = EMPTY


@dataclass(frozen=True, slots=True)
class OwnCopy:
    """What is kept of a letter that was sent, and where; it is not put there before `after`.

    With `after` something that has its Message-ID by then takes its place.
    """

    mailbox: MailboxName
    content: bytes
    after: timedelta = timedelta(0)


class Outbox:
    """One account's letters, over its journal and its folder of files."""

    def __init__(
        self,
        account: AccountName,
        journal: JournalFile,
        entries: Entries,
        recorder: Recorder,
    ) -> None:
        self._account = account
        self._journal = journal
        self._entries = entries
        self._recorder = recorder
        self._spool = Spool(journal.path.parent / "outgoing")

    # What any process may do.

    def queue(self, posting: Posting, not_before: datetime) -> Letter:
        """Once this returns the letter is safe, and goes as soon as `not_before` has come."""
        name = self._spool.keep(posting.content)
        now = self._entries.now()
        try:
            with self._journal.writing():
                self._journal.run(
                    "INSERT INTO outbox (state, queued, changed, not_before, sender, recipients,"
                    " message_id, subject, size, file, answers, forwards)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        LetterState.QUEUED,
                        now,
                        now,
                        to_micros(not_before),
                        posting.sender,
                        json.dumps(posting.recipients),
                        posting.message_id,
                        posting.subject,
                        len(posting.content),
                        name,
                        posting.answers,
                        posting.forwards,
                    ),
                )
                letter_id = self._journal.last_id
        except StoreError:
            self._spool.remove(name)
            raise
        return self._sure(letter_id)

    def letters(self) -> list[Letter]:
        """All that are not forgotten yet, oldest first."""
        return self._select("1 ORDER BY id")

    def letter(self, letter_id: int) -> Letter | None:
        found = self._select("id = ?", (letter_id,))
        return found[0] if found else None

    def content(self, letter_id: int) -> bytes | None:
        """Its bytes, as long as they are kept: until it is sent, or 30 days after it was not."""
        row = self._journal.row(
            "SELECT file FROM outbox WHERE id = ? AND state <> 'sent'", (letter_id,)
        )
        return None if row is None else self._spool.read(row[0])

    def newest_recallable(self) -> Letter | None:
        """The letter that was queued last and that no server has accepted yet."""
        found = self._select("state = 'queued' AND delivered = '[]' ORDER BY queued DESC, id DESC")
        return found[0] if found else None

    def cancel(self, letter_id: int) -> bool:
        """It does not go, or not any more; False if that is too late."""
        return self._move(
            letter_id,
            "state = 'cancelled', reason = ''",
            "state IN ('queued', 'unknown', 'refused')",
        )

    def resend(self, letter_id: int) -> bool:
        """The user takes it upon themselves that it may go twice, or wants it sent after all."""
        return self._move(
            letter_id,
            f"state = 'queued', reason = '', refused = '[]', not_before = {self._entries.now()}",
            "state IN ('unknown', 'refused', 'cancelled')",
        )

    # What the engine does.

    def recover(self) -> None:
        """After a crash: what was not all sent goes again, what perhaps was is unknown."""
        with self._journal.writing():
            self._journal.run(
                "UPDATE outbox SET state = iif(state = 'sending', 'queued', 'unknown'),"
                " reason = iif(state = 'sending', reason, ?), changed = ?"
                f" WHERE state IN {_IN_FLIGHT}",
                ("tuimail ended before the server's answer came.", self._entries.now()),
            )

    def claim(self) -> Outgoing | None:
        """The next letter whose time has come, on its way from here on."""
        now = self._entries.now()
        with self._journal.writing():
            rows = self._journal.rows(
                "UPDATE outbox SET state = 'sending', attempt = attempt + 1, changed = ?"
                " WHERE id = (SELECT id FROM outbox WHERE state = 'queued' AND not_before <= ?"
                " ORDER BY not_before, id LIMIT 1) RETURNING id, file, refused",
                (now, now),
            )
        if not rows:
            return None
        letter_id, file, refused = rows[0]
        letter = self._sure(letter_id)
        done = {*letter.delivered, *json.loads(refused)}
        left = tuple(each for each in letter.recipients if each not in done)
        try:
            return Outgoing(letter, left, self._spool.read(file))
        except StoreError as error:
            self.refuse(letter_id, SafeText(str(error)))
            raise

    def data_sent(self, letter_id: int) -> None:
        """The final dot leaves next: from here on nothing is sent again by itself."""
        if not self._move(letter_id, "state = 'data-sent'", "state = 'sending'"):
            raise StoreError("the letter is not on its way any more")

    def postpone(self, letter_id: int, until: datetime, reason: SafeText) -> None:
        """It did not go, surely; it is tried again."""
        self._end(letter_id, LetterState.QUEUED, reason, to_micros(until))

    def refuse(self, letter_id: int, reason: SafeText) -> None:
        self._end(letter_id, LetterState.REFUSED, reason)

    def doubt(self, letter_id: int, reason: SafeText) -> None:
        """No answer came after the final dot."""
        self._end(letter_id, LetterState.UNKNOWN, reason)

    def accept(self, outgoing: Outgoing, answer: Accepted, own: OwnCopy | None) -> None:
        """The server has it: with the same commit our `own` copy is in the journal.

        Once more does nothing.
        """
        letter = outgoing.letter
        state = LetterState.QUEUED if answer.postponed else LetterState.SENT
        self._journal.follow()
        with self._journal.writing():
            row = self._journal.row(
                "UPDATE outbox SET state = ?, changed = ?, delivered = ?, refused = ?,"
                f" not_before = coalesce(?, not_before), reason = ? WHERE id = ? AND state IN"
                f" {_IN_FLIGHT} RETURNING filed, file",
                (
                    state,
                    self._entries.now(),
                    json.dumps([*letter.delivered, *answer.delivered]),
                    json.dumps(sorted(answer.refused)),
                    None if answer.again is None else to_micros(answer.again),
                    answer.reason,
                    letter.id,
                ),
            )
            if row is None:
                return
            if not row[0]:
                self._file(letter, own)
        if state is LetterState.SENT:
            self._spool.remove(row[1])

    def _file(self, letter: Letter, own: OwnCopy | None) -> None:
        """Record our own copy and what became of the original, once."""
        drafts = [] if own is None else [self._copy(letter, own)]
        for original, flag in ((letter.answers, ANSWERED), (letter.forwards, FORWARDED)):
            if original is not None:
                # It is wherever it is by then; the name says nothing.
                marked = StoreFlags(INBOX, frozenset({original}), add=frozenset({flag}))
                drafts.append(Draft(marked))
        if drafts:
            self._recorder.record(drafts, _NOT_UNDOABLE)
        self._journal.run("UPDATE outbox SET filed = 1 WHERE id = ?", (letter.id,))

    def _copy(self, letter: Letter, own: OwnCopy) -> Draft:
        key = MessageKey(self._recorder.allot_keys(1)[0])
        now = self._entries.moment()
        copy = Append(own.mailbox, key, frozenset({SEEN}), now, letter.message_id)
        return Draft(copy, now + own.after if own.after else None, own.content)

    def hurry(self) -> None:
        """Try now what waits for another try."""
        now = self._entries.now()
        with self._journal.writing():
            self._journal.run(
                "UPDATE outbox SET not_before = ?"
                " WHERE state = 'queued' AND attempt > 0 AND not_before > ?",
                (now, now),
            )

    def has_open(self) -> bool:
        """Whether a letter is on its way, or waits for its time."""
        sql = "SELECT 1 FROM outbox WHERE state IN ('queued', 'sending', 'data-sent') LIMIT 1"
        return self._journal.row(sql) is not None

    def standing(self) -> list[Row]:
        """Other than before if any letter is."""
        return self._journal.rows(
            "SELECT state, count(*), max(changed) FROM outbox GROUP BY state ORDER BY state"
        )

    def next_time(self) -> datetime | None:
        """When the next queued letter may go; it may be past."""
        found = self._journal.value("SELECT min(not_before) FROM outbox WHERE state = 'queued'")
        return None if found is None else from_micros(found)

    def expire(self) -> None:
        """Forget what is over for 30 days, and files that nothing names."""
        before = to_micros(self._entries.moment() - REMEMBERED)
        with self._journal.writing():
            self._journal.run(
                f"DELETE FROM outbox WHERE state IN {_GIVEN_UP} AND changed < ?", (before,)
            )
        named = self._journal.rows("SELECT file FROM outbox WHERE state <> 'sent'")
        self._spool.sweep({file for (file,) in named})

    def _end(
        self, letter_id: int, state: LetterState, reason: SafeText, not_before: int | None = None
    ) -> None:
        with self._journal.writing():
            self._journal.run(
                "UPDATE outbox SET state = ?, changed = ?, reason = ?,"
                f" not_before = coalesce(?, not_before) WHERE id = ? AND state IN {_IN_FLIGHT}",
                (state, self._entries.now(), reason, not_before, letter_id),
            )

    def _move(self, letter_id: int, change: str, where: str) -> bool:
        with self._journal.writing():
            changed = self._journal.run(
                f"UPDATE outbox SET {change}, changed = ? WHERE id = ? AND {where}",
                (self._entries.now(), letter_id),
            )
        return changed > 0

    def _sure(self, letter_id: int) -> Letter:
        found = self.letter(letter_id)
        if found is None:
            raise StoreError(f"letter {letter_id} is not in the outbox any more")
        return found

    def _select(self, where: str, values: Sequence[object] = ()) -> list[Letter]:
        rows = self._journal.rows(f"SELECT {_COLUMNS} FROM outbox WHERE {where}", tuple(values))
        return [self._letter(row) for row in rows]

    def _letter(self, row: Row) -> Letter:
        return Letter(
            id=row[0],
            account=self._account,
            state=LetterState(row[1]),
            queued=from_micros(row[2]),
            changed=from_micros(row[3]),
            not_before=from_micros(row[4]),
            attempt=row[5],
            sender=row[6],
            recipients=tuple(json.loads(row[7])),
            delivered=tuple(json.loads(row[8])),
            message_id=row[9],
            subject=SafeText(row[10]),
            size=row[11],
            answers=None if row[12] is None else MessageKey(row[12]),
            forwards=None if row[13] is None else MessageKey(row[13]),
            reason=SafeText(row[14]),
        )
