"""`engine status|stop`: the process that talks to the servers."""

from contextlib import suppress

from tuimail.cli.failure import Exit, Failure
from tuimail.cli.run import Run
from tuimail.cli.session import place_of
from tuimail.config.errors import ConfigError
from tuimail.config.idle import told
from tuimail.config.load import load_accounts
from tuimail.engine.channel import EngineUnavailable
from tuimail.engine.process import status_of, stop
from tuimail.engine.requests import Status
from tuimail.model.mail import AccountName

_NOT_RUNNING = "The engine does not run"


async def engine(run: Run) -> Exit:
    try:
        if run.arguments.action == "stop":
            stopped = await stop(place_of(run.paths))
            run.output.say("The engine has left" if stopped else _NOT_RUNNING, stopped=stopped)
        else:
            _print_status(run, await status_of(place_of(run.paths)))
    except EngineUnavailable as error:
        raise Failure(str(error)) from error
    return Exit.DONE


def _print_status(run: Run, status: Status | None) -> None:
    if run.output.as_json:
        run.output.row(_status_object(status))
        return
    if status is None:
        run.output.line(_NOT_RUNNING)
        return
    run.output.line(f"The engine runs: process {status.pid}, version {status.version}")
    head = ("ACCOUNT", "PENDING", "REFUSED", "CONNECTION", "REASON")
    idle = _idle(run)
    rows = [
        (
            each.account,
            each.pending,
            each.parked,
            each.connection,
            "; ".join(filter(None, (each.reason, idle.get(each.account, "")))),
        )
        for each in status.accounts
    ]
    run.output.table(head, rows)


def _idle(run: Run) -> dict[AccountName, str]:
    """What settings nothing reads; how the engine does is told also where they are wrong."""
    with suppress(ConfigError):
        return {each.name: told(each.idle) for each in load_accounts(run.paths)}
    return {}


def _status_object(status: Status | None) -> dict[str, object]:
    if status is None:
        return {"running": False}
    accounts = [
        {
            "account": each.account,
            "connection": each.connection,
            "reason": each.reason,
            "pending": each.pending,
            "parked": each.parked,
        }
        for each in status.accounts
    ]
    return {
        "running": True,
        "pid": status.pid,
        "version": status.version,
        "attached": status.attached,
        "accounts": accounts,
    }
