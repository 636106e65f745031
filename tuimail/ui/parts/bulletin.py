"""News from the engine: merged, at most ten times a second, and told in words."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from time import monotonic

from tuimail.engine.events import (
    Connection,
    ConnectionChanged,
    OperationParked,
    Progress,
    SecretNeeded,
    ServerAlert,
    SyncFinished,
)
from tuimail.engine.mail import CommandFailed
from tuimail.model.mail import DRAFT, AccountName
from tuimail.model.operation import Append, EntryState
from tuimail.model.safe_text import safe_line
from tuimail.ui.cells import settle
from tuimail.ui.digest import Digest
from tuimail.ui.line_edit import LineEdit
from tuimail.ui.parts.desk import Desk
from tuimail.ui.parts.outgoing import Outgoing
from tuimail.ui.parts.places import Places
from tuimail.ui.parts.reader import Reader
from tuimail.ui.progress import Work
from tuimail.ui.prompts import Prompt

_BETWEEN_REDRAWS = 0.1
_BETWEEN_COUNTS = 0.5

# How an account stands about which there is something to say.
_WORDS = {
    Connection.OFFLINE: "offline",
    Connection.ONLINE: "partly online",
    Connection.NEEDS_TOKEN: "without an access token",
    Connection.CONNECTING: "connecting",
}

FindSecret = Callable[[AccountName], Awaitable[str | None]]


class Bulletin:
    """What the engine last said: connections, progress, what is pending.

    `find_secret` runs an account's password command; None means that the user is asked. It
    may raise CommandFailed. `rest` returns once no key was typed for a moment.
    """

    def __init__(
        self,
        desk: Desk,
        places: Places,
        reader: Reader,
        outgoing: Outgoing,
        *,
        find_secret: FindSecret | None,
        rest: Callable[[], Awaitable[None]],
        changed: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._places = places
        self._reader = reader
        self._outgoing = outgoing
        self._find_secret = find_secret
        self._rest = rest
        self._changed = changed
        self._digest = Digest()
        self._news = asyncio.Event()
        self._uncounted = asyncio.Event()
        self._asking: set[AccountName] = set()
        self._unfinished: set[AccountName] = set()
        self._finished: list[SyncFinished] = []
        self._told: dict[AccountName, ConnectionChanged] = {}
        self._alerts: dict[ServerAlert, None] = {}
        self.connections: dict[AccountName, ConnectionChanged] = {}
        self.work: dict[AccountName, Work] = {}
        self.pending = 0
        self.parked = 0
        self.gone = False

    # --- the tasks

    async def listen(self) -> None:
        """Subscribe first, read after, and nothing is missed."""
        async with self._desk.mail.subscribe() as news:
            try:
                await self._places.start()
            except CommandFailed as failure:
                self._desk.warn(str(failure), topic="lists")
            self._uncounted.set()
            self._changed()
            async for event in news:
                self._digest.add(event)
                self._news.set()
        self._tell_gone("The news from the engine have ended.", outdated=False)

    async def publish(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            digest, self._digest = self._digest, Digest()
            self._apply(digest)
            await asyncio.sleep(_BETWEEN_REDRAWS)

    async def count_pending(self) -> None:
        while True:
            await self._uncounted.wait()
            self._uncounted.clear()
            try:
                waiting = await self._count()
                if waiting and not self.pending:
                    # Most changes are with the server before anybody could read that they wait.
                    await asyncio.sleep(_BETWEEN_COUNTS)
                    waiting = await self._count()
                self.pending = waiting
                self._changed()
                self._desk.bottom.over("count")
            except CommandFailed as failure:
                self._desk.warn(str(failure), topic="count")
            await asyncio.sleep(_BETWEEN_COUNTS)

    async def _count(self) -> int:
        """How much waits for a server; what was refused is noted at once."""
        await self._outgoing.look()
        entries = await self._desk.mail.pending()
        parked = sum(entry.state is EntryState.PARKED for entry in entries)
        self.parked = parked + self._outgoing.refused
        return len(entries) - parked + self._outgoing.waiting

    def recount(self) -> None:
        self._uncounted.set()

    def expect_sync(self) -> None:
        """The user asked for it: tell how it ends for all accounts, and ask again what is needed.

        What has been refused is not tried by a sync alone: that may be a program's.
        """
        self._unfinished, self._finished = set(self._places.accounts), []
        for account, state in self.connections.items():
            if state.connection is Connection.NEEDS_TOKEN:
                self._desk.hand.give(partial(self._desk.mail.reconnect, {account}))
            elif state.connection is Connection.NEEDS_SECRET:
                self._ask_secret(SecretNeeded(account, state.reason))

    # --- what it means

    @property
    def connection(self) -> tuple[str, bool]:
        """One word on all connections, and whether it is trouble."""
        if self.gone:
            return ("engine gone", True)
        worst = [
            Connection.NEEDS_SECRET,
            Connection.NEEDS_TOKEN,
            Connection.OFFLINE,
            Connection.CONNECTING,
        ]
        for state in worst:
            names = [name for name, last in self.connections.items() if last.connection == state]
            if names:
                several = len(self.connections) > 1
                which = f"{settle(safe_line(names[0]))} " if several else ""
                return (which + state.value, state != Connection.CONNECTING)
        if any(last.reason for last in self.connections.values()):
            return ("partly online", True)
        return (Connection.ONLINE.value if self.connections else "", False)

    @property
    def reasons(self) -> list[str]:
        """Why accounts are offline or miss mail, and what servers want read, a sentence each.

        Kept through the tries to come back.
        """
        connections = [
            f"{change.account} is {_WORDS[change.connection]}: {change.reason}"
            for change in self._told.values()
        ]
        alerts = [alert.sentence for alert in self._alerts]
        return [settle(safe_line(sentence)) for sentence in connections + alerts]

    def _apply(self, digest: Digest) -> None:
        if digest.touches_lists or self._places.broken:
            # What could not be read may be mended: an engine brings old stores up to date.
            self._places.refresh()
        if digest.journal or digest.outbox:
            self._uncounted.set()
        if digest.arrived:
            self._reader.bodies_arrived(digest.arrived)
        if digest.failed:
            self._reader.bodies_failed(digest.failed)
        for change in digest.connections.values():
            self._tell_connection(change)
        for alert in digest.alerts:
            self._tell_alert(alert)
        for progress in digest.progress.values():
            self._note_progress(progress)
        for need in digest.secrets.values():
            self._ask_secret(need)
        self._tell_endings(digest)
        self._desk.bottom.show_work(list(self.work.values()))
        self._changed()

    def _tell_endings(self, digest: Digest) -> None:
        for ending in digest.finished:
            self.work.pop(ending.account, None)
            if ending.account in self._unfinished:
                self._unfinished.discard(ending.account)
                self._finished.append(ending)
                if not self._unfinished:
                    self._tell_sync(self._finished)
        for parked in digest.parked:
            self._desk.run(partial(self._tell_parked, parked), f"parked {parked.entry}")
        if digest.gone is not None:
            self._tell_gone(digest.gone.reason, outdated=digest.gone.outdated)

    def _tell_sync(self, endings: Sequence[SyncFinished]) -> None:
        """ "Up to date" is said only where every account was reached and nothing waits."""
        amiss = [each for each in endings if each.exit or each.error]
        new, sent = sum(each.new for each in endings), sum(each.pushed for each in endings)
        waiting = sum(each.pending + each.parked for each in endings)
        key = self._desk.keymap.first_key
        if amiss:
            first, *others = amiss
            more = f"; and {len(others)} more" if others else ""
            why = first.error or "it was not reached"
            again = f"{key('sync')} tries again"
            self._desk.warn(f"Not up to date: {first.account}: {why}{more}", remedy=again)
        elif waiting:
            came = f"{new} new, {sent} sent"
            self._desk.warn(f"{came}, {waiting} still waiting", remedy=f"{key('pending')} shows it")
        else:
            self._desk.say(f"Up to date: {new} new, {sent} sent")

    async def _tell_parked(self, parked: OperationParked) -> None:
        remedy = f"{self._desk.keymap.first_key('pending')} retry or drop"
        reason = parked.reason
        for entry in await self._desk.mail.pending():
            if (entry.account, entry.id) != (parked.account, parked.entry):
                continue
            if isinstance(entry.operation, Append):
                where = safe_line(entry.operation.mailbox)
                kept = DRAFT in entry.operation.flags
                what = "A draft stays here, not" if kept else "No copy of a letter"
                self._desk.warn(f"{what} in {where}: {reason}", remedy=remedy)
                return
        self._desk.warn(f"Refused: {reason}", remedy=remedy)

    def _tell_gone(self, reason: str, *, outdated: bool) -> None:
        """A newer version has to be started; else the engine is found again, or by a key."""
        self.gone = True
        self.work.clear()
        self._unfinished.clear()
        again = "" if outdated else f"{self._desk.keymap.first_key('sync')} tries again"
        self._desk.warn(reason, remedy=again, topic="engine")
        self._changed()

    def _tell_connection(self, change: ConnectionChanged) -> None:
        before = self.connections.get(change.account)
        self.connections[change.account] = change
        if change.connection is not Connection.CONNECTING:
            self._found()
        if change.connection is Connection.ONLINE:
            self._places.refused(change.account, change.reason)
            if before is not None and before.connection is not Connection.ONLINE:
                # What another engine did meanwhile was told to nobody here.
                self._places.refresh()
        if change.connection is Connection.OFFLINE or change.connection.needs_help:
            self.work.pop(change.account, None)
        told = self._told.get(change.account)
        waited = told is not None and told.connection is Connection.CONNECTING
        if change.connection in _WORDS and change.reason:
            if told != change:
                self._told[change.account] = change
                topic = f"connection {change.account}"
                self._desk.mention(f"{change.account}: {change.reason}", topic=topic)
        elif change.connection is not Connection.CONNECTING or waited:
            self._told.pop(change.account, None)
            self._desk.bottom.over(f"connection {change.account}")

    def _found(self) -> None:
        """There is an engine, perhaps another one."""
        if self.gone:
            self.gone = False
            self._desk.bottom.over("engine")
            self._places.refresh()
            self._uncounted.set()

    def _tell_alert(self, alert: ServerAlert) -> None:
        """RFC 9051 7.1: it must be shown. Each once, however often the server says it."""
        if alert not in self._alerts:
            self._alerts[alert] = None
            self._desk.warn(alert.sentence)

    def _note_progress(self, progress: Progress) -> None:
        if progress.total and progress.done >= progress.total:
            self.work.pop(progress.account, None)
            return
        work = self.work.get(progress.account)
        if work is None or work.progress.what != progress.what:
            self.work[progress.account] = Work(progress, monotonic(), progress.done)
        else:
            work.progress = progress

    # --- secrets

    def _ask_secret(self, need: SecretNeeded) -> None:
        if need.account in self._asking:
            return
        self._asking.add(need.account)
        self._desk.run(partial(self._bring_secret, need), f"secret {need.account}")

    async def _bring_secret(self, need: SecretNeeded) -> None:
        secret = None
        try:
            secret = None if self._find_secret is None else await self._find_secret(need.account)
        except CommandFailed as failure:
            self._desk.warn(str(failure))
        if secret is not None:
            self._asking.discard(need.account)
            await self._desk.mail.give_secret(need.account, secret)
            return
        if need.token:
            self._tell_token(need)
            return
        await self._rest()
        self._prompt_for_secret(need)

    def _tell_token(self, need: SecretNeeded) -> None:
        """Nobody can type a token, and a password must not go in its place."""
        self._asking.discard(need.account)
        key = self._desk.keymap.first_key("sync")
        why = need.reason or "its access token was refused"
        again = f"mend its token_command, then {key}"
        self._desk.warn(f"{need.account}: {why}", remedy=again, topic=f"connection {need.account}")

    def _prompt_for_secret(self, need: SecretNeeded) -> None:
        account = need.account

        def give(secret: str) -> None:
            self._asking.discard(account)
            if secret:
                handing = partial(self._desk.mail.give_secret, account, secret)
                self._desk.run(handing, f"secret {account}")

        def cancelled() -> None:
            self._asking.discard(account)
            key = self._desk.keymap.first_key("sync")
            self._desk.say(f"No password for {account}; {key} asks again.")

        reason = need.reason and need.reason.rstrip(".") + ". "
        label = f"{reason[:1].upper()}{reason[1:]}Password for {account}:"
        self._desk.prompts.ask(Prompt(label, give, edit=LineEdit(secret=True), cancelled=cancelled))
