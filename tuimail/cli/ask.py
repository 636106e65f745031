"""Questions to whoever sits at the terminal, on stderr, so that results can be piped."""

import asyncio
import getpass
import shutil
import signal
import sys
import termios
import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tuimail.cli.failure import Exit, Failure
from tuimail.cli.run import Run
from tuimail.engine import trust
from tuimail.engine.trust import Doubt
from tuimail.model.safe_text import safe_line

_ANSWERS = {"y": True, "yes": True, "n": False, "no": False}


def ask(run: Run, question: str, default: str = "") -> str:
    """A line of the user's, or the default for an empty one; Failure if nobody is there."""
    if not run.can_ask:
        raise Failure(f"nobody is there to answer: {question}", Exit.USAGE)
    hint = f" [{default}]" if default else ""
    with _ended_by_one_interrupt():
        sys.stderr.write(safe_line(f"{question}{hint}: "))
        sys.stderr.flush()
        line = run.stdin.readline()
    if not line:
        raise Failure("the answer is missing", Exit.USAGE)
    return line.strip() or default


def ask_yes(run: Run, question: str, *, default: bool) -> bool:
    """Yes or no; whatever is neither is asked again, since nobody can tell what it was for."""
    while True:
        answer = ask(run, f"{question} y or n", "y" if default else "n").lower()
        if answer in _ANSWERS:
            return _ANSWERS[answer]
        sys.stderr.write("Please answer y (yes) or n (no).\n")


def ask_trust(run: Run, doubt: Doubt) -> bool:
    """Whether a certificate that nobody vouches for is to be trusted, after it was shown."""
    tell("", doubt.certificate.reason, trust.FINGERPRINT)
    # On one line whatever its width is: so it can be copied whole, and compared.
    sys.stderr.write(f"{doubt.certificate.fingerprint}\n")
    tell(doubt.meaning)
    return ask_yes(run, f"{trust.TRUST} for {doubt.whose}?", default=False)


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


def tell(*lines: str) -> None:
    """To whoever answers, beside the questions, broken at blanks."""
    width = max(20, shutil.get_terminal_size().columns - 1)
    for line in lines:
        sys.stderr.write(f"{textwrap.fill(safe_line(line), width)}\n")


def hidden_line(question: str) -> str:
    """What is typed at the terminal, without showing it."""
    with _ended_by_one_interrupt():
        return _hidden(question)


def _hidden(question: str) -> str:
    try:
        return getpass.getpass(safe_line(f"{question}: "), stream=sys.stderr)
    except EOFError as error:
        raise Failure("the answer is missing", Exit.USAGE) from error


async def hidden_line_meanwhile(question: str) -> str:
    """The same while the loop goes on; an interrupt ends it, and the terminal shows keys again."""
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()

    def answered(set_answer: Callable[[], None]) -> None:
        loop.call_soon_threadsafe(lambda: None if typed.done() else set_answer())

    def wait_for_line() -> None:
        try:
            line = _hidden(question)
        except (Failure, OSError) as error:
            trouble = error
            answered(lambda: typed.set_exception(trouble))
        else:
            answered(lambda: typed.set_result(line))

    with _terminal_as_it_was():
        # Nothing ends a read of the terminal; the program's end is not to wait for it.
        threading.Thread(target=wait_for_line, daemon=True).start()
        return await typed


@contextmanager
def _terminal_as_it_was() -> Iterator[None]:
    try:
        before = termios.tcgetattr(sys.stdin)
    except (OSError, ValueError, termios.error):
        yield
        return
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


@contextmanager
def _ended_by_one_interrupt() -> Iterator[None]:
    """asyncio's own handler waits for its task, which reads here and never hears of it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
