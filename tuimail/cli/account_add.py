"""`account add`: options or questions, a log-in to try them, and then a file."""

import shlex
from dataclasses import replace
from typing import Any

from tuimail.cli.ask import ask, ask_choice, ask_secret
from tuimail.cli.failure import Exit, Failure
from tuimail.cli.login import try_login
from tuimail.cli.run import Run
from tuimail.config.errors import ConfigError
from tuimail.config.load import account_files, is_account_name, read_account
from tuimail.config.save import save_account
from tuimail.config.schema import AccountConfig
from tuimail.config.secrets import SecretError, find_secret, keep_in_keyring
from tuimail.model.mail import AccountName

_FILE, _KEYRING, _NOWHERE = "f", "k", "n"


async def add(run: Run) -> Exit:
    """Ask for what is missing, log in, and save; nothing is saved if the log-in fails."""
    account = _account(run)
    secret, keep = await _secret(run, account)
    login = await try_login(run, account, secret)
    if keep == _FILE:
        account = replace(account, incoming=replace(account.incoming, password=secret))
    elif keep == _KEYRING:
        await keep_in_keyring(account.name, secret)
    file = save_account(run.paths, account)
    words = f"Added account {account.name}: {len(login.mailboxes)} mailboxes; settings in {file}"
    run.output.say(words, account=account.name, file=str(file))
    return Exit.DONE


def _account(run: Run) -> AccountConfig:
    """The account as options and answers describe it; raises Failure."""
    given = run.arguments
    email = given.email or ask(run, "Your address")
    domain = email.rpartition("@")[2]
    name = _free_name(run, given.name or ask(run, "A short name for the account", _short(domain)))
    host = given.host or ask(run, "IMAP server", f"imap.{domain}")
    incoming = {
        "host": host,
        "security": given.security,
        "port": _port(given.port),
        "username": given.username or (_ask_username(run, email) if run.can_ask else email),
        "password_command": shlex.split(given.password_command or ""),
        "ca_file": given.ca_file,
        "fingerprint": given.fingerprint,
    }
    table: dict[str, Any] = {
        "email": email,
        "incoming": {key: value for key, value in incoming.items() if value},
    }
    if given.real_name:
        table["name"] = given.real_name
    try:
        return read_account(run.paths.account_file(name), table)
    except ConfigError as error:
        raise Failure(error.problem, Exit.USAGE) from error


def _short(domain: str) -> str:
    first = domain.partition(".")[0]
    return first if is_account_name(first) else "mail"


def _free_name(run: Run, name: str) -> AccountName:
    if not is_account_name(name):
        words = "an account's name has letters, digits and . _ - only"
        raise Failure(f'"{name}" cannot be a name: {words}', Exit.USAGE)
    if run.paths.account_file(AccountName(name)) in account_files(run.paths):
        raise Failure(f"there is an account {name} already", Exit.USAGE)
    return AccountName(name)


def _ask_username(run: Run, email: str) -> str:
    return ask(run, "Log-in name", email)


def _port(text: str | None) -> int | str | None:
    """A number where it is one; the settings' own check speaks about the rest."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else text


async def _secret(run: Run, account: AccountConfig) -> tuple[str, str]:
    """The password, and where it shall be kept."""
    if run.arguments.password_stdin:
        secret = run.stdin.readline().rstrip("\r\n")
        if not secret:
            raise Failure("standard input has no password in its first line", Exit.USAGE)
        return secret, _FILE
    try:
        found = await find_secret(account.name, account.incoming)
    except SecretError as error:
        raise Failure(str(error)) from error
    if found is not None:
        return found, _NOWHERE
    if not run.can_ask:
        raise Failure("say --password-command or --password-stdin", Exit.USAGE)
    return ask_secret(run, "Password"), _ask_where_to_keep(run)


def _ask_where_to_keep(run: Run) -> str:
    choices = (
        (_FILE, "keep it in the account's file, which only you can read"),
        (_KEYRING, "keep it in the system's keyring"),
        (_NOWHERE, "keep it nowhere; be asked each time"),
    )
    return ask_choice(run, "The password", choices)
