"""A fault of ours in the screen: a sentence, the terminal as it was, nothing of what it held."""

import sys
from pathlib import Path

from tests.ui.terminal.pty_program import PtyProgram

FAULTY = """
import sys
from tuimail.ui.screens.main import MainScreen

def fail(self, name):
    body = "the secret of the letter"
    raise RuntimeError("no key today")

MainScreen.type_key = fail
from tuimail.cli.main import main
sys.exit(main(["demo"]))
"""


def test_a_fault_in_the_screen_is_a_sentence_without_a_traceback(tmp_path: Path) -> None:
    script = tmp_path / "faulty.py"
    script.write_text(FAULTY)
    with PtyProgram([sys.executable, script], environment={"PYTHONPATH": "."}) as program:
        program.until(lambda: "sample mail" in program.screen())
        before = program.attributes
        program.write(b"j")
        assert program.ended() == 1
        shown = program.output.decode("utf-8", "replace")
        assert "a fault in tuimail itself" in shown
        assert "secret of the letter" not in shown
        assert "Traceback" not in shown
        assert program.tty_attributes() == before
