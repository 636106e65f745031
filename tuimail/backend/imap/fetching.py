"""Messages as a stream of batches, pipelined, never more in memory than the reader takes."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from itertools import chain

from tuimail.backend.base import BrokenOff, Refused, Unreachable, Withheld
from tuimail.backend.imap.answers import check
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.pace import Pace
from tuimail.backend.imap.pending import Pending
from tuimail.backend.imap.session import Session
from tuimail.backend.imap.settings import MAX_MESSAGE
from tuimail.model.mail import MailboxName
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import Fetched, Part
from tuimail.wire.imap_commands import HEADER_FIELDS, simple, uid_fetch
from tuimail.wire.imap_dates import date_in_header
from tuimail.wire.imap_responses import FetchRow, Found, Status, Unreadable, Untagged
from tuimail.wire.uid_lists import MAX_LISTED
from tuimail.wire.uid_set import MAX_UID, expand, parse_uid_set, uid_sets

# Messages to a first command, and commands in flight.
_BATCH = {Part.HEADERS: 500, Part.FULL: 100}
_IN_FLIGHT = 3
# So many that did not come among others are asked for by themselves.
_ASKED_ALONE = 10
# Bytes read ahead of the reader, who has as many, before the line is paused.
_AHEAD = 8 << 20

_ITEMS = {
    Part.HEADERS: "(UID FLAGS INTERNALDATE RFC822.SIZE"
    f" BODY.PEEK[HEADER.FIELDS ({HEADER_FIELDS})])",
    Part.FULL: "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])",
}
_UNKNOWN_DATE = datetime(1970, 1, 1, tzinfo=UTC)


class MessageStream:
    """One `fetch`: what arrived and was not yet taken."""

    def __init__(self, line: Line, uids: Sequence[int], part: Part) -> None:
        self._line = line
        self.part = part
        self._wanted = set(uids)
        self._arrived: list[Fetched] = []
        self._held = 0
        self._news = asyncio.Event()
        self._flight: list[Pending] = []
        self._asked: dict[Pending, str] = {}
        self._refusals: list[Refused] = []
        self._refused: set[int] = set()
        self._unanswered: set[int] = set()
        self._may_pause = True
        self._asked_for = len(uids)
        # Rows that do not tell whose they are, and how many told some content.
        self._nameless: list[FetchRow | Unreadable] = []
        self._rows = 0

    async def start(self, uids: str) -> Pending:
        # Room for a command may have to be made by reading on.
        self._may_pause = False
        self._line.resume()
        pending = await self._line.start(uid_fetch(uids, _ITEMS[self.part]), self._hear)
        self._may_pause = True
        self._asked[pending] = uids
        self._flight = [*(each for each in self._flight if not each.done.done()), pending]
        pending.done.add_done_callback(lambda _: self._news.set())
        return pending

    async def until(self, pending: Pending) -> AsyncIterator[list[Fetched]]:
        """What arrives until `pending` has ended, as it comes."""
        while True:
            while self._arrived:
                yield self.take()
            if pending.done.done():
                break
            self._news.clear()
            await self._news.wait()
        status = await pending.done
        asked = self._asked.pop(pending)
        try:
            check(status, self._line.host, "to send the messages")
        except Refused as refusal:
            self._refusals.append(refusal)
            self._refused.update(self._lacking([asked]))

    def check_complete(self) -> None:
        """Raise Withheld if the server refused some of what it was asked for, or gave nothing."""
        withheld = self._refused | self._unanswered
        if self._refusals:
            raise Withheld(str(self._refusals[0]), withheld)
        if withheld:
            what = (
                "messages and does not give them"
                if len(withheld) > 1
                else "it and does not give it"
            )
            raise Withheld(f"{self._line.host} lists {what} out", withheld)

    def check_broken(self) -> None:
        """After the line was lost: raise BrokenOff if messages were on their way.

        Also where it was us who could not read on.
        """
        if lacking := self._lacking(self._asked.values()):
            try:
                self._line.check()
            except (Unreachable, Refused) as loss:
                raise BrokenOff(str(loss), lacking) from loss

    def _lacking(self, sets: Iterable[str]) -> list[int]:
        """Those of `sets` that did not come, in their order."""
        asked = chain.from_iterable(expand(parse_uid_set(uids), MAX_UID) for uids in sets)
        return [uid for uid in asked if uid in self._wanted]

    def close(self) -> None:
        """Drop what still comes, and let the line read on."""
        for pending in self._flight:
            pending.abandon()
        self._arrived.clear()
        self._line.resume()

    def left(self) -> list[int]:
        """What was asked for, not refused, and did not come, ascending."""
        return sorted(self._wanted - self._refused)

    @property
    def may_be_nameless(self) -> bool:
        """Whether rows came that do not tell whose they are, and may be of what did not come."""
        return bool(self._nameless) and (not self.is_alone or self._rows <= len(self._nameless))

    @property
    def is_alone(self) -> bool:
        return self._asked_for == 1

    def forget(self, uid: int) -> None:
        """It came by another way, or is gone."""
        self._wanted.discard(uid)

    def note_unanswered(self, uids: Iterable[int]) -> None:
        """Of these the server gives nothing, and does not say why."""
        self._unanswered |= self._wanted.intersection(uids)

    def only_answer(self) -> list[Fetched]:
        """What came without a UID, where one message was asked for and nothing else came."""
        rows = self._nameless
        if self._asked_for > 1 or not self._wanted or self._rows > 1 or len(rows) != 1:
            return []
        (uid,), (row,) = self._wanted, rows
        if not isinstance(row, FetchRow):
            return []
        self._wanted.clear()
        return [_fetched(uid, row)]

    def _hear(self, response: Untagged | Status) -> None:
        if isinstance(response, Unreadable) and response.kind == "FETCH":
            self._nameless.append(response)
        if not isinstance(response, FetchRow):
            return
        self._rows += response.content is not None
        # The row may be another stream's, of another part of the same message.
        if bool(response.section) is (self.part is Part.FULL):
            return
        size = response.size
        # Where there is nothing, nothing is withheld.
        told = response.withheld and size is not None and not 0 < size <= MAX_MESSAGE
        if response.content is None and not told:
            return
        if response.uid is None:
            self._nameless.append(response)
        elif response.uid in self._wanted:
            self._wanted.discard(response.uid)
            self._put(_fetched(response.uid, response))

    def _put(self, fetched: Fetched) -> None:
        self._arrived.append(fetched)
        self._held += len(fetched.content)
        if self._held > _AHEAD and self._may_pause:
            self._line.pause()
        self._news.set()

    def take(self) -> list[Fetched]:
        taken, self._arrived, self._held = self._arrived, [], 0
        self._line.resume()
        return taken


async def fetch_messages(
    session: Session,
    mailbox: MailboxName,
    wire_name: bytes,
    uids: Sequence[int],
    *,
    validity: int,
    part: Part,
) -> AsyncIterator[Fetched]:
    """The messages that are still there; gives way to others between two batches."""
    stream = MessageStream(session.line, uids, part)
    pace = Pace(uids, _BATCH[part])
    try:
        while pace:
            async with session.mailbox(mailbox, wire_name, validity=validity) as selected:
                check_validity(session.line, mailbox, selected.validity, validity)
                async for some in _turn(session, stream, pace):
                    for fetched in some:
                        yield fetched
        for fetched in stream.only_answer():
            yield fetched
        if stream.left():
            async with session.mailbox(mailbox, wire_name, validity=validity) as selected:
                check_validity(session.line, mailbox, selected.validity, validity)
                async for fetched in _settle(session.line, stream):
                    yield fetched
        stream.check_complete()
    except (Unreachable, Refused):
        for fetched in stream.take():
            yield fetched
        stream.check_broken()
        raise
    finally:
        stream.close()


async def _turn(
    session: Session, stream: MessageStream, pace: Pace
) -> AsyncIterator[list[Fetched]]:
    """Ask until there is nothing left or another wants the line; leave nothing in flight."""
    flight: deque[tuple[Pending, float]] = deque()
    window = min(_IN_FLIGHT, session.line.window)
    while pace or flight:
        while pace and len(flight) < window and not (flight and session.contended):
            flight.append((await stream.start(pace.next_set()), time.monotonic()))
        pending, began = flight[0]
        async for some in stream.until(pending):
            yield some
        pace.answered(began)
        flight.popleft()
        if session.contended and not flight:
            return


async def _settle(line: Line, stream: MessageStream) -> AsyncIterator[Fetched]:
    """What did not come, and is there nevertheless or may be: a few are asked for alone."""
    there = await _still_there(line, stream.left())
    suspects = stream.left() if stream.may_be_nameless else sorted(there)
    for uid in suspects[: 0 if stream.is_alone else _ASKED_ALONE]:
        single = MessageStream(line, [uid], stream.part)
        async for some in single.until(await single.start(str(uid))):
            for fetched in some:
                yield fetched
        for fetched in single.only_answer():
            yield fetched
        if not single.left() or (uid not in there and not single.may_be_nameless):
            stream.forget(uid)
    stream.note_unanswered(suspects)


async def _still_there(line: Line, uids: Sequence[int]) -> set[int]:
    """Those of `uids` that the server still has, by one way of asking or another.

    The mailbox was opened just now: what another deleted meanwhile is not told any more.
    """
    there: set[int] = set()

    def hear(response: Untagged | Status) -> None:
        if isinstance(response, FetchRow) and response.uid in wanted:
            there.add(response.uid)
        elif isinstance(response, Found):
            there.update(wanted.intersection(expand(response.uids, MAX_LISTED)))

    wanted = frozenset(uids)
    for piece in uid_sets(uids):
        await line.run(uid_fetch(piece, "(UID)"), hear)
        if len(there) < len(wanted):
            await line.run(simple("UID SEARCH", f"UID {piece}"), hear)
    return there


def check_validity(line: Line, mailbox: MailboxName, validity: int, wanted: int) -> None:
    """Refused if the mailbox was numbered anew."""
    if validity != wanted:
        raise Refused(f"{line.host} has numbered the messages in {safe_line(mailbox, 100)} anew")


def _fetched(uid: int, row: FetchRow) -> Fetched:
    return Fetched(
        uid=uid,
        flags=row.flags or frozenset(),
        received=row.received or date_in_header(row.content or b"") or _UNKNOWN_DATE,
        size=row.size if row.size is not None else len(row.content or b""),
        content=row.content or b"",
    )
