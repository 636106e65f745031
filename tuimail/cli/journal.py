"""`undo`, `redo`, `pending`: what was done, and what no server has yet."""

from collections.abc import Sequence
from datetime import datetime

from tuimail.cli.failure import Exit, Failure
from tuimail.cli.run import Run
from tuimail.cli.session import open_mail
from tuimail.engine.commands import Drop, Redo, Retry, Undo
from tuimail.engine.mail import Mail
from tuimail.engine.words import of_entries
from tuimail.model.operation import Append, Copy, Entry, EntryState, Move

HISTORY = 100


async def undo(run: Run) -> Exit:
    async with open_mail(run) as mail:
        if run.arguments.list:
            _print_entries(run, await mail.history(HISTORY))
        else:
            await _submit(run, mail, Undo())
    return Exit.DONE


async def redo(run: Run) -> Exit:
    async with open_mail(run) as mail:
        await _submit(run, mail, Redo())
    return Exit.DONE


async def pending(run: Run) -> Exit:
    action, number = run.arguments.action, run.arguments.number
    async with open_mail(run) as mail:
        if action is None:
            entries = await mail.pending()
            _print_entries(run, entries)
            if not (entries or run.output.as_json or run.output.quiet):
                run.output.line("The servers have everything")
            return Exit.DONE
        if number is None:
            raise Failure(f"pending {action} needs the number of an entry", Exit.USAGE)
        entry = _parked_or_waiting(await mail.pending(), number)
        kind = Retry if action == "retry" else Drop
        await _submit(run, mail, kind(entry.account, entry.id))
    return Exit.DONE


def _parked_or_waiting(entries: Sequence[Entry], number: str) -> Entry:
    """The entry with that number, as it is printed, if the server refused it or has trouble."""
    stuck = [entry for entry in entries if entry.state is EntryState.PARKED or entry.waits]
    account, _, id_ = number.rpartition(":")
    found = [entry for entry in stuck if str(entry.id) == id_ and account in ("", entry.account)]
    if not found:
        raise Failure(f"there is no parked entry {number}, and none that waits")
    if len(found) > 1:
        raise Failure(f"several accounts have an entry {id_}; say ACCOUNT:{id_}", Exit.USAGE)
    return found[0]


async def _submit(run: Run, mail: Mail, command: Undo | Redo | Retry | Drop) -> None:
    done = await mail.submit(command)
    run.output.say(done.words, count=done.count)


def _print_entries(run: Run, entries: Sequence[Entry]) -> None:
    if run.output.as_json:
        for entry in entries:
            run.output.row(_entry_object(entry))
        return
    now = run.clock()
    rows = [
        (
            f"{entry.account}:{entry.id}",
            f"{entry.recorded.astimezone(now.tzinfo):%Y-%m-%d %H:%M}",
            _state(entry),
            _words(entry),
            entry.operation.mailbox,
            _reason(entry, now),
        )
        for entry in entries
    ]
    run.output.table(("ENTRY", "RECORDED", "STATE", "WHAT", "MAILBOX", "REASON"), rows)


def _words(entry: Entry) -> str:
    return of_entries([entry], {})


def _state(entry: Entry) -> str:
    if entry.undone:
        return "undone"
    return "waits" if entry.waits else entry.state


def _reason(entry: Entry, now: datetime) -> str:
    """Why it is parked or waits, and when it is tried again."""
    if not entry.waits or entry.try_at is None:
        return entry.reason
    local = entry.try_at.astimezone(now.tzinfo)
    form = f"{local:%H:%M}" if local.date() == now.date() else f"{local:%Y-%m-%d %H:%M}"
    return f"{entry.reason} (try {entry.tries + 1} at {form})"


def _entry_object(entry: Entry) -> dict[str, object]:
    operation = entry.operation
    target = operation.target if isinstance(operation, Move | Copy) else None
    return {
        "entry": entry.id,
        "account": entry.account,
        "group": entry.group,
        "operation": type(operation).__name__.lower(),
        "did": _words(entry),
        "mailbox": operation.mailbox,
        "target": target if not isinstance(operation, Append) else operation.mailbox,
        "messages": len(operation.keys),
        "state": entry.state,
        "undone": entry.undone,
        "recorded": entry.recorded.isoformat(),
        "not_before": entry.not_before.isoformat() if entry.not_before else None,
        "reason": entry.reason,
        "tries": entry.tries,
        "try_at": entry.try_at.isoformat() if entry.try_at else None,
    }
