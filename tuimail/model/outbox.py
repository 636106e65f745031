"""Letters on their way out: what the outbox holds."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tuimail.model.mail import AccountName, MessageKey
from tuimail.model.operation import Append, Entry
from tuimail.model.safe_text import EMPTY, SafeText


class LetterState(StrEnum):
    """queued → sending → data-sent → sent, or unknown (design.md 3).

    After `data-sent` only an answer tells whether the server has the letter: without one
    it is `unknown`, and only the user sends it again. `refused`: the server never takes it.
    """

    QUEUED = "queued"
    SENDING = "sending"
    DATA_SENT = "data-sent"
    SENT = "sent"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Posting:
    """A letter ready to go: its bytes, which name no Bcc, and its envelope (RFC 5321 2.3.1).

    `answers` and `forwards` are the messages that will be marked so once it is sent.
    """

    sender: str
    recipients: tuple[str, ...]
    message_id: str
    subject: SafeText
    content: bytes = field(repr=False)
    answers: MessageKey | None = None
    forwards: MessageKey | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A row of the outbox; it goes no earlier than `not_before`.

    `delivered` are the recipients that a server has accepted so far. `reason` is a
    sentence: why it is still here, or whom it did not reach.
    """

    id: int
    account: AccountName
    state: LetterState
    queued: datetime
    changed: datetime
    not_before: datetime
    attempt: int
    sender: str
    recipients: tuple[str, ...]
    delivered: tuple[str, ...]
    message_id: str
    subject: SafeText
    size: int
    answers: MessageKey | None = None
    forwards: MessageKey | None = None
    reason: SafeText = EMPTY

    @property
    def is_over(self) -> bool:
        """Nothing more happens to it unless the user wants it."""
        return self.state not in (
            LetterState.QUEUED,
            LetterState.SENDING,
            LetterState.DATA_SENT,
        )


def copy_of(letter: Letter, entries: Iterable[Entry]) -> Entry | None:
    """What puts its copy into Sent, among `entries` that are not done yet, or were refused."""
    for entry in entries:
        operation = entry.operation
        if (
            entry.account == letter.account
            and isinstance(operation, Append)
            and operation.message_id == letter.message_id
        ):
            return entry
    return None
