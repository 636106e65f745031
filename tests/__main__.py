"""The whole check: `python3 -m tests [quick | full | newest | bench [NAME…]] [ARGUMENT…]`.

quick leaves out what talks to servers; full also runs what takes minutes, and quick on each
newer Python of this machine; newest runs quick on the newest of them; bench prints the
benchmarks and tests nothing. Further arguments go to pytest.

Needs Python 3.11 or later with venv (on Debian and Ubuntu the package python3-venv), and git;
everything else it gets by itself, into the hidden folder `.tests/`.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.setup_environment import Unprepared, newer_pythons, prepared_programs
from tests.setup_servers import missing_programs, provide_servers

ROOT = Path(__file__).parents[1]

TOOLS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("lint-imports", "--no-logo"),
)
SELECTIONS = {
    "": (),
    "quick": ("-m", "not long and not integration"),
    "full": ("-m", ""),
}
# Most of a test is waiting for what another program does, so more run than there are cores.
WORKERS = ("-n", "4", "--dist", "worksteal")


def main(words: list[str]) -> int:
    if {"-h", "--help"} & set(words):
        print(__doc__)
        return 0
    what = words.pop(0) if words and words[0] in (*SELECTIONS, "newest", "bench") else ""
    if what == "newest":
        return _check_with(newer_pythons()[-1:], words)
    try:
        programs = prepared_programs()
    except Unprepared as problem:
        print(problem, file=sys.stderr)
        return 1
    missing = [*missing_programs(), *([] if what == "quick" else provide_servers())]
    for sentence in missing:
        print(sentence, file=sys.stderr)
    if what == "bench":
        return _run(programs / "python", "-m", "tests.benchmarks", *words)
    failed = _check(programs, what, words, missing)
    return failed | (_check_with(newer_pythons(), words) if what == "full" else 0)


def _check_with(pythons: list[Path], words: list[str]) -> int:
    """The quick check with each of these interpreters."""
    if not pythons:
        print("No Python newer than this one is here: left out.", flush=True)
    failed = 0
    for python in pythons:
        print(f"== quick with {python}", flush=True)
        failed |= _run(python, "-m", "tests", "quick", *words)
    return failed


def _check(programs: Path, what: str, words: list[str], missing: list[str]) -> int:
    failed = []
    for tool in TOOLS:
        print(f"== {' '.join(tool)}", flush=True)
        if _run(programs / tool[0], *tool[1:]):
            failed.append(" ".join(tool))
    if missing:
        print("Left out: every test that needs what is missing.", flush=True)
        if os.environ.get("CI") == "true":
            failed.append("what is missing, which CI must have")
    if what == "full":
        os.environ["TUIMAIL_TEST_EXAMPLES"] = "full"
    if _run(programs / "pytest", "-q", *WORKERS, *SELECTIONS[what], *words):
        failed.append("pytest")
    if failed:
        print(f"Not in order: {', '.join(failed)}.")
    return 1 if failed else 0


def _run(program: Path, *arguments: str) -> int:
    return subprocess.run([program, *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
