"""A password from somebody who sits at the terminal, or from a program that asks there."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext

from tuimail.cli.ask import hidden_line_meanwhile
from tuimail.config.schema import AccountConfig
from tuimail.config.secrets import SecretError, find_secret
from tuimail.engine.mail import CommandFailed


async def unlock(
    account: AccountConfig, terminal: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
) -> str | None:
    """What the account's command says now that it may ask at the terminal; None: ask the user.

    `terminal` is entered while it may. A secret that can be had without asking is not given
    again: the server has refused it (security.md N14). Raises CommandFailed.
    """
    try:
        await find_secret(account.name, account.incoming)
    except SecretError:
        async with terminal():
            return await _at_terminal(account)
    return None


async def _at_terminal(account: AccountConfig) -> str | None:
    try:
        return await find_secret(account.name, account.incoming, at_terminal=True)
    except SecretError as error:
        raise CommandFailed(str(error)) from error


async def ask_password(account: AccountConfig) -> str:
    """What is typed, without showing it; empty if nothing is, and where a token is wanted.

    Nobody can type a token, and a password must not go in its place.
    """
    if account.incoming.auth == "oauth2":
        return ""
    question = f"Password for {account.name} ({account.incoming.username})"
    return await hidden_line_meanwhile(question)
