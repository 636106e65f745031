"""POP3 servers that are odd in one letter, seen from outside: the others come, the one is named."""

from collections.abc import Iterator

import pytest

from tests.integration.cli_program import done, found, tuimail
from tests.integration.engine_process import no_engine_left
from tests.integration.scripted_accounts import add_scripted_account
from tests.servers.scripted import letter
from tests.servers.scripted_pop3 import ScriptedPop3, Session


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


@pytest.fixture
def server() -> Iterator[ScriptedPop3]:
    with ScriptedPop3() as opened:
        yield opened


def subjects() -> list[str]:
    return sorted(str(each["subject"]) for each in found("after:1980-01-01"))


def sync() -> str:
    """What it complains of."""
    return tuimail("sync").err


def test_a_letter_at_which_the_server_closes_is_named_everywhere(server: ScriptedPop3) -> None:
    for number in range(1, 8):
        server.add(f"uidl-{number}", letter(number))
    add_scripted_account(server)

    @server.hook("RETR")
    def close(session: Session, arguments: bytes) -> bool:
        if session.letter(arguments).uidl == "uidl-4":
            session.conversation.hang_up()
        return False

    assert "in the message UIDL uidl-4" in sync()
    sync()
    assert subjects() == [f"Letter {number}" for number in (1, 2, 3, 5, 6, 7)]
    (row,) = (each for each in done("pop", "plan", "--json").objects if each["uidl"] == "uidl-4")
    assert "could not be had" in str(row["reason"])
    assert row["delete_on"] is None
    assert server.deleted == []
    sync()
    assert "uidl-4" in sync()
    assert sorted(server.deleted) == [f"uidl-{number}" for number in (1, 2, 3, 5, 6, 7)]
    (held,) = found("subject:could OR subject:message")
    assert "could not be had" in done("show", str(held["id"])).text
    ended = tuimail("doctor")
    assert ended.status == 1
    assert "uidl-4" in ended.err
    server.hooks.clear()
    assert done("show", "--raw", str(held["id"])).out == letter(4)
    assert subjects() == [f"Letter {number}" for number in range(1, 8)]
    assert len(server.deleted) == 7
    assert done("pop", "plan", "--json").objects == []
    done("engine", "stop")


def test_a_letter_that_is_larger_than_said_or_refused_holds_up_nothing(
    server: ScriptedPop3,
) -> None:
    server.add("a", letter(1))
    server.add("big", letter(2, body=("z" * 76 + "\r\n") * 40_000), "0")
    server.add("bad", letter(3))
    server.add("c", letter(4), "-7")
    add_scripted_account(server)

    @server.hook("RETR")
    def refuse(session: Session, arguments: bytes) -> bool:
        if session.letter(arguments).uidl != "bad":
            return False
        session.conversation.say("-ERR message is corrupt")
        return True

    told = sync()
    assert "UIDL bad" in told
    assert "message is corrupt" in told
    assert subjects() == ["Letter 1", "Letter 2", "Letter 4"]
    assert sorted(server.deleted) == ["a", "big", "c"]
    done("engine", "stop")
