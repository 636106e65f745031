"""What a screen needs of a letter's bytes: its header, a draft of it; and of a draft its bytes."""

from collections.abc import Callable, Sequence
from datetime import datetime

from tuimail.engine.mail import CommandFailed
from tuimail.model.address import Address
from tuimail.model.body import Body
from tuimail.model.draft import Draft, Kind, LinkDraft
from tuimail.model.local_time import LOCAL
from tuimail.model.mail import Message
from tuimail.model.operation import Append, Entry
from tuimail.model.outbox import Letter, Posting
from tuimail.model.safe_text import SafeText


def posting_of(letter: Draft | Posting, clock: Callable[[], datetime]) -> Posting:
    """The letter as it will leave. Raises CommandFailed if it cannot."""
    if isinstance(letter, Posting):
        return letter
    from tuimail.mime.build import NotReady, build  # noqa: PLC0415 (heavy, and seldom needed)

    try:
        return build(letter, clock().astimezone(LOCAL))
    except NotReady as reason:
        raise CommandFailed(str(reason)) from reason


def kept(name: str, draft: Draft, clock: Callable[[], datetime]) -> tuple[str, bytes]:
    """A draft as another program can go on with it: its Message-ID, and its bytes."""
    from tuimail.mime.build import build_kept  # noqa: PLC0415 (heavy, and seldom needed)

    return build_kept(name, draft, clock().astimezone(LOCAL))


def row_of(entry: Entry, content: bytes) -> Message:
    """How a message that no server has yet is shown in a list."""
    from tuimail.mime.header import envelope  # noqa: PLC0415 (heavy, and seldom needed)
    from tuimail.store.names import copy_name  # noqa: PLC0415 (hashes take time to load)

    append = entry.operation
    assert isinstance(append, Append)  # noqa: S101 (nothing else has bytes)
    body = body_of(content)
    return Message(
        key=append.key,
        id=f"{entry.account}:{copy_name(append.key)}",
        account=entry.account,
        mailbox=append.mailbox,
        flags=append.flags,
        received=append.received,
        size=len(content),
        envelope=envelope(content),
        thread=append.message_id,
        snippet=body.snippet,
        attachments=tuple(each.name for each in body.attachments),
        has_body=True,
        pending=True,
    )


def body_of(content: bytes) -> Body:
    """Of what was written here; strangers' letters are read by a process of their own."""
    from tuimail.mime.parse import parse  # noqa: PLC0415 (heavy, and seldom needed)

    return parse(content)


def reply_to(
    kind: Kind, message: Message, body: Body, mine: Sequence[Address], original: bytes
) -> Draft:
    if kind in (Kind.EDIT, Kind.GO_ON):
        from tuimail.mime.reopen import as_new, gone_on_with  # noqa: PLC0415 (heavy, and seldom needed)

        make = as_new if kind is Kind.EDIT else gone_on_with
        return make(message, body, mine, original)
    from tuimail.mime.reply import reply  # noqa: PLC0415 (heavy, and seldom needed)

    return reply(kind, message, body, mine, original)


def reopened(letter: Letter, content: bytes) -> Draft:
    from tuimail.mime.reopen import reopen  # noqa: PLC0415 (heavy, and seldom needed)

    return reopen(letter, content)


def header_of(original: bytes) -> Sequence[tuple[SafeText, SafeText]]:
    from tuimail.mime.shown_header import all_header_lines  # noqa: PLC0415 (seldom needed)

    return all_header_lines(original)


def from_link(link: str, sender: Address) -> LinkDraft:
    from tuimail.mime.mailto import draft_of  # noqa: PLC0415 (heavy, and seldom needed)

    return draft_of(link, sender)
