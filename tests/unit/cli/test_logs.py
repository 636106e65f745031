"""Where the log of a command goes, and what may stand in it."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tuimail.cli import logs
from tuimail.cli.arguments import parse
from tuimail.cli.main import main
from tuimail.config.paths import Paths
from tuimail.config.save import save_account
from tuimail.config.schema import AccountConfig, ServerConfig
from tuimail.model.mail import AccountName

EVIL = "anna@example.org says \x1b]0;x\x07\x9b31m"
SHOWN = "<address> says ␛]0;x␇\ufffd31m"


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("tuimail", "asyncio")]
    before = [(each, each.level, each.propagate, [*each.handlers]) for each in loggers]
    raising = logging.raiseExceptions
    yield
    logging.raiseExceptions = raising
    for handler in logging.getLogger("asyncio").handlers:
        handler.close()
    for logger, level, propagate, handlers in before:
        logger.setLevel(level)
        logger.propagate = propagate
        logger.handlers[:] = handlers


def started(*arguments: str) -> Paths:
    paths = Paths.from_environment()
    logs.start(paths, parse(arguments))
    return paths


@pytest.mark.parametrize("name", ["tuimail.backend", "asyncio"])
def test_a_warning_goes_to_the_file_and_is_harmless_there(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = started("mailboxes")
    logging.getLogger(name).warning("%s", EVIL)
    assert capsys.readouterr().err == ""
    assert SHOWN in (paths.log / "tuimail.log").read_text()


@pytest.mark.parametrize("name", ["tuimail.backend", "asyncio"])
def test_who_asks_for_it_sees_it_without_a_traceback(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    started("-v", "mailboxes")
    logging.getLogger(name).error("%s", EVIL, exc_info=ValueError(EVIL))
    shown = capsys.readouterr().err
    assert SHOWN in shown
    assert len(shown.splitlines()) == 1


def _a_file(log: Path) -> None:
    log.parent.mkdir(parents=True)
    log.touch()


def _a_file_above(log: Path) -> None:
    log.parent.parent.mkdir(parents=True)
    log.parent.touch()


def _a_folder(log: Path) -> None:
    (log / "engine.log").mkdir(parents=True)


def _a_pipe(log: Path) -> None:
    log.mkdir(parents=True)
    os.mkfifo(log / "tuimail.log")


def _a_link_to_nowhere(log: Path) -> None:
    log.mkdir(parents=True)
    (log / "engine-crash.log").symlink_to(log / "no" / "such")


def _a_link_to_itself(log: Path) -> None:
    log.parent.mkdir(parents=True)
    log.symlink_to(log)


UNUSABLE = [
    _a_file,
    _a_file_above,
    _a_folder,
    _a_pipe,
    _a_link_to_nowhere,
    _a_link_to_itself,
]


@pytest.mark.parametrize("spoil", UNUSABLE)
def test_a_log_that_cannot_be_written_is_said_once_and_stops_nothing(
    spoil: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    paths = Paths.from_environment()
    spoil(paths.log)
    save_some_account(paths)
    assert main(["mailboxes"]) == 0
    logging.getLogger("tuimail").warning("nobody reads this")
    told = capsys.readouterr().err
    assert told.startswith(f"tuimail: There is no log: {paths.log}")
    assert told.count("\n") == 1


def save_some_account(paths: Paths) -> None:
    server = ServerConfig(host="127.0.0.1", security="none", port=9, username="anna")
    save_account(paths, AccountConfig(AccountName("work"), "anna@example.org", server))


def test_where_there_is_no_folder_yet_none_is_made_and_nothing_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    paths = started("mailboxes")
    assert logs.unusable(paths) == ""
    assert not paths.state.exists()
