"""Mailboxes as people read them: names, order, and the fuzzy match of the pickers."""

from collections.abc import Sequence

from tuimail.model.mail import INBOX, AccountName, Mailbox, MailboxId, Role
from tuimail.model.safe_text import safe_line
from tuimail.ui.cells import settle

_ROLES = (
    Role.INBOX,
    Role.FLAGGED,
    Role.DRAFTS,
    Role.SENT,
    Role.ARCHIVE,
    Role.JUNK,
    Role.TRASH,
    Role.ALL,
)


def shown_name(mailbox: Mailbox) -> str:
    """A mailbox's name as it is shown; INBOX reads as a word."""
    if mailbox.name == INBOX:
        return "Inbox"
    return settle(safe_line(mailbox.name, 200))


def role_of(mailbox: Mailbox) -> Role:
    return Role.INBOX if mailbox.name == INBOX else mailbox.role


def serving(role: Role, mailboxes: Sequence[Mailbox]) -> list[Mailbox]:
    """What servers mark so; where one marks none, the mailbox that is used for it by its name."""
    marked = [mailbox for mailbox in mailboxes if role_of(mailbox) == role]
    if role is Role.INBOX:
        return marked
    from tuimail.engine.roles import mailbox_for  # noqa: PLC0415 (names in thirty languages)

    served = {mailbox.account for mailbox in marked}
    for account in dict.fromkeys(mailbox.account for mailbox in mailboxes):
        own = [mailbox for mailbox in mailboxes if mailbox.account == account]
        if account not in served:
            name = mailbox_for(role, own, {})
            marked += [mailbox for mailbox in own if mailbox.name == name]
    return marked


def ordered(mailboxes: Sequence[Mailbox]) -> list[Mailbox]:
    """By account, those with a role first, the others by name."""
    names = dict.fromkeys(mailbox.account for mailbox in mailboxes)
    accounts = {name: place for place, name in enumerate(names)}

    def place(mailbox: Mailbox) -> tuple[int, int, str]:
        role = role_of(mailbox)
        rank = _ROLES.index(role) if role in _ROLES else len(_ROLES)
        return (accounts[mailbox.account], rank, mailbox.name.casefold())

    return sorted(mailboxes, key=place)


def inboxes(mailboxes: Sequence[Mailbox]) -> list[Mailbox]:
    """What the list of all inboxes shows."""
    return [mailbox for mailbox in mailboxes if mailbox.name == INBOX]


def inboxes_title(accounts: int) -> str:
    """What the list of all inboxes is called, given how many accounts there are."""
    return "All inboxes" if accounts > 1 else "Inbox"


def nothing_in(mailboxes: Sequence[Mailbox]) -> str:
    """What an empty list of these mailboxes says."""
    if len(mailboxes) == 1 and mailboxes[0].trouble:
        return f"This mailbox cannot be read: {mailboxes[0].trouble}"
    fetched = any(mailbox.on_server is not None for mailbox in mailboxes)
    return "No messages here." if fetched else "Nothing fetched yet."


def accounts_of(mailboxes: Sequence[Mailbox]) -> list[AccountName]:
    return sorted({mailbox.account for mailbox in mailboxes})


def inboxes_line(accounts: Sequence[AccountName]) -> MailboxId | None:
    """Which line of the mailbox list stands for all inboxes; one account's own if it is alone."""
    return MailboxId(accounts[0], INBOX) if len(accounts) == 1 else None


def score(pattern: str, text: str) -> int | None:
    """How well `text` matches the letters of `pattern` in order; None if it does not.

    Whole runs and beginnings of words count most; short texts win among equals.
    """
    wanted, given = pattern.casefold().strip(), text.casefold()
    if not wanted:
        return 0
    at = given.find(wanted)
    if at >= 0:
        return 1000 - len(given) + (500 if _starts_word(given, at) else 0) - at
    total, position, last = 0, 0, -2
    for letter in wanted:
        found = given.find(letter, position)
        if found < 0:
            return None
        total += 10 if found == last + 1 else 8 if _starts_word(given, found) else 0
        last, position = found, found + 1
    return total - len(given)


def _starts_word(text: str, at: int) -> bool:
    return at == 0 or not text[at - 1].isalnum()
