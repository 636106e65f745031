"""`doctor`: settings, permissions, store, and every mailbox against its server."""

import shutil
from collections.abc import Callable, Iterable, Sequence

from tuimail.cli import logs
from tuimail.cli.failure import Exit, Failure
from tuimail.cli.keys import read_keymap
from tuimail.cli.output import complain
from tuimail.cli.permissions import open_to_others
from tuimail.cli.restoring import restore
from tuimail.cli.run import Run
from tuimail.cli.session import local_account, open_mail
from tuimail.cli.sync import sync_once
from tuimail.cli.troubles import sure_troubles
from tuimail.config.errors import ConfigError
from tuimail.config.files import account_files
from tuimail.config.idle import told
from tuimail.config.load import load_account, load_accounts
from tuimail.config.schema import AccountConfig
from tuimail.engine.events import SyncFinished
from tuimail.engine.mail import Mail
from tuimail.model.mail import AccountName, Mailbox
from tuimail.model.operation import Entry, EntryState
from tuimail.model.safe_text import safe_line
from tuimail.model.trouble import Trouble
from tuimail.store.journal_file import fault_of
from tuimail.store.store import Store, StoreError


class Report:
    """What was looked at and what was found, printed as it comes."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.faults = 0

    def tell(self, check: str, subject: str, faults: Iterable[str] = ()) -> None:
        """One thing that was looked at; no faults means that it is in order."""
        found = list(faults)
        self.faults += len(found)
        if self._run.output.as_json:
            content = {"check": check, "subject": subject, "ok": not found, "faults": found}
            self._run.output.row(content)
        elif not found and not self._run.output.quiet:
            self._run.output.line(f"ok  {check}: {subject}")
        for fault in found:
            complain(f"{check}: {fault}" if subject in fault else f"{check}: {subject}: {fault}")

    def note(self, check: str, subject: str, words: str) -> None:
        """Something that is no fault, but worth knowing."""
        if self._run.output.as_json:
            self._run.output.row({"check": check, "subject": subject, "ok": True, "note": words})
        elif not self._run.output.quiet:
            self._run.output.line(f"    {check}: {subject}: {words}")

    @property
    def status(self) -> Exit:
        return Exit.FAILED if self.faults else Exit.DONE


async def doctor(run: Run) -> Exit:
    report = Report(run)
    _check_settings(run, report)
    has_accounts = not report.faults
    if run.arguments.restore and has_accounts:
        return await restore(run)
    report.tell("permissions", str(run.paths.data), open_to_others(run.paths))
    if not has_accounts:
        return report.status
    if no_log := logs.unusable(run.paths):
        report.tell("log", str(run.paths.log), [no_log])
    accounts = load_accounts(run.paths)
    faults = {each.name: fault_of(local_account(run.paths, each).folders) for each in accounts}
    sound = [account for account in accounts if not faults[account.name]]
    if run.arguments.rebuild:
        # The index of a broken journal says what has to be brought back.
        for account in sound:
            shutil.rmtree(run.paths.account_cache(account.name), ignore_errors=True)
    if sound:
        await _check_servers(run, report, sound)
    for account in accounts:
        if fault := faults[account.name]:
            report.tell("store", account.name, [fault])
            continue
        report.tell("store", account.name, _store_faults(run, account))
        if account.protocol == "pop3":
            report.tell("maildrop", account.name, _not_had(run, account))
    return report.status


def _check_settings(run: Run, report: Report) -> None:
    paths = run.paths
    _try_settings(report, str(paths.config), lambda: read_keymap(paths))
    files = account_files(paths)
    for file in files:
        _try_settings(report, str(file), lambda: load_account(file).idle)  # noqa: B023 (at once)
    if files and not report.faults:
        _try_settings(report, str(paths.accounts), lambda: load_accounts(paths))


def _try_settings(report: Report, subject: str, load: Callable[[], object]) -> None:
    """`load` may return the names of settings that nothing reads."""
    try:
        found = load()
    except ConfigError as error:
        report.tell("settings", subject, [str(error)])
    else:
        report.tell("settings", subject)
        if isinstance(found, tuple) and (words := told(found)):
            report.note("settings", subject, words)


async def _check_servers(run: Run, report: Report, accounts: Sequence[AccountConfig]) -> None:
    """Bring all accounts up to date, then compare what is here with what the servers say."""
    names = frozenset(account.name for account in accounts)
    async with open_mail(run, accounts=accounts) as mail, mail.subscribe() as events:
        try:
            finished = await sync_once(run, mail, events, names)
        except Failure as failure:
            report.tell("engine", str(run.paths.socket), [str(failure)])
            return
        troubles = {account.name: sure_troubles(run, account) for account in accounts}
        for each in finished:
            await _compare(report, mail, each, troubles[each.account])


async def _compare(
    report: Report, mail: Mail, finished: SyncFinished, troubles: Sequence[Trouble]
) -> None:
    """What some mailboxes or messages are in the way of is no reason not to look at the others."""
    account = finished.account
    if finished.exit != Exit.DONE and not troubles:
        report.tell("server", account, [finished.error])
        return
    report.tell("server", account)
    for each in troubles:
        if each.is_of_list:
            report.tell("mailboxes", account, [each.sentence])
        elif each.key is not None:
            name = safe_line(each.mailbox, 100)
            report.tell("message", f"{account} {name}", [each.sentence])
    entries = [entry for entry in await mail.pending() if entry.account == account]
    report.tell("journal", account, _refused(entries))
    if entries:
        return
    for mailbox in await mail.mailboxes():
        if mailbox.account == account and mailbox.selectable:
            report.tell("mailbox", _named(mailbox), _missing(mailbox))


def _refused(entries: Sequence[Entry]) -> list[str]:
    return [
        f"entry {entry.id} {'waits' if entry.waits else 'was refused'}: {entry.reason}"
        for entry in entries
        if entry.state is EntryState.PARKED or entry.waits
    ]


def _named(mailbox: Mailbox) -> str:
    name = f"{mailbox.account} {mailbox.name}"
    return f"{name} ({mailbox.deleted} marked as deleted, not shown)" if mailbox.deleted else name


def _missing(mailbox: Mailbox) -> list[str]:
    if mailbox.trouble:
        return [f"cannot be read: {mailbox.trouble}"]
    if mailbox.on_server is None:
        return ["was never compared with its server"]
    held = mailbox.total + mailbox.deleted
    if mailbox.on_server != held:
        return [f"the server has {mailbox.on_server} messages, here are {held}"]
    return []


def _not_had(run: Run, account: AccountConfig) -> list[str]:
    """What the POP3 server lists and did not give out, each by its UIDL."""
    local = local_account(run.paths, account)
    try:
        with Store(AccountName(account.name), local.folders, writer=False) as store:
            troubles = store.maildrop_trouble.troubles()
    except StoreError as error:
        return [str(error)]
    return [f"message {each.name} could not be had: {each.reason}" for each in troubles]


def _store_faults(run: Run, account: AccountConfig) -> list[str]:
    local = local_account(run.paths, account)
    try:
        store = Store(AccountName(account.name), local.folders, writer=False)
        try:
            return store.check()
        finally:
            store.close()
    except StoreError as error:
        return [str(error)]
