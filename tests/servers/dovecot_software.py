"""Where Dovecot is on this machine: installed, or unpacked by `python3 -m tests`."""

import os
import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

# Both are made by tests/setup_servers.py; each row of LINKS is a link that the patched
# programs follow, and where in UNPACKED it leads.
UNPACKED = Path(__file__).parents[2] / ".tests" / "dovecot" / "root"
LINKS = "links"


@dataclass(frozen=True, slots=True)
class Software:
    """Programs, the settings that make them find their parts, and their environment."""

    dovecot: Path
    doveadm: Path
    version: tuple[int, ...]
    lines: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def find_software() -> Software | str:
    """The Dovecot of this machine, or a sentence on what is missing."""
    search = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    dovecot, doveadm = (shutil.which(name, path=search) for name in ("dovecot", "doveadm"))
    if dovecot and doveadm:
        return Software(Path(dovecot), Path(doveadm), _version(Path(dovecot), {}))
    if (UNPACKED / LINKS).exists() and _linked(UNPACKED):
        return _unpacked(UNPACKED)
    return "Dovecot is not on this machine: install dovecot-imapd and dovecot-pop3d"


def _linked(root: Path) -> bool:
    """Whether all links lead into `root`; /tmp may have been cleaned, so missing ones are made."""
    for row in (root / LINKS).read_text().splitlines():
        link, place = row.split()
        with suppress(FileExistsError):
            Path(link).symlink_to(root / place)
        ours = Path(link).lstat().st_uid == os.geteuid()
        if not (ours and Path(link).is_symlink() and Path(link).readlink() == root / place):
            return False
    return True


def _unpacked(root: Path) -> Software:
    parts = root / "usr/lib/dovecot"
    libraries = [parts, parts / "modules", parts / "modules/auth"]
    libraries += sorted((root / "usr/lib").glob("*-linux-gnu*"))
    path = ":".join(map(str, libraries))
    environment = {"LD_LIBRARY_PATH": path}
    dovecot = root / "usr/sbin/dovecot"
    version = _version(dovecot, environment)
    handed_on = {"PATH": f"{parts}:/usr/bin:/bin", **environment}
    lines = (
        f"libexec_dir = {parts}",
        f"mail_plugin_dir = {parts}/modules",
        f"login_plugin_dir = {parts}/modules/login",
        *_import_environment(version, handed_on),
    )
    return Software(dovecot, root / "usr/bin/doveadm", version, lines, environment)


def _import_environment(version: tuple[int, ...], names: dict[str, str]) -> list[str]:
    if version < (2, 4):
        words = " ".join(f"{name}={value}" for name, value in names.items())
        return [f"import_environment = TZ {words}"]
    rows = [f"  {name} = {value}" for name, value in names.items()]
    return ["import_environment {", *rows, "}"]


def _version(dovecot: Path, environment: dict[str, str]) -> tuple[int, ...]:
    words = subprocess.run(
        [dovecot, "--version"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", words)
    assert match, words
    return tuple(int(number or 0) for number in match.groups())
