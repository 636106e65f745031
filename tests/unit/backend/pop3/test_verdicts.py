"""What a POP3 server's answer to a log-in means."""

from dataclasses import replace
from typing import cast

import pytest

from tuimail.backend.exchange import Exchange, Verdict, Way
from tuimail.backend.pop3.line import Line
from tuimail.backend.pop3.opening import _answer, _Speaker
from tuimail.backend.server import Server
from tuimail.wire.pop3 import Status

SERVER = Server("pop.example.org", 995, "tls", "anna")


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (Status(True, "in"), Verdict.IN),
        (Status(False, "closed", "SYS/PERM"), Verdict.NEVER),
        (Status(False, "elsewhere", "IN-USE"), Verdict.LATER),
        (Status(False, "soon", "LOGIN-DELAY"), Verdict.LATER),
        (Status(False, "no", "SYS/TEMP"), Verdict.BUSY),
        (Status(False, "maildrop already locked"), Verdict.BUSY),
        (Status(False, "Mailbox IN USE"), Verdict.BUSY),
        (Status(False, "try again later"), Verdict.BUSY),
        (Status(False, "maildrop already locked", "AUTH"), Verdict.PASSWORD),
        (Status(False, "wrong", "AUTH"), Verdict.PASSWORD),
        (Status(False, "wrong password"), Verdict.UNCLEAR),
        (Status(False, "mechanism not supported"), Verdict.WAY),
    ],
)
def test_codes_count_more_than_words(status: Status, verdict: Verdict) -> None:
    exchange = Exchange(Way.PLAIN, SERVER, "hunter2")
    exchange.told = True
    assert _answer(status, exchange).verdict is verdict


def test_a_refusal_without_words_has_some() -> None:
    status = Status(False, "", "SYS/PERM")
    assert _answer(status, Exchange(Way.PLAIN, SERVER, "hunter2")).words == "no reason given"


@pytest.mark.parametrize(
    ("text", "told", "misread"),
    [
        ("missing argument", False, True),
        ("Syntax error", False, True),
        ("missing argument", True, False),
        ("wrong password", False, False),
        ("wrong password", True, False),
    ],
)
def test_a_command_is_misread_only_where_nothing_was_told_in_it(
    text: str, told: bool, misread: bool
) -> None:
    exchange = Exchange(Way.PLAIN, SERVER, "hunter2")
    exchange.told = told
    assert _answer(Status(False, text), exchange).misread is misread


@pytest.mark.parametrize(
    ("way", "user", "forms"),
    [
        (Way.PLAIN, 1, (False, True)),
        (Way.PLAIN, 180 - len("\0\0hunter2"), (False, True)),
        (Way.PLAIN, 181 - len("\0\0hunter2"), (False,)),
        (Way.LOGIN, 1, (False,)),
        (Way.COMMAND, 1, (False,)),
    ],
)
def test_a_first_response_stands_in_the_command_only_where_that_has_255_bytes(
    way: Way, user: int, forms: tuple[bool, ...]
) -> None:
    exchange = Exchange(way, replace(SERVER, username="a" * user), "hunter2")
    speaker = _Speaker(cast(Line, None), frozenset({"AUTH=PLAIN", "TOP"}))
    assert speaker.forms(exchange) == forms
    assert speaker.offer.mechanisms == {"PLAIN"}
    assert speaker.offer.command
