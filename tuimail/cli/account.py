"""`account list|check|remove`, and the way to `account add` and `account convert`."""

import shutil

from tuimail.cli.account_add import add
from tuimail.cli.account_convert import convert
from tuimail.cli.ask import ask_yes
from tuimail.cli.failure import Exit, Failure, of_several
from tuimail.cli.login import Login, secret_of, try_login, try_sending
from tuimail.cli.output import complain
from tuimail.cli.run import Run
from tuimail.cli.session import place_of
from tuimail.config.idle import told
from tuimail.config.load import load_accounts
from tuimail.config.schema import AccountConfig
from tuimail.engine.channel import EngineUnavailable
from tuimail.engine.process import status_of
from tuimail.engine.purposes import in_words
from tuimail.engine.requests import AccountStatus
from tuimail.model.mail import AccountName


async def account(run: Run) -> Exit:
    match run.arguments.action:
        case "list":
            return await _list(run)
        case "check":
            return await _check(run)
        case "remove":
            return await _remove(run)
        case "convert":
            return await convert(run)
        case _:
            return await add(run)


async def _list(run: Run) -> Exit:
    """The settings, and how the engine stands with each account; it is not started for that."""
    accounts = load_accounts(run.paths)
    known = await _known_to_engine(run)
    if run.output.as_json:
        for each in accounts:
            run.output.row(_account_object(each) | _connection_object(known.get(each.name)))
        return Exit.DONE
    head = ("ACCOUNT", "ADDRESS", "PROTOCOL", "SERVER", "PORT", "SECURITY", "CONNECTION")
    rows = [
        (
            each.name,
            each.email,
            each.protocol,
            each.incoming.host,
            each.incoming.port,
            each.incoming.security,
            "; ".join(filter(None, (_connection_words(known.get(each.name)), told(each.idle)))),
        )
        for each in accounts
    ]
    run.output.table(head, rows)
    return Exit.DONE


async def _known_to_engine(run: Run) -> dict[AccountName, AccountStatus]:
    try:
        status = await status_of(place_of(run.paths))
    except EngineUnavailable:
        status = None
    return {each.account: each for each in status.accounts} if status else {}


def _connection_words(status: AccountStatus | None) -> str:
    """What was reached and what not, as far as anybody tried."""
    if status is None:
        return "not tried: the engine does not run"
    return f"{status.connection}: {status.reason}" if status.reason else status.connection


def _connection_object(status: AccountStatus | None) -> dict[str, object]:
    if status is None:
        return {"connection": None, "reason": None}
    return {"connection": status.connection, "reason": status.reason or None}


def _account_object(account: AccountConfig) -> dict[str, object]:
    return {
        "account": account.name,
        "email": account.email,
        "name": account.real_name,
        "protocol": account.protocol,
        "host": account.incoming.host,
        "port": account.incoming.port,
        "security": account.incoming.security,
        "username": account.incoming.username,
        "no_effect": list(account.idle),
    }


async def _check(run: Run) -> Exit:
    """One account, or each; 3 if some can be used and others cannot."""
    name = run.arguments.name
    accounts = run.accounts if name is None else [run.account(name)]
    return of_several([await _check_one(run, account) for account in accounts])


async def _check_one(run: Run, account: AccountConfig) -> Exit:
    """Whether mail can come, and whether letters can leave.

    The latter is tried only where mail was let in: a refused password is given once (N14).
    """
    try:
        secret = await secret_of(run, account)
        login = await try_login(run, account, secret)
    except Failure as failure:
        _print_check(run, account, None, str(failure), "was not tried")
        complain(str(failure))
        return failure.status
    try:
        await try_sending(account, secret)
    except Failure as failure:
        _print_check(run, account, login, "", str(failure))
        complain(f"{account.name}: mail comes, but cannot be sent: {failure}")
        return Exit.PARTLY
    _print_check(run, account, login, "", "")
    return Exit.DONE


def _print_check(
    run: Run, account: AccountConfig, login: Login | None, closed: str, sending: str
) -> None:
    """What was reached, and in JSON what was not, too."""
    if run.output.as_json:
        run.output.row(_check_object(account, login, closed, sending))
        return
    if login is None:
        return
    incoming, outgoing = account.incoming, account.outgoing
    run.output.line(f"{account.name}: logged in to {incoming.host} port {incoming.port}")
    used = in_words(login.purposes)
    run.output.line(f"Mailboxes: {len(login.mailboxes)}{f'; {used}' if used else ''}")
    run.output.line(f"The server can: {' '.join(login.capabilities)}")
    if outgoing is None:
        run.output.line("Sending: there is no [outgoing] server in the settings")
    elif not sending:
        run.output.line(f"Sending: {outgoing.host} port {outgoing.port} takes letters")
    if account.idle:
        run.output.line(f"Settings: {told(account.idle)}")


def _check_object(
    account: AccountConfig, login: Login | None, closed: str, sending: str
) -> dict[str, object]:
    outgoing = account.outgoing
    found: dict[str, object] = {
        "ok": login is not None and not sending,
        "error": closed or sending or None,
        "mailboxes": list(login.mailboxes) if login else None,
        "capabilities": list(login.capabilities) if login else None,
        "folders": login
        and {
            str(each.role): {"name": each.mailbox, "exists": each.there} for each in login.purposes
        },
        "outgoing": outgoing
        and {
            "host": outgoing.host,
            "port": outgoing.port,
            "ok": login is not None and not sending,
            "error": sending or None,
        },
    }
    return _account_object(account) | found


async def _remove(run: Run) -> Exit:
    """Take away settings and cache; what is not on a server stays in the data folder."""
    name = run.account(run.arguments.name).name
    question = f"Forget account {name} on this machine?"
    asks = run.can_ask and not run.arguments.force
    if asks and not ask_yes(run, question, default=False):
        raise Failure("nothing was removed")
    run.paths.account_file(name).unlink()
    # A running engine reads the settings again when somebody comes in, and lets go of the cache.
    try:
        await status_of(place_of(run.paths))
    except EngineUnavailable as error:
        complain(str(error))
    shutil.rmtree(run.paths.account_cache(name), ignore_errors=True)
    kept = run.paths.account_data(name)
    words = f"Removed account {name}"
    if kept.exists():
        words += f"; its journal stays in {kept}"
    run.output.say(words, account=name)
    return Exit.DONE
