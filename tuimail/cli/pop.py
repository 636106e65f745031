"""`pop`: what is on the POP3 server, until when, and which of it is to stay."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from tuimail.cli.failure import Exit, Failure
from tuimail.cli.run import Run
from tuimail.cli.session import local_account, place_of
from tuimail.cli.updating import update_stores
from tuimail.config.schema import AccountConfig
from tuimail.engine.aging import ages_from
from tuimail.engine.leaving import Fate, fates, not_had, rules_of
from tuimail.model.mail import KEPT, AccountName, Flag, MailboxName, MessageKey
from tuimail.model.operation import StoreFlags
from tuimail.model.uid import uid_of
from tuimail.store.maildrop import Drop
from tuimail.store.store import AccountFolders, Store, StoreError


async def pop(run: Run) -> Exit:
    stores = [local_account(run.paths, account).folders for account in run.accounts]
    await update_stores(place_of(run.paths), stores)
    try:
        if run.arguments.action == "plan":
            return _plan(run)
        return _keep(run, kept=run.arguments.action == "keep")
    except StoreError as error:
        raise Failure(str(error)) from error


@dataclass(frozen=True, slots=True)
class _Planned:
    """One message on a server, and what becomes of it."""

    account: AccountName
    uidl: str
    first_seen: datetime
    size: int
    fate: Fate


def _plan(run: Run) -> Exit:
    rows = [row for account in _accounts(run, run.arguments.name) for row in _rows(run, account)]
    if run.output.as_json:
        for row in rows:
            run.output.row(
                {
                    "account": row.account,
                    "uidl": row.uidl,
                    "first_seen": row.first_seen.isoformat(),
                    "size": row.size,
                    "delete_on": row.fate.delete_on.isoformat() if row.fate.delete_on else None,
                    "reason": row.fate.reason,
                }
            )
    elif rows:
        head = ("ACCOUNT", "UIDL", "FIRST SEEN", "BYTES", "DELETED ON", "REASON")
        run.output.table(
            head,
            [
                (
                    *(row.account, row.uidl, _day(row.first_seen), row.size),
                    *(_day(row.fate.delete_on), row.fate.reason),
                )
                for row in rows
            ],
        )
    elif not run.output.quiet:
        run.output.line("Nothing that is stored here is on a POP3 server any more")
    return Exit.DONE


def _rows(run: Run, account: AccountConfig) -> list[_Planned]:
    """What is stored here and still there, then what is there and could not be had."""
    with closing(_store(run, account)) as store:
        drops = _on_server(store.maildrop.drops())
        troubles = store.maildrop_trouble.troubles()
        ages = ages_from(store.maildrop_trouble.memory())
    known = {drop.uidl for drop in drops}
    alone = [each for each in troubles if each.name not in known]
    plan = fates(
        drops,
        rules_of(account.pop3),
        run.clock(),
        others=sum(each.size for each in alone),
        ages=ages,
        reasons={each.name: each.reason for each in troubles},
    )
    name = account.name
    stored = zip(drops, plan, strict=True)
    return [
        *(_Planned(name, drop.uidl, drop.first_seen, drop.size, fate) for drop, fate in stored),
        *(_Planned(name, each.name, each.since, each.size, not_had(each)) for each in alone),
    ]


def _keep(run: Run, *, kept: bool) -> Exit:
    """All of them, or Failure and none."""
    if not run.arguments.names:
        raise Failure(f"pop {run.arguments.action} needs ids", Exit.USAGE)
    left = set(run.arguments.names)
    found: list[tuple[AccountConfig, dict[str, Drop]]] = []
    for account in _accounts(run, None):
        with closing(_store(run, account)) as store:
            drops = _on_server(store.maildrop.drops())
            named = {name: drop for name in left if (drop := _named(store, drops, name))}
            left -= named.keys()
            found.append((account, named))
    if left:
        raise Failure(f"no POP3 server has the message {min(left)}; nothing was changed")
    for account, named in found:
        with closing(_store(run, account)) as store:
            store.maildrop.keep([drop.uidl for drop in named.values()], kept=kept)
            _mark(store, named, kept=kept)
    count = len(run.arguments.names)
    words = "stays on the server" if kept else "leaves the server as its settings say"
    run.output.say(f"{count} {'message' if count == 1 else 'messages'}: {words}", count=count)
    return Exit.DONE


def _mark(store: Store, names: Iterable[str], *, kept: bool) -> None:
    """So that it shows in the interface, and can be undone."""
    keys = [key for name in names if (key := store.resolve(name)) is not None]
    by_mailbox: defaultdict[MailboxName, set[MessageKey]] = defaultdict(set)
    for message in store.messages(keys):
        by_mailbox[message.mailbox].add(message.key)
    sign, nothing = frozenset({KEPT}), frozenset[Flag]()
    add, remove = (sign, nothing) if kept else (nothing, sign)
    store.record(
        [StoreFlags(name, frozenset(some), add, remove) for name, some in by_mailbox.items()]
    )


def _named(store: Store, drops: Sequence[Drop], name: str) -> Drop | None:
    """By the message's id, or by the UIDL that `plan` prints."""
    key = store.resolve(name)
    uids = set(store.uids([key]).values()) if key is not None else set()
    return next((each for each in drops if each.uidl == name or uid_of(each.name) in uids), None)


def _accounts(run: Run, name: str | None) -> list[AccountConfig]:
    """The POP3 accounts, or the one that is named; raises Failure if that is none."""
    if name is not None and run.account(name).protocol != "pop3":
        raise Failure(f"{name} is no POP3 account", Exit.USAGE)
    found = [each for each in run.accounts if each.protocol == "pop3" and name in (None, each.name)]
    if not found:
        raise Failure("there is no POP3 account", Exit.USAGE)
    return found


def _on_server(drops: Sequence[Drop]) -> list[Drop]:
    return [drop for drop in drops if drop.on_server]


def _store(run: Run, account: AccountConfig) -> Store:
    paths = run.paths
    folders = AccountFolders(paths.account_data(account.name), paths.account_cache(account.name))
    return Store(account.name, folders, writer=False, clock=run.clock)


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment.astimezone():%Y-%m-%d}"
