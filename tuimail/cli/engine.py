"""`engine status|stop`: the process that talks to the servers."""

from tuimail.cli.failure import Exit, Failure
from tuimail.cli.run import Run
from tuimail.cli.session import place_of
from tuimail.engine.channel import EngineUnavailable
from tuimail.engine.process import status_of, stop
from tuimail.engine.requests import Status

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
    rows = [
        (each.account, each.pending, each.parked, each.connection, each.reason)
        for each in status.accounts
    ]
    run.output.table(head, rows)


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
