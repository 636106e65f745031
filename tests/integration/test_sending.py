"""`send` to an engine of its own: once, whatever dies; its copy in Sent once (O1, O3, O5)."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTP

import pytest

from tests.builders import letter
from tests.integration.cli_program import Ended, add_account, done, found, tuimail
from tests.integration.engine_process import (
    engine_pid,
    kill_engine,
    no_engine_left,
    place,
)
from tests.integration.engine_victim import run_and_kill
from tests.integration.pop3_accounts import add_pop3_account
from tests.servers.mail_user import MailUser
from tests.servers.smtp_sink import Sink, smtp_sink
from tuimail.cli.session import local_account
from tuimail.config.load import load_account
from tuimail.config.paths import Paths
from tuimail.config.save import save_account
from tuimail.config.schema import AccountConfig, OutgoingConfig, ServerConfig
from tuimail.engine.commands import Send
from tuimail.engine.engine_channel import EngineChannel
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import View
from tuimail.model.draft import Draft, Kind
from tuimail.model.mail import AccountName

LETTER = (
    b"From: Anna <%s>\r\nTo: Bert <bert@example.net>\r\nBcc: secret@example.net,\r\n"
    b" hidden@example.net\r\nSubject: Budget\r\nMessage-ID: <once@example.org>\r\n"
    b"\r\nThe figures.\r\n"
)
PATIENCE = 20.0
OFF = {"TUIMAIL_ENGINE": "off"}


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with smtp_sink() as made:
        yield made


def sends_to(port: int, name: AccountName) -> AccountConfig:
    """Let the account send there, and say what it is now."""
    paths = Paths.from_environment()
    account = load_account(paths.account_file(name))
    outgoing = OutgoingConfig(
        host="127.0.0.1", security="none", port=port, username="anna", copy_to_sent=True
    )
    account = replace(account, outgoing=outgoing)
    paths.account_file(name).unlink()
    save_account(paths, account)
    return account


def offline_account(port: int) -> str:
    """An account whose mailbox cannot be reached; returns its address."""
    server = ServerConfig(host="127.0.0.1", security="none", port=1, username="anna", password="x")
    account = AccountConfig(AccountName("work"), "anna@example.org", server)
    save_account(Paths.from_environment(), account)
    return sends_to(port, account.name).email


async def send(address: str, *options: str, off: bool = False) -> Ended:
    environment = OFF if off else None
    content = LETTER % address.encode()
    return await asyncio.to_thread(
        tuimail, "send", *options, stdin=content, environment=environment
    )


async def state_of(number: int = 1) -> str:
    listed = await asyncio.to_thread(done, "outbox", "--json", environment=OFF)
    return str(listed.objects[number - 1]["state"])


async def until_state(*wanted: str) -> str:
    async with asyncio.timeout(PATIENCE):
        while (state := await state_of()) not in wanted:  # noqa: ASYNC110 (another process)
            await asyncio.sleep(0.1)
        return state


async def test_a_letter_leaves_without_bcc_and_arrives_in_sent_once(
    mail_user: MailUser, sink: Sink
) -> None:
    address = sends_to(sink.port, add_account(mail_user)).email
    ended = await send(address, "--wait")
    assert (ended.status, ended.err) == (0, "")
    assert "Sent: letter work:1" in ended.text
    (received,) = sink.letters
    assert received.sender == address
    assert received.recipients == ("bert@example.net", "secret@example.net", "hidden@example.net")
    assert b"secret" not in received.content
    assert b"hidden" not in received.content
    await asyncio.to_thread(done, "sync")
    copies = [each for each in mail_user.letters().elements() if each.mailbox == "Sent"]
    assert len(copies) == 1
    assert "\\Seen" in copies[0].flags
    shown = await asyncio.to_thread(found, "in:Sent")
    assert [each["message_id"] for each in shown] == ["once@example.org"]


async def test_a_pop3_account_keeps_its_copy_here(mail_user: MailUser, sink: Sink) -> None:
    add_pop3_account(mail_user)
    address = sends_to(sink.port, AccountName("work")).email
    ended = await send(address, "--wait")
    assert (ended.status, ended.err) == (0, "")
    await asyncio.to_thread(done, "sync")
    shown = await asyncio.to_thread(found, "in:Sent")
    assert [each["message_id"] for each in shown] == ["once@example.org"]
    assert len(sink.letters) == 1


async def test_it_leaves_ten_seconds_later_unless_it_is_undone(sink: Sink) -> None:
    address = offline_account(sink.port)
    assert "Sending in 10 s" in (await send(address)).text
    undone = await asyncio.to_thread(done, "undo")
    assert "Undone: sending: Budget" in undone.text
    assert await state_of() == "cancelled"
    again = await asyncio.to_thread(tuimail, "outbox", "cancel", "1")
    assert (again.status, "cancelled already" in again.err) == (1, True)
    assert sink.letters == []


async def test_it_leaves_although_the_terminal_is_gone(sink: Sink) -> None:
    address = offline_account(sink.port)
    await send(address)
    pid = engine_pid()
    assert pid is not None
    os.kill(pid, signal.SIGHUP)
    assert await until_state("sent") == "sent"
    assert len(sink.letters) == 1


async def test_with_the_engine_off_it_is_only_queued(sink: Sink) -> None:
    address = offline_account(sink.port)
    assert (await send(address, off=True)).status == 0
    assert await state_of() == "queued"
    folder = Paths.from_environment().account_data(AccountName("work")) / "outgoing"
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert b"Bcc" not in file.read_bytes()


@pytest.mark.parametrize("answer", ["451 busy", "554 spam", ""])
async def test_waiting_says_what_came_of_it(answer: str) -> None:
    async with smtp_sink(answers={"DATA": [answer]}) as sink:
        ended = await send(offline_account(sink.port), "--wait")
    expected = {
        "451 busy": (3, "is tried again"),
        "554 spam": (1, "was not sent"),
        "": (1, "may have been sent or not"),
    }[answer]
    assert (ended.status, expected[1] in ended.err) == (expected[0], True), ended.err


async def test_a_lost_letter_is_sent_again_when_the_user_says_so() -> None:
    async with smtp_sink(answers={"DATA": [""]}) as sink:
        await send(offline_account(sink.port), "--wait")
        await asyncio.to_thread(done, "outbox", "resend", "1")
        assert await until_state("sent") == "sent"
        assert len(sink.letters) == 1


@pytest.mark.parametrize(
    ("failpoint", "state", "count"),
    [
        ("after_letter_claim", "sent", 1),
        ("before_dot", "unknown", 0),
        ("after_dot", "unknown", 1),
        ("after_letter_end", "sent", 1),
    ],
)
async def test_dying_at_every_state_neither_loses_nor_doubles(
    mail_user: MailUser, sink: Sink, failpoint: str, state: str, count: int
) -> None:
    address = sends_to(sink.port, add_account(mail_user)).email
    await send(address, "--at", "+0m", off=True)
    assert await run_and_kill(PATIENCE, failpoint)
    await asyncio.to_thread(done, "sync")
    assert await until_state("sent", "unknown") == state
    await asyncio.sleep(0.2)
    assert len(sink.letters) == count
    await asyncio.to_thread(done, "sync")
    copies = [each for each in mail_user.letters().elements() if each.mailbox == "Sent"]
    assert len(copies) == (state == "sent")


async def be_killed(sink: Sink, seed: int, times: int) -> None:
    """Kill the engine at random around a letter's time; it leaves once, or nobody knows."""
    chance = random.Random(seed)
    address = offline_account(sink.port)
    for number in range(1, times + 1):
        sink.letters.clear()
        await send(address, "--at", "+0m", off=True)
        await run_and_kill(chance.uniform(0.2, 0.8))
        await asyncio.to_thread(tuimail, "sync")
        async with asyncio.timeout(PATIENCE):
            while (state := await state_of(number)) not in ("sent", "unknown"):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert len(sink.letters) <= 1
        assert state == "unknown" or len(sink.letters) == 1
        if engine_pid() is not None:
            await asyncio.to_thread(kill_engine)


