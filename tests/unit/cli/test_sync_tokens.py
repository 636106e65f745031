"""A sync at a terminal and a token that was refused: tried once more, unless it just was."""

import sys
from collections.abc import AsyncIterator, Sequence
from typing import cast

import pytest

from tests.ui.fake_mail import FakeMail
from tuimail.cli.output import Output
from tuimail.cli.run import Run
from tuimail.cli.sync import sync_once
from tuimail.config.paths import Paths
from tuimail.config.schema import AccountConfig, ServerConfig
from tuimail.engine.events import Connection, ConnectionChanged, Event, SecretNeeded, SyncFinished
from tuimail.model.mail import AccountName
from tuimail.model.safe_text import SafeText

WORK = AccountName("work")
WHY = SafeText("mx.example.org refused the access token")
TRYING = ConnectionChanged(WORK, Connection.CONNECTING)
REFUSED = (
    ConnectionChanged(WORK, Connection.NEEDS_TOKEN, WHY),
    SecretNeeded(WORK, WHY, token=True),
)


class AtTerminal:
    """A call of the program by somebody who is there; the account's token command ends so."""

    can_ask = True

    def __init__(self, command: str) -> None:
        self.output = Output(quiet=True)
        self.paths = Paths.from_environment()
        server = ServerConfig(
            host="mx.example.org", auth="oauth2", token_command=(sys.executable, "-c", command)
        )
        self._account = AccountConfig(
            name=WORK, email="u1@example.org", real_name="", protocol="imap", incoming=server
        )

    def account(self, _name: str) -> AccountConfig:
        return self._account


async def synced(*events: Event, command: str = "print('ya29')") -> FakeMail:
    mail = FakeMail()

    async def told() -> AsyncIterator[Event]:
        for event in events:
            yield event

    run = cast(Run, AtTerminal(command))
    finished = await sync_once(run, mail, told(), frozenset({WORK}))
    assert [each.account for each in finished] == [WORK]
    return mail


async def test_what_was_refused_before_is_tried_again(capsys: pytest.CaptureFixture[str]) -> None:
    mail = await synced(*REFUSED, SyncFinished(WORK, 1), TRYING, SyncFinished(WORK, 0))
    assert mail.reconnected == [{WORK}]
    assert mail.secrets == {}
    assert WHY in capsys.readouterr().err


async def test_what_was_refused_just_now_is_not() -> None:
    mail = await synced(TRYING, *REFUSED, SyncFinished(WORK, 1))
    assert mail.reconnected == []
    assert mail.secrets == {}


@pytest.mark.parametrize("before", [(), (TRYING,)], ids=["before", "just now"])
async def test_a_command_that_fails_is_told_and_nobody_is_asked_for_a_password(
    before: Sequence[Event], capsys: pytest.CaptureFixture[str]
) -> None:
    ends = [SyncFinished(WORK, 1)] * 2
    mail = await synced(*before, *REFUSED, *ends, command="raise SystemExit(3)")
    assert mail.secrets == {}
    assert "the token command of work failed with exit status 3" in capsys.readouterr().err
