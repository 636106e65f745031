"""Queueing letters and calling them back: in the outbox of an account, for the engine to send."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import assert_never

from tuimail.engine.commands import CancelSending, Send, SendAgain
from tuimail.engine.mail import CommandFailed, Done
from tuimail.engine.shelf import Shelf, Stamp
from tuimail.engine.writing import posting_of
from tuimail.model.mail import AccountName
from tuimail.model.outbox import Letter, LetterState
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.store.outbox import Outbox
from tuimail.store.store import Store

_WHY_NOT = {
    LetterState.SENDING: "is being sent",
    LetterState.DATA_SENT: "is being sent",
    LetterState.SENT: "is sent already",
    LetterState.CANCELLED: "was cancelled already",
    LetterState.QUEUED: "waits to be sent already",
}


class Postbox:
    """Carries out what the user wants of the outbox, over all accounts."""

    def __init__(self, shelves: Mapping[AccountName, Shelf], stamp: Stamp) -> None:
        self._shelves = shelves
        self._stamp = stamp

    async def carry_out(self, command: Send | CancelSending | SendAgain) -> Done:
        """Raises CommandFailed if it cannot be done, or not any more."""
        match command:
            case Send():
                return await self._send(command)
            case CancelSending(account=account, letter=number):
                return await self._act(account, number, Outbox.cancel, "Not sent")
            case SendAgain(account=account, letter=number):
                return await self._act(account, number, Outbox.resend, "Sending again")
            case _:
                assert_never(command)

    async def _send(self, command: Send) -> Done:
        shelf = self._shelf(command.account)
        if not shelf.can_send:
            raise CommandFailed(
                f"Account {command.account} has no [outgoing] server in its settings."
            )
        posting = await asyncio.to_thread(posting_of, command.letter, self._stamp)
        now = self._stamp()
        not_before = command.at or now + command.hold
        letter = await shelf.rows(lambda store: store.outbox.queue(posting, not_before))
        return Done(
            _queued(not_before, now),
            1,
            undoable=True,
            letter=letter.id,
            account=command.account,
            hold=not_before - now,
        )

    async def _act(
        self, account: AccountName, number: int, act: Callable[[Outbox, int], bool], verb: str
    ) -> Done:
        letter = await self._found(account, number)
        if not await self._shelf(account).rows(lambda store: act(store.outbox, number)):
            letter = await self._found(account, number)
            why = _WHY_NOT.get(letter.state, f"is {letter.state}")
            raise CommandFailed(f"Letter {number} {why}.")
        return Done(_about(verb, letter), 1, letter=number, account=account)

    async def newest_recallable(self) -> Letter | None:
        """The letter that an undo would call back, if nothing newer was done."""
        found = [
            letter
            for shelf in self._shelves.values()
            if (letter := await shelf.rows(_newest)) is not None
        ]
        return max(found, key=lambda letter: letter.queued, default=None)

    async def recall(self, letter: Letter) -> Done | None:
        """Undo it; None if it has just left."""
        shelf = self._shelf(letter.account)
        if not await shelf.rows(lambda store: store.outbox.cancel(letter.id)):
            return None
        words = _about("Undone: sending", letter)
        return Done(words, 1, letter=letter.id, account=letter.account)

    def _shelf(self, account: AccountName) -> Shelf:
        if account not in self._shelves:
            raise CommandFailed(f"There is no account named {account}.")
        return self._shelves[account]

    async def _found(self, account: AccountName, number: int) -> Letter:
        letter = await self._shelf(account).rows(lambda store: store.outbox.letter(number))
        if letter is None:
            raise CommandFailed(f"There is no letter {number} in the outbox of {account}.")
        return letter


def _newest(store: Store) -> Letter | None:
    return store.outbox.newest_recallable()


def _queued(not_before: datetime, now: datetime) -> SafeText:
    seconds = round((not_before - now).total_seconds())
    if seconds <= 0:
        return SafeText("Sending")
    if seconds <= 60:
        return SafeText(f"Sending in {seconds} s")
    return SafeText(f"Sending at {not_before.astimezone():%Y-%m-%d %H:%M}")


def _about(verb: str, letter: Letter) -> SafeText:
    return safe_line(f"{verb}: {letter.subject or '(no subject)'}", 200)
