"""What the real program has loaded by the time its first rows stand."""

import os
import sys
from pathlib import Path

from tests.benchmarks.terminal import Terminal
from tests.unit.test_layout import NEVER_ON_SCREEN

# Runs `tuimail demo` and notes each import at the moment it happens.
WATCHED = """
import os, runpy, sys
notes = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def note(event, details):
    if event == "import":
        os.write(notes, f"{details[0]}\\n".encode())
sys.addaudithook(note)
sys.argv[1:] = ["demo"]
runpy.run_module("tuimail", run_name="__main__")
"""


def test_the_first_rows_stand_before_anything_else_is_loaded(tmp_path: Path) -> None:
    notes = tmp_path / "imports"
    with Terminal([sys.executable, "-c", WATCHED, notes], os.environ) as terminal:
        terminal.wait_for(r"Inbox 1/\d+  \d+ unread")
        loaded = set(notes.read_text().split())
    assert "textual" in loaded
    assert not loaded & NEVER_ON_SCREEN
