"""From what a user asks to what the journal records, and the words that tell it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from tuimail.engine.commands import Archive, Copy, Delete, Mark, Move, Spam
from tuimail.engine.mail import CommandFailed
from tuimail.engine.roles import below_prefix, mailbox_for
from tuimail.model import operation as operations
from tuimail.model.mail import (
    JUNK,
    NOT_JUNK,
    AccountName,
    Flag,
    Mailbox,
    MailboxName,
    Message,
    MessageKey,
    Role,
)
from tuimail.model.operation import Operation

Change = Delete | Archive | Spam | Move | Copy | Mark

GRACE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one account's journal is to record; deletions for good wait for `delay`."""

    drafts: tuple[Operation, ...]
    delay: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Account:
    """What planning needs to know of an account."""

    name: AccountName
    mailboxes: Sequence[Mailbox]
    chosen: Mapping[Role, MailboxName]

    def mailbox_for(self, role: Role) -> MailboxName:
        return mailbox_for(role, self.mailboxes, self.chosen)


def plan(
    command: Change,
    messages: Sequence[Message],
    account: Account,
    copies: Sequence[int] = (),
) -> list[Plan]:
    """What `command` means for `messages`, which are one account's.

    `copies` are new keys, one a message, for Copy. Raises CommandFailed if it cannot be.
    """
    match command:
        case Delete():
            return _delete(messages, account)
        case Archive():
            return [Plan(_moves(messages, account.mailbox_for(Role.ARCHIVE)))]
        case Spam():
            return [Plan(_spam(messages, account.mailbox_for(Role.JUNK)))]
        case Move(target=target):
            _refuse_other_account(target.account, account, "move")
            return [Plan(_moves(messages, below_prefix(target.name, account.mailboxes)))]
        case Copy(target=target):
            _refuse_other_account(target.account, account, "copy")
            target_name = below_prefix(target.name, account.mailboxes)
            return [Plan(_copies(messages, target_name, copies))]
        case Mark(add=add, remove=remove):
            return [Plan(_flags(messages, add, remove))]
        case _:
            assert_never(command)


def _delete(messages: Sequence[Message], account: Account) -> list[Plan]:
    trash = account.mailbox_for(Role.TRASH)
    for_good = tuple(
        operations.Expunge(mailbox, keys)
        for mailbox, keys in _by_mailbox(messages)
        if mailbox == trash
    )
    plans = [Plan(_moves(messages, trash)), Plan(for_good, GRACE)]
    return [each for each in plans if each.drafts]


def _spam(messages: Sequence[Message], junk: MailboxName) -> tuple[Operation, ...]:
    flags = _flags(messages, frozenset({JUNK}), frozenset({NOT_JUNK}))
    return (*flags, *_moves(messages, junk))


def _moves(messages: Sequence[Message], target: MailboxName) -> tuple[Operation, ...]:
    return tuple(
        operations.Move(mailbox, keys, target)
        for mailbox, keys in _by_mailbox(messages)
        if mailbox != target
    )


def _copies(
    messages: Sequence[Message], target: MailboxName, new_keys: Sequence[int]
) -> tuple[Operation, ...]:
    unused = iter(new_keys)
    drafts = []
    for mailbox, keys in _by_mailbox(messages):
        sources = tuple(sorted(keys))
        copies = tuple(MessageKey(next(unused)) for _ in sources)
        drafts.append(operations.Copy(mailbox, sources, copies, target))
    return tuple(drafts)


def _flags(
    messages: Sequence[Message], add: frozenset[Flag], remove: frozenset[Flag]
) -> tuple[Operation, ...]:
    changed = [
        message for message in messages if not add <= message.flags or remove & message.flags
    ]
    return tuple(
        operations.StoreFlags(mailbox, keys, add, remove) for mailbox, keys in _by_mailbox(changed)
    )


def _by_mailbox(
    messages: Iterable[Message],
) -> list[tuple[MailboxName, frozenset[MessageKey]]]:
    grouped: defaultdict[MailboxName, set[MessageKey]] = defaultdict(set)
    for message in messages:
        grouped[message.mailbox].add(message.key)
    return [(mailbox, frozenset(keys)) for mailbox, keys in grouped.items()]


def _refuse_other_account(target: AccountName, account: Account, verb: str) -> None:
    if target != account.name:
        raise CommandFailed(
            f"tuimail cannot {verb} mail from account {account.name} to account {target} yet."
        )