async def test_dying_at_random_doubles_nothing(sink: Sink) -> None:
    await be_killed(sink, 1, 4)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(100, 105))
async def test_a_hundred_deaths_double_nothing(sink: Sink, seed: int) -> None:
    await be_killed(sink, seed, 20)


async def test_an_answered_letter_is_marked_on_the_server(mail_user: MailUser, sink: Sink) -> None:
    mail_user.deliver(letter("Question"))
    account = sends_to(sink.port, add_account(mail_user))
    await asyncio.to_thread(done, "sync")
    mail = LocalMail(
        [local_account(Paths.from_environment(), account)], EngineChannel(place(grace=0.2))
    )
    (key,) = await mail.keys(View())
    draft = await mail.reply(Kind.REPLY, key)
    assert isinstance(draft, Draft)
    assert draft.text.startswith("On ")
    await mail.submit(Send(account.name, draft))
    await mail.close()
    assert await until_state("sent") == "sent"
    await asyncio.to_thread(done, "sync")
    received = message_from_bytes(sink.letters[0].content, policy=SMTP)
    assert received["Subject"] == "Re: Question"
    flags = {each.mailbox: each.flags for each in mail_user.letters()}
    assert "\\Answered" in flags["INBOX"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no letter"),
        (b"From: anna@example.org\r\n\r\nbody", "no recipient"),
        (b"To: bert\r\nFrom: anna@example.org\r\n\r\nx", "no address"),
        (b'To: "a\\"b"@example.org\r\nFrom: anna@example.org\r\n\r\nx', "no address"),
        (b"To: b@example.net\r\nnonsense\r\nFrom: anna@example.org\r\n\r\nx", "no field"),
    ],
)
async def test_what_cannot_be_sent_is_one_sentence(sink: Sink, content: bytes, words: str) -> None:
    offline_account(sink.port)
    ended = await asyncio.to_thread(tuimail, "send", stdin=content, environment=OFF)
    assert (ended.status, words in ended.err) == (2, True), ended.err
    assert (await asyncio.to_thread(done, "outbox", "--json", environment=OFF)).out == b""
