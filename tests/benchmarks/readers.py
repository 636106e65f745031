"""The programs that are measured beside each other, and how each reads the same letters."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.sandbox import Sandbox

WORD = "777"

# Sorted like ours, scrolled by the line, without the pauses that both make for people to read;
# all else as it comes.
MUTT = """\
set folder="{folder}"
set spoolfile="{folder}/INBOX"
set mbox_type=Maildir
set header_cache="{home}/{name}.cache"
set sort=reverse-date
set menu_scroll=yes
set sleep_time=0
set quit=yes
"""
AERC_ACCOUNTS = """\
[bench]
source = maildir://{folder}
default = INBOX
from = Bench <bench@example.org>
"""
AERC = """\
[filters]
text/plain=colorize
"""


@dataclass(frozen=True, slots=True)
class Keys:
    """What does the same everywhere."""

    home: str
    end: str
    back: str
    limit: str
    down: str = "j"
    page: str = "\x1b[6~"
    open: str = "\r"


@dataclass(frozen=True, slots=True)
class Reader:
    """A program, the mail it was given, and its keys.

    `carried_out` is what only shows when three `j` typed at once were carried out; without it
    the program's last byte says that.
    """

    name: str
    command: tuple[str | Path, ...]
    environment: Mapping[str, str]
    keys: Keys
    carried_out: str = ""


def ours(sandbox: Sandbox, name: str = "tuimail") -> Reader:
    return Reader(
        name,
        (sys.executable, "-m", "tuimail"),
        sandbox.environment,
        Keys(home="gg", end="G", back="q", limit=f"\\subject:{WORD}"),
        carried_out=r"Inbox 4/\d+",
    )


def others(home: Path, folder: Path) -> Iterator[Reader]:
    """Those that are installed, on the Maildir `folder`/INBOX; their settings go to `home`."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    for name in ("mutt", "neomutt"):
        if shutil.which(name):
            settings = home / f"{name}rc"
            settings.write_text(MUTT.format(folder=folder, home=home, name=name))
            # Read-only: a hundred thousand files would be renamed when it leaves.
            command = (name, "-n", "-R", "-F", settings)
            keys = Keys(home="=", end="*", back="i", limit=f"l~s {WORD}")
            yield Reader(name, command, environment, keys)
    if shutil.which("aerc"):
        _write_aerc(home / ".config" / "aerc", folder)
        keys = Keys(home="g", end="G", back="q", limit=f":filter {WORD}")
        yield Reader("aerc", ("aerc",), environment, keys)


def missing() -> list[str]:
    return [name for name in ("mutt", "neomutt", "aerc") if shutil.which(name) is None]


def _write_aerc(settings: Path, folder: Path) -> None:
    settings.mkdir(parents=True)
    accounts = settings / "accounts.conf"
    accounts.touch(mode=0o600)
    accounts.write_text(AERC_ACCOUNTS.format(folder=folder))
    (settings / "aerc.conf").write_text(AERC)
