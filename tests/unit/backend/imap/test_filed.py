"""A copy for Sent that the server may have put there itself: never two, never none."""

from datetime import UTC, datetime

import pytest

from tests.servers.scripted import letter
from tests.servers.scripted_imap import ScriptedImap, Session
from tuimail.backend.base import Refused
from tuimail.backend.imap.backend import ImapBackend, ImapSettings, Patience
from tuimail.model.mail import SEEN, MailboxName, MessageKey
from tuimail.model.operation import Append
from tuimail.model.sync import ServerId

QUICK = Patience(silence=2, opening=2)
SENT = MailboxName("Sent")
KEY = MessageKey(7)
OWN = letter(9)


async def put(server: ScriptedImap, *, unless_there: bool = True) -> ServerId | None:
    """Where the copy is afterwards."""

    async def secret() -> str:
        return "pw"

    copy = Append(
        SENT, KEY, frozenset({SEEN}), datetime.now(UTC), "l9@example.org", unless_there=unless_there
    )
    backend = ImapBackend(
        ImapSettings("localhost", server.port, "none", "u1"), secret, patience=QUICK
    )
    await backend.connect()
    try:
        done = await backend.perform(copy, {}, content=OWN)
    finally:
        await backend.close()
    return done[KEY]


def sent(server: ScriptedImap) -> list[set[str]]:
    return [each.flags for each in server.boxes["Sent"].messages.values()]


async def test_what_the_server_has_filed_is_our_copy_and_read() -> None:
    with ScriptedImap() as server:
        server.boxes["Sent"].add(letter(8))
        # Another header than ours, as servers have it.
        uid = server.boxes["Sent"].add(b"Received: from here\r\n" + OWN)
        server.boxes["Sent"].add(letter(10))
        assert await put(server) == ServerId(server.boxes["Sent"].validity, uid)
        assert server.said("APPEND") == []
        assert sent(server) == [set(), {r"\Seen"}, set()]


@pytest.mark.parametrize("maker", ["Microsoft", "Google"])
async def test_a_server_that_gives_it_another_id_has_filed_it_too(maker: str) -> None:
    with ScriptedImap() as server:
        field = f"X-{maker}-Original-Message-ID: <l9@example.org>\r\n".encode()
        uid = server.boxes["Sent"].add(field + letter(77))
        assert await put(server) == ServerId(server.boxes["Sent"].validity, uid)
        assert len(sent(server)) == 1


async def test_what_was_sent_long_ago_is_no_copy_of_what_was_sent_again() -> None:
    with ScriptedImap() as server:
        server.boxes["Sent"].add(OWN)
        server.boxes["Sent"].add(letter(8), uid=1500)
        await put(server)
        assert len(sent(server)) == 3


async def test_what_nobody_has_filed_is_put_there() -> None:
    with ScriptedImap() as server:
        server.boxes["Sent"].add(letter(99))
        await put(server)
        assert len(server.said("APPEND")) == 1
        assert sent(server) == [set(), {r"\Seen"}]


async def test_who_wants_a_copy_of_their_own_gets_it() -> None:
    with ScriptedImap() as server:
        server.boxes["Sent"].add(OWN)
        await put(server, unless_there=False)
        assert len(sent(server)) == 2


@pytest.mark.parametrize("answer", ["NO not here", "BAD what", "NO [CANNOT] search", "OK nothing"])
async def test_a_question_that_is_not_answered_costs_no_copy(answer: str) -> None:
    with ScriptedImap() as server:

        @server.hook("UID SEARCH")
        def refuse(session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
            session.say(f"{tag} {answer}")
            return True

        await put(server)
        assert len(sent(server)) == 1


async def test_where_there_is_no_sent_yet_it_is_made() -> None:
    with ScriptedImap() as server:
        del server.boxes["Sent"]
        await put(server)
        assert sent(server) == [{r"\Seen"}]


async def test_a_mark_that_is_refused_is_no_reason_for_a_second_copy() -> None:
    with ScriptedImap() as server:
        server.boxes["Sent"].add(OWN)

        @server.hook("UID STORE")
        def refuse(session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
            session.say(f"{tag} NO read only")
            return True

        await put(server)
        assert sent(server) == [set()]


async def test_a_refused_copy_is_a_refusal() -> None:
    with ScriptedImap() as server:

        @server.hook("APPEND")
        def refuse(session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
            session.say(f"{tag} NO [OVERQUOTA] full")
            return True

        with pytest.raises(Refused, match="full"):
            await put(server)
