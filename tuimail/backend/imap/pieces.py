"""A message too large for one literal: by partial fetches (RFC 9051 6.4.5), in their order."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from tuimail.backend.base import Refused
from tuimail.backend.imap.answers import check
from tuimail.backend.imap.asking import present
from tuimail.backend.imap.fetching import check_validity
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.session import Session
from tuimail.model.mail import MailboxName
from tuimail.wire.imap_commands import simple, uid_fetch
from tuimail.wire.imap_responses import FetchRow, Status, Untagged


@dataclass(frozen=True, slots=True)
class Wanted:
    """One message, and where the server has it."""

    mailbox: MailboxName
    wire_name: bytes
    validity: int
    uid: int


async def message_pieces(
    session: Session, wanted: Wanted, start: int, size: int
) -> AsyncIterator[bytes]:
    """Until the server has no more of it; gives way to others between two pieces."""
    offset = start
    while True:
        async with session.mailbox(
            wanted.mailbox, wanted.wire_name, validity=wanted.validity
        ) as selected:
            check_validity(session.line, wanted.mailbox, selected.validity, wanted.validity)
            piece = await _piece(session.line, wanted.uid, offset, size)
        if piece is None and offset:
            raise Refused(f"{session.line.host} stopped giving out the message: it may be gone")
        if not piece:
            return
        yield piece
        offset += len(piece)


async def _piece(line: Line, uid: int, offset: int, size: int) -> bytes | None:
    """None if the message is gone."""
    heard: list[bytes] = []
    withheld = False

    def hear(response: Untagged | Status) -> None:
        nonlocal withheld
        if not isinstance(response, FetchRow) or response.uid != uid:
            return
        withheld |= response.withheld
        # A row with a size, or of a section, answers somebody else.
        if response.content is not None and response.size is None and not response.section:
            heard.append(response.content)

    command = uid_fetch(str(uid), f"(UID BODY.PEEK[]<{offset}.{size}>)")
    check(await line.run(command, hear), line.host, "to send the message")
    if any(len(piece) > size for piece in heard):
        raise Refused(f"{line.host} sends more of a message than it was asked for")
    if withheld and not heard and await _is_there(line, uid):
        raise Refused(f"{line.host} lists it and does not give it out")
    return heard[0] if heard else None


async def _is_there(line: Line, uid: int) -> bool:
    """A message that another deleted just now is told as one that is not given out (NIL)."""
    await line.run(simple("NOOP"))
    return uid in await present(line, [uid])
