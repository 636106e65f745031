"""Which mailbox serves a purpose: the user's word, then the server's, then the usual names."""

from collections.abc import Iterator, Mapping, Sequence

from tuimail.engine.role_names import ROLES, folded, usual_names
from tuimail.model.mail import INBOX, Mailbox, MailboxName, Role

CREATED = {
    Role.ARCHIVE: "Archive",
    Role.SENT: "Sent",
    Role.TRASH: "Trash",
    Role.DRAFTS: "Drafts",
    Role.JUNK: "Junk",
}
# Gmail's own mailboxes. Archiving is there to take the inbox's label away.
_GOOGLE = ("[Gmail]/", "[Google Mail]/")
# orange.fr calls by this name what was sent, and has this mailbox for spam.
_ORANGE = {MailboxName("OUTBOX"), MailboxName("QUARANTAINE")}


def mailbox_for(
    role: Role, mailboxes: Sequence[Mailbox], chosen: Mapping[Role, MailboxName]
) -> MailboxName:
    """The account's mailbox for `role`, or the name under which it will be created.

    `mailboxes` are one account's, `chosen` its [folders] settings.
    """
    if role in chosen:
        return chosen[role]
    there = [mailbox for mailbox in mailboxes if mailbox.selectable]
    for mailbox in there:
        if mailbox.role is role or (role is Role.ARCHIVE and _is_googles_archive(mailbox)):
            return mailbox.name
    prefix = personal_prefix(mailboxes)
    if (usual := _by_name(role, there, prefix)) is not None:
        return usual
    return MailboxName(prefix + CREATED[role])


def personal_prefix(mailboxes: Sequence[Mailbox]) -> str:
    """How the names of one's own mailboxes begin, as in "INBOX.": as the server says.

    Where it says nothing: as the mailboxes with a purpose do, or all of them.
    """
    told = next((mailbox.prefix for mailbox in mailboxes if mailbox.prefix is not None), None)
    if told is not None:
        return told
    others = [each for each in mailboxes if each.role is not Role.INBOX and each.selectable]
    for mailbox in others:
        prefix = f"{INBOX}{mailbox.delimiter or ''}"
        known = [each for each in others if _has_purpose(each, prefix)] or others
        if prefix != INBOX and all(other.name.startswith(prefix) for other in known):
            return prefix
    return ""


def below_prefix(name: MailboxName, mailboxes: Sequence[Mailbox]) -> MailboxName:
    """What a mailbox that a user means by `name` is called: a new one is one of their own."""
    prefix = personal_prefix(mailboxes)
    if prefix and name.upper().startswith(prefix.upper()):
        return MailboxName(prefix + name[len(prefix) :])
    if not prefix or any(_is_within(name, mailbox) for mailbox in mailboxes):
        return name
    return MailboxName(prefix + name)


def _is_within(name: MailboxName, mailbox: Mailbox) -> bool:
    return name == mailbox.name or name.startswith(f"{mailbox.name}{mailbox.delimiter or '/'}")


def _is_googles_archive(mailbox: Mailbox) -> bool:
    return mailbox.role is Role.ALL and mailbox.name.startswith(_GOOGLE)


def _has_purpose(mailbox: Mailbox, prefix: str) -> bool:
    bare = folded(mailbox.name.removeprefix(prefix))
    return mailbox.role is not Role.NONE or any(bare in usual_names(role) for role in ROLES)


def _by_name(role: Role, mailboxes: Sequence[Mailbox], prefix: str) -> MailboxName | None:
    """The one whose name comes first among the usual ones, and is nearest to the top."""
    usual = usual_names(role)
    found = [
        (nested, usual[bare], mailbox.name)
        for mailbox in mailboxes
        if mailbox.role is Role.NONE
        for nested, bare in enumerate(map(folded, _bare_names(mailbox, prefix)))
        if bare in usual
    ]
    if found:
        return min(found)[2]
    names = {mailbox.name for mailbox in mailboxes}
    return MailboxName("OUTBOX") if role is Role.SENT and names >= _ORANGE else None


def _bare_names(mailbox: Mailbox, prefix: str) -> Iterator[str]:
    """The name as people say it: below the prefix, and below the inbox however that is written."""
    if not mailbox.name.startswith(prefix):
        return
    name = mailbox.name.removeprefix(prefix)
    for google in _GOOGLE:
        name = name.removeprefix(google)
    yield name
    start = f"{INBOX}{mailbox.delimiter or '/'}"
    if name[: len(start)].upper() == start:
        yield name[len(start) :]
