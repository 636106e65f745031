"""Putting `Mail` together for one command: the stores, and the way to the engine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tuimail.cli.run import Run
from tuimail.config.paths import Paths
from tuimail.config.schema import AccountConfig
from tuimail.engine.channel import NoEngine
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import Mail
from tuimail.engine.shelf import LocalAccount
from tuimail.store.store import AccountFolders


@asynccontextmanager
async def open_mail(run: Run) -> AsyncIterator[Mail]:
    """All accounts; raises Failure if there is none."""
    accounts = [local_account(run.paths, account) for account in run.accounts]
    mail = LocalMail(accounts, NoEngine())
    try:
        yield mail
    finally:
        await mail.close()


def local_account(paths: Paths, account: AccountConfig) -> LocalAccount:
    folders = AccountFolders(paths.account_data(account.name), paths.account_cache(account.name))
    return LocalAccount(account.name, folders, account.folders.by_role())
