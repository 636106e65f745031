"""Questions to whoever sits at the terminal, on stderr, so that results can be piped."""

import getpass
import sys
from collections.abc import Sequence

from tuimail.cli.failure import Exit, Failure
from tuimail.cli.run import Run
from tuimail.model.safe_text import safe_line


def ask(run: Run, question: str, default: str = "") -> str:
    """A line of the user's, or the default for an empty one; Failure if nobody is there."""
    if not run.can_ask:
        raise Failure(f"nobody is there to answer: {question}", Exit.USAGE)
    hint = f" [{default}]" if default else ""
    sys.stderr.write(safe_line(f"{question}{hint}: "))
    sys.stderr.flush()
    line = run.stdin.readline()
    if not line:
        raise Failure("the answer is missing", Exit.USAGE)
    return line.strip() or default


def ask_choice(run: Run, question: str, choices: Sequence[tuple[str, str]]) -> str:
    """The letter of one of the choices; the first one for an empty line."""
    for letter, words in choices:
        sys.stderr.write(f"  {letter}  {words}\n")
    letters = [letter for letter, _ in choices]
    while True:
        answer = ask(run, question, letters[0]).lower()
        if answer in letters:
            return answer
        sys.stderr.write(f"Please answer one of {', '.join(letters)}.\n")


def ask_secret(run: Run, question: str) -> str:
    """A line that is not shown; Failure if nobody is there or nothing is typed."""
    if not run.can_ask:
        raise Failure(f"nobody is there to answer: {question}", Exit.USAGE)
    secret = hidden_line(question)
    if not secret:
        raise Failure("without a password nothing can be tried", Exit.USAGE)
    return secret


def hidden_line(question: str) -> str:
    """What is typed at the terminal, without showing it."""
    return getpass.getpass(safe_line(f"{question}: "), stream=sys.stderr)
