"""What every command is given: its arguments, its output, the folders, the accounts, the time."""

import argparse
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TextIO

from tuimail.cli.failure import Exit, Failure
from tuimail.cli.output import Output
from tuimail.config.load import load_accounts
from tuimail.config.paths import Paths
from tuimail.config.schema import AccountConfig
from tuimail.model.local_time import local_now
from tuimail.model.mail import AccountName
from tuimail.model.nearest import there_are
from tuimail.ui.terminal.booted import Booted

NO_ACCOUNT = (
    "There is no account yet. `tuimail account add` sets one up; "
    "`tuimail demo` shows sample mail without any."
)

# Commands that have the terminal for themselves.
SCREENS = ("", "demo")


@dataclass(frozen=True)
class Run:
    """One call of the program."""

    arguments: argparse.Namespace
    output: Output
    paths: Paths
    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    clock: Callable[[], datetime] = local_now
    booted: Booted | None = None
    """The terminal, if it was taken already."""
    left_out: dict[AccountName, str] = field(default_factory=dict)
    """Accounts whose journal cannot be used, and why; the others are gone on with."""

    @cached_property
    def accounts(self) -> list[AccountConfig]:
        """All accounts; raises ConfigError, or Failure if there is none."""
        accounts = load_accounts(self.paths)
        if not accounts:
            raise Failure(NO_ACCOUNT, Exit.USAGE)
        return accounts

    def account(self, name: str) -> AccountConfig:
        """The account of that name; raises Failure."""
        for account in self.accounts:
            if account.name == name:
                return account
        there = there_are(name, [account.name for account in self.accounts])
        raise Failure(f'there is no account "{name}"{there}', Exit.USAGE)

    def account_name(self, name: str | None) -> AccountName | None:
        """The same for an option that may be missing."""
        return None if name is None else self.account(name).name

    @property
    def can_ask(self) -> bool:
        """Whether somebody is there to answer a question."""
        return self.stdin.isatty() and sys.stderr.isatty()


Command = Callable[[Run], Awaitable[Exit]]
