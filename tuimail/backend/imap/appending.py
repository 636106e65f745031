"""A new message into a mailbox, once: a repeat looks for the first try's work."""

import hashlib
import logging
from collections.abc import Mapping

from tuimail.backend.base import Refused
from tuimail.backend.imap.answers import MISSING, check
from tuimail.backend.imap.asking import Looks, create, looks_of, status_of
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.names import MailboxNames
from tuimail.backend.imap.session import Session
from tuimail.model.operation import Append
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import ServerId, numbered_anew
from tuimail.wire.imap_commands import append, uid_search_header, uid_store
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_responses import Code, Found, Status, Untagged
from tuimail.wire.uid_set import expand, parse_uid

log = logging.getLogger(__name__)

# Candidates of one Message-ID that are looked at; more is a server's mistake.
_CANDIDATES = 1000
# Where an id stands of a message that was filed just now, and among how many of the latest to
# look: servers that give it another id keep ours, but have no index of such fields.
_ID_FIELDS = (
    ("MESSAGE-ID", 1000),
    ("X-MICROSOFT-ORIGINAL-MESSAGE-ID", 20),
    ("X-GOOGLE-ORIGINAL-MESSAGE-ID", 20),
)


async def append_message(
    session: Session, names: MailboxNames, operation: Append, content: bytes
) -> ServerId | None:
    """APPEND, creating the mailbox where it is missing; the new id if the server tells."""
    line, target = session.line, names.wire(operation.mailbox)
    _check_limit(line, len(content))
    command = append(target, operation.flags, operation.received, content)
    status = await line.run(command)
    if status.condition == "NO" and await _is_missing(line, target, status):
        await create(line, operation.mailbox, target)
        status = await line.run(command)
    check(status, line.host, f"to put a message into {safe_line(operation.mailbox, 100)}")
    return appended(status.code)


async def find_appended(
    session: Session, names: MailboxNames, operation: Append, checkpoint: ServerId, content: bytes
) -> ServerId | None:
    """The first try's message, if it came: what has its id and arrived since `checkpoint`."""
    line, target = session.line, names.wire(operation.mailbox)
    before = await status_of(line, target)
    if before is None or not before.total:
        return None
    since = 0 if numbered_anew(checkpoint.validity, before.validity) else checkpoint.uid
    if 0 < before.next_uid <= since:
        return None
    async with session.mailbox(operation.mailbox, target, fresh=True) as selected:
        found = await _with_message_id(line, operation.message_id, max(since, 1))
        looks = await looks_of(line, ",".join(map(str, found))) if found else {}
    uid = _same(looks, content, exact=not (operation.message_id and since))
    return None if uid is None else ServerId(selected.validity, uid)


async def find_filed(session: Session, names: MailboxNames, operation: Append) -> ServerId | None:
    """What has its Message-ID already: some servers file what they send (Gmail, Exchange).

    A server that does not answer the question is taken to have nothing.
    """
    target = names.wire(operation.mailbox)
    if not operation.message_id:
        return None
    try:
        async with session.mailbox(operation.mailbox, target, fresh=True) as selected:
            uid = await _filed(session.line, operation.message_id, selected.next_uid)
            if uid is None:
                return None
            if operation.flags and not selected.read_only:
                # The server's copy may be unread; that it stays so is no reason to fail.
                await session.line.run(uid_store(str(uid), "+", operation.flags))
            return ServerId(selected.validity, uid)
    except Refused as refusal:
        log.info("%s: no look for a copy: %s", session.line.host, refusal)
        return None


async def _filed(line: Line, message_id: str, next_uid: int) -> int | None:
    """The newest of the latest messages that has that id, or had it when it was sent."""
    for field, latest in _ID_FIELDS:
        since = max(1, next_uid - latest) if next_uid else 1
        if found := await _with_message_id(line, message_id, since, field):
            return found[-1]
    return None


def _same(looks: Mapping[int, Looks], content: bytes, *, exact: bool) -> int | None:
    """Which of `looks` is `content`; a server may have rewritten it, unless `exact`."""
    header = content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    wanted = Looks(hashlib.sha256(header).digest(), len(content))
    for uid in sorted(looks):
        if looks[uid] == wanted:
            return uid
    return None if exact else min(looks, default=None)


def appended(code: Code) -> ServerId | None:
    """APPENDUID, if it makes sense."""
    validity, _, uid = code.argument.partition(" ")
    if code.name != "APPENDUID":
        return None
    try:
        return ServerId(parse_uid(validity), parse_uid(uid))
    except ProtocolError:
        log.warning("an APPENDUID that makes no sense")
        return None


async def _with_message_id(
    line: Line, message_id: str, since: int, field: str = "MESSAGE-ID"
) -> list[int]:
    """UIDs from `since` on with that Message-ID; with any, if it is empty."""
    found: list[int] = []

    def hear(response: Untagged | Status) -> None:
        if isinstance(response, Found):
            found.extend(expand(response.uids, _CANDIDATES))

    wanted = f"<{message_id.strip('<>')}>" if message_id else ""
    status = await line.run(uid_search_header(f"{since}:*", field, wanted), hear)
    check(status, line.host, "to search for a message")
    # "n:*" names the last message even where its UID is below n.
    return sorted(uid for uid in set(found) if uid >= since)


def _check_limit(line: Line, size: int) -> None:
    for capability in line.capabilities:
        name, _, limit = capability.partition("=")
        if name == "APPENDLIMIT" and limit.isdigit() and size > int(limit[:19]):
            raise Refused(f"{line.host} takes no message larger than {limit} bytes")


async def _is_missing(line: Line, target: bytes, status: Status) -> bool:
    missing = status.code.name in MISSING or not status.code.name
    return missing and await status_of(line, target) is None
