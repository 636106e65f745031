"""Mailboxes that a server shows and that are not kept here: shared ones without a subscription."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from tuimail.cli.login import secret_of, try_login
from tuimail.cli.run import Run
from tuimail.config.load import load_accounts
from tuimail.model.mail import AccountName, Mailbox
from tuimail.model.sync import ServerMailbox


@dataclass(frozen=True, slots=True)
class NotKept:
    """One of them, as its server tells it."""

    account: AccountName
    mailbox: ServerMailbox

    def as_row(self) -> tuple[object, ...]:
        status = self.mailbox.status
        counts = (status.total, status.unseen) if status else ("", "")
        return (self.account, self.mailbox.name, *counts, "not kept here")

    def as_object(self) -> dict[str, object]:
        status = self.mailbox.status
        return {
            "account": self.account,
            "mailbox": self.mailbox.name,
            "role": "",
            "total": None,
            "unread": status.unseen if status else None,
            "bytes": None,
            "on_server": status.total if status else None,
            "subscribed": False,
        }


async def not_kept(
    run: Run, account: AccountName | None, kept: Collection[Mailbox]
) -> list[NotKept]:
    """Asks each IMAP server anew; raises Failure where one cannot be asked."""
    known = {(mailbox.account, mailbox.name) for mailbox in kept}
    found: list[NotKept] = []
    for each in load_accounts(run.paths):
        if each.protocol != "imap" or account not in (None, each.name):
            continue
        asking = replace(each, imap=replace(each.imap, shared="all"))
        login = await try_login(run, asking, await secret_of(run, each))
        found += [
            NotKept(each.name, mailbox)
            for mailbox in login.listed
            if mailbox.selectable and (each.name, mailbox.name) not in known
        ]
    return found
