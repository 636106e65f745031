"""`account convert`: the same mail by the other protocol; copied and checked before the switch."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.cli.ask import ask, ask_secret, ask_trust
from tuimail.cli.failure import Exit, Failure
from tuimail.cli.login import NotTrusted, try_login
from tuimail.cli.run import Run
from tuimail.cli.session import local_account, place_of
from tuimail.cli.updating import update_stores
from tuimail.config.errors import ConfigError
from tuimail.config.load import read_account
from tuimail.config.save import account_table
from tuimail.config.schema import AccountConfig
from tuimail.config.secrets import SecretError, find_secret
from tuimail.engine.channel import EngineUnavailable
from tuimail.engine.conversion import Conversion, Converted
from tuimail.engine.events import Progress
from tuimail.engine.lock import Locked, no_engine
from tuimail.engine.process import check_data_folder, status_of, stop
from tuimail.engine.trust import Doubt
from tuimail.model.local_time import local_now
from tuimail.model.safe_text import SafeText
from tuimail.store.store import StoreError

_PREFIX = {"imap": "imap", "pop3": "pop"}

Tell = Callable[[str, int, int], None]


async def convert(run: Run) -> Exit:
    """Nothing is switched unless everything is on the other side; may be repeated."""
    old = run.account(run.arguments.name)
    protocol = run.arguments.protocol
    if old.protocol == protocol:
        run.output.say(f"{old.name} is a {protocol.upper()} account already", account=old.name)
        return Exit.DONE
    new = _converted(run, old)
    secret = await _secret(run, old)
    await update_stores(place_of(run.paths), [local_account(run.paths, old).folders])
    async with _without_engine(run):
        done = await _carry_out(run, old, new, secret)
    run.output.say(
        _words(old, new, done),
        account=old.name,
        protocol=protocol,
        messages=done.messages,
        old_settings=str(done.old_settings),
    )
    return Exit.DONE


def _words(old: AccountConfig, new: AccountConfig, done: Converted) -> str:
    kept = f"the old settings are in {done.old_settings}"
    if new.protocol == "imap":
        where = "are on the server; the copy in the mail folder stays, and is not used any more"
    else:
        where = f"are here; {_until(new)}; those in other mailboxes stay there too"
    return (
        f"{old.name} works by {new.protocol.upper()} now: {done.messages} messages {where}; {kept}"
    )


def _until(new: AccountConfig) -> str:
    match new.pop3.delete_after_days:
        case None:
            return "those in the server's INBOX stay there"
        case 0:
            return "the server's INBOX is emptied at the next sync"
        case days:
            return f"those in the server's INBOX leave it after {days} days"


def _converted(run: Run, old: AccountConfig) -> AccountConfig:
    """The account as it will be; asks for what no option says. Raises Failure."""
    given = run.arguments
    table = account_table(old)
    table["protocol"] = given.protocol
    incoming = dict(table["incoming"])
    host = given.host or _ask_host(run, old)
    for name in ("port", *(("fingerprint",) if host != old.incoming.host else ())):
        incoming.pop(name, None)
    incoming["host"] = host
    if given.security:
        incoming["security"] = given.security
    if given.port:
        incoming["port"] = int(given.port) if given.port.isdecimal() else given.port
    table["incoming"] = incoming
    table.pop("pop3", None)
    if given.protocol == "pop3":
        table["pop3"] = {"delete_after_days": _days(run)}
    elif given.delete_after_days is not None:
        raise Failure("--delete-after-days is for pop3 only", Exit.USAGE)
    return _read(run, old, table)


def _read(run: Run, old: AccountConfig, table: dict[str, Any]) -> AccountConfig:
    try:
        return read_account(run.paths.account_file(old.name), table)
    except ConfigError as error:
        raise Failure(error.problem, Exit.USAGE) from error


def _ask_host(run: Run, old: AccountConfig) -> str:
    protocol = run.arguments.protocol
    if not run.can_ask:
        raise Failure(f"say --host, the name of the {protocol.upper()} server", Exit.USAGE)
    first, _, rest = old.incoming.host.partition(".")
    usual = f"{_PREFIX[protocol]}.{rest}" if first == _PREFIX[old.protocol] else old.incoming.host
    return ask(run, f"{protocol.upper()} server", usual)


def _days(run: Run) -> int | str:
    days = run.arguments.delete_after_days
    if days is None and not run.can_ask:
        raise Failure('say --delete-after-days: 0, a number of days, or "never"', Exit.USAGE)
    if days is None:
        question = "Days until a message that is here is deleted on the server (or never)"
        days = ask(run, question, "14")
    return int(days) if days.isdecimal() and len(days) < 10 else days


async def _secret(run: Run, old: AccountConfig) -> str:
    try:
        found = await find_secret(old.name, old.incoming)
    except SecretError as error:
        raise Failure(str(error)) from error
    if found is not None:
        return found
    if not run.can_ask:
        raise Failure(f"{old.name}: there is no password to log in with")
    return ask_secret(run, f"Password for {old.incoming.username}")


@asynccontextmanager
async def _without_engine(run: Run) -> AsyncIterator[None]:
    """Send the engine away unless somebody uses it, and keep it away."""
    place = place_of(run.paths)
    try:
        check_data_folder(place)
        status = await status_of(place)
        if status is not None and status.attached > 1:
            raise Failure("tuimail is open elsewhere: leave it there first, then convert again")
        await stop(place)
    except EngineUnavailable as error:
        raise Failure(str(error)) from error
    try:
        with no_engine(place.lock):
            yield
    except Locked as error:
        raise Failure("tuimail was just opened elsewhere: leave it there first") from error


async def _carry_out(run: Run, old: AccountConfig, new: AccountConfig, secret: str) -> Converted:
    async def known() -> str:
        return secret

    try:
        await _require_settled(Conversion(run.paths, old, new, known, lambda *_: None))
        new = await _let_in(run, new, secret)
        with _progress(run, old) as tell:
            return await Conversion(run.paths, old, new, known, tell).run(local_now())
    except Unreachable as error:
        raise Failure(f"{old.name}: {error}; convert again to go on", Exit.LATER) from error
    except (NotAuthorized, Refused, StoreError) as error:
        raise Failure(f"{old.name}: {error}") from error


async def _let_in(run: Run, new: AccountConfig, secret: str) -> AccountConfig:
    """The account as its new server lets it in: with the certificate that was trusted now."""
    while True:
        try:
            await try_login(run, new, secret)
        except NotTrusted as refusal:
            shown, server = refusal.certificate, new.incoming
            doubt = Doubt(shown, server.host, ((new.protocol, server.port),))
            if not (run.can_ask and shown.fingerprint and ask_trust(run, doubt)):
                raise
            trusted = replace(server, fingerprint=shown.fingerprint, ca_file=None)
            new = replace(new, incoming=trusted)
        else:
            return new


async def _require_settled(conversion: Conversion) -> None:
    if count := await conversion.pending():
        name = conversion.old.name
        raise Failure(
            f"{name}: {count} changes are not on the server yet: run `tuimail sync {name}` first; "
            "`tuimail pending` lists them"
        )


@contextmanager
def _progress(run: Run, account: AccountConfig) -> Iterator[Tell]:
    if run.output.quiet or not sys.stderr.isatty():
        yield lambda *_: None
        return
    from tuimail.cli.progress import bar  # noqa: PLC0415 (rich takes its time)

    with bar() as show:

        def tell(what: str, done: int, total: int) -> None:
            show(Progress(account.name, SafeText(what), done, total))

        yield tell
