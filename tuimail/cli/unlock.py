"""A password for somebody who sits at the terminal."""

import asyncio
import getpass
import sys

from tuimail.config.schema import AccountConfig
from tuimail.config.secrets import SecretError, find_secret
from tuimail.engine.mail import CommandFailed


async def unlock(account: AccountConfig) -> str | None:
    """What the settings lead to, with the terminal for a program that asks; None: ask the user.

    Raises CommandFailed.
    """
    try:
        return await find_secret(account.name, account.incoming, at_terminal=True)
    except SecretError as error:
        raise CommandFailed(str(error)) from error


async def ask_password(account: AccountConfig) -> str:
    """What is typed, without showing it; empty if nothing is."""
    prompt = f"Password for {account.name} ({account.incoming.username}): "
    return await asyncio.to_thread(getpass.getpass, prompt, sys.stderr)
