"""The names that a query may use: accounts and mailboxes, as far as they are known here."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tuimail.model.mail import Mailbox, Role
from tuimail.model.nearest import folded

# What a mailbox may be called by what it is for; a name of this kind is known everywhere.
ROLES: dict[str, Role] = {
    "inbox": Role.INBOX,
    "archive": Role.ARCHIVE,
    "sent": Role.SENT,
    "trash": Role.TRASH,
    "drafts": Role.DRAFTS,
    "junk": Role.JUNK,
    "spam": Role.JUNK,
}
_PREFIXES = ("inbox.", "inbox/")


@dataclass(frozen=True, slots=True)
class Names:
    """What there is; a mailbox can only be called unknown where all mailboxes are known."""

    accounts: tuple[str, ...]
    mailboxes: tuple[str, ...]
    complete: bool = True

    def has_account(self, name: str) -> bool:
        return folded(name) in map(folded, self.accounts)

    def has_mailbox(self, name: str) -> bool:
        wanted = folded(name)
        if not self.complete or wanted in ROLES:
            return True
        return any(is_called(wanted, mailbox) for mailbox in self.mailboxes)


def known_names(accounts: Collection[str], mailboxes: Iterable[Mailbox]) -> Names:
    """Of these accounts; before its first sync an account knows no mailboxes."""
    found = [mailbox for mailbox in mailboxes if mailbox.account in accounts]
    return Names(
        accounts=tuple(accounts),
        mailboxes=tuple(dict.fromkeys(mailbox.name for mailbox in found)),
        complete={mailbox.account for mailbox in found} >= set(accounts),
    )


def is_called(wanted: str, name: str, role: str = "") -> bool:
    """Whether `in:` with `wanted`, which is folded, means the mailbox: by name, or by its role.

    The prefix that some servers put before every personal mailbox need not be said.
    """
    own = folded(name)
    if wanted == own or (role and wanted in {role, *_other_names(role)}):
        return True
    return own.startswith(_PREFIXES) and wanted == own[len(_PREFIXES[0]) :]


def _other_names(role: str) -> Iterable[str]:
    return (name for name, meant in ROLES.items() if meant == role)
