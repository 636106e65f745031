"""Which mailbox serves a purpose: the user's word, then the server's, then the usual names."""

from collections.abc import Mapping, Sequence

from tuimail.model.mail import Mailbox, MailboxName, Role

_USUAL = {
    Role.ARCHIVE: ("archive", "archives", "archiv", "all mail"),
    Role.SENT: ("sent", "sent items", "sent messages", "sent mail", "gesendet"),
    Role.TRASH: ("trash", "deleted items", "deleted messages", "deleted", "bin", "papierkorb"),
    Role.DRAFTS: ("drafts", "draft", "entwürfe"),
    Role.JUNK: ("junk", "spam", "junk e-mail", "junk email", "bulk mail", "bulk"),
}
_CREATED = {
    Role.ARCHIVE: "Archive",
    Role.SENT: "Sent",
    Role.TRASH: "Trash",
    Role.DRAFTS: "Drafts",
    Role.JUNK: "Junk",
}


def mailbox_for(
    role: Role, mailboxes: Sequence[Mailbox], chosen: Mapping[Role, MailboxName]
) -> MailboxName:
    """The account's mailbox for `role`, or the name under which it will be created.

    `mailboxes` are one account's, `chosen` its [folders] settings.
    """
    if role in chosen:
        return chosen[role]
    for mailbox in mailboxes:
        if mailbox.role is role and mailbox.selectable:
            return mailbox.name
    prefix = personal_prefix(mailboxes)
    for usual in _USUAL[role]:
        for mailbox in mailboxes:
            if mailbox.selectable and _bare(mailbox, prefix) == usual:
                return mailbox.name
    return MailboxName(prefix + _CREATED[role])


def personal_prefix(mailboxes: Sequence[Mailbox]) -> str:
    """ "INBOX." where the server keeps everything below the inbox, else nothing."""
    others = [mailbox for mailbox in mailboxes if mailbox.role is not Role.INBOX]
    for mailbox in others:
        prefix = f"INBOX{mailbox.delimiter or ''}"
        if prefix != "INBOX" and all(other.name.startswith(prefix) for other in others):
            return prefix
    return ""


def _bare(mailbox: Mailbox, prefix: str) -> str:
    """The name as people say it: without the prefix, or without Google's."""
    name = mailbox.name.removeprefix(prefix)
    for google in ("[Gmail]/", "[Google Mail]/"):
        name = name.removeprefix(google)
    return name.casefold()
