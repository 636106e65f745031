"""What is loaded by the time the first screen is painted, and what is not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.sandbox import Sandbox, fill_store
from tuimail.cli.opening import Taste
from tuimail.config.schema import Config
from tuimail.model.mail import AccountName

# Each takes milliseconds that somebody would wait for a screen.
NOT_YET = {
    "argparse",
    "asyncio",
    "concurrent.futures",
    "email",
    "hashlib",
    "logging",
    "platformdirs",
    "random",
    "rich",
    "selectolax",
    "shutil",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "textual",
    "threading",
    "tomllib",
    "tuimail.config.load",
    "tuimail.config.schema",
    "tuimail.engine",
    "tuimail.model.query",
    "tuimail.store.search",
    "tuimail.store.store",
    "tuimail.ui.app",
    "tuimail.ui.widgets",
    "wcwidth",
}
if sys.version_info < (
    3,
    12,
):  # From then on no data class does without `inspect`, which brings it.
    NOT_YET.add("ast")

PAINT = """
import os, sys
import tuimail.cli.main
from tuimail.cli.boot import put_off
put_off("inspect")
from tuimail.cli import opening
data, frame, _ = opening.draw(os.environ, 120, 40, demo=sys.argv[1] == "demo")
text = "".join(piece for row in frame.rows for piece, _ in row)
print("painted:", sys.argv[2] in text)
print("loaded:", *sys.modules)
"""


def painted(command: str, words: str, environment: dict[str, str]) -> set[str]:
    """What is loaded once the first screen is painted, which shows these words."""
    done = subprocess.run(
        [sys.executable, "-c", PAINT, command, words],
        env={
            "PATH": os.environ["PATH"],
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    said, loaded = done.stdout.splitlines()
    assert said == "painted: True"
    return set(loaded.split()[1:])


def test_the_demos_first_screen_loads_little(tmp_path: Path) -> None:
    assert painted("demo", "Sample mail", {"HOME": str(tmp_path)}) & NOT_YET == set()


@pytest.mark.parametrize(
    "config", ["", 'theme = "paper"\nkeymap = "mutt"\n'], ids=["none", "plain"]
)
def test_the_first_screen_of_real_mail_loads_little(config: str) -> None:
    with Sandbox() as sandbox:
        account = sandbox.add_account("mine", "127.0.0.1", 9, "me", "secret")
        store = sandbox.store(AccountName(account))
        fill_store(store, 100)
        store.close()
        if config:
            sandbox.paths.config_file.write_text(config)
            sandbox.paths.keys_file.write_text('go = ["x", "g l"]\n')
        assert painted("", "Inbox 1/100", sandbox.environment) & NOT_YET == set()


def test_a_first_screen_says_the_defaults_of_the_settings() -> None:

    usual = Config()
    assert {name: getattr(usual, name) for name in Taste._fields} == Taste()._asdict()
