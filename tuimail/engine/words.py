"""What was done, in the status line's words: "Archived 3", "Moved 1 to Lists"."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from tuimail.engine.commands import Archive, Copy, Delete, Mark, Move, Spam
from tuimail.engine.planning import Change
from tuimail.model import operation as operations
from tuimail.model.mail import (
    DELETED,
    FLAGGED,
    JUNK,
    KEPT,
    SEEN,
    Flag,
    MailboxId,
    MailboxName,
    Role,
)
from tuimail.model.operation import Entry, Operation
from tuimail.model.safe_text import SafeText, safe_line

_FLAG_WORDS: Mapping[tuple[Flag, bool], str] = {
    (SEEN, True): "Marked {} read",
    (SEEN, False): "Marked {} unread",
    (FLAGGED, True): "Flagged {}",
    (FLAGGED, False): "Unflagged {}",
    (DELETED, True): "Marked {} as deleted",
    (DELETED, False): "Took the mark of deletion off {}",
    (JUNK, True): "Marked {} as spam",
    (JUNK, False): "Marked {} as no spam",
    (KEPT, True): "Kept {} on the server",
    (KEPT, False): "Released {}: to leave the server as the settings say",
}


def of_command(command: Change, count: int, for_good: int = 0) -> SafeText:
    """What `command` did to `count` messages, and deleted `for_good` of them."""
    match command:
        case Delete():
            return _of_delete(count, for_good)
        case Archive():
            return SafeText(f"Archived {count}")
        case Spam():
            return SafeText(f"Moved {count} to spam")
        case Move(target=target):
            return _with_target("Moved", count, target.name)
        case Copy(target=target):
            return _with_target("Copied", count, target.name)
        case Mark(add=add, remove=remove):
            return _of_flags(count, add, remove)
        case _:
            assert_never(command)


def of_nothing(command: Change) -> SafeText:
    """Why `command` changed nothing."""
    match command:
        case Archive():
            return SafeText("Archived already")
        case Mark():
            return SafeText("Marked so already")
        case Spam() | Delete() | Move() | Copy():
            return SafeText("There already")
        case _:
            assert_never(command)


def of_entries(entries: Sequence[Entry], roles: Mapping[MailboxId, Role]) -> SafeText:
    """What a group of entries does; `roles` are those of the mailboxes, each of its account."""
    if not entries:
        return SafeText("")
    # A command's last operation names it: spam is flags first, then the move.
    main = entries[-1].operation
    alike = [entry.operation for entry in entries if isinstance(entry.operation, type(main))]
    count = len(frozenset().union(*(each.keys for each in alike)))
    account = entries[-1].account
    own = {each.name: role for each, role in roles.items() if each.account == account}
    return _of_operation(main, count, own)


def of_the_others(count: int, named: int) -> str:
    """What is to be said where only `count` of the messages were as the command had left them."""
    return "" if count >= named else f" · {named - count} of {named} were changed elsewhere"


def _of_operation(operation: Operation, count: int, roles: Mapping[MailboxName, Role]) -> SafeText:
    match operation:
        case operations.StoreFlags(add=add, remove=remove):
            return _of_flags(count, add, remove)
        case operations.Move(target=target):
            return _of_move(target, count, roles)
        case operations.Copy(target=target):
            return _with_target("Copied", count, target)
        case operations.Expunge():
            return SafeText(f"Deleted {count} for good")
        case operations.Append(mailbox=mailbox):
            return _with_target("Added", count, mailbox)
        case _:
            assert_never(operation)


def _of_move(target: MailboxName, count: int, roles: Mapping[MailboxName, Role]) -> SafeText:
    match roles.get(target):
        case Role.ARCHIVE:
            return SafeText(f"Archived {count}")
        case Role.TRASH:
            return SafeText(f"Deleted {count}")
        case Role.JUNK:
            return SafeText(f"Moved {count} to spam")
        case _:
            return _with_target("Moved", count, target)


def _of_delete(count: int, for_good: int) -> SafeText:
    if not for_good:
        return SafeText(f"Deleted {count}")
    if for_good == count:
        return SafeText(f"Deleting {count} for good in 10 minutes")
    return SafeText(f"Deleted {count}, {for_good} of them for good in 10 minutes")


def _of_flags(count: int, add: frozenset[Flag], remove: frozenset[Flag]) -> SafeText:
    changes = [(flag, True) for flag in sorted(add)] + [(flag, False) for flag in sorted(remove)]
    for change in changes:
        if change in _FLAG_WORDS:
            return SafeText(_FLAG_WORDS[change].format(count))
    signs = [f"{'+' if added else '-'}{flag}" for flag, added in changes]
    return safe_line(f"Marked {count} {' '.join(signs)}", 200)


def _with_target(verb: str, count: int, target: str) -> SafeText:
    return safe_line(f"{verb} {count} to {target}", 200)
