"""From an account's settings to what the engine needs to run it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypedDict

from tuimail.backend.base import Alert, Backend, NotAuthorized
from tuimail.backend.maildir.backend import MaildirBackend
from tuimail.backend.maildir.maildir import Maildir
from tuimail.backend.maildir.originals import Originals
from tuimail.backend.pop3.opening import open_session
from tuimail.backend.pop3.session import Pop3Session
from tuimail.backend.postman import Postman
from tuimail.backend.sasl import Memory
from tuimail.backend.server import Auth, Security, Server
from tuimail.config.paths import Paths
from tuimail.config.schema import AccountConfig, OutgoingConfig, ServerConfig
from tuimail.config.secrets import SecretError, find_secret
from tuimail.engine.account import AccountSetup
from tuimail.engine.bodies import EVERYTHING, EVERYTHING_LOCAL, BodyPolicy
from tuimail.engine.drain import Pop3Access
from tuimail.engine.leaving import rules_of
from tuimail.engine.outbox import Sending
from tuimail.mime.seven_bit import in_seven_bits
from tuimail.store.store import AccountFolders

_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}

# Servers that are known to file what they send need longer than their answer; any may.
_FILING = (
    ".gmail.com",
    ".googlemail.com",
    ".office365.com",
    ".outlook.com",
    ".hotmail.com",
    ".live.com",
    ".me.com",
    ".icloud.com",
    ".zohomail.com",
)
_WHO_FILES = timedelta(seconds=20)
_WHO_MAY_FILE = timedelta(seconds=5)

_SECRET = ("username", "auth", "password", "password_command", "token_command")

Secret = Callable[[], Awaitable[str]]


def setup_of(paths: Paths, account: AccountConfig) -> AccountSetup:
    return AccountSetup(
        name=account.name,
        folders=AccountFolders(paths.account_data(account.name), paths.account_cache(account.name)),
        open_backend=partial(open_backend, paths, account),
        find_secret=partial(_find_secret, account, account.incoming),
        token=account.incoming.auth == "oauth2",
        policy=EVERYTHING_LOCAL if _is_pop3(account) else body_policy(account.imap.bodies),
        originals=Originals(paths.account_mail(account.name)) if _is_pop3(account) else None,
        settings=account,
        sending=sending_of(account),
        open_maildrop=partial(open_maildrop, paths, account) if _is_pop3(account) else None,
    )


def sending_of(account: AccountConfig) -> Sending | None:
    """How the account sends; None if its settings name no server for that."""
    server = account.outgoing
    if server is None:
        return None
    same = all(getattr(server, name) == getattr(account.incoming, name) for name in _SECRET)
    return Sending(
        open_postman=partial(open_postman, server),
        find_secret=None if same else partial(_find_secret, account, server),
        token=server.auth == "oauth2",
        chosen=account.folders.by_role(),
        copy_after=copy_after(account),
    )


def copy_after(account: AccountConfig) -> timedelta | None:
    """How long a server has to put what it sends into Sent itself; None: there is no copy."""
    server = account.outgoing
    if server is None or server.copy_to_sent is False:
        return None
    if server.copy_to_sent or _is_pop3(account):
        return timedelta(0)
    host = f".{server.host.lower()}"
    return _WHO_FILES if host.endswith(_FILING) or ".zoho." in host else _WHO_MAY_FILE


def open_postman(server: OutgoingConfig, secret: Secret) -> Postman:
    """As `open_backend`."""
    from tuimail.backend.smtp.postman import SmtpPostman, SmtpSettings  # noqa: PLC0415 (heavy)

    settings = SmtpSettings(**_reach(server), ehlo_name=server.ehlo_name)
    return SmtpPostman(settings, secret, encode=in_seven_bits)


class _Reach(TypedDict):
    """What all servers have in common; the names are those of `Server`."""

    host: str
    port: int
    security: Security
    username: str
    auth: Auth
    sasl: str
    ca_file: Path | None
    fingerprint: str | None


def _reach(server: ServerConfig) -> _Reach:
    return _Reach(
        host=server.host,
        port=server.port,
        security=server.security,
        username=server.username,
        auth=server.auth,
        sasl=server.sasl,
        ca_file=server.ca_file,
        fingerprint=server.fingerprint,
    )


def _is_pop3(account: AccountConfig) -> bool:
    return account.protocol == "pop3"


def open_maildrop(paths: Paths, account: AccountConfig, secret: Secret) -> Pop3Access:
    """How to fetch the mail of a POP3 account into its Maildir."""
    return Pop3Access(
        open_session=partial(open_pop3_session, account, secret, Memory()),
        maildir=maildir_of(paths, account),
        placeholders=placeholders_of(paths, account),
        rules=rules_of(account.pop3),
        max_size=account.pop3.max_size,
    )


def maildir_of(paths: Paths, account: AccountConfig) -> Maildir:
    """Where a POP3 account's mail is."""
    made = paths.account_data(account.name) / "maildir-made"
    return Maildir(paths.account_mail(account.name), made)


def placeholders_of(paths: Paths, account: AccountConfig) -> Maildir:
    """Where the placeholders are of what is too large to be fetched."""
    return Maildir(paths.account_data(account.name) / "placeholders")


async def open_pop3_session(
    account: AccountConfig, secret: Secret, memory: Memory | None = None
) -> Pop3Session:
    """A session that is logged in; raises what a backend raises."""
    return await open_session(Server(**_reach(account.incoming)), secret, memory=memory)


def open_backend(
    paths: Paths, account: AccountConfig, secret: Secret, alert: Alert = lambda _: None
) -> Backend:
    """A backend that is not connected yet; protocol libraries are loaded here and not before."""
    if _is_pop3(account):
        maildir = maildir_of(paths, account)
        held = placeholders_of(paths, account)
        return MaildirBackend(maildir, account.folders.by_role(), placeholders=held)
    from tuimail.backend.imap.backend import ImapBackend  # noqa: PLC0415 (heavy)
    from tuimail.backend.imap.settings import ImapSettings  # noqa: PLC0415

    settings = ImapSettings(
        **_reach(account.incoming),
        pipeline=account.imap.pipeline,
        everything=account.imap.shared == "all",
    )
    return ImapBackend(settings, secret, alert=alert)


def body_policy(bodies: str) -> BodyPolicy:
    """From "all", "headers" or an age such as "1y"."""
    if bodies == "all":
        return EVERYTHING
    if bodies == "headers":
        return BodyPolicy(wanted=False)
    return BodyPolicy(age=timedelta(days=int(bodies[:-1]) * _DAYS[bodies[-1]]))


async def _find_secret(account: AccountConfig, server: ServerConfig) -> str | None:
    """Raises NotAuthorized with a sentence if a command fails."""
    try:
        return await find_secret(account.name, server)
    except SecretError as error:
        raise NotAuthorized(str(error)) from error
