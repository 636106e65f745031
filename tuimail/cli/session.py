"""Putting `Mail` together: the stores of all accounts, and the way to the engine."""

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache

from tuimail.cli.failure import Failure
from tuimail.cli.output import complain
from tuimail.cli.run import SCREENS, Run
from tuimail.cli.updating import update_stores
from tuimail.config.paths import Paths
from tuimail.config.schema import AccountConfig
from tuimail.engine.channel import Channel, EngineUnavailable, NoEngine
from tuimail.engine.engine_channel import EngineChannel
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import CommandFailed, Mail
from tuimail.engine.process import Hold, Place, check_data_folder
from tuimail.engine.shelf import LocalAccount
from tuimail.model.address import plain
from tuimail.model.mail import MailboxName
from tuimail.store.journal_file import fault_of
from tuimail.store.store import AccountFolders, StoreError

_SAY_IT_THEMSELVES = (*SCREENS, "sync")


@asynccontextmanager
async def open_mail(
    run: Run, channel: Channel | None = None, *, accounts: Sequence[AccountConfig] | None = None
) -> AsyncIterator[Mail]:
    """These accounts, or all; raises Failure if there is none, or if another machine uses them."""
    stores = [local_account(run.paths, each) for each in accounts or run.accounts]
    try:
        check_data_folder(place_of(run.paths))
    except EngineUnavailable as error:
        raise Failure(str(error)) from error
    await update_stores(place_of(run.paths), [store.folders for store in stores])
    mail = LocalMail(_usable(run, stores), channel or channel_to(run.paths))
    try:
        yield mail
    except (CommandFailed, StoreError) as error:
        raise Failure(str(error)) from error
    finally:
        await mail.close()


def _usable(run: Run, stores: Sequence[LocalAccount]) -> Sequence[LocalAccount]:
    """Of several those whose journal can be used; the others are noted, and said once.

    Where there is no usable one, whoever reads it says what is wrong.
    """
    if len(stores) == 1:
        return stores
    faults = {each.name: fault_of(each.folders) for each in stores}
    usable = [each for each in stores if not faults[each.name]]
    if not usable:
        return stores
    for name, fault in faults.items():
        if fault and name not in run.left_out:
            run.left_out[name] = fault
            if run.arguments.command not in _SAY_IT_THEMSELVES:
                complain(f"{name}: {fault}")
    return usable


def local_account(paths: Paths, account: AccountConfig) -> LocalAccount:
    folders = AccountFolders(paths.account_data(account.name), paths.account_cache(account.name))
    own = (account.email, *account.aliases) if account.outgoing else ()
    identities = tuple(plain(address, account.real_name) for address in own)
    originals = _originals(paths, account) if account.protocol == "pop3" else None
    return LocalAccount(account.name, folders, account.folders.by_role(), identities, originals)


def _originals(paths: Paths, account: AccountConfig) -> Callable[[MailboxName, int], bytes | None]:
    """Reads the account's Maildir; loaded when a message's bytes are first asked for."""

    @cache
    def opened() -> Callable[[MailboxName, int], bytes | None]:
        from tuimail.backend.maildir.originals import Originals  # noqa: PLC0415 (seldom needed)

        return Originals(paths.account_mail(account.name))

    def read(mailbox: MailboxName, uid: int) -> bytes | None:
        return opened()(mailbox, uid)

    return read


def channel_to(paths: Paths, hold: Hold | None = None) -> Channel:
    """To the engine, which is started when it is first asked; none with TUIMAIL_ENGINE=off.

    A new one takes a processor for a while: it is not started before `hold` returns.
    """
    if os.environ.get("TUIMAIL_ENGINE") == "off":
        return NoEngine()
    return EngineChannel(place_of(paths), hold)


def place_of(paths: Paths) -> Place:
    return Place(paths.lock, paths.socket, paths.log)
