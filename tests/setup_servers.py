"""Gets the servers: by apt where root or sudo allow it, else unpacked into `.tests/`."""

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.servers import dovecot_software, openssh_software
from tests.servers.dovecot_software import LINKS
from tests.servers.programs import find_program, unpacked

# Servers for everybody are not wanted here: nothing is started, now or at boot. $1 are the
# units of systemd, $2 the packages.
INSTALL = r"""
set -eu
guard=/usr/sbin/policy-rc.d
if [ ! -e "$guard" ]; then
    trap 'rm -f "$guard"' EXIT
    printf '#!/bin/sh\nexit 101\n' > "$guard"
    chmod 755 "$guard"
fi
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $2
if [ -d /run/systemd/system ]; then
    for unit in $1; do systemctl --quiet disable "$unit" || :; done
fi
"""

# These paths are compiled in; links of the same length lead from there to the folder.
COMPILED_IN = {"/usr/lib/dovecot": "usr/lib/dovecot", "/usr/bin/doveconf": "usr/bin/doveconf"}


@dataclass(frozen=True, slots=True)
class Server:
    """What one needs; `find` returns a sentence where it is missing.

    `mend` makes programs find their parts in the folder where they were unpacked.
    """

    name: str
    packages: tuple[str, ...]
    units: tuple[str, ...]
    unpacked: Path
    find: Callable[[], object]
    mend: Callable[[Path], None] = lambda _: None


def provide(server: Server) -> str:
    """Get it if it is not here yet; returns "", or a sentence on what is missing."""
    if not isinstance(server.find(), str):
        return ""
    install = f"install {' and '.join(server.packages)}"
    if shutil.which("apt-get") is None:
        return f"{server.name} is missing, and there is no apt to get it: {install}."
    try:
        _install(server) if _becomes_root() is not None else _unpack(server)
    except subprocess.CalledProcessError as error:
        return f"{server.name} is missing, and `{error.cmd[0]}` failed: {install}."
    found = server.find()
    return found if isinstance(found, str) else ""


def provide_servers() -> list[str]:
    """All that the tests talk to; a sentence for each that is missing."""
    return [missing for server in SERVERS if (missing := provide(server))]


def missing_programs() -> list[str]:
    """What tests use and cannot get by themselves; a sentence for each that is missing."""
    found = find_program("git")
    return [found] if isinstance(found, str) else []


def _becomes_root() -> list[str] | None:
    """What to put before a command to run it as root, None if that cannot be had."""
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "--non-interactive"]
    if shutil.which("sudo") is None or subprocess.run([*sudo, "true"], check=False).returncode:
        return None
    return sudo


def _install(server: Server) -> None:
    print(f"Installing {' and '.join(server.packages)} by apt …", flush=True)
    words = " ".join(server.units), " ".join(server.packages)
    subprocess.run([*(_becomes_root() or []), "sh", "-c", INSTALL, "sh", *words], check=True)


def _unpack(server: Server) -> None:
    print(f"Unpacking {' and '.join(server.packages)} without root …", flush=True)
    shutil.rmtree(server.unpacked.parent, ignore_errors=True)
    draft = server.unpacked.with_name("draft")
    draft.mkdir(parents=True)
    for package in _downloaded(server):
        subprocess.run(["dpkg-deb", "--extract", package, draft], check=True)
        package.unlink()
    server.mend(draft)
    draft.rename(server.unpacked)


def _downloaded(server: Server) -> list[Path]:
    """The packages and what they need of what is not installed."""
    folder = server.unpacked.with_name("packages")
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    options = {
        "Dir::State": folder / "state",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": folder / "cache",
        "Debug::NoLocking": "true",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    subprocess.run([*apt, "update"], cwd=folder, check=True)
    plan = subprocess.run(
        [*apt, "--simulate", "--no-install-recommends", "install", *server.packages],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = re.findall(r"^Inst (\S+)", plan, re.MULTILINE)
    subprocess.run([*apt, "download", *names], cwd=folder, check=True)
    return sorted(folder.glob("*.deb"))


def _redirect(root: Path) -> None:
    links = {}
    for compiled_in, place in COMPILED_IN.items():
        stem = "/tmp/tmdc-"
        link = stem + secrets.token_hex(len(compiled_in))[: len(compiled_in) - len(stem)]
        links[compiled_in.encode()] = link.encode()
        with (root / LINKS).open("a") as table:
            table.write(f"{link} {place}\n")
    for path in (root / "usr").rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        content = changed = path.read_bytes()
        for old, new in links.items():
            changed = changed.replace(old, new)
        if changed != content:
            path.write_bytes(changed)


SERVERS = (
    Server(
        "Dovecot",
        ("dovecot-imapd", "dovecot-pop3d"),
        ("dovecot.service", "dovecot.socket"),
        dovecot_software.UNPACKED,
        dovecot_software.find_software,
        _redirect,
    ),
    Server(
        "OpenSSH",
        ("openssh-server", "openssh-client"),
        ("ssh.service", "ssh.socket"),
        openssh_software.UNPACKED,
        openssh_software.find_software,
    ),
    *(
        Server(name, (name,), (), unpacked(name), partial(find_program, name))
        for name in ("tmux", "screen", "mutt", "strace")
    ),
)
