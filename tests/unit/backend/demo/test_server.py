"""The switches of the server in memory: what tests and the demo make it do."""

import asyncio

import pytest

from tests.builders import letter, message_keys, server_with
from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.demo.backend import DemoBackend
from tuimail.backend.demo.postman import DemoPostman
from tuimail.backend.demo.server import DemoServer
from tuimail.model.mail import DELETED, INBOX, SEEN, MailboxName, MessageKey, Role
from tuimail.model.operation import Expunge, Move, StoreFlags
from tuimail.model.sync import ServerId

ARCHIVE = MailboxName("Archive")
KEY = next(message_keys())


async def connected(server: DemoServer) -> DemoBackend:
    backend = DemoBackend(server)
    await backend.connect()
    return backend


def id_of(server: DemoServer, uid: int = 1) -> dict[MessageKey, ServerId]:
    return {KEY: ServerId(server.mailbox(INBOX).validity, uid)}


async def test_a_letter_to_the_owner_arrives_and_others_go_nowhere() -> None:
    server, steps = DemoServer(), []

    async def before_dot() -> None:
        steps.append(len(server.mailbox(INBOX).messages))

    postman = DemoPostman(server, "me@example.org")
    for recipients in (["you@example.org"], ["you@example.org", "me@example.org"]):
        receipt = await postman.deliver("me@example.org", recipients, letter(), before_dot)
        assert not receipt.refusals
    assert steps == [0, 0]
    assert len(server.mailbox(INBOX).messages) == 1


async def test_a_kind_of_operation_is_refused_until_it_is_allowed() -> None:
    server = server_with(letter())
    backend = await connected(server)
    move = Move(INBOX, frozenset({KEY}), ARCHIVE)
    server.refuse(Move, "Quota exceeded.")
    with pytest.raises(Refused, match="Quota exceeded"):
        await backend.perform(move, id_of(server))
    assert list(server.mailbox(INBOX).messages) == [1]
    await backend.perform(StoreFlags(INBOX, frozenset({KEY}), frozenset({SEEN})), id_of(server))
    server.allow(Move)
    await backend.perform(move, id_of(server))
    assert list(server.mailbox(INBOX).messages) == []


async def test_a_lost_answer_comes_after_the_deed_and_a_lost_command_before() -> None:
    server = server_with(letter())
    backend = await connected(server)
    expunge = Expunge(INBOX, frozenset({KEY}))
    server.lose_commands = server.lose_answers = 1
    with pytest.raises(Unreachable):
        await backend.perform(expunge, id_of(server))
    assert list(server.mailbox(INBOX).messages) == [1]
    await backend.connect()
    with pytest.raises(Unreachable):
        await backend.perform(expunge, id_of(server))
    assert list(server.mailbox(INBOX).messages) == []


async def test_commands_are_counted() -> None:
    server = server_with(letter())
    backend = await connected(server)
    await backend.connect()
    await backend.changes(INBOX, None, ())
    await backend.changes(INBOX, None, ())
    assert server.commands == {"connect": 1, "changes": 2}


async def test_latency_delays_an_answer() -> None:
    server = DemoServer()
    backend = await connected(server)
    server.latency = 0.05
    started = asyncio.get_running_loop().time()
    await backend.mailboxes()
    assert asyncio.get_running_loop().time() - started >= 0.05


async def test_an_outage_tells_its_sentence() -> None:
    server = DemoServer()
    backend = await connected(server)
    server.go_down("The tunnel is long.")
    with pytest.raises(Unreachable, match="The tunnel is long"):
        await backend.connect()


def test_renaming_takes_the_mailboxes_below_along() -> None:
    server = DemoServer({INBOX: Role.INBOX})
    server.create(MailboxName("Lists"))
    server.create(MailboxName("Lists/python-dev"))
    server.rename(MailboxName("Lists"), MailboxName("Talk"))
    assert [mailbox.name for mailbox in server.listing()] == ["INBOX", "Talk", "Talk/python-dev"]


def test_a_plain_expunge_of_another_client_takes_all_that_is_marked() -> None:
    server = server_with(letter(), letter(), letter())
    server.store(INBOX, [1, 3], add=[DELETED])
    assert server.expunge_deleted(INBOX) == [1, 3]
    assert list(server.mailbox(INBOX).messages) == [2]


@pytest.mark.parametrize("name", ["", "INBOX", "Archive"])
def test_a_mailbox_needs_a_name_of_its_own(name: str) -> None:
    with pytest.raises(Refused):
        DemoServer().create(MailboxName(name))
