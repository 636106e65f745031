"""What waits for a server or was refused, as lines to choose from, each with what can be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tuimail.engine.commands import CancelSending, Drop, Retry, SendAgain
from tuimail.model.mail import FLAGGED, JUNK, SEEN, Flag
from tuimail.model.operation import Append, Copy, Entry, EntryState, Expunge, Move, StoreFlags
from tuimail.model.outbox import Letter, LetterState
from tuimail.model.safe_text import safe_line
from tuimail.ui.cells import settle
from tuimail.ui.choices import Choice


@dataclass(frozen=True, slots=True)
class WriteOn:
    """The letter does not leave; it is opened again."""

    cancel: CancelSending


Decision = Retry | Drop | CancelSending | SendAgain | WriteOn

_FLAG_WORDS: Mapping[tuple[Flag, bool], str] = {
    (SEEN, True): "Mark {} read",
    (SEEN, False): "Mark {} unread",
    (FLAGGED, True): "Flag {}",
    (FLAGGED, False): "Unflag {}",
    (JUNK, True): "Mark {} as spam",
    (JUNK, False): "Mark {} as no spam",
}


def letter_choices(letters: Sequence[Letter]) -> list[Choice[Decision]]:
    """What can be done about letters that are not sent; none of it loses one."""
    found: list[Choice[Decision]] = []
    for letter in letters:
        subject = settle(safe_line(letter.subject or "(no subject)", 200))
        detail = settle(letter.reason or safe_line(f"to {', '.join(letter.recipients)}", 200))
        cancel = CancelSending(letter.account, letter.id)
        again = SendAgain(letter.account, letter.id)
        match letter.state:
            case LetterState.QUEUED:
                found.append(Choice(f"Do not send, open it: {subject}", WriteOn(cancel), detail))
            case LetterState.SENDING | LetterState.DATA_SENT:
                found.append(Choice(f"Being sent: {subject}", None, detail))
            case LetterState.UNKNOWN:
                found.append(Choice(f"Send again, perhaps twice: {subject}", again, detail))
                found.append(Choice(f"Open it again: {subject}", WriteOn(cancel), detail))
                found.append(Choice(f"Give it up: {subject}", cancel, detail))
            case LetterState.REFUSED:
                found.append(Choice(f"Open it again: {subject}", WriteOn(cancel), detail))
                found.append(Choice(f"Give it up: {subject}", cancel, detail))
            case LetterState.SENT | LetterState.CANCELLED:
                pass
    return found


def entry_choices(entry: Entry) -> list[Choice[Decision]]:
    account = settle(safe_line(entry.account))
    words = entry_words(entry)
    if entry.state is not EntryState.PARKED and not entry.waits:
        return [Choice(words, None, detail=f"{account}  waiting")]
    reason = settle(entry.reason)
    return [
        Choice(f"Try again: {words}", Retry(entry.account, entry.id), detail=reason),
        Choice(f"Give it up: {words}", Drop(entry.account, entry.id), detail=reason),
    ]


def entry_words(entry: Entry) -> str:
    """What a journal entry does, in a few words."""
    operation = entry.operation
    count = len(operation.keys)
    messages = "1 message" if count == 1 else f"{count} messages"
    match operation:
        case StoreFlags(add=add, remove=remove):
            return settle(safe_line(_flag_words(add, remove, messages), 200))
        case Move(target=target):
            return settle(safe_line(f"Move {messages} to {target}", 200))
        case Copy(target=target):
            return settle(safe_line(f"Copy {messages} to {target}", 200))
        case Expunge():
            return f"Delete {messages} for good"
        case Append(mailbox=mailbox):
            return settle(safe_line(f"Put a message into {mailbox}", 200))


def _flag_words(add: frozenset[Flag], remove: frozenset[Flag], messages: str) -> str:
    """In the words of the list of actions; what has none there is named as the server has it."""
    changes = [(flag, True) for flag in sorted(add)] + [(flag, False) for flag in sorted(remove)]
    for change in changes:
        if change in _FLAG_WORDS:
            return _FLAG_WORDS[change].format(messages)
    signs = " ".join(("+" if added else "-") + flag.lstrip("$\\") for flag, added in changes)
    return f"Mark {messages} {signs}"
