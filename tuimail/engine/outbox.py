"""Sending what is due: beside the IMAP session, and while that one is offline too."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.postman import Postman, Receipt, Refusal, Unknown, listed
from tuimail.engine.disk import Disk
from tuimail.engine.events import Event, JournalChanged, OutboxChanged, SecretNeeded
from tuimail.engine.retry import Surroundings, pause
from tuimail.engine.roles import mailbox_for
from tuimail.engine.secret_keeper import FindSecret, SecretKeeper
from tuimail.engine.trouble import words_of
from tuimail.mime.submission import with_bcc
from tuimail.model.mail import AccountName, MailboxName, Role
from tuimail.model.outbox import Letter
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.store.database import Row
from tuimail.store.failpoint import failpoint
from tuimail.store.outbox import Accepted, Outgoing, OwnCopy
from tuimail.store.store import Store, StoreError

FIRST_PAUSE = 15.0
LONGEST_PAUSE = 900.0
LONGEST_SLEEP = 60.0
AFTER_DISK_TROUBLE = 30.0
WHERE_FILED_LATE = timedelta(minutes=5)

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sending:
    """How an account sends; `find_secret` None: with the secret of its incoming server.

    With `token` that is an access token.

    Our own copy goes to Sent `copy_after` a time, in which a server may put one there itself;
    None: there is no copy of ours.
    """

    open_postman: Callable[[Callable[[], Awaitable[str]]], Postman]
    find_secret: FindSecret | None = None
    token: bool = False
    chosen: Mapping[Role, MailboxName] = field(default_factory=dict)
    copy_after: timedelta | None = timedelta(0)


class OutboxTask:
    """Moves one account's letters on; the only one that does."""

    def __init__(
        self,
        *,
        account: AccountName,
        sending: Sending | None,
        disk: Disk,
        keeper: SecretKeeper,
        publish: Callable[[Event], None],
        filed: Callable[[], None],
        clock: Callable[[], datetime],
    ) -> None:
        """`filed` is called when something for the IMAP side was recorded."""
        self._account = account
        self._sending = sending
        self._disk = disk
        self._publish = publish
        self._filed = filed
        self._clock = clock
        self._rung = asyncio.Event()
        self._seen: list[Row] = []
        self._helpless = False
        self._hurried = False
        self.in_flight = asyncio.Lock()
        if sending is not None:
            find = sending.find_secret or keeper.known
            self._keeper = SecretKeeper(find, token=sending.token)
            self._postman = sending.open_postman(self._keeper.secret)

    @property
    def needs_secret(self) -> bool:
        return self._helpless

    def ring(self) -> None:
        """The outbox may look different; a letter may be due."""
        self._rung.set()

    def give_secret(self, secret: str) -> None:
        if self._sending is not None:
            self._keeper.give(secret)
        self._try_again()

    def try_now(self) -> None:
        """Do not wait any longer for another try, unless only the user can help."""
        if not self._helpless:
            self._hurried = True
            self._rung.set()

    def reconnect(self) -> None:
        """The user says that it may work now."""
        self._hurried = True
        self._try_again()

    async def has_work(self) -> bool:
        """Whether a letter is on its way or has a time to leave. Raises StoreError."""
        if self._sending is None or self._helpless:
            return False
        return await self._disk(lambda store: store.outbox.has_open())

    async def run(self) -> None:
        """Send what is due until cancelled."""
        try:
            await self._go_on()
        finally:
            if self._sending is not None:
                self._postman.leave()

    async def _go_on(self) -> None:
        await self._disk(lambda store: store.outbox.recover())
        surroundings = Surroundings()
        while True:
            self._rung.clear()
            try:
                if self._hurried:
                    self._hurried = False
                    await self._disk(lambda store: store.outbox.hurry())
                await self._tell_changes()
                await self._send_due()
                await self._wait(surroundings)
            except StoreError as trouble:
                log.warning("%s: the outbox waits: %s", self._account, trouble)
                await asyncio.sleep(AFTER_DISK_TROUBLE)

    def _try_again(self) -> None:
        self._helpless = False
        self._rung.set()

    async def _send_due(self) -> None:
        while self._sending is not None and not self._helpless:
            async with self.in_flight:
                outgoing = await self._disk(lambda store: store.outbox.claim())
                if outgoing is None:
                    return
                failpoint("after_letter_claim")
                await self._tell_changes()
                await self._send(outgoing)
                failpoint("after_letter_end")
            await self._tell_changes()

    async def _send(self, outgoing: Outgoing) -> None:
        letter = outgoing.letter

        async def before_dot() -> None:
            await self._disk(lambda store: store.outbox.data_sent(letter.id))
            failpoint("before_dot")

        try:
            receipt = await self._postman.deliver(
                letter.sender, outgoing.recipients, outgoing.content, before_dot
            )
        except Unknown as doubt:
            reason = safe_line(str(doubt), 500)
            await self._surely(lambda store: store.outbox.doubt(letter.id, reason))
        except Refused as refusal:
            reason = safe_line(str(refusal), 500)
            await self._surely(lambda store: store.outbox.refuse(letter.id, reason))
        except (Unreachable, NotAuthorized, StoreError) as trouble:
            await self._postpone(letter, trouble)
        else:
            failpoint("after_dot")
            await self._accepted(outgoing, receipt)

    async def _postpone(
        self, letter: Letter, trouble: Unreachable | NotAuthorized | StoreError
    ) -> None:
        reason = words_of(trouble)
        log.info("%s: a letter waits after %s", self._account, type(trouble).__name__)
        until = self._clock()
        if isinstance(trouble, NotAuthorized):
            self._keeper.refused()
            self._helpless = True
            self._publish(SecretNeeded(self._account, reason, self._keeper.token))
        else:
            until += timedelta(seconds=pause_after(letter.attempt, random.random()))  # noqa: S311
        await self._surely(lambda store: store.outbox.postpone(letter.id, until, reason))

    async def _accepted(self, outgoing: Outgoing, receipt: Receipt) -> None:
        answer = _answer(outgoing, receipt, self._clock())
        own = await self._own_copy(outgoing)
        await self._surely(lambda store: store.outbox.accept(outgoing, answer, own))
        self._publish(JournalChanged(self._account))
        self._filed()

    async def _own_copy(self, outgoing: Outgoing) -> OwnCopy | None:
        assert self._sending is not None  # noqa: S101 (nothing is sent without)
        if self._sending.copy_after is None:
            return None
        mailboxes = await self._surely(Store.mailboxes)
        sent = mailbox_for(Role.SENT, mailboxes, self._sending.chosen)
        recipients = outgoing.letter.recipients
        content = await asyncio.to_thread(with_bcc, outgoing.content, recipients)
        return OwnCopy(sent, content, await self._copy_after(self._sending.copy_after))

    async def _copy_after(self, usual: timedelta) -> timedelta:
        """Longer where the server has been seen to file what it sends after our own copy."""
        if not usual:
            return usual
        now = self._clock()
        late = await self._surely(lambda store: store.late_copies.expected(now))
        return max(usual, WHERE_FILED_LATE) if late else usual

    async def _surely(self, step: Callable[[Store], T]) -> T:
        """What is known of a letter in flight must get to the disk, however long that takes."""
        while True:
            try:
                return await self._disk(step)
            except StoreError as trouble:
                log.warning("%s: the outbox waits: %s", self._account, trouble)
                await asyncio.sleep(AFTER_DISK_TROUBLE)

    async def _tell_changes(self) -> None:
        """Say so if letters came, went or moved on, whoever did that."""
        now = await self._disk(lambda store: store.outbox.standing())
        if now != self._seen:
            self._seen = now
            self._publish(OutboxChanged(self._account))

    async def _wait(self, surroundings: Surroundings) -> None:
        """Until somebody rings, a letter is due, or the network is another one."""
        due = None
        if self._sending is not None and not self._helpless:
            due = await self._disk(lambda store: store.outbox.next_time())
        if due is None:
            await self._rung.wait()
            return
        seconds = min((due - self._clock()).total_seconds(), LONGEST_SLEEP)
        waited = await pause(seconds, self._rung, surroundings)
        if not waited and not self._rung.is_set():
            self._hurried = True


def pause_after(attempt: int, jitter: float) -> float:
    """Seconds until a letter is tried again; `jitter` is drawn from [0, 1)."""
    longest = min(FIRST_PAUSE * 2.0 ** min(attempt - 1, 16), LONGEST_PAUSE)
    return longest * (0.75 + 0.5 * jitter)


def _answer(outgoing: Outgoing, receipt: Receipt, now: datetime) -> Accepted:
    refused = {to: each for to, each in receipt.refusals.items() if each.for_good}
    postponed = receipt.refusals.keys() - refused.keys()
    again = None
    if postponed:
        seconds = pause_after(outgoing.letter.attempt, random.random())  # noqa: S311 (jitter)
        again = now + timedelta(seconds=seconds)
    return Accepted(
        delivered=[each for each in outgoing.recipients if each not in receipt.refusals],
        refused=refused.keys(),
        postponed=postponed,
        again=again,
        reason=_shortfall(receipt.refusals),
    )


def _shortfall(refusals: Mapping[str, Refusal]) -> SafeText:
    return safe_line(f"Not to {listed(refusals)}", 500) if refusals else SafeText("")
