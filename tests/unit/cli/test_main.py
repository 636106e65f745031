"""The program's end, whatever happens inside."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tuimail.cli import commands, main
from tuimail.cli.run import Run


@pytest.fixture(autouse=True)
def _process_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the program changes for its whole process."""
    logger = logging.getLogger("tuimail")
    monkeypatch.setattr(logging, "raiseExceptions", True)
    monkeypatch.setattr(logger, "propagate", True)
    monkeypatch.setattr(logger, "handlers", [])
    level, umask = logger.level, os.umask(0o022)
    yield
    for handler in logger.handlers:
        handler.close()
    logger.setLevel(level)
    os.umask(umask)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], int]:
    """Run `doctor`, which raises what the test wants."""

    def run(error: BaseException) -> int:
        def fail(_: Run) -> int:
            raise error

        monkeypatch.setattr(commands, "_command", lambda name: fail)
        return main.main(["-v", "doctor"])

    return run


def test_a_mistake_of_ours_is_one_sentence_and_a_log(
    failing: Callable[[BaseException], int], capfd: pytest.CaptureFixture[str]
) -> None:
    assert failing(ValueError("secret detail")) == 1
    shown = capfd.readouterr().err
    assert "Traceback" not in shown
    assert "a fault in tuimail itself" in shown
    log = Path(os.environ["XDG_STATE_HOME"]) / "tuimail/log/tuimail.log"
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (
            OSError(28, "No space left on device", "/data/journal.db"),
            1,
            "/data/journal.db: No space",
        ),
        (PermissionError(13, "Permission denied"), 1, "Permission denied"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_the_system_refuses_is_named(
    failing: Callable[[BaseException], int],
    capfd: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    words: str,
) -> None:
    assert failing(error) == status
    assert words in capfd.readouterr().err


def test_wrong_usage_is_2(capfd: pytest.CaptureFixture[str]) -> None:
    assert main.main(["nonsense"]) == 2
    assert capfd.readouterr().err.startswith("tuimail: ")


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["--help"])
    assert ended.value.code == 0
    assert "search" in capsys.readouterr().out
