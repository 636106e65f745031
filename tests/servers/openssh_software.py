"""Where OpenSSH is on this machine: installed, or unpacked by `python3 -m tests`."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

# Made by tests/setup_servers.py.
UNPACKED = Path(__file__).parents[2] / ".tests" / "openssh" / "root"

_PROGRAMS = ("sshd", "ssh", "ssh-keygen")


@dataclass(frozen=True, slots=True)
class OpenSsh:
    """Programs, settings that make the server find its parts, and their environment."""

    sshd: Path
    ssh: Path
    keygen: Path
    lines: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def find_software() -> OpenSsh | str:
    """The OpenSSH of this machine, or a sentence on what is missing."""
    search = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    sshd, ssh, keygen = (shutil.which(name, path=search) for name in _PROGRAMS)
    if sshd and ssh and keygen:
        return OpenSsh(Path(sshd), Path(ssh), Path(keygen))
    if (UNPACKED / "usr/sbin/sshd").exists():
        return _unpacked(UNPACKED)
    return "OpenSSH is not on this machine: install openssh-server and openssh-client"


def _unpacked(root: Path) -> OpenSsh:
    parts = root / "usr/lib/openssh"
    # The programs of a session are separate ones since OpenSSH 9.8.
    options = {"SshdSessionPath": parts / "sshd-session", "SshdAuthPath": parts / "sshd-auth"}
    lines = tuple(f"{name} {path}" for name, path in options.items() if path.exists())
    libraries = ":".join(map(str, sorted((root / "usr/lib").glob("*-linux-gnu*"))))
    programs = root / "usr/sbin/sshd", root / "usr/bin/ssh", root / "usr/bin/ssh-keygen"
    return OpenSsh(*programs, lines, {"LD_LIBRARY_PATH": libraries})
