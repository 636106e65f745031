"""Trying an account's settings on its server."""

from dataclasses import dataclass

from tuimail.backend.base import NotAuthorized, Refused, Unreachable, Untrusted
from tuimail.backend.imap.backend import ImapBackend
from tuimail.backend.logins import waits_told
from tuimail.backend.smtp.postman import SmtpPostman
from tuimail.cli.ask import ask_secret
from tuimail.cli.failure import Exit, Failure
from tuimail.cli.patience import tell_wait
from tuimail.cli.run import Run
from tuimail.config.schema import AccountConfig
from tuimail.config.secrets import SecretError, find_secret
from tuimail.engine.accounts import Secret, open_backend, open_pop3_session, sending_of
from tuimail.engine.events import Connection, ConnectionChanged
from tuimail.engine.purposes import Purpose, purposes_of
from tuimail.engine.setup import Certificate
from tuimail.model.mail import INBOX, AccountName
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.model.sync import ServerMailbox


class NotTrusted(Failure):
    """The server shows a certificate that nobody vouches for; a user may trust it."""

    def __init__(self, sentence: str, certificate: Certificate) -> None:
        super().__init__(sentence)
        self.certificate = certificate


@dataclass(frozen=True, slots=True)
class Login:
    """What a log-in showed."""

    mailboxes: tuple[str, ...]
    capabilities: tuple[str, ...]
    purposes: tuple[Purpose, ...] = ()
    listed: tuple[ServerMailbox, ...] = ()


async def try_login(run: Run, account: AccountConfig, secret: str) -> Login:
    """Connect, log in, look around, and leave; raises Failure."""

    async def known() -> str:
        return secret

    _complain_of_waits(account)
    look = _look_at_maildrop if account.protocol == "pop3" else _look_at_mailboxes
    try:
        return await look(run, account, known)
    except Untrusted as error:
        reason = safe_line(f"{error.reason}.")
        certificate = Certificate(reason, error.fingerprint)
        raise NotTrusted(f"{account.name}: {error}", certificate) from error
    except (NotAuthorized, Refused) as error:
        raise Failure(f"{account.name}: {error}") from error
    except Unreachable as error:
        raise Failure(f"{account.name}: {error}", Exit.LATER) from error


async def secret_of(run: Run, account: AccountConfig) -> str:
    """What opens the account's mail server, asked for where nothing else tells; or Failure."""
    try:
        secret = await find_secret(account.name, account.incoming)
    except SecretError as error:
        raise Failure(f"{account.name}: {error}") from error
    if secret is not None:
        return secret
    if not run.can_ask:
        raise Failure(f"{account.name}: there is no password to log in with")
    return ask_secret(run, f"Password for {account.incoming.username}")


async def try_sending(account: AccountConfig, secret: str) -> None:
    """Connect and log in where letters go out, and leave; raises Failure.

    `secret` is the one that mail was let in with, for settings that name no other.
    """
    sending = sending_of(account)
    if sending is None:
        return

    async def known() -> str:
        if sending.find_secret is None:
            return secret
        found = await sending.find_secret()
        if found is None:
            raise NotAuthorized("there is no password to send with")
        return found

    postman = sending.open_postman(known)
    if not isinstance(postman, SmtpPostman):
        return
    try:
        await postman.check()
    except (NotAuthorized, Refused) as error:
        raise Failure(str(error)) from error
    except Unreachable as error:
        raise Failure(str(error), Exit.LATER) from error


def _complain_of_waits(account: AccountConfig) -> None:
    """From here on, why a log-in waits."""
    delayed: set[AccountName] = set()

    def hear(words: SafeText) -> None:
        tell_wait(ConnectionChanged(account.name, Connection.CONNECTING, words), delayed)

    waits_told.set(hear)


async def _look_at_mailboxes(run: Run, account: AccountConfig, secret: Secret) -> Login:
    backend = open_backend(run.paths, account, secret)
    try:
        await backend.connect()
        mailboxes = await backend.mailboxes()
        capabilities = await backend.capabilities() if isinstance(backend, ImapBackend) else ()
    finally:
        await backend.close()
    return Login(
        tuple(mailbox.name for mailbox in mailboxes),
        tuple(sorted(capabilities)),
        purposes_of(mailboxes, account.folders.by_role()),
        tuple(mailboxes),
    )


async def _look_at_maildrop(run: Run, account: AccountConfig, secret: Secret) -> Login:
    """A maildrop is one mailbox."""
    session = await open_pop3_session(account, secret)
    try:
        await session.listing()
    finally:
        session.close()
    return Login((INBOX,), tuple(sorted(session.capabilities)))
