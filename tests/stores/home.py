"""A home in some folder, and the program that is run in it."""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tuimail.config.paths import Paths

STORES = Path(__file__).parent

# What a store holds, as commands print it; none of them needs an engine.
QUESTIONS = (
    ("mailboxes",),
    ("search", "account:work"),
    ("search", "account:post"),
    ("search", "in:INBOX"),
    ("search", "figures"),
    ("pending",),
    ("undo", "--list"),
    ("outbox",),
    ("pop", "plan"),
)
# Words that may be put better; the rest of what was printed stands.
_WORDS = {"reason", "did"}


class Home:
    """Folders as the XDG variables name them, all below `root`."""

    def __init__(self, root: Path, runtime: Path) -> None:
        names = ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "STATE_HOME")
        self.root = root
        self.environment = {
            **os.environ,
            "HOME": str(root),
            **{f"XDG_{name}": str(root / name.partition("_")[0].lower()) for name in names},
            "XDG_RUNTIME_DIR": str(runtime),
        }
        self.paths = Paths.from_environment(self.environment)

    def run(self, *arguments: str, engine: bool = False, stdin: bytes = b"") -> bytes:
        """What the program prints; it has to succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "tuimail", *arguments],
            env=self.environment if engine else {**self.environment, "TUIMAIL_ENGINE": "off"},
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def objects(self, *arguments: str, engine: bool = False) -> list[dict[str, Any]]:
        """The same with `--json`."""
        printed = self.run(arguments[0], "--json", *arguments[1:], engine=engine)
        return [json.loads(line) for line in printed.splitlines()]

    def answers(self) -> dict[str, list[dict[str, Any]]]:
        """What the commands say about all that is here."""
        return {" ".join(question): self.objects(*question) for question in QUESTIONS}

    def write_account(self, name: str, settings: str) -> None:
        folder = self.paths.accounts
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / f"{name}.toml"
        file.touch(mode=0o600)
        file.write_text(settings)


def without_words(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    # What was not read yet had no attachments once, and is null by now.
    rows = [row | {"attachments": row.get("attachments") or None} for row in rows]
    return [{key: value for key, value in row.items() if key not in _WORDS} for row in rows]


def unpack(version: str, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Put that version's home below `folder`; what its commands printed."""
    with tarfile.open(STORES / f"{version}.tar.xz") as archive:
        # Python 3.11.2 knows no filters yet, and 3.12 wants to be told of one.
        if hasattr(tarfile, "tar_filter"):
            archive.extraction_filter = tarfile.tar_filter
        for member in archive:
            archive.extract(member, folder)
    expected: dict[str, list[dict[str, Any]]]
    expected = json.loads((folder / "expected.json").read_bytes())
    return expected
