"""Which mailboxes of a server will be used for what, in words, before anything is used."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tuimail.engine.roles import CREATED, mailbox_for
from tuimail.model.mail import AccountName, Mailbox, MailboxName, Role
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import ServerMailbox


@dataclass(frozen=True, slots=True)
class Purpose:
    """The mailbox for a role; one that is not there is made when it is first needed."""

    role: Role
    mailbox: MailboxName
    there: bool


def as_mailboxes(listed: Iterable[ServerMailbox]) -> list[Mailbox]:
    """As they would be shown, all of them empty."""
    nobody = AccountName("")
    return [
        Mailbox(
            nobody,
            box.name,
            box.role,
            0,
            0,
            selectable=box.selectable,
            delimiter=box.delimiter,
            prefix=box.prefix,
        )
        for box in listed
    ]


def purposes_of(
    listed: Sequence[ServerMailbox], chosen: Mapping[Role, MailboxName]
) -> tuple[Purpose, ...]:
    """For each role the mailbox; `chosen` are the [folders] settings."""
    mailboxes = as_mailboxes(listed)
    there = {box.name for box in listed}
    found = {role: mailbox_for(role, mailboxes, chosen) for role in CREATED}
    return tuple(Purpose(role, name, name in there) for role, name in found.items())


def in_words(purposes: Sequence[Purpose]) -> str:
    """ "archive in Archiv, sent in Gesendet; made when needed: Trash"; "" for no purposes."""
    there = [f"{each.role} in {safe_line(each.mailbox, 60)}" for each in purposes if each.there]
    new = [str(safe_line(each.mailbox, 60)) for each in purposes if not each.there]
    parts = [", ".join(there), f"made when needed: {', '.join(new)}" if new else ""]
    return "; ".join(part for part in parts if part)
