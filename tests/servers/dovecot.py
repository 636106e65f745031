"""A throw-away Dovecot: its own folder and ports, any user name, one password."""

import grp
import itertools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from tests.closing import Closing
from tests.servers.certificates import Certificates, write_certificates
from tests.servers.dovecot_config import Setting, render
from tests.servers.dovecot_software import Software

PATIENCE = 20.0
PROTOCOLS = ("imap", "imaps", "pop3", "pop3s")


class Dovecot(Closing):
    """A server on loopback that serves every user who knows `password`.

    `capabilities` is the whole list that IMAP announces, for tests of poorer servers;
    `lines` are further settings. Stopped and started again it keeps its ports and mail.
    """

    host = "127.0.0.1"
    password = "secret"

    def __init__(
        self,
        software: Software,
        *,
        capabilities: Sequence[str] | None = None,
        lines: Sequence[str] = (),
    ) -> None:
        self.software = software
        # Unix sockets allow 108 bytes of path and the mail user must be able to walk in.
        self.root = Path(tempfile.mkdtemp(prefix="tmdc-", dir="/tmp"))
        self.root.chmod(0o755)
        self.ports = free_ports()
        self.certificates: Certificates = write_certificates(self.root)
        self._owner = _mail_owner()
        self._names = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        (self.root / "home").mkdir(mode=0o755)
        self._own(self.root / "home")
        self._log = self.root / "dovecot.log"
        self._config = self.root / "dovecot.conf"
        self._config.write_text(render(self._setting(capabilities, lines)))

    @property
    def imap(self) -> int:
        return self.ports["imap"]

    @property
    def imaps(self) -> int:
        return self.ports["imaps"]

    @property
    def pop3(self) -> int:
        return self.ports["pop3"]

    @property
    def pop3s(self) -> int:
        return self.ports["pop3s"]

    # --- its life

    def start(self) -> Self:
        """Return when it greets."""
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [self.software.dovecot, "-F", "-c", self._config],
                env={**os.environ, **self.software.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._process = process
        deadline = time.monotonic() + PATIENCE
        while not self._greets():
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"Dovecot did not start: {self.log()[-2000:]}")
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        """End it with all its connections; mail and ports stay for another `start`."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def restart(self) -> None:
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop it and remove everything it wrote."""
        self.stop()
        deadline = time.monotonic() + PATIENCE
        while self.root.exists():
            # Its children end a moment after it, and write their indexes before.
            shutil.rmtree(self.root, ignore_errors=time.monotonic() < deadline)

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self.close)
            self.start()
            undo.pop_all()
        return self

    # --- users and their mail

    def new_user(self) -> str:
        """A name that nobody has used; its mailboxes are empty."""
        return f"user{next(self._names)}-{secrets.token_hex(3)}"

    def maildir(self, user: str, mailbox: str = "INBOX") -> Path:
        """The Maildir of a mailbox, made if it is not there; the name in modified UTF-7."""
        home = self._home(user)
        base = home / "Maildir"
        folder = base if mailbox == "INBOX" else base / ("." + mailbox.replace("/", "."))
        if not (folder / "cur").exists():
            for path in (base, folder, *(folder / name for name in ("tmp", "new", "cur"))):
                path.mkdir(mode=0o700, exist_ok=True)
                self._own(path)
            if folder != base:
                (folder / "maildirfolder").touch()
                self._own(folder / "maildirfolder")
        return folder

    def deliver(
        self,
        user: str,
        raw: bytes,
        mailbox: str = "INBOX",
        *,
        flags: str = "",
        received: datetime | None = None,
    ) -> None:
        """A letter arrives as from another program; `flags` are Maildir's letters ("SF")."""
        folder = self.maildir(user, mailbox)
        stored = raw.replace(b"\r\n", b"\n")
        wire = len(stored) + stored.count(b"\n") - stored.count(b"\r\n")
        now = datetime.now(UTC) if received is None else received
        unique = f"{now.timestamp():.6f}.{next(self._names)}.tests,S={len(stored)},W={wire}"
        draft = folder / "tmp" / unique
        draft.write_bytes(stored)
        os.utime(draft, (now.timestamp(), now.timestamp()))
        self._own(draft)
        letters = "".join(sorted(flags))
        draft.rename(folder / "cur" / f"{unique}:2,{letters}")

    def doveadm(self, *arguments: str, stdin: bytes | None = None) -> str:
        """What the server's own tool says: `doveadm("fetch", "-u", user, "uid flags", "all")`."""
        done = subprocess.run(
            [self.software.doveadm, "-c", self._config, *arguments],
            env={**os.environ, **self.software.environment},
            input=stdin,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"doveadm {' '.join(arguments)}: {done.stderr.decode()}")
        return done.stdout.decode(errors="replace")

    def log(self) -> str:
        """What it logged since it was made."""
        return self._log.read_text(errors="replace")

    # --- inside

    def _home(self, user: str) -> Path:
        home = self.root / "home" / user
        if not home.exists():
            home.mkdir(mode=0o700)
            self._own(home)
        return home

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)

    def _greets(self) -> bool:
        try:
            with socket.create_connection((self.host, self.imap), 1) as line:
                return line.recv(4).startswith(b"* OK")
        except OSError:
            return False

    def _setting(self, capabilities: Sequence[str] | None, lines: Sequence[str]) -> Setting:
        rooted = os.geteuid() == 0
        owner = self._owner
        return Setting(
            version=self.software.version,
            root=self.root,
            ports=self.ports,
            password=self.password,
            internal_user="dovecot" if rooted else owner.pw_name,
            internal_group="dovecot" if rooted else grp.getgrgid(owner.pw_gid).gr_name,
            login_user="dovenull" if rooted else owner.pw_name,
            mail_uid=owner.pw_uid,
            mail_gid=owner.pw_gid,
            cert_file=self.certificates.cert_file,
            key_file=self.certificates.key_file,
            capabilities=capabilities,
            lines=(*self.software.lines, *lines),
        )


def free_ports() -> dict[str, int]:
    """A port of loopback for each protocol, different ones."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in PROTOCOLS]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return {name: each.getsockname()[1] for name, each in zip(PROTOCOLS, sockets, strict=True)}


def _mail_owner() -> pwd.struct_passwd:
    """Dovecot serves no mail as root; root's tests keep theirs as the user "mail"."""
    return pwd.getpwnam("mail") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
