"""Prints how many unread messages each account has in its inbox: tuimail without a screen.

Run it with the Python that tuimail is installed in. It only reads what is on this machine;
`tuimail sync` brings it up to date.
"""

import asyncio

from tuimail.config.load import load_accounts
from tuimail.config.paths import Paths
from tuimail.engine.channel import NoEngine
from tuimail.engine.local import LocalMail
from tuimail.engine.shelf import LocalAccount
from tuimail.model.mail import Role
from tuimail.store.store import AccountFolders


async def main() -> None:
    paths = Paths.from_environment()
    accounts = [
        LocalAccount(
            account.name,
            AccountFolders(paths.account_data(account.name), paths.account_cache(account.name)),
        )
        for account in load_accounts(paths)
    ]
    mail = LocalMail(accounts, NoEngine())
    try:
        for mailbox in await mail.mailboxes():
            if mailbox.role is Role.INBOX:
                print(f"{mailbox.account}: {mailbox.unread}")
    finally:
        await mail.close()


if __name__ == "__main__":
    asyncio.run(main())
