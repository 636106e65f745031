"""Which messages are in the selected mailbox: by SEARCH or by FETCH, by both where they differ."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from tuimail.backend.imap.answers import check
from tuimail.backend.imap.session import Selected, Session
from tuimail.model.mail import Flag
from tuimail.model.safe_text import safe_line
from tuimail.wire.imap_commands import simple, uid_fetch
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_responses import (
    Expunged,
    FetchRow,
    Found,
    Status,
    Unreadable,
    Untagged,
)
from tuimail.wire.uid_set import count, expand

# How many rows more than counted are believed: mail may arrive while we ask.
_SPARE = 10_000
_ESEARCH = "UID SEARCH RETURN"


@dataclass(slots=True)
class Listed:
    """UIDs, the flags of those that told them, and how many messages went meanwhile.

    `unlisted` are messages that the server counts and does not list.
    """

    limit: int
    uids: set[int] = field(default_factory=set)
    flags: dict[int, frozenset[Flag]] = field(default_factory=dict)
    expunged: int = 0
    unreadable: int = 0
    unlisted: int = 0

    def hear(self, response: Untagged | Status) -> None:
        match response:
            case FetchRow(uid=int(uid)):
                # Without flags it is there, too.
                self.uids.add(uid)
                if response.flags is not None:
                    self.flags[uid] = response.flags
            case Found():
                self.uids.update(expand(response.uids, self.limit))
            case Unreadable(kind="FETCH"):
                self.unreadable += 1
            case Expunged(earlier=False):
                self.expunged += count(response.uids) or 1
        if len(self.uids) + self.unreadable > self.limit:
            raise ProtocolError("more messages than it counts")

    def is_short_of(self, total: int) -> bool:
        self.unlisted = max(0, total - self.expunged - len(self.uids))
        return self.unlisted > 0


Way = Callable[[Session, Listed], Awaitable[Status]]


async def list_messages(session: Session, selected: Selected, *, flags: bool = False) -> Listed:
    """All messages; what came after the mailbox was selected comes next.

    Where fewer are listed than counted, the server is asked in another way, too.
    """
    listed = Listed(selected.total * 2 + _SPARE)
    if not selected.total:
        return listed
    quick = _by_extended_search if _can_search(session) and not flags else _by_fetch
    ways: Sequence[Way] = (quick, _by_fetch if quick is not _by_fetch else _by_search)
    answers: list[Status] = []
    for way in ways:
        answers.append(await way(session, listed))
        if listed.is_short_of(selected.total):
            # What others removed is told now at the latest.
            await session.line.run(simple("NOOP"), listed.hear)
        if not listed.is_short_of(selected.total):
            break
    if not any(answer.condition == "OK" for answer in answers):
        check(answers[0], session.line.host, f"to list the messages in {shown(selected)}")
    listed.uids = {uid for uid in listed.uids if not _came_later(uid, selected, listed)}
    return listed


async def list_arrivals(session: Session, selected: Selected, first: int) -> set[int]:
    """The UIDs from `first` to UIDNEXT as SELECT told it."""
    uids = f"{first}:{selected.next_uid - 1}"
    listed = Listed(selected.total + _SPARE)
    status: Status | None = None
    if _can_search(session):
        status = await _search(session, f"UID {uids}", listed)
    if status is None or status.condition != "OK":
        status = await session.line.run(uid_fetch(uids, "(UID FLAGS)"), listed.hear)
        check(status, session.line.host, f"to list the new messages in {shown(selected)}")
    return {uid for uid in listed.uids if uid < selected.next_uid}


async def list_flags_since(session: Session, selected: Selected, modseq: int) -> Listed | None:
    """The flags that changed since `modseq` (RFC 7162); None where the server does not say it."""
    listed = Listed(selected.total * 2 + _SPARE)
    command = uid_fetch("1:*", f"(UID FLAGS) (CHANGEDSINCE {modseq})")
    status = await session.line.run(command, listed.hear)
    return listed if status.condition == "OK" else None


def shown(selected: Selected) -> str:
    """The mailbox as a sentence may name it."""
    return safe_line(selected.mailbox, 100)


def _can_search(session: Session) -> bool:
    return "ESEARCH" in session.line.capabilities and not session.optional.is_vain(_ESEARCH)


async def _by_extended_search(session: Session, listed: Listed) -> Status:
    return await _search(session, "UID 1:*", listed)


async def _search(session: Session, what: str, listed: Listed) -> Status:
    status = await session.line.run(simple(f"{_ESEARCH} (ALL)", what), listed.hear)
    if status.condition != "OK":
        session.optional.give_up(_ESEARCH)
    return status


async def _by_search(session: Session, listed: Listed) -> Status:
    return await session.line.run(simple("UID SEARCH ALL"), listed.hear)


async def _by_fetch(session: Session, listed: Listed) -> Status:
    return await session.line.run(uid_fetch("1:*", "(UID FLAGS)"), listed.hear)


def _came_later(uid: int, selected: Selected, listed: Listed) -> bool:
    """Only where more is listed than counted: some servers tell a UIDNEXT that is too low."""
    return 0 < selected.next_uid <= uid and len(listed.uids) > selected.total
