"""An SSH server on the loopback, with keys and settings of its own, for whoever runs it."""

import getpass
import grp
import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers.openssh_software import OpenSsh

HOST = "127.0.0.1"
PATIENCE = 20.0

_CONFIG = """\
ListenAddress {host}:{port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
AuthenticationMethods publickey
UsePAM no
StrictModes no
PermitRootLogin yes
PrintMotd no
PrintLastLog no
"""


def terminals_missing() -> str:
    """Why an sshd of whoever we are can give nobody a terminal here; "" if it can.

    It gives each to the group tty, which an ordinary user may do only where that is the
    terminal's group from the beginning: where devpts is mounted with its gid.
    """
    if os.geteuid() == 0:
        return ""
    controller, terminal = os.openpty()
    group = os.fstat(terminal).st_gid
    os.close(controller)
    os.close(terminal)
    wanted = grp.getgrnam("tty").gr_gid
    if wanted in (group, *os.getgroups()):
        return ""
    return (
        f"An ordinary user's sshd has no terminals here: /dev/pts is mounted without gid={wanted}"
    )


class Sshd:
    """Runs while it is entered; `command` is how a client starts a program there."""

    def __init__(self, software: OpenSsh, folder: Path) -> None:
        self._software = software
        self._folder = folder
        self._environment = {**os.environ, **software.environment}
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()

    def __enter__(self) -> Self:
        self._folder.mkdir(mode=0o700)
        for name in ("host", "user"):
            self._run(
                self._software.keygen, "-q", "-t", "ed25519", "-N", "", "-f", self._file(name)
            )
        config = _CONFIG.format(host=HOST, port=self.port, folder=self._folder)
        self._file("config").write_text(config + "".join(f"{x}\n" for x in self._software.lines))
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with self._file("log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._software.sshd, "-D", "-e", "-f", self._file("config")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
            )
        self._wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(PATIENCE)

    def command(self, words: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """An ssh that runs `words` in a terminal."""
        setting = [f"{name}={value}" for name, value in environment.items()]
        options = {
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
            "IdentityFile": str(self._file("user")),
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": "/dev/null",
            "LogLevel": "ERROR",
            "EscapeChar": "none",
            "ControlPath": "none",
        }
        given = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        remote = shlex.join(["exec", "env", *setting, *words])
        ssh = [str(self._software.ssh), "-F", "/dev/null", "-tt", "-p", str(self.port)]
        return [*ssh, *given, f"{getpass.getuser()}@{HOST}", remote]

    def drop(self) -> None:
        """Every connection ends here and now, as if this machine's network were gone."""
        assert self._process is not None
        for pid in list(_descendants(self._process.pid)):
            if _name_of(pid).startswith("sshd"):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def log(self) -> str:
        return self._file("log").read_text()

    def _file(self, name: str) -> Path:
        return self._folder / name

    def _run(self, *command: str | Path) -> None:
        subprocess.run(command, env=self._environment, check=True, capture_output=True)

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE
        while True:
            with socket.socket() as attempt:
                if attempt.connect_ex((HOST, self.port)) == 0:
                    return
            assert self._process is not None
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.02)


def _descendants(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from _descendants(child)


def _name_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text()
    return ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
