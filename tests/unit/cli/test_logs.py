"""Where the log of a command goes, and what may stand in it."""

import logging
from collections.abc import Iterator

import pytest

from tuimail.cli import logs
from tuimail.cli.arguments import parse
from tuimail.config.paths import Paths

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
