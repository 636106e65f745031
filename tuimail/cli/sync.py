"""`sync`: push what is pending, pull what is new, and say what came of it."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractContextManager, nullcontext

from tuimail.cli.failure import Exit, Failure
from tuimail.cli.output import complain
from tuimail.cli.run import Run
from tuimail.cli.session import open_mail
from tuimail.cli.unlock import ask_password, unlock
from tuimail.config.schema import AccountConfig
from tuimail.engine.commands import Sync
from tuimail.engine.events import (
    ConnectionChanged,
    EngineGone,
    Event,
    Progress,
    SecretNeeded,
    ServerAlert,
    SyncFinished,
)
from tuimail.engine.mail import CommandFailed, Mail
from tuimail.model.mail import AccountName

Bar = AbstractContextManager[Callable[[Progress], None]]


async def sync(run: Run) -> Exit:
    asked = [run.account(name) for name in run.arguments.names] or run.accounts
    wanted = frozenset(account.name for account in asked)
    async with open_mail(run) as mail, mail.subscribe() as events:
        finished = await sync_once(run, mail, events, wanted)
        for each in finished:
            report(run, each)
        if run.arguments.watch:
            await _watch(run, events)
    return outcome(finished)


def outcome(finished: Collection[SyncFinished]) -> Exit:
    """One exit code for all accounts."""
    codes = {each.exit for each in finished}
    if codes <= {Exit.DONE}:
        return Exit.DONE
    if Exit.DONE in codes:
        return Exit.PARTLY
    return Exit.LATER if codes == {Exit.LATER} else Exit.FAILED


async def sync_once(
    run: Run, mail: Mail, events: AsyncIterator[Event], names: frozenset[AccountName]
) -> list[SyncFinished]:
    """How it ended for each of the accounts; raises Failure if the engine is gone."""
    # A journal that cannot be opened is told at once, in its own words.
    await mail.pending()
    await mail.submit(Sync(names))
    return await _Round(run, mail, names).finish(events)


class _Round:
    """One sync of the `wanted` accounts, with somebody watching it."""

    def __init__(self, run: Run, mail: Mail, wanted: Collection[AccountName]) -> None:
        self._run = run
        self._mail = mail
        self._waiting = set(wanted)
        self._finished: list[SyncFinished] = []
        self._asked: set[AccountName] = set()
        self._again: set[AccountName] = set()

    async def finish(self, events: AsyncIterator[Event]) -> list[SyncFinished]:
        with _progress(self._run) as show:
            async for event in events:
                match event:
                    case Progress():
                        show(event)
                    case SecretNeeded(account=account, reason=reason):
                        await self._ask_secret(account, reason)
                    case ServerAlert():
                        complain(event.sentence)
                    case SyncFinished():
                        self._note(event)
                    case EngineGone(reason=reason):
                        raise Failure(reason)
                    case _:
                        pass
                if not self._waiting:
                    break
        return self._finished

    async def _ask_secret(self, account: AccountName, reason: str) -> None:
        """Ask once, where somebody is there to answer; then this account goes once more."""
        if not self._run.can_ask or account in self._asked or account not in self._waiting:
            return
        self._asked.add(account)
        if reason:
            complain(f"{account}: {reason}")
        if secret := await self._secret_of(self._run.account(account)):
            self._again.add(account)
            await self._mail.give_secret(account, secret)
            await self._mail.submit(Sync(frozenset({account})))

    async def _secret_of(self, account: AccountConfig) -> str:
        try:
            found = await unlock(account)
        except CommandFailed as error:
            complain(str(error))
            found = None
        return found or await ask_password(account)

    def _note(self, finished: SyncFinished) -> None:
        if finished.account not in self._waiting:
            return
        if finished.account in self._again and finished.exit == Exit.FAILED:
            self._again.discard(finished.account)
            return
        self._waiting.discard(finished.account)
        self._finished.append(finished)


async def _watch(run: Run, events: AsyncIterator[Event]) -> None:
    """Stay attached, so that the engine stays too, until somebody ends this program."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    waiting = asyncio.create_task(ended.wait(), name="the end of watching")
    watching = asyncio.create_task(_report_always(run, events), name="watching")
    await asyncio.wait({waiting, watching}, return_when=asyncio.FIRST_COMPLETED)
    for task in (waiting, watching):
        task.cancel()
    if not ended.is_set():
        await watching


async def _report_always(run: Run, events: AsyncIterator[Event]) -> None:
    async for event in events:
        match event:
            case SyncFinished():
                report(run, event)
            case ConnectionChanged(account=account, reason=reason) if reason:
                complain(f"{account}: {reason}")
            case ServerAlert():
                complain(event.sentence)
            case EngineGone(reason=reason):
                raise Failure(reason)
            case _:
                pass


def _progress(run: Run) -> Bar:
    if run.output.quiet or not sys.stderr.isatty():
        return nullcontext(lambda _: None)
    from tuimail.cli.progress import bar  # noqa: PLC0415 (rich takes its time)

    return bar()


def report(run: Run, finished: SyncFinished) -> None:
    """contract.md's closing object, or a line; what failed goes to stderr in any case."""
    if run.output.as_json:
        run.output.row(_closing_object(finished))
    elif finished.exit == Exit.DONE and not run.output.quiet:
        run.output.line(_words(finished))
    if finished.exit != Exit.DONE:
        complain(f"{finished.account}: {finished.error}")


def _closing_object(finished: SyncFinished) -> dict[str, object]:
    return {
        "account": finished.account,
        "ok": finished.exit == Exit.DONE,
        "error": finished.error or None,
        "new": finished.new,
        "removed": finished.removed,
        "flags_changed": finished.flags_changed,
        "pushed": finished.pushed,
        "pending": finished.pending,
        "parked": finished.parked,
        "mailboxes": finished.mailboxes,
        "seconds": round(finished.seconds, 3),
    }


def _words(finished: SyncFinished) -> str:
    counts = (
        (finished.new, "new"),
        (finished.removed, "gone"),
        (finished.flags_changed, "with other flags"),
        (finished.pushed, "changes told to the server"),
        (finished.here, "changes kept here, which the server does not keep"),
        (finished.pending, "changes still pending"),
        (finished.parked, "changes refused by the server"),
    )
    said = [f"{count} {words}" for count, words in counts if count]
    return f"{finished.account}: {', '.join(said) or 'nothing new'}"
