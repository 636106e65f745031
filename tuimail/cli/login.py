"""Trying an account's settings on its server."""

from dataclasses import dataclass

from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.imap.backend import ImapBackend
from tuimail.cli.failure import Exit, Failure
from tuimail.cli.run import IMAP_ONLY
from tuimail.config.schema import AccountConfig
from tuimail.engine.accounts import open_backend


@dataclass(frozen=True, slots=True)
class Login:
    """What a log-in showed."""

    mailboxes: tuple[str, ...]
    capabilities: tuple[str, ...]


async def try_login(account: AccountConfig, secret: str) -> Login:
    """Connect, log in, look around, and leave; raises Failure."""
    if account.protocol != "imap":
        raise Failure(f"{account.name}: {IMAP_ONLY}")

    async def known() -> str:
        return secret

    backend = open_backend(account, known)
    try:
        await backend.connect()
        mailboxes = await backend.mailboxes()
        capabilities = await backend.capabilities() if isinstance(backend, ImapBackend) else ()
    except (NotAuthorized, Refused) as error:
        raise Failure(f"{account.name}: {error}") from error
    except Unreachable as error:
        raise Failure(f"{account.name}: {error}", Exit.LATER) from error
    finally:
        await backend.close()
    return Login(tuple(mailbox.name for mailbox in mailboxes), tuple(sorted(capabilities)))
