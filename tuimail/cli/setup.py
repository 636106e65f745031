"""Trying an account on its servers, counting what is there, and writing it down."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import TypeVar

from tuimail.backend.base import NotAuthorized, Refused, Unreachable, Untrusted
from tuimail.backend.imap.backend import ImapBackend
from tuimail.backend.logins import waits_told
from tuimail.backend.smtp.postman import SmtpPostman
from tuimail.config.errors import ConfigError
from tuimail.config.files import account_files
from tuimail.config.load import is_account_name
from tuimail.config.paths import Paths
from tuimail.config.save import save_account
from tuimail.config.schema import AccountConfig, OutgoingConfig, Protocol, ServerConfig
from tuimail.config.secrets import SecretError, find_secret, keep_in_keyring
from tuimail.engine.accounts import Secret, open_backend, open_pop3_session, open_postman
from tuimail.engine.purposes import purposes_of
from tuimail.engine.setup import (
    Certificate,
    Closed,
    Draft,
    Fault,
    ImapNumbers,
    Keep,
    Pop3Numbers,
    Probe,
    SetupFailed,
)
from tuimail.model.mail import INBOX, AccountName, Role
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.model.sync import ServerMailbox

PATIENCE = 25.0
_NO_ANSWER = f"There is no answer after {PATIENCE:.0f} seconds."
# It waits for us as we wait for it.
_SILENT = " A port for TLS alone says nothing to starttls: try tls."

# Views of the same mail: what is in them is counted where it lies.
_VIEWS = frozenset({Role.ALL, Role.FLAGGED})

_T = TypeVar("_T")


class ServerSetup:
    """`engine.setup.Setup` over the real servers and the settings folder."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def is_taken(self, name: str) -> bool:
        if not is_account_name(name):
            return False
        return self._paths.account_file(AccountName(name)) in account_files(self._paths)

    async def probe(
        self, draft: Draft, terminal: Callable[[], AbstractAsyncContextManager[None]]
    ) -> Probe:
        """One log-in on each server, none after a refused password (security.md N14)."""
        try:
            password = await _password(draft, terminal)
        except SecretError as error:
            closed = Closed(safe_line(f"{error}."), Fault.PASSWORD)
            return Probe(closed if draft.imap else None, closed if draft.pop3 else None)

        async def secret() -> str:
            return password

        imap = (
            await _answer(lambda: self._ask_imap(draft, secret), draft.imap) if draft.imap else None
        )
        if draft.pop3 is None or _is_refused(imap):
            return Probe(imap, None, await _try_smtp(draft, secret, imap))
        pop3 = await _answer(lambda: _ask_pop3(draft, secret), draft.pop3)
        return Probe(imap, pop3, await _try_smtp(draft, secret, imap, pop3))

    async def save(self, draft: Draft, protocol: Protocol) -> AccountConfig:
        account = draft.account(protocol)
        try:
            if draft.keep is Keep.FILE:
                account = replace(
                    account, incoming=replace(account.incoming, password=draft.password)
                )
            elif draft.keep is Keep.KEYRING:
                await keep_in_keyring(account.name, draft.password)
            save_account(self._paths, account)
        except (ConfigError, SecretError) as error:
            raise SetupFailed(f"{error}.") from error
        return account

    async def _ask_imap(self, draft: Draft, secret: Secret) -> ImapNumbers:
        backend = open_backend(self._paths, draft.account("imap"), secret)
        try:
            await backend.connect()
            mailboxes = await backend.mailboxes()
            quota = await backend.quota() if isinstance(backend, ImapBackend) else None
        finally:
            await backend.close()
        others = [box for box in mailboxes if box.name != INBOX and box.role not in _VIEWS]
        return ImapNumbers(
            inbox=sum(_total(box) for box in mailboxes if box.name == INBOX),
            elsewhere=sum(map(_total, others)),
            others=sum(1 for box in others if _total(box)),
            quota=quota,
            purposes=purposes_of(mailboxes, {}),
        )


async def _ask_pop3(draft: Draft, secret: Secret) -> Pop3Numbers:
    session = await open_pop3_session(draft.account("pop3"), secret)
    try:
        listed = await session.listing()
        # Nothing was marked, so that nothing is deleted; the maildrop is unlocked at once.
        await session.quit()
    finally:
        session.close()
    uidls = {each.uidl for each in listed}
    return Pop3Numbers(
        messages=len(listed),
        size=sum(each.size for each in listed),
        ids=None not in uidls and len(uidls) == len(listed),
    )


async def _try_smtp(
    draft: Draft, secret: Secret, *answers: ImapNumbers | Pop3Numbers | Closed | None
) -> Closed | None:
    """Why sending does not work; asked only where a log-in has shown that the password is right."""
    if draft.smtp is None or all(isinstance(each, Closed | None) for each in answers):
        return None
    postman = open_postman(OutgoingConfig.of(draft.smtp), secret)
    if not isinstance(postman, SmtpPostman):
        return None
    answer = await _answer(postman.check, draft.smtp)
    return answer if isinstance(answer, Closed) else None


async def _answer(ask: Callable[[], Awaitable[_T]], server: ServerConfig | None) -> _T | Closed:
    """What `ask` finds, or why it does not, in a sentence."""
    waits: list[SafeText] = []
    before = waits_told.set(waits.append)
    try:
        async with asyncio.timeout(PATIENCE):
            return await ask()
    except NotAuthorized as error:
        return Closed(_sentence(error), Fault.PASSWORD)
    except Untrusted as error:
        certificate = Certificate(_plain_sentence(error.reason), error.fingerprint)
        return Closed(_sentence(error), certificate=certificate if error.fingerprint else None)
    except Refused as error:
        return Closed(_sentence(error))
    except Unreachable as error:
        return Closed(_sentence(error), later=True)
    except TimeoutError:
        return _no_answer(waits, server)
    finally:
        waits_told.reset(before)


def _no_answer(waits: Sequence[SafeText], server: ServerConfig | None) -> Closed:
    if said := [words for words in waits if words]:
        return Closed(safe_line(f"{said[-1]}. Try again then."), later=True)
    silent = server is not None and server.security == "starttls"
    return Closed(safe_line(_NO_ANSWER + _SILENT * silent), later=True)


def _sentence(error: Exception) -> SafeText:
    return _plain_sentence(str(error))


def _plain_sentence(words: str) -> SafeText:
    return safe_line(f"{words.rstrip('.')}.")


def _is_refused(answer: ImapNumbers | Closed | None) -> bool:
    return isinstance(answer, Closed) and answer.fault is Fault.PASSWORD


def _total(mailbox: ServerMailbox) -> int:
    return mailbox.status.total if mailbox.status else 0


async def _password(draft: Draft, terminal: Callable[[], AbstractAsyncContextManager[None]]) -> str:
    """What was typed or what the command prints; it may ask at the terminal if it has to."""
    server = draft.imap or draft.pop3
    if server is None or draft.keep is not Keep.COMMAND:
        return draft.password
    try:
        found = await find_secret(draft.name, server)
    except SecretError:
        async with terminal():
            found = await find_secret(draft.name, server, at_terminal=True)
    return found or ""
