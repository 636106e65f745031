"""What a screen asks of the outbox, through Mail, over a whole engine in memory."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import letter
from tests.servers.smtp_sink import Sink, smtp_sink
from tests.unit.engine.world import (
    ARCHIVE,
    WORK,
    World,
    heard,
    keys_of,
    shown,
    subjects,
    synced,
    until,
)
from tuimail.backend.smtp.postman import SmtpPostman, SmtpSettings
from tuimail.engine.account import AccountSetup
from tuimail.engine.channel import MemoryChannel, NoEngine
from tuimail.engine.commands import Archive, CancelSending, Redo, Retry, Send, SendAgain, Undo
from tuimail.engine.events import OperationParked, OutboxChanged
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import CommandFailed
from tuimail.engine.outbox import Sending
from tuimail.engine.shelf import LocalAccount
from tuimail.model.address import plain
from tuimail.model.draft import Draft, Kind
from tuimail.model.mail import ANSWERED, AccountName, MailboxName
from tuimail.model.operation import Append
from tuimail.model.outbox import LetterState

ME = plain("me@example.org", "Me")
DRAFT = Draft(ME, to=(plain("bert@example.net"),), subject="Budget", text="The figures.\n")
NOW = timedelta(0)
SENT = MailboxName("Sent")


class SendingWorld(World):
    """Its account sends to a sink."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder)
        self.port = port

    def setups(self) -> list[AccountSetup]:
        return [replace(each, sending=Sending(self._postman)) for each in super().setups()]

    def _postman(self, secret: object) -> SmtpPostman:
        settings = SmtpSettings("127.0.0.1", self.port, "none")
        return SmtpPostman(settings, secret)  # type: ignore[arg-type]  # never asked

    async def writer(self, *, engine: bool = True) -> LocalMail:
        """A screen that may send."""
        account = LocalAccount(WORK, self.folders(), identities=(ME,))
        channel = MemoryChannel(self.engine) if engine else NoEngine()
        mail = LocalMail([account], channel, self.clock)
        self._stack.push_async_callback(mail.close)
        return mail


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with smtp_sink() as made:
        yield made


@pytest.fixture
async def world(tmp_path: Path, sink: Sink) -> AsyncIterator[SendingWorld]:
    async with SendingWorld(tmp_path, sink.port) as made:
        yield made


async def states(mail: LocalMail) -> list[LetterState]:
    return [each.state for each in await mail.outbox()]


async def test_a_letter_waits_ten_seconds_and_undo_opens_it_again(
    world: SendingWorld, sink: Sink
) -> None:
    world.start()
    mail = await world.writer()
    done = await mail.submit(Send(WORK, DRAFT))
    assert (done.words, done.undoable, done.letter) == ("Sending in 10 s", True, 1)
    assert await states(mail) == [LetterState.QUEUED]
    undone = await mail.submit(Undo())
    assert (undone.words, undone.letter) == ("Undone: sending: Budget", 1)
    assert await states(mail) == [LetterState.CANCELLED]
    assert await mail.reopen(WORK, 1) == DRAFT
    world.clock.ahead = timedelta(hours=1)
    await synced(mail)
    assert sink.letters == []


async def test_a_letter_that_could_not_leave_yet_is_called_back_too(
    world: SendingWorld, sink: Sink
) -> None:
    world.server.deliver(letter("One"))
    world.port = 1
    world.start()
    mail = await world.writer()
    await synced(mail)
    await mail.submit(Archive(await keys_of(mail, "One")))
    await mail.submit(Send(WORK, DRAFT, hold=NOW))

    async def told() -> bool:
        return bool((await mail.outbox())[0].reason)

    await until(told)
    assert (await mail.submit(Undo())).words == "Undone: sending: Budget"
    assert await states(mail) == [LetterState.CANCELLED]
    assert (await mail.submit(Undo())).words == "Undone: Archived 1"
    assert sink.letters == []


async def test_a_cancelled_letter_can_be_sent_after_all(world: SendingWorld, sink: Sink) -> None:
    world.start()
    mail = await world.writer()
    await mail.submit(Send(WORK, DRAFT))
    await mail.submit(CancelSending(WORK, 1))
    await mail.submit(SendAgain(WORK, 1))

    async def sent() -> bool:
        return await states(mail) == [LetterState.SENT]

    await until(sent)
    assert len(sink.letters) == 1
    with pytest.raises(CommandFailed, match="sent already"):
        await mail.submit(SendAgain(WORK, 1))


async def test_undo_takes_back_what_came_last(world: SendingWorld) -> None:
    world.server.deliver(letter("One"))
    world.start()
    mail = await world.writer()
    await synced(mail)
    await mail.submit(Send(WORK, DRAFT, hold=timedelta(hours=1)))
    await mail.submit(Archive(await keys_of(mail, "One")))
    assert (await mail.submit(Undo())).words == "Undone: Archived 1"
    assert "sending" in (await mail.submit(Undo())).words
    with pytest.raises(CommandFailed, match="nothing to undo"):
        await mail.submit(Undo())
    await mail.submit(Redo())
    assert await subjects(mail, ARCHIVE) == ["One"]
    assert await states(mail) == [LetterState.CANCELLED]


