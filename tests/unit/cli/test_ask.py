"""How questions are asked."""

import argparse
import io
import sys

import pytest

from tuimail.cli.ask import ask
from tuimail.cli.output import Output
from tuimail.cli.run import Run
from tuimail.config.paths import Paths


class Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_question_is_harmless_and_its_default_is_what_it_was(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    paths = Paths.from_environment()
    run = Run(argparse.Namespace(), Output(), paths, stdin=Keyboard("\n"))
    assert ask(run, "Name \x1b]0;x\x07", "an\x9bna") == "an\x9bna"
    assert capsys.readouterr().err == "Name ␛]0;x␇ [an\ufffdna]: "
