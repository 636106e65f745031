"""How questions are asked."""

import argparse
import io
import sys

import pytest

from tuimail.cli.ask import ask, ask_yes
from tuimail.cli.failure import Exit, Failure
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


def at_keyboard(lines: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    return Run(argparse.Namespace(), Output(), Paths.from_environment(), stdin=Keyboard(lines))


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize(
    ("typed", "meant"),
    [("y", True), ("YES", True), (" Yes ", True), ("n", False), ("No", False), ("NO", False)],
)
def test_a_question_takes_yes_or_no_in_any_case(
    typed: str, meant: bool, default: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = at_keyboard(f"{typed}\n", monkeypatch)
    assert ask_yes(run, "Really?", default=default) is meant


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize(
    "typed", ["banana", "sha256:" + "ab" * 32, "yellow", "nein", "0", "ja", "y n", "nope"]
)
def test_what_is_neither_yes_nor_no_is_asked_again(
    typed: str, default: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = "n" if default else "y"
    run = at_keyboard(f"{typed}\n{typed}\n{answer}\n", monkeypatch)
    assert ask_yes(run, "Really?", default=default) is not default
    assert capsys.readouterr().err.count("Please answer y (yes) or n (no).") == 2


def test_an_empty_line_is_the_default_and_the_end_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ask_yes(at_keyboard("\n", monkeypatch), "Really?", default=True)
    assert not ask_yes(at_keyboard("\n", monkeypatch), "Really?", default=False)
    with pytest.raises(Failure) as failure:
        ask_yes(at_keyboard("perhaps\n", monkeypatch), "Really?", default=True)
    assert failure.value.status == Exit.USAGE


def test_nobody_is_asked_where_nobody_is() -> None:
    run = Run(argparse.Namespace(), Output(), Paths.from_environment(), stdin=io.StringIO("y\n"))
    with pytest.raises(Failure) as failure:
        ask_yes(run, "Really?", default=True)
    assert failure.value.status == Exit.USAGE
