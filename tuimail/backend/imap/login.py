"""Logging in: one try, and only over a line that may carry a password."""

import asyncio
from collections.abc import Awaitable, Callable

from tuimail.backend.base import Alert, Refused, Unreachable
from tuimail.backend.imap.answers import check_login
from tuimail.backend.imap.connection import open_line
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.settings import ImapSettings, Patience
from tuimail.wire.imap_commands import Command, authenticate_plain, login
from tuimail.wire.imap_errors import Unsendable

Secret = Callable[[], Awaitable[str]]


async def open_session(
    settings: ImapSettings, secret: Secret, patience: Patience, alert: Alert
) -> Line:
    """A line that is logged in and knows what the server can do."""
    line = await open_line(settings, patience, alert)
    try:
        if line.greeting.result().condition != "PREAUTH":
            await _log_in(line, settings, await secret(), patience)
        await line.ask_capabilities()
    except BaseException:
        line.drop()
        raise
    return line


async def _log_in(line: Line, settings: ImapSettings, password: str, patience: Patience) -> None:
    try:
        async with asyncio.timeout(patience.silence):
            command = _way_in(await line.ask_capabilities(), settings, password)
            line.capabilities = frozenset()
            check_login(await line.run(command), settings.host)
    except TimeoutError as slow:
        raise Unreachable(f"{settings.host} did not answer the log-in in time") from slow
    except Unsendable as unsendable:
        raise Refused(f"User name or password for {settings.host}: {unsendable}") from unsendable


def _way_in(capabilities: frozenset[str], settings: ImapSettings, password: str) -> Command:
    if "AUTH=PLAIN" in capabilities:
        initial = "SASL-IR" in capabilities
        return authenticate_plain(settings.username, password, initial=initial)
    if "LOGINDISABLED" not in capabilities:
        return login(settings.username, password)
    raise Refused(f"{settings.host} offers no way to log in with a password that tuimail knows")
