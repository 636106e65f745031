"""The whole check: `python3 -m tests [quick | full | bench [NAME…]]`.

Needs Python 3.11 or later with venv, nothing else: everything it uses it gets by itself,
into the hidden folder `.tests/`.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.setup_dovecot import provide_dovecot
from tests.setup_environment import Unprepared, prepared_programs

ROOT = Path(__file__).parents[1]

TOOLS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("lint-imports",),
)
SELECTIONS = {
    "": [],
    "quick": ["-m", "not long and not integration"],
    "full": ["-m", ""],
}


def main() -> int:
    options = _options()
    try:
        programs = prepared_programs()
    except Unprepared as problem:
        print(problem, file=sys.stderr)
        return 1
    missing = "" if options.what == "quick" else provide_dovecot()
    if missing:
        print(missing, file=sys.stderr)
    if options.what == "bench":
        return _run(programs / "python", "-m", "tests.benchmarks", *options.more)
    return _check(programs, options, missing)


def _check(programs: Path, options: argparse.Namespace, missing: str) -> int:
    failed = []
    for tool in TOOLS:
        print(f"== {' '.join(tool)}", flush=True)
        if _run(programs / tool[0], *tool[1:]):
            failed.append(" ".join(tool))
    if missing:
        print("Left out: every test that talks to a Dovecot (marked `integration`).", flush=True)
        if os.environ.get("CI") == "true":
            failed.append("Dovecot, which CI must have")
    selection = SELECTIONS[options.what]
    if _run(programs / "pytest", "-q", "-n", "2", *selection, *options.more):
        failed.append("pytest")
    if failed:
        print(f"Not in order: {', '.join(failed)}.")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m tests", description="Check all of tuimail.")
    parser.add_argument(
        "what",
        nargs="?",
        default="",
        choices=[*SELECTIONS, "bench"],
        metavar="quick|full|bench",
        help="quick: no servers; full: also what takes minutes; bench: print benchmarks only",
    )
    parser.add_argument("more", nargs="*", help="benchmarks to run, or arguments for pytest")
    return parser.parse_args()


def _run(program: Path, *arguments: str) -> int:
    environment = dict(os.environ)
    if "full" in sys.argv[1:2]:
        environment["TUIMAIL_TEST_EXAMPLES"] = "full"
    return subprocess.run([program, *arguments], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
