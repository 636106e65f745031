"""A home for one benchmark: accounts, mailboxes and programs that touch nothing else."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from tests.benchmarks.letters import Sample, samples
from tests.closing import Closing
from tests.servers.mail_user import MailUser
from tuimail.config.paths import Paths
from tuimail.model.body import Body
from tuimail.model.mail import INBOX, AccountName, MailboxName, MessageKey, Order, Role
from tuimail.model.operation import Move
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import Bookmark, Changes, ServerMailbox
from tuimail.store.store import AccountFolders, Delivery, Store

ARCHIVE = MailboxName("Archive")
VALIDITY = 1
BATCH = 1_000


class Sandbox(Closing):
    """Folders as the XDG variables name them, and the environment that names them."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tmbench-", dir="/tmp"))
        names = ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR")
        self.environment = {
            "HOME": str(self.folder),
            "PATH": os.environ["PATH"],
            **{f"XDG_{name}": str(self.folder / name.lower()) for name in names},
        }
        (self.folder / "runtime_dir").mkdir(mode=0o700)
        self.paths = Paths.from_environment(self.environment)

    def close(self) -> None:
        self.run("engine", "stop")
        shutil.rmtree(self.folder)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`tuimail` with these arguments, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "tuimail", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def add_account(self, name: str, host: str, port: int, user: str, password: str) -> AccountName:
        """An IMAP account without TLS, which loopback may do without."""
        return self._add(name, "imap", host, port, user, password)

    def add_pop3_account(
        self, name: str, host: str, port: int, user: str, password: str
    ) -> AccountName:
        """A POP3 account without TLS that empties the server."""
        return self._add(
            name, "pop3", host, port, user, password, "[pop3]\ndelete_after_days = 0\n"
        )

    def _add(
        self,
        name: str,
        protocol: str,
        host: str,
        port: int,
        user: str,
        password: str,
        more: str = "",
    ) -> AccountName:
        file = self.paths.account_file(AccountName(name))
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_text(
            f'email = "{user}@example.org"\nprotocol = "{protocol}"\n[incoming]\nhost = "{host}"\n'
            f'port = {port}\nsecurity = "none"\nusername = "{user}"\npassword = "{password}"\n'
            + more
        )
        return AccountName(name)

    def configure(self, settings: str) -> None:
        """What config.toml says."""
        (self.paths.config / "config.toml").write_text(settings)

    def add_mail(self, number: int) -> AccountName:
        """An account of so many messages whose server nobody reaches."""
        account = self.add_account("mine", "127.0.0.1", 9, "me", "secret")
        store = self.store(account)
        fill_store(store, number)
        store.close()
        return account

    def store(self, account: AccountName, *, writer: bool = True) -> Store:
        paths = self.paths
        folders = AccountFolders(paths.account_data(account), paths.account_cache(account))
        return Store(account, folders, writer=writer)


def fill_server(user: MailUser, number: int) -> None:
    """`number` letters in the user's INBOX, as if they had been delivered."""
    for sample in samples(number):
        flags = "S" if sample.read else ""
        user.deliver(sample.raw(), flags=flags, received=sample.received)


def fill_store(store: Store, number: int, *, with_text: int = 1_000) -> None:
    """A pulled INBOX of `number` messages; the newest `with_text` have their text."""
    bookmark = Bookmark(validity=VALIDITY, next_uid=number + 1, modseq=1, total=number)
    empty = Bookmark(validity=VALIDITY, next_uid=1, modseq=1)
    store.merge_mailboxes(
        [
            ServerMailbox(INBOX, Role.INBOX, status=bookmark),
            ServerMailbox(ARCHIVE, Role.ARCHIVE, status=empty),
        ]
    )
    store.bookmark(INBOX)
    store.merge(INBOX, Changes(bookmark, arrived=range(1, number + 1)))
    for batch in _batches(samples(number)):
        keys = store.deliver(INBOX, [_delivery(sample) for sample in batch])
        if batch[-1].number >= number - with_text:
            store.keep_bodies([*zip(keys, map(_body, batch), strict=True)])
    store.finish_pull(INBOX, bookmark)


def record_moves(store: Store, number: int) -> None:
    """`number` messages, not the newest, go to the archive, in 100 commands."""
    keys = store.keys(INBOX, None, Order.OLDEST, number)
    step = max(1, number // 100)
    for start in range(0, number, step):
        some = frozenset(MessageKey(key) for key in keys[start : start + step])
        store.record([Move(INBOX, some, ARCHIVE)])


def _batches(all_of_them: Iterable[Sample]) -> Iterable[Sequence[Sample]]:
    rest = iter(all_of_them)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _delivery(sample: Sample) -> Delivery:
    return Delivery(
        uid=sample.number + 1,
        validity=VALIDITY,
        flags=sample.flags,
        received=sample.received,
        size=len(sample.text),
        envelope=sample.envelope(),
    )


def _body(sample: Sample) -> Body:
    lines = tuple(safe_line(line) for line in sample.text.splitlines())
    return Body(lines=lines, snippet=safe_line(sample.text[:100]))
