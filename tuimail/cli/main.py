"""The program's entry: reads the arguments, runs one command, and ends with its exit code."""

import logging
import os
import sys
from collections.abc import Sequence

from tuimail.cli.arguments import parse
from tuimail.cli.failure import Exit, Failure
from tuimail.cli.output import complain

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Never raises, but for the SystemExit of `--help` and `--version`."""
    logging.getLogger("tuimail").addHandler(logging.NullHandler())
    try:
        status = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except Failure as failure:
        complain(str(failure))
        return failure.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; stdout must not fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except Exception:  # the program's end: nobody above could say it better
        logging.getLogger(__name__).exception("the program failed")
        complain("a fault in tuimail itself; please report it with the end of its log")
        return Exit.FAILED
    return status


def _run(argv: list[str]) -> int:
    arguments = parse(argv)
    # Slow imports come after the arguments: `--help` must not wait for them.
    from tuimail.cli.commands import run_command  # noqa: PLC0415

    return run_command(arguments)
