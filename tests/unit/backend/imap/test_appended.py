"""An APPEND whose answer was lost: its message is found if it came, and put there if not."""

from datetime import UTC, datetime

import pytest

from tests.servers.scripted import letter
from tests.servers.scripted_imap import ScriptedImap, Session
from tuimail.backend.base import Refused
from tuimail.backend.imap.asking import same_mailbox
from tuimail.backend.imap.backend import ImapBackend, ImapSettings, Patience
from tuimail.model.mail import SEEN, MailboxName, MessageKey
from tuimail.model.operation import Append
from tuimail.model.sync import ServerId

SENT = MailboxName("Sent")
KEY = MessageKey(7)
OWN = letter(9)
REWRITTEN = b"Received: from here\r\n" + OWN


async def again(
    server: ScriptedImap, since: int, *, validity: int | None = None, known: bool = True
) -> ServerId | None:
    """Where it is after the second try, whose first one saw `since` as the next UID."""

    async def secret() -> str:
        return "pw"

    message_id = "l9@example.org" if known else ""
    own = Append(SENT, KEY, frozenset({SEEN}), datetime.now(UTC), message_id)
    settings = ImapSettings("localhost", server.port, "none", "u1")
    backend = ImapBackend(settings, secret, patience=Patience(silence=2, opening=2))
    await backend.connect()
    numbers = server.boxes["Sent"].validity if validity is None else validity
    try:
        done = await backend.perform(
            own, {}, checkpoint=ServerId(numbers, since), again=True, content=OWN
        )
    finally:
        await backend.close()
    return done[KEY]


@pytest.mark.parametrize("content", [OWN, REWRITTEN])
async def test_what_the_first_try_put_there_is_not_put_there_twice(content: bytes) -> None:
    with ScriptedImap() as server:
        box = server.boxes["Sent"]
        box.add(OWN)
        uid = box.add(content)
        assert await again(server, uid) == ServerId(box.validity, uid)
        assert server.said("APPEND") == []


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_what_was_there_before_is_not_what_the_first_try_put_there(count: int) -> None:
    with ScriptedImap() as server:
        box = server.boxes["Sent"]
        for _ in range(count):
            box.add(OWN)
        await again(server, count + 1)
        assert len(server.said("APPEND")) == 1
        assert len(box.messages) == count + 1


async def test_of_several_the_one_that_is_the_same_byte_for_byte_is_meant() -> None:
    with ScriptedImap() as server:
        box = server.boxes["Sent"]
        first = box.add(REWRITTEN)
        uid = box.add(OWN)
        box.add(OWN)
        assert await again(server, first) == ServerId(box.validity, uid)


@pytest.mark.parametrize(("content", "found"), [(OWN, True), (REWRITTEN, False)])
async def test_in_another_numbering_only_the_same_bytes_are_believed(
    content: bytes, found: bool
) -> None:
    with ScriptedImap() as server:
        box = server.boxes["Sent"]
        uid = box.add(content)
        told = await again(server, 5, validity=box.validity + 1)
        assert len(box.messages) == (1 if found else 2)
        assert not found or told == ServerId(box.validity, uid)


@pytest.mark.parametrize(("content", "found"), [(OWN, True), (letter(8), False)])
async def test_without_a_message_id_only_the_same_bytes_are_believed(
    content: bytes, found: bool
) -> None:
    with ScriptedImap() as server:
        box = server.boxes["Sent"]
        uid = box.add(content)
        await again(server, uid, known=False)
        assert len(box.messages) == (1 if found else 2)


async def test_where_the_mailbox_went_meanwhile_it_is_made_again() -> None:
    with ScriptedImap() as server:
        validity = server.boxes["Sent"].validity
        del server.boxes["Sent"]
        await again(server, 1, validity=validity)
        assert len(server.boxes["Sent"].messages) == 1


async def test_what_cannot_be_looked_for_is_not_put_there_twice() -> None:
    with ScriptedImap() as server:
        uid = server.boxes["Sent"].add(OWN)

        @server.hook("UID SEARCH")
        def refuse(session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
            session.say(f"{tag} NO not now")
            return True

        with pytest.raises(Refused, match="not now"):
            await again(server, uid)
        assert len(server.boxes["Sent"].messages) == 1


@pytest.mark.parametrize("there", [True, False])
async def test_a_server_that_does_not_answer_status_is_asked_to_list_the_mailbox(
    there: bool,
) -> None:
    with ScriptedImap() as server:
        box = server.boxes["Sent"]
        uid = box.add(OWN)
        if not there:
            del server.boxes["Sent"]

        @server.hook("STATUS")
        def silent(session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
            session.say(f"{tag} OK nothing to tell")
            return True

        await again(server, uid, validity=box.validity)
        assert len(server.boxes["Sent"].messages) == 1
        assert (server.boxes["Sent"] is box) is there


async def test_what_is_told_of_another_mailbox_is_not_taken_for_this_one() -> None:
    with ScriptedImap() as server:
        box = server.boxes["Sent"]
        uid = box.add(OWN)

        @server.hook("STATUS")
        def answer(session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
            told = f"MESSAGES 1 UIDNEXT {uid + 1} UIDVALIDITY {box.validity} UNSEEN 0"
            session.say(f'* STATUS "Sent" ({told})')
            session.say('* STATUS "Other" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 99 UNSEEN 0)')
            session.say(f"{tag} OK")
            return True

        assert await again(server, uid) == ServerId(box.validity, uid)
        assert len(box.messages) == 1


async def test_rows_of_flags_that_come_between_are_no_headers() -> None:
    with ScriptedImap() as server:
        box = server.boxes["Sent"]
        uid = box.add(OWN)

        @server.hook("UID FETCH")
        def tell(session: Session, _tag: str, _name: str, _arguments: bytes) -> bool:
            session.say(r"* 1 FETCH (FLAGS (\Seen))")
            session.say(rf"* 1 FETCH (UID {uid} FLAGS (\Seen))")
            return False

        assert await again(server, uid) == ServerId(box.validity, uid)


def test_only_the_inbox_has_a_name_of_any_case() -> None:
    assert same_mailbox(b"inbox", b"INBOX")
    assert same_mailbox(b"Lists", b"Lists")
    assert not same_mailbox(b"lists", b"Lists")
    assert not same_mailbox(b"INBOX", b"Lists")
    assert not same_mailbox(b"Lists", b"INBOX")
