"""Where passwords and tokens come from; nothing here writes or logs one (security.md L3, L4)."""

import asyncio
import importlib
import logging
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from typing import Any

from tuimail.config.schema import Secrets
from tuimail.model.mail import AccountName

KEYRING_SERVICE = "tuimail"
COMMAND_SECONDS = 30.0
TYPING_SECONDS = 120.0

_FIRST_LINE_BYTES = 16 * 1024
# pinentry-curses refuses a path that cannot be; /dev/null it would read for ever.
_NO_TERMINAL = "/dev/null/no-terminal"

log = logging.getLogger(__name__)


class SecretError(Exception):
    """The secret cannot be had; its text is a sentence for the user and has no secret in it."""


async def find_secret(
    account: AccountName, server: Secrets, *, at_terminal: bool = False
) -> str | None:
    """The password or access token: of the file, of the command, of the keyring, or None.

    None means that only the user can tell it. `at_terminal` leaves a command the terminal,
    to ask there. Raises SecretError if the command fails.
    """
    if server.auth == "oauth2":
        what = f"the token command of {account}"
        return await first_line(server.token_command, what, at_terminal=at_terminal)
    if server.password is not None:
        return server.password
    if server.password_command:
        what = f"the password command of {account}"
        return await first_line(server.password_command, what, at_terminal=at_terminal)
    return await asyncio.to_thread(_from_keyring, account)


async def keep_in_keyring(account: AccountName, secret: str) -> None:
    """Where `find_secret` looks for it; raises SecretError if there is no keyring."""
    if not await asyncio.to_thread(_into_keyring, account, secret):
        raise SecretError("there is no keyring that can be used")


async def first_line(
    command: tuple[str, ...],
    what: str,
    *,
    at_terminal: bool = False,
    seconds: float | None = None,
) -> str:
    """The first line that `command` prints, run without a shell.

    Its stderr goes nowhere, unless it may ask at the terminal: then it has two minutes
    instead of 30 seconds.
    """
    other = None if at_terminal else DEVNULL
    seconds = seconds or (TYPING_SECONDS if at_terminal else COMMAND_SECONDS)
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=other,
            stdout=PIPE,
            stderr=other,
            start_new_session=not at_terminal,
            env=_environment(at_terminal=at_terminal),
        )
    except OSError as error:
        raise SecretError(f"{what} cannot be run: {error.strerror}") from error
    try:
        async with asyncio.timeout(seconds):
            head = await _head_of_output(process)
            status = await process.wait()
    except TimeoutError as error:
        raise SecretError(f"{what} did not end within {seconds:.0f} seconds") from error
    finally:
        await _end(process, with_group=not at_terminal)
    if status != 0:
        raise SecretError(f"{what} failed with exit status {status}")
    return _secret(head, what)


def _environment(*, at_terminal: bool) -> dict[str, str]:
    """Ours, but for the terminal at which GnuPG's agent has a passphrase asked for.

    The agent is no child of the command: it would ask at the terminal that GPG_TTY names, or
    at the one it was started from, in the middle of our screen.
    """
    if at_terminal and sys.stdin.isatty():
        return {**os.environ, "GPG_TTY": os.ttyname(sys.stdin.fileno())}
    return {**os.environ, "GPG_TTY": _NO_TERMINAL}


async def _head_of_output(process: Process) -> bytes:
    """The beginning of what the process prints; reads on to its end, keeping nothing."""
    head = b""
    assert process.stdout is not None  # noqa: S101 (stdout is a pipe)
    while chunk := await process.stdout.read(64 * 1024):
        head += chunk[: _FIRST_LINE_BYTES - len(head)]
    return head


def _secret(head: bytes, what: str) -> str:
    line = head.split(b"\n", 1)[0].removesuffix(b"\r")
    try:
        secret = line.decode()
    except UnicodeDecodeError as error:
        raise SecretError(f"{what} printed something that is not UTF-8") from error
    if not secret:
        raise SecretError(f"{what} printed an empty first line")
    if len(line) >= _FIRST_LINE_BYTES:
        raise SecretError(f"{what} printed a line that is too long for a secret")
    return secret


async def _end(process: Process, *, with_group: bool) -> None:
    """Leave no process behind, nor one that it started where it has a group of its own."""
    with suppress(ProcessLookupError):
        if with_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    await process.wait()


def _from_keyring(account: AccountName) -> str | None:
    for ring in _rings():
        try:
            secret = ring.get_password(KEYRING_SERVICE, account)
        except _keyring_errors() as error:
            log.info("%s gives nothing: %s", type(ring).__name__, type(error).__name__)
            continue
        if secret:
            return str(secret)
    return None


def _into_keyring(account: AccountName, secret: str) -> bool:
    for ring in _rings():
        try:
            ring.set_password(KEYRING_SERVICE, account, secret)
        except _keyring_errors() as error:
            log.info("%s keeps nothing: %s", type(ring).__name__, type(error).__name__)
            continue
        return True
    return False


def _rings() -> list[Any]:
    """The keyrings there are, without those of keyrings.alt: plain files."""
    try:
        keyring = importlib.import_module("keyring")  # optional, and slow to import
    except ImportError:
        return []
    backend = keyring.get_keyring()
    rings = getattr(backend, "backends", [backend])
    return [ring for ring in rings if not type(ring).__module__.startswith("keyrings.alt")]


def _keyring_errors() -> tuple[type[Exception], ...]:
    errors = importlib.import_module("keyring.errors")
    return (errors.KeyringError, OSError, RuntimeError)
