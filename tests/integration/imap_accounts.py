"""Backends of ours for users of a test server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.servers.mail_user import MailUser
from tuimail.backend.imap.backend import ImapBackend, ImapSettings
from tuimail.backend.imap.settings import Security


def settings_of(user: MailUser, security: Security = "none", *, pipeline: int = 0) -> ImapSettings:
    """How to reach `user`'s account; TLS trusts the test server's CA alone."""
    port = user.server.imaps if security == "tls" else user.server.imap
    return ImapSettings(
        "localhost", port, security, user.name, ca_file=user.ca_file, pipeline=pipeline
    )


def backend_of(user: MailUser, security: Security = "none", *, pipeline: int = 0) -> ImapBackend:
    """A backend for `user` that is not yet connected."""

    async def secret() -> str:
        return user.password

    return ImapBackend(settings_of(user, security, pipeline=pipeline), secret)


@asynccontextmanager
async def connected(
    user: MailUser, security: Security = "none", *, pipeline: int = 0
) -> AsyncIterator[ImapBackend]:
    """A connected backend, closed at the end."""
    backend = backend_of(user, security, pipeline=pipeline)
    await backend.connect()
    try:
        yield backend
    finally:
        await backend.close()
