"""`flag`, `move`, `copy`, `archive`, `delete`: recorded durably, shown at once."""

import re
from collections.abc import Sequence

from tuimail.cli.failure import Exit, Failure
from tuimail.cli.run import Run
from tuimail.cli.session import open_mail
from tuimail.engine.commands import Archive, Copy, Delete, Mark, Move
from tuimail.engine.mail import Mail
from tuimail.model.mail import (
    ANSWERED,
    DELETED,
    DRAFT,
    FLAGGED,
    INBOX,
    SEEN,
    Flag,
    MailboxId,
    MailboxName,
    Message,
    MessageKey,
)

_FLAG_NAMES = {
    "seen": SEEN,
    "read": SEEN,
    "answered": ANSWERED,
    "flagged": FLAGGED,
    "deleted": DELETED,
    "draft": DRAFT,
}
# RFC 9051 9: a keyword is an atom.
_KEYWORD = re.compile(r'[^\x00-\x20\x7f-\U0010ffff(){%*"\\\]]{1,200}')


async def flag(run: Run) -> Exit:
    ids = [argument for argument in run.arguments.rest if argument[:1] not in ("+", "-")]
    changes = [argument for argument in run.arguments.rest if argument[:1] in ("+", "-")]
    add = frozenset(_flag(change[1:]) for change in changes if change[0] == "+")
    remove = frozenset(_flag(change[1:]) for change in changes if change[0] == "-")
    if not ids or not changes:
        raise Failure("flag needs ids, then flags: flag ID +seen -flagged", Exit.USAGE)
    if both := add & remove:
        raise Failure(f"{min(both)} cannot be set and removed at once", Exit.USAGE)
    async with open_mail(run) as mail:
        messages = await _find(mail, ids)
        await _submit(run, mail, Mark(_keys(messages), add, remove))
    return Exit.DONE


def _flag(name: str) -> Flag:
    plain = name.removeprefix("\\").lower()
    if plain in _FLAG_NAMES:
        return _FLAG_NAMES[plain]
    if not _KEYWORD.fullmatch(name):
        raise Failure(f'"{name}" cannot be a flag', Exit.USAGE)
    return Flag(name)


async def move(run: Run) -> Exit:
    return await _to_mailbox(run, Move)


async def copy(run: Run) -> Exit:
    return await _to_mailbox(run, Copy)


async def _to_mailbox(run: Run, kind: type[Move | Copy]) -> Exit:
    *ids, name = run.arguments.rest
    if not ids or not name:
        raise Failure(f"{run.arguments.command} needs ids, then a mailbox", Exit.USAGE)
    async with open_mail(run) as mail:
        messages = await _find(mail, ids)
        accounts = {message.account for message in messages}
        if len(accounts) > 1:
            raise Failure("these messages are in several accounts; one at a time", Exit.USAGE)
        target = MailboxId(accounts.pop(), _mailbox_name(name))
        await _submit(run, mail, kind(_keys(messages), target))
    return Exit.DONE


def _mailbox_name(name: str) -> MailboxName:
    if re.search(r"[\0-\x1f\x7f\ud800-\udfff]", name):
        raise Failure("a mailbox's name has no control characters", Exit.USAGE)
    return INBOX if name.upper() == INBOX else MailboxName(name)


async def archive(run: Run) -> Exit:
    async with open_mail(run) as mail:
        messages = await _find(mail, run.arguments.rest)
        await _submit(run, mail, Archive(_keys(messages)))
    return Exit.DONE


async def delete(run: Run) -> Exit:
    async with open_mail(run) as mail:
        messages = await _find(mail, run.arguments.rest)
        await _submit(run, mail, Delete(_keys(messages)))
    return Exit.DONE


async def _find(mail: Mail, ids: Sequence[str]) -> list[Message]:
    """All the messages, or Failure: a command is carried out wholly or not at all."""
    keys = [await mail.resolve(public_id) for public_id in ids]
    known = [key for key in keys if key is not None]
    messages = {message.key: message for message in await mail.messages(known)}
    missing = [id for id, key in zip(ids, keys, strict=True) if key not in messages]
    if missing:
        raise Failure(f"there is no message {missing[0]}; nothing was changed")
    return list(messages.values())


def _keys(messages: Sequence[Message]) -> frozenset[MessageKey]:
    return frozenset(message.key for message in messages)


async def _submit(run: Run, mail: Mail, command: Mark | Move | Copy | Archive | Delete) -> None:
    done = await mail.submit(command)
    run.output.say(done.words, count=done.count, undoable=done.undoable)
