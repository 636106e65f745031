"""What `python3 -m tests` does where something is missing: it says so in a sentence."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests import __main__ as command
from tests import setup_environment, setup_servers
from tests.setup_environment import Unprepared
from tests.setup_servers import Server

MISSING = "Dovecot is missing"


@pytest.fixture(params=setup_servers.SERVERS, ids=lambda server: server.name)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Server:
    """Each of them, as if it were not on this machine."""
    asked: Server = request.param
    sentence = f"{asked.name} is missing."
    return replace(asked, find=lambda: sentence, unpacked=tmp_path / "server" / "root")


def test_without_apt_the_packages_to_install_are_named(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    answer = setup_servers.provide(server)
    assert answer.startswith(f"{server.name} is missing")
    assert all(package in answer for package in server.packages)


def test_a_failing_apt_is_no_traceback(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("apt-get", "sudo"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\nexit 100\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "`apt-get` failed" in setup_servers.provide(server)


def test_an_incomplete_python_is_told_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(setup_environment, "ENVIRONMENT", tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(Unprepared, match="python3-venv"):
        setup_environment.prepared_programs()


@pytest.mark.parametrize("lacks", ["venv", "ensurepip"])
def test_each_part_that_a_bare_python_lacks_is_told(
    lacks: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(setup_environment, "ENVIRONMENT", tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == lacks else name)
    with pytest.raises(Unprepared, match="python3-venv"):
        setup_environment.prepared_programs()


def test_an_environment_that_cannot_be_made_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fails = tmp_path / "python3"
    fails.write_text("#!/bin/sh\nexit 1\n")
    fails.chmod(0o755)
    monkeypatch.setattr(setup_environment, "ENVIRONMENT", tmp_path / "venv")
    monkeypatch.setattr(setup_environment, "ROOT", tmp_path)
    monkeypatch.setattr("sys.executable", str(fails))
    with pytest.raises(Unprepared, match="python3-venv"):
        setup_environment.prepared_programs()


def test_without_git_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup_servers.missing_programs() == ["git is not on this machine: install git"]


def test_a_python_that_is_too_old_is_told_before_anything_is_read() -> None:
    old = "import sys; sys.version_info, sys.version = (3, 9, 2), '3.9.2 (main)'; import tests"
    ended = subprocess.run(
        [sys.executable, "-c", old], capture_output=True, text=True, check=False, cwd=command.ROOT
    )
    assert ended.returncode == 1
    assert ended.stderr == "Python 3.11 or later is needed, this is 3.9.2.\n"


class Programs:
    """Stands in for the tools: notes what was run, and fails where it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, missing: str = "") -> None:
        self.ran: list[list[str]] = []
        self.failing: set[str] = set()
        monkeypatch.setattr(command, "prepared_programs", lambda: Path("/bin-of-tests"))
        monkeypatch.setattr(command, "provide_servers", lambda: [missing] if missing else [])
        monkeypatch.setattr("subprocess.run", self._run)

    def _run(self, argv: list[str | Path], **_: object) -> subprocess.CompletedProcess[str]:
        words = [str(word).removeprefix("/bin-of-tests/") for word in argv]
        self.ran.append(words)
        return subprocess.CompletedProcess(argv, int(words[0] in self.failing))


def test_the_whole_check_ends_with_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = Programs(monkeypatch)
    assert command.main([]) == 0
    assert [ran[0] for ran in programs.ran] == ["ruff", "ruff", "mypy", "lint-imports", "pytest"]


@pytest.mark.parametrize("failing", ["ruff", "mypy", "lint-imports", "pytest"])
def test_one_failing_tool_fails_the_check_and_stops_no_other(
    failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = Programs(monkeypatch)
    programs.failing = {failing}
    assert command.main([]) == 1
    assert len(programs.ran) == 5


def test_quick_asks_for_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = Programs(monkeypatch, missing=MISSING)
    monkeypatch.setenv("CI", "true")
    assert command.main(["quick", "-x"]) == 0
    assert programs.ran[-1][-3:] == ["-m", "not long and not integration", "-x"]


@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)])
def test_a_missing_server_is_told_and_fails_only_in_ci(
    ci: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Programs(monkeypatch, missing=MISSING)
    monkeypatch.setenv("CI", ci)
    assert command.main([]) == status
    output = capsys.readouterr()
    assert MISSING in output.err
    assert "Left out" in output.out


def test_bench_tests_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = Programs(monkeypatch)
    assert command.main(["bench", "keys"]) == 0
    assert programs.ran == [["python", "-m", "tests.benchmarks", "keys"]]


def test_newest_checks_quickly_with_the_newest_python_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    programs = Programs(monkeypatch)
    found = [Path("/bin/python3.12"), Path("/bin/python3.13")]
    monkeypatch.setattr(command, "newer_pythons", lambda: found)
    assert command.main(["newest"]) == 0
    assert programs.ran == [["/bin/python3.13", "-m", "tests", "quick"]]
    programs.failing.add("/bin/python3.13")
    assert command.main(["newest"]) == 1


def test_full_ends_with_a_quick_check_on_each_newer_python(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = Programs(monkeypatch)
    found = [Path("/bin/python3.12"), Path("/bin/python3.13")]
    monkeypatch.setattr(command, "newer_pythons", lambda: found)
    assert command.main(["full"]) == 0
    assert [ran[0] for ran in programs.ran[-3:]] == ["pytest", "/bin/python3.12", "/bin/python3.13"]


def test_only_what_works_and_is_newer_is_a_newer_python(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answers = {"3.11": "3 11", "3.12": "3 12", "3.13": "", "3.14": "3 14", "3.14-config": "3 15"}
    for name, answer in answers.items():
        program = tmp_path / f"python{name}"
        program.write_text(f"#!/bin/sh\n[ -n '{answer}' ] && echo {answer}\n")
        program.chmod(0o755)
    monkeypatch.setattr("os.get_exec_path", lambda: [str(tmp_path)])
    monkeypatch.setattr("sys.version_info", (3, 11, 2))
    found = setup_environment.newer_pythons()
    assert [python.name for python in found] == ["python3.12", "python3.14"]
