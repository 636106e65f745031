"""Gets Dovecot: by apt where root or sudo allow it, else unpacked into `.tests/`."""

import os
import re
import secrets
import shutil
import subprocess
from pathlib import Path

from tests.servers.dovecot_software import LINKS, UNPACKED, Software, find_software

PACKAGES = ("dovecot-imapd", "dovecot-pop3d")

# A mail server for everybody is not wanted here: nothing is started, now or at boot.
INSTALL = r"""
set -eu
guard=/usr/sbin/policy-rc.d
if [ ! -e "$guard" ]; then
    trap 'rm -f "$guard"' EXIT
    printf '#!/bin/sh\nexit 101\n' > "$guard"
    chmod 755 "$guard"
fi
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@"
if [ -d /run/systemd/system ]; then
    for unit in dovecot.service dovecot.socket; do systemctl --quiet disable "$unit" || :; done
fi
"""

# These paths are compiled in; links of the same length lead from there to the folder.
COMPILED_IN = {"/usr/lib/dovecot": "usr/lib/dovecot", "/usr/bin/doveconf": "usr/bin/doveconf"}


def provide_dovecot() -> str:
    """Get Dovecot if it is not here yet; returns "", or a sentence on what is missing."""
    if isinstance(find_software(), Software):
        return ""
    if shutil.which("apt-get") is None:
        return f"Dovecot is missing, and there is no apt to get it: install {_packages()}."
    try:
        _install() if _becomes_root() is not None else _unpack()
    except subprocess.CalledProcessError as error:
        return f"Dovecot is missing, and `{error.cmd[0]}` failed: install {_packages()}."
    found = find_software()
    return found if isinstance(found, str) else ""


def _packages() -> str:
    return " and ".join(PACKAGES)


def _becomes_root() -> list[str] | None:
    """What to put before a command to run it as root, None if that cannot be had."""
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "--non-interactive"]
    if shutil.which("sudo") is None or subprocess.run([*sudo, "true"], check=False).returncode:
        return None
    return sudo


def _install() -> None:
    print(f"Installing {_packages()} by apt …", flush=True)
    subprocess.run([*(_becomes_root() or []), "sh", "-c", INSTALL, "sh", *PACKAGES], check=True)


def _unpack() -> None:
    print(f"Unpacking {_packages()} without root …", flush=True)
    shutil.rmtree(UNPACKED.parent, ignore_errors=True)
    draft = UNPACKED.with_name("draft")
    draft.mkdir(parents=True)
    for package in _downloaded(UNPACKED.with_name("packages")):
        subprocess.run(["dpkg-deb", "--extract", package, draft], check=True)
        package.unlink()
    _redirect(draft)
    draft.rename(UNPACKED)


def _downloaded(folder: Path) -> list[Path]:
    """The packages and what they need of what is not installed."""
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
        [*apt, "--simulate", "--no-install-recommends", "install", *PACKAGES],
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
