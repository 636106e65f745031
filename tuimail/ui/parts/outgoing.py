"""Letters on their way out: how each of them ended, in a sentence."""

from collections.abc import Awaitable, Callable, Sequence

from tuimail.engine.commands import CancelSending, Drop, Retry, SendAgain
from tuimail.model.mail import AccountName
from tuimail.model.outbox import Letter, LetterState
from tuimail.model.safe_text import safe_line
from tuimail.ui.cells import settle
from tuimail.ui.choices import Choice
from tuimail.ui.parts.desk import Desk

Decision = Retry | Drop | CancelSending | SendAgain

_LEFT_OVER = {LetterState.UNKNOWN, LetterState.REFUSED}


class Outgoing:
    """Follows the outbox; `sent` is told of letters that have left for good."""

    def __init__(self, desk: Desk, sent: Callable[[AccountName, int], Awaitable[None]]) -> None:
        self._desk = desk
        self._sent = sent
        self._seen: dict[tuple[AccountName, int], LetterState] | None = None
        self.waiting = 0
        self.refused = 0

    async def look(self) -> None:
        """Count what waits, and tell what ended since the last look."""
        letters = await self._desk.mail.outbox()
        before, self._seen = self._seen, {(each.account, each.id): each.state for each in letters}
        self.waiting = sum(not each.is_over for each in letters)
        self.refused = sum(each.state in _LEFT_OVER for each in letters)
        for letter in letters:
            known = None if before is None else before.get((letter.account, letter.id))
            if letter.state is known:
                continue
            if before is not None:
                self._tell(letter)
            if letter.state is LetterState.SENT:
                await self._sent(letter.account, letter.id)

    def _tell(self, letter: Letter) -> None:
        subject = letter.subject or "(no subject)"
        key = self._desk.keymap.first_key("pending")
        match letter.state:
            case LetterState.SENT if letter.reason:
                self._desk.warn(f"Sent: {subject}. {letter.reason}")
            case LetterState.SENT:
                self._desk.say(f"Sent: {subject}")
            case LetterState.UNKNOWN:
                self._desk.warn(f"Perhaps not sent, {key} decides: {subject}. {letter.reason}")
            case LetterState.REFUSED:
                self._desk.warn(f"Not sent, {key} shows it: {subject}. {letter.reason}")
            case _:
                pass


def letter_choices(letters: Sequence[Letter]) -> list[Choice[Decision]]:
    """What can be done about letters that are not sent."""
    found: list[Choice[Decision]] = []
    for letter in letters:
        subject = settle(safe_line(letter.subject or "(no subject)", 200))
        detail = settle(letter.reason or safe_line(f"to {', '.join(letter.recipients)}", 200))
        cancel = CancelSending(letter.account, letter.id)
        again = SendAgain(letter.account, letter.id)
        match letter.state:
            case LetterState.QUEUED:
                found.append(Choice(f"Do not send: {subject}", cancel, detail))
            case LetterState.SENDING | LetterState.DATA_SENT:
                found.append(Choice(f"Being sent: {subject}", None, detail))
            case LetterState.UNKNOWN:
                found.append(Choice(f"Send again, perhaps twice: {subject}", again, detail))
                found.append(Choice(f"Give it up: {subject}", cancel, detail))
            case LetterState.REFUSED:
                found.append(Choice(f"Give it up: {subject}", cancel, detail))
            case LetterState.SENT | LetterState.CANCELLED:
                pass
    return found