async def test_an_answer_is_in_sent_once_and_its_question_is_marked(
    world: SendingWorld, sink: Sink
) -> None:
    world.server.deliver(letter("Question", sender="Bert <bert@example.net>"))
    world.start()
    mail = await world.writer()
    await synced(mail)
    (key,) = await keys_of(mail, "Question")
    draft = await mail.reply(Kind.REPLY, key)
    assert isinstance(draft, Draft)
    assert (draft.sender, draft.subject) == (ME, "Re: Question")

    async def is_marked() -> bool:
        return any(ANSWERED in each.flags and not each.pending for each in await shown(mail))

    await mail.submit(Send(WORK, draft, hold=NOW))
    await until(is_marked)
    await synced(mail)
    assert len(sink.letters) == 1
    assert world.on_server(SENT) == [sink.letters[0].content]
    assert await subjects(mail, SENT) == ["Re: Question"]


async def test_it_is_sent_while_the_mailbox_cannot_be_reached(
    world: SendingWorld, sink: Sink
) -> None:
    world.server.go_down()
    world.start()
    mail = await world.writer()

    async def is_sent() -> bool:
        return await states(mail) == [LetterState.SENT]

    assert await heard(mail, OutboxChanged, lambda: mail.submit(Send(WORK, DRAFT, hold=NOW)))
    await until(is_sent)
    assert len(sink.letters) == 1
    world.server.come_back()
    await mail.reconnect()
    await synced(mail)
    assert len(world.on_server(SENT)) == 1


async def test_a_letter_is_sent_although_its_copy_is_refused(
    world: SendingWorld, sink: Sink
) -> None:
    world.server.refuse(Append, "over quota")
    world.start()
    mail = await world.writer()
    parked = await heard(mail, OperationParked, lambda: mail.submit(Send(WORK, DRAFT, hold=NOW)))
    assert "over quota" in parked.reason
    assert await states(mail) == [LetterState.SENT]
    world.server.allow(Append)
    await mail.submit(Retry(WORK, parked.entry))
    await synced(mail)
    assert len(world.on_server(SENT)) == len(sink.letters) == 1


async def test_the_engine_stays_while_a_letter_waits(world: SendingWorld) -> None:
    world.start()
    mail = await world.writer(engine=False)
    await mail.submit(Send(WORK, DRAFT))
    await asyncio.sleep(0.1)
    assert not await world.engine.is_idle()
    await mail.submit(CancelSending(WORK, 1))

    async def is_idle() -> bool:
        return await world.engine.is_idle()

    await until(is_idle)


async def test_an_account_without_a_server_to_send_queues_nothing(world: SendingWorld) -> None:
    world.start()
    mail = await world.mail()
    with pytest.raises(CommandFailed, match="no \\[outgoing\\] server"):
        await mail.submit(Send(WORK, DRAFT))
    with pytest.raises(CommandFailed, match="no \\[outgoing\\] server"):
        await mail.write_to(WORK, "mailto:bert@example.net")
    assert await mail.outbox() == []
    assert await mail.identities(WORK) == ()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "Sending"), (0, "Sending"), (1, "Sending in 1 s"), (60, "Sending in 60 s")],
)
async def test_how_soon_a_letter_goes_is_said(world: SendingWorld, seconds: int, said: str) -> None:
    mail = await world.writer(engine=False)
    done = await mail.submit(Send(WORK, DRAFT, hold=timedelta(seconds=seconds)))
    assert (done.words, done.count, done.hold) == (said, 1, timedelta(seconds=seconds))
    assert (done.account, done.letter) == (WORK, 1)


async def test_a_letter_that_goes_later_tells_when(world: SendingWorld) -> None:
    mail = await world.writer(engine=False)
    at = datetime(2999, 12, 24, 18, 30).astimezone()
    assert (await mail.submit(Send(WORK, DRAFT, at=at))).words == "Sending at 2999-12-24 18:30"
    (queued,) = await mail.outbox()
    assert queued.not_before == at
    done = await mail.submit(Send(WORK, DRAFT, hold=timedelta(seconds=61)))
    assert done.words.startswith("Sending at 20")
    undone = await mail.submit(CancelSending(WORK, 1))
    assert (undone.words, undone.count, undone.account) == ("Not sent: Budget", 1, WORK)
    assert (await mail.submit(SendAgain(WORK, 1))).words == "Sending again: Budget"
    await mail.submit(Send(WORK, replace(DRAFT, subject="")))
    called_back = await mail.submit(Undo())
    assert (called_back.words, called_back.count) == ("Undone: sending: (no subject)", 1)


async def test_a_link_begins_a_letter(world: SendingWorld) -> None:
    mail = await world.writer(engine=False)
    found = await mail.write_to(WORK, "mailto:bert@example.net?subject=Budget&attach=/etc/passwd")
    assert found.draft == replace(DRAFT, text="")
    assert found.dropped == ("attach",)


async def test_what_cannot_be_done_is_said_in_a_sentence(world: SendingWorld) -> None:
    mail = await world.writer(engine=False)
    await mail.submit(Send(WORK, DRAFT))
    with pytest.raises(CommandFailed, match="no recipient"):
        await mail.submit(Send(WORK, replace(DRAFT, to=())))
    with pytest.raises(CommandFailed, match="Letter 1 waits to be sent already"):
        await mail.submit(SendAgain(WORK, 1))
    await mail.submit(CancelSending(WORK, 1))
    with pytest.raises(CommandFailed, match="Letter 1 was cancelled already"):
        await mail.submit(CancelSending(WORK, 1))
    with pytest.raises(CommandFailed, match="no letter 7"):
        await mail.submit(CancelSending(WORK, 7))
    with pytest.raises(CommandFailed, match="no account"):
        await mail.submit(CancelSending(AccountName("other"), 1))
