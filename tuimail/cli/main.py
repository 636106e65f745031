"""The program's entry: reads the arguments, runs one command, and ends with its exit code."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tuimail.cli.failure import FAULT, Exit, Failure

if TYPE_CHECKING:
    from tuimail.cli.boot import Boot

INTERRUPTED = 130

# Commands that fill the screen.
_SCREENS: dict[tuple[str, ...], str] = {(): "", ("demo",): "demo"}


def main(argv: Sequence[str] | None = None) -> int:
    """Never raises, but for the SystemExit of `--help` and `--version`."""
    try:
        status = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except Failure as failure:
        _complain(str(failure))
        return failure.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; stdout must not fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except Exception:  # the program's end: nobody above could say it better
        import logging  # noqa: PLC0415  nothing slow before the first screen

        logging.getLogger(__name__).exception("the program failed")
        _complain(FAULT)
        return Exit.FAILED
    return status


def _run(argv: list[str]) -> int:
    boot = _boot(argv)
    try:
        return _command(argv, boot)
    finally:
        if boot is not None:
            boot.end()


def _boot(argv: list[str]) -> "Boot | None":
    """The first screen is there before anything slow is loaded, arguments included."""
    command = _SCREENS.get(tuple(argv))
    if command is None:
        return None
    from tuimail.cli.boot import begin  # noqa: PLC0415

    return begin(demo=command == "demo")


def _command(argv: list[str], boot: "Boot | None") -> int:
    import logging  # noqa: PLC0415

    logging.getLogger("tuimail").addHandler(logging.NullHandler())
    from tuimail.cli.arguments import parse  # noqa: PLC0415

    arguments = parse(argv)
    # Slow imports come after the arguments: `--help` must not wait for them.
    from tuimail.cli.commands import run_command  # noqa: PLC0415

    return run_command(arguments, boot)


def _complain(sentence: str) -> None:
    from tuimail.cli.output import complain  # noqa: PLC0415

    complain(sentence)
