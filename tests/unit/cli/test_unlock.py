"""Which password is given when the engine asks for one."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tuimail.cli.unlock import ask_password, unlock
from tuimail.config.schema import AccountConfig, ServerConfig
from tuimail.engine.mail import CommandFailed
from tuimail.model.mail import AccountName


def account(server: ServerConfig) -> AccountConfig:
    return AccountConfig(AccountName("work"), "anna@example.org", server)


async def test_what_the_server_refused_is_not_given_again() -> None:
    in_file = ServerConfig(password="refused")
    printed = ServerConfig(password_command=(sys.executable, "-c", "print('refused')"))
    assert await unlock(account(in_file)) is None
    assert await unlock(account(printed)) is None


async def test_a_command_that_fails_is_tried_again_with_the_terminal() -> None:
    only_once_it_may_ask = (
        "import os; print('asked'); raise SystemExit(os.getsid(0) == os.getpid())"
    )
    server = ServerConfig(password_command=(sys.executable, "-c", only_once_it_may_ask))
    turns: list[str] = []

    @asynccontextmanager
    async def terminal() -> AsyncIterator[None]:
        turns.append("given")
        yield
        turns.append("taken back")

    assert await unlock(account(server), terminal) == "asked"
    assert turns == ["given", "taken back"]


async def test_a_command_that_fails_at_the_terminal_too_is_told_in_words() -> None:
    server = ServerConfig(password_command=("/nonexistent/program",))
    with pytest.raises(CommandFailed, match="cannot be run"):
        await unlock(account(server))


async def test_nobody_is_asked_to_type_a_token() -> None:
    server = ServerConfig(auth="oauth2", token_command=(sys.executable, "-c", "print('ya29')"))
    assert await unlock(account(server)) is None
    assert await ask_password(account(server)) == ""
