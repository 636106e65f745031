"""Letters that follow soon go over the line of the one before, and none is lost or sent twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tests.servers.scripted_smtp import ScriptedSmtp, Session
from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.postman import Unknown
from tuimail.backend.smtp import kept, postman
from tuimail.backend.smtp.postman import SmtpPatience, SmtpPostman, SmtpSettings

QUICK = SmtpPatience(opening=2, answer=2, verdict=2)

Hook = Callable[[Session, bytes], bool]


async def secret() -> str:
    return "sesame"


@asynccontextmanager
async def open_postman(server: ScriptedSmtp) -> AsyncIterator[SmtpPostman]:
    server.extensions = ("AUTH PLAIN", "SIZE 50000000")
    made = SmtpPostman(SmtpSettings("localhost", server.port, "none", "u1"), secret, QUICK)
    async with asyncio.timeout(10):
        yield made
    made.leave()


async def send(made: SmtpPostman, number: int, to: str = "bert@x.net") -> None:
    asked = 0

    async def before_dot() -> None:
        nonlocal asked
        asked += 1
        assert asked == 1

    content = f"Subject: {number}\r\n\r\nThe figures.\r\n".encode()
    await made.deliver("anna@example.org", (to,), content, before_dot)


def subjects(server: ScriptedSmtp) -> list[int]:
    return [int(each.content.split(b"\r\n")[0].split()[1]) for each in server.letters]


async def heard(server: ScriptedSmtp, command: str) -> None:
    async with asyncio.timeout(5):
        while True:
            if server.said(command):
                break
            await asyncio.sleep(0.01)


async def test_seven_letters_need_one_log_in() -> None:
    with ScriptedSmtp() as server:
        async with open_postman(server) as made:
            for number in range(7):
                await send(made, number)
            assert len(server.logins) == server.connections == 1
            assert subjects(server) == [*range(7)]


async def test_a_line_for_which_no_letter_comes_is_ended_in_good_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postman, "KeptLine", lambda: kept.KeptLine(0.01))
    with ScriptedSmtp() as server:
        async with open_postman(server) as made:
            await send(made, 1)
            await heard(server, "QUIT")
            await send(made, 2)
            assert len(server.logins) == 2


async def test_who_leaves_says_so_and_comes_again() -> None:
    with ScriptedSmtp() as server:
        async with open_postman(server) as made:
            await send(made, 1)
            made.leave()
            await heard(server, "QUIT")
            await send(made, 2)
            assert subjects(server) == [1, 2]


async def test_a_check_leaves_nothing_open() -> None:
    with ScriptedSmtp() as server:
        async with open_postman(server) as made:
            await made.check()
            await heard(server, "QUIT")


def ended(session: Session, _arguments: bytes) -> bool:
    session.conversation.hang_up()
    return True


def too_many(session: Session, _arguments: bytes) -> bool:
    session.conversation.say("421 4.7.0 too many letters on one line")
    session.conversation.hang_up()
    return True


def busy(session: Session, _arguments: bytes) -> bool:
    session.conversation.say("452 4.5.3 too many messages in this session")
    return True


def unknown(session: Session, _arguments: bytes) -> bool:
    session.conversation.say("500 what")
    return True


@pytest.mark.parametrize("command", ["RSET", "MAIL"])
@pytest.mark.parametrize("answer", [ended, too_many, busy])
async def test_where_the_line_takes_no_further_letter_the_next_has_its_own(
    command: str, answer: Hook
) -> None:
    with ScriptedSmtp() as server:
        async with open_postman(server) as made:
            await send(made, 1)

            @server.hook(command)
            def at_the_second(session: Session, arguments: bytes) -> bool:
                return session.conversation.number == 1 and answer(session, arguments)

            await send(made, 2)
            assert subjects(server) == [1, 2]
            assert len(server.logins) == 2


async def test_a_line_that_knows_no_rset_is_not_used_again() -> None:
    with ScriptedSmtp() as server:
        server.hook("RSET")(unknown)
        async with open_postman(server) as made:
            for number in (1, 2):
                await send(made, number)
            assert subjects(server) == [1, 2]
            assert len(server.logins) == 2


async def test_what_was_said_while_nobody_listened_is_no_answer() -> None:
    with ScriptedSmtp() as server:

        @server.hook("RSET")
        def timed_out(session: Session, _arguments: bytes) -> bool:
            session.conversation.say("421 4.4.2 you were idle", "250 ok")
            return True

        async with open_postman(server) as made:
            for number in (1, 2):
                await send(made, number)
            assert subjects(server) == [1, 2]
            assert len(server.logins) == 2


async def test_a_refused_letter_costs_the_next_one_nothing() -> None:
    with ScriptedSmtp() as server:

        @server.hook("RCPT")
        def picky(session: Session, arguments: bytes) -> bool:
            if b"nobody" in arguments:
                session.conversation.say("550 5.1.1 no such user")
                return True
            return False

        async with open_postman(server) as made:
            await send(made, 1)
            with pytest.raises(Refused):
                await send(made, 2, "nobody@x.net")
            await send(made, 3)
            assert subjects(server) == [1, 3]
            assert server.letters[-1].recipients == (b"TO:<bert@x.net>",)
            assert len(server.logins) == 1


async def test_who_is_put_off_on_the_line_of_another_letter_is_put_off() -> None:
    """The server has said it of the recipient, not of the line."""
    with ScriptedSmtp() as server:
        async with open_postman(server) as made:
            await send(made, 1)
            server.hook("RCPT")(busy)
            with pytest.raises(Unreachable):
                await send(made, 2)
            assert len(server.logins) == 1


async def test_a_letter_of_which_nobody_knows_is_not_sent_again() -> None:
    with ScriptedSmtp() as server:
        async with open_postman(server) as made:
            await send(made, 1)

            @server.hook("DATA")
            def taken_in_silence(session: Session, _arguments: bytes) -> bool:
                session.conversation.say("354 go on")
                while session.conversation.line() != b".":
                    pass
                session.conversation.hang_up()
                return True

            with pytest.raises(Unknown):
                await send(made, 2)
            assert len(server.said("DATA")) == 2
            assert len(server.logins) == 1
