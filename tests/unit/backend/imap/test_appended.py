"""An APPEND whose answer was lost: its message is found if it came, and put there if not."""

from datetime import UTC, datetime

import pytest

from tests.servers.scripted import letter
from tests.servers.scripted_imap import ScriptedImap
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
