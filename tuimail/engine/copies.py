"""Which message here is which message there: by content, and true twins count."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from tuimail.backend.base import Backend, Refused
from tuimail.backend.imap.settings import MAX_MESSAGE
from tuimail.backend.maildir.content import header_block
from tuimail.mime.header import envelope
from tuimail.model.mail import Flag, MailboxName
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import Fetched, Part

RECENT = Flag("\\Recent")

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Held:
    """One message of a mailbox, as whoever keeps it gives it out."""

    mailbox: MailboxName
    uid: int
    sha256: bytes
    size: int
    message_id: str
    received: datetime
    flags: frozenset[Flag]


@dataclass(frozen=True, slots=True)
class Matching:
    """`pairs` are the same message in source and target; the others have no partner."""

    pairs: list[tuple[Held, Held]]
    missing: list[Held]
    surplus: list[Held]


def match(source: Iterable[Held], target: Iterable[Held]) -> Matching:
    """Pair equal contents one to one; of twins those that are most alike."""
    pairs: list[tuple[Held, Held]] = []
    missing, surplus = list(source), list(target)
    for likeness in (_alike, _of_one_time, _of_one_content):
        waiting: dict[Hashable, list[Held]] = defaultdict(list)
        for held in reversed(surplus):
            waiting[likeness(held)].append(held)
        left: list[Held] = []
        for held in missing:
            found = waiting[likeness(held)]
            if found:
                pairs.append((held, found.pop()))
            else:
                left.append(held)
        missing = left
        taken = {(partner.mailbox, partner.uid) for _, partner in pairs}
        surplus = [held for held in surplus if (held.mailbox, held.uid) not in taken]
    return Matching(pairs, missing, surplus)


def _alike(held: Held) -> Hashable:
    return held.sha256, int(held.received.timestamp()), held.flags


def _of_one_time(held: Held) -> Hashable:
    return held.sha256, int(held.received.timestamp())


def _of_one_content(held: Held) -> Hashable:
    return held.sha256


async def listing(backend: Backend, mailbox: MailboxName) -> tuple[int, Sequence[int]]:
    """UIDVALIDITY and the UIDs of all messages; Refused if some cannot be told."""
    changes = await backend.changes(mailbox, None, ())
    if changes.unreadable:
        raise Refused(f"some messages in {safe_line(mailbox, 100)} cannot be listed")
    return changes.bookmark.validity, changes.arrived


async def survey(backend: Backend, mailbox: MailboxName, tell: Tell) -> list[Held]:
    """All messages of a mailbox; Refused if one cannot be had whole."""
    validity, uids = await listing(backend, mailbox)
    found: list[Held] = []
    async for fetched in backend.fetch(mailbox, validity, uids, Part.FULL):
        require_whole(mailbox, fetched)
        found.append(_held(mailbox, fetched))
        tell("read here", len(found), len(uids))
    return found


async def survey_like(
    backend: Backend, mailbox: MailboxName, wanted: Collection[Held], tell: Tell
) -> tuple[int, list[Held]]:
    """UIDVALIDITY and those messages that may be one of `wanted`: by size or Message-ID."""
    validity, uids = await listing(backend, mailbox)
    sizes = {held.size for held in wanted}
    ids = {held.message_id for held in wanted if held.message_id}
    candidates = [
        fetched.uid
        async for fetched in backend.fetch(mailbox, validity, uids, Part.HEADERS)
        if fetched.size in sizes or envelope(fetched.content).message_id in ids
    ]
    found: list[Held] = []
    async for fetched in backend.fetch(mailbox, validity, candidates, Part.FULL):
        found.append(_held(mailbox, fetched))
        tell("compared", len(found), len(candidates))
    return validity, found


def require_whole(mailbox: MailboxName, fetched: Fetched) -> None:
    """Refuse what cannot be copied, before anything is switched."""
    where = safe_line(mailbox, 100)
    if fetched.size > MAX_MESSAGE:
        raise Refused(
            f"a message of {fetched.size >> 20} MB in {where} is too large to be converted: "
            f"save it elsewhere and delete it, then convert again"
        )
    if not fetched.size:
        raise Refused(f"a message in {where} cannot be read")


def _held(mailbox: MailboxName, fetched: Fetched) -> Held:
    return Held(
        mailbox=mailbox,
        uid=fetched.uid,
        sha256=sha256(fetched.content).digest(),
        size=len(fetched.content),
        message_id=envelope(header_block(fetched.content)).message_id,
        received=fetched.received,
        flags=fetched.flags - {RECENT},
    )
