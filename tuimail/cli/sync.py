"""`sync`: push what is pending, pull what is new, and say what came of it."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractContextManager, nullcontext

from tuimail.cli.failure import Exit, Failure, of_several
from tuimail.cli.output import complain
from tuimail.cli.patience import LOOK, News, Patience, tell_wait
from tuimail.cli.run import Run
from tuimail.cli.session import open_mail, place_of
from tuimail.cli.unlock import ask_password, unlock
from tuimail.config.schema import AccountConfig
from tuimail.engine.commands import Sync
from tuimail.engine.events import (
    Connection,
    ConnectionChanged,
    EngineGone,
    Event,
    Progress,
    SecretNeeded,
    ServerAlert,
    SyncFinished,
)
from tuimail.engine.mail import CommandFailed, Mail
from tuimail.engine.process import status_of
from tuimail.model.mail import AccountName
from tuimail.model.safe_text import safe_line

Bar = AbstractContextManager[Callable[[Progress], None]]


async def sync(run: Run) -> Exit:
    asked = [run.account(name) for name in run.arguments.names] or run.accounts
    wanted = frozenset(account.name for account in asked)
    async with open_mail(run) as mail, mail.subscribe() as events:
        news = News(events)
        finished = _of_left_out(run, wanted)
        if sound := wanted.difference(run.left_out):
            finished += await sync_once(run, mail, news, sound)
        for each in finished:
            report(run, each)
        if run.arguments.watch:
            await _watch(run, news)
        await news.close()
    return outcome(finished)


def _of_left_out(run: Run, wanted: Collection[AccountName]) -> list[SyncFinished]:
    """The accounts whose journal cannot be used."""
    return [
        SyncFinished(name, Exit.FAILED, safe_line(fault, 500))
        for name, fault in run.left_out.items()
        if name in wanted
    ]


def outcome(finished: Collection[SyncFinished]) -> Exit:
    """One exit code for all accounts."""
    return of_several([each.exit for each in finished])


async def sync_once(
    run: Run, mail: Mail, events: AsyncIterator[Event], names: frozenset[AccountName]
) -> list[SyncFinished]:
    """How it ended for each of the accounts, in time; raises Failure if the engine is gone."""
    # A journal that cannot be opened is told at once, in its own words.
    await mail.pending()
    await mail.submit(Sync(names))
    news = events if isinstance(events, News) else News(events)
    try:
        return await _Round(run, mail, names).finish(news)
    finally:
        if news is not events:
            await news.close()


class _Round:
    """One sync of the `wanted` accounts, with somebody watching it."""

    def __init__(self, run: Run, mail: Mail, wanted: Collection[AccountName]) -> None:
        self._run = run
        self._mail = mail
        self._waiting = set(wanted)
        self._finished: list[SyncFinished] = []
        self._asked: set[AccountName] = set()
        self._again: set[AccountName] = set()
        self._tried: set[AccountName] = set()
        self._delayed: set[AccountName] = set()
        self._patience = Patience(wanted, lambda: status_of(place_of(run.paths)))

    async def finish(self, news: News) -> list[SyncFinished]:
        with _progress(self._run) as show:
            while self._waiting:
                event = await news.within(LOOK)
                if event is not None:
                    self._patience.note(event)
                    await self._hear(event, show)
                elif news.ended:
                    self._lose("the engine has left")
                for lost in await self._patience.lost(self._waiting):
                    self._end(lost)
        return self._finished

    async def _hear(self, event: Event, show: Callable[[Progress], None]) -> None:
        match event:
            case Progress():
                show(event)
            case SecretNeeded():
                await self._ask_secret(event)
            case ServerAlert():
                complain(event.sentence)
            case ConnectionChanged():
                tell_wait(event, self._delayed)
                if event.connection is Connection.CONNECTING:
                    self._tried.add(event.account)
            case SyncFinished():
                self._note(event)
            case EngineGone(reason=reason):
                self._lose(reason)
            case _:
                pass

    def _lose(self, reason: str) -> None:
        """There is no engine any more: what it had finished stays true. Raises Failure."""
        if not self._finished:
            raise Failure(reason)
        for account in sorted(self._waiting):
            self._end(SyncFinished(account, Exit.FAILED, safe_line(reason)))

    async def _ask_secret(self, need: SecretNeeded) -> None:
        """Ask once, where somebody is there to answer; then this account goes once more."""
        account, reason = need.account, need.reason
        if not self._run.can_ask or account in self._asked or account not in self._waiting:
            return
        self._asked.add(account)
        if reason:
            complain(f"{account}: {reason}")
        secret = await self._secret_of(self._run.account(account), token=need.token)
        for each in self._waiting:
            # Nobody is silent while a question is on the screen.
            self._patience.begin_anew(each)
        if secret:
            await self._mail.give_secret(account, secret)
        elif need.token and account not in self._tried:
            # It was refused before; its command may print another one by now.
            await self._mail.reconnect({account})
        else:
            return
        self._again.add(account)
        await self._mail.submit(Sync(frozenset({account})))

    async def _secret_of(self, account: AccountConfig, *, token: bool) -> str:
        try:
            found = await unlock(account)
        except CommandFailed as error:
            complain(str(error))
            found = None
        return found or ("" if token else await ask_password(account))

    def _note(self, finished: SyncFinished) -> None:
        if finished.account not in self._waiting:
            return
        if finished.account in self._again and finished.exit == Exit.FAILED:
            self._again.discard(finished.account)
            return
        self._end(finished)

    def _end(self, finished: SyncFinished) -> None:
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
    delayed: set[AccountName] = set()
    async for event in events:
        match event:
            case SyncFinished():
                report(run, event)
            case ConnectionChanged(connection=Connection.CONNECTING):
                tell_wait(event, delayed)
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
        complain(f"{finished.account}: {finished.error or 'its server was not reached'}")


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
