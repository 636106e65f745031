"""Drafts that are put into the server's mailbox for drafts, over a whole engine in memory."""

from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.builders import letter
from tests.unit.engine.world import (
    TRASH,
    WORK,
    World,
    by_subject,
    heard,
    keys_of,
    pushed,
    shown,
    subjects,
    synced,
    until,
)
from tuimail.backend.demo.backend import DemoBackend
from tuimail.backend.demo.server import DemoServer
from tuimail.engine import waiting_drafts
from tuimail.engine.channel import NoEngine
from tuimail.engine.commands import Archive, Delete, Drop, DropDraft, KeepDraft, Retry, Undo
from tuimail.engine.events import OperationParked
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import CommandFailed
from tuimail.engine.shelf import LocalAccount
from tuimail.model.address import plain
from tuimail.model.body import NotHere
from tuimail.model.draft import Draft, Enclosure
from tuimail.model.mail import DRAFT, SEEN, MailboxName, MessageKey
from tuimail.model.operation import Append, EntryState, Move
from tuimail.model.sync import ServerId

DRAFTS = MailboxName("Drafts")
NAME = "0123456789abcdef"
FIRST = Draft(
    plain("me@example.org", "Me"),
    to=(plain("bert@example.net"), plain("anna, perhaps@")),
    bcc=(plain("hidden@example.net"),),
    subject="First",
    text="The figures.\n",
    in_reply_to="2@example.net",
    references=("1@example.net", "2@example.net"),
    enclosures=(Enclosure("figures.bin", "application/octet-stream", b"\0\1\2"),),
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        made.start()
        yield made


async def keep(
    mail: LocalMail, subject: str, *, origin: MessageKey | None = None, name: str = NAME
) -> MessageKey:
    draft = replace(FIRST, subject=subject)
    done = await mail.submit(KeepDraft(WORK, name, draft, origin))
    assert done.key is not None
    assert (done.words, done.count, done.undoable) == ("Kept as a draft", 1, False)
    return done.key


def drafts(world: World) -> list[str]:
    return by_subject(world.on_server(DRAFTS))


def trash(world: World) -> list[str]:
    return by_subject(world.on_server(TRASH))


async def test_a_kept_draft_is_whole_on_the_server(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    key = await keep(mail, "First")
    await pushed(mail)
    await synced(mail)
    [message] = await shown(mail, DRAFTS)
    assert (message.key, set(message.flags)) == (key, {DRAFT, SEEN})
    assert message.envelope.message_id.startswith(f"{NAME}.")
    there = message_from_bytes(world.on_server(DRAFTS)[0])
    assert there["To"] == 'bert@example.net, "anna, perhaps@"'
    assert there["Bcc"] == "hidden@example.net"
    assert there["In-Reply-To"] == "<2@example.net>"
    assert there["References"].split() == ["<1@example.net>", "<2@example.net>"]
    text, file = there.walk(), [part for part in there.walk() if part.get_filename()]
    assert any("The figures." in str(part.get_payload()) for part in text)
    assert file[0].get_payload(decode=True) == b"\0\1\2"


async def test_the_older_version_goes_to_the_trash_once_the_newer_is_there(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    first = await keep(mail, "First")
    await pushed(mail)
    second = await keep(mail, "Second", origin=first)
    await pushed(mail)
    await synced(mail)
    assert (drafts(world), trash(world)) == (["Second"], ["First"])
    assert [each.key for each in await shown(mail, DRAFTS)] == [second]
    assert [each.key for each in await shown(mail, TRASH)] == [first]


async def test_an_older_version_is_known_without_a_record_of_it(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    await keep(mail, "First")
    await pushed(mail)
    await keep(mail, "Second")
    await keep(mail, "Another's", name="f" * 16)
    await pushed(mail)
    assert (drafts(world), trash(world)) == (["Another's", "Second"], ["First"])


async def test_of_what_was_kept_without_a_line_the_last_version_goes(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    first = await keep(mail, "First")
    await pushed(mail)
    await synced(mail)
    world.server.go_down()
    second = await keep(mail, "Second", origin=first)
    third = await keep(mail, "Third", origin=second)
    assert [type(each.operation) for each in await mail.pending()] == [Append, Move]
    world.server.come_back()
    await mail.reconnect()
    await pushed(mail)
    await synced(mail)
    assert (drafts(world), trash(world)) == (["Third"], ["First"])
    assert [each.key for each in await shown(mail, DRAFTS)] == [third]


async def test_a_refused_version_leaves_the_older_one_where_it_is(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    first = await keep(mail, "First")
    await pushed(mail)
    await synced(mail)
    world.server.refuse(Append, "too large")
    parked = await heard(mail, OperationParked, lambda: keep(mail, "Second", origin=first))
    assert "too large" in parked.reason
    assert {each.state for each in await mail.pending()} == {EntryState.PARKED}
    assert (drafts(world), trash(world)) == (["First"], [])
    assert await subjects(mail, DRAFTS) == ["First"]
    world.server.allow(Append)
    await mail.submit(Retry(WORK, parked.entry))
    await pushed(mail)
    assert (drafts(world), trash(world)) == (["Second"], ["First"])


async def test_what_was_refused_is_forgotten_with_the_next_version(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    first = await keep(mail, "First")
    await pushed(mail)
    world.server.refuse(Append, "too large")
    await heard(mail, OperationParked, lambda: keep(mail, "Second", origin=first))
    world.server.allow(Append)
    await keep(mail, "Third")
    await pushed(mail)
    assert (drafts(world), trash(world)) == (["Third"], ["First"])


async def test_what_was_thrown_away_before_it_went_never_goes(world: World) -> None:
    mail = await world.mail()
    world.server.deliver(letter("Before"))
    await synced(mail)
    await mail.submit(Archive(await keys_of(mail, "Before")))
    await pushed(mail)
    world.server.go_down()
    key = await keep(mail, "First")
    dropped = await mail.submit(DropDraft(NAME, key))
    assert (dropped.words, dropped.undoable) == ("Thrown away", False)
    assert await mail.pending() == []
    world.server.come_back()
    await mail.reconnect()
    await synced(mail)
    assert (drafts(world), trash(world)) == ([], [])
    assert (await mail.submit(Undo())).words == "Undone: Archived 1"


async def test_what_was_thrown_away_can_be_had_back(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    key = await keep(mail, "First")
    await pushed(mail)
    dropped = await mail.submit(DropDraft(NAME, key))
    assert dropped.undoable
    await pushed(mail)
    assert (drafts(world), trash(world)) == ([], ["First"])
    await mail.submit(Undo())
    await pushed(mail)
    assert (drafts(world), trash(world)) == (["First"], [])


async def test_what_goes_because_it_was_sent_is_no_step_of_undo(world: World) -> None:
    world.server.deliver(letter("Before"))
    mail = await world.mail()
    await synced(mail)
    key = await keep(mail, "First")
    await pushed(mail)
    await mail.submit(Archive(await keys_of(mail, "Before")))
    assert not (await mail.submit(DropDraft(NAME, key, by_itself=True))).undoable
    await pushed(mail)
    assert (drafts(world), trash(world)) == ([], ["First"])
    assert (await mail.submit(Undo())).words == "Undone: Archived 1"


async def test_throwing_away_a_newer_version_throws_away_the_older_too(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    first = await keep(mail, "First")
    await pushed(mail)
    await synced(mail)
    world.server.go_down()
    second = await keep(mail, "Second", origin=first)
    assert (await mail.submit(DropDraft(NAME, second))).undoable
    world.server.come_back()
    await mail.reconnect()
    await pushed(mail)
    assert (drafts(world), trash(world)) == ([], ["First"])


async def test_another_programs_draft_is_replaced_and_nothing_else(world: World) -> None:
    for subject in ("Theirs", "Other"):
        world.server.append(DRAFTS, letter(subject), {DRAFT})
    mail = await world.mail()
    await synced(mail)
    (origin,) = await keys_of(mail, "Theirs")
    await keep(mail, "Mine", origin=origin)
    await pushed(mail)
    assert (drafts(world), trash(world)) == (["Mine", "Other"], ["Theirs"])


async def test_what_lies_in_the_trash_already_stays_there(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    first = await keep(mail, "First")
    await pushed(mail)
    await synced(mail)
    await mail.submit(Delete(frozenset({first})))
    await keep(mail, "Second", origin=first)
    await pushed(mail)
    await mail.submit(DropDraft(NAME, first))
    await pushed(mail)
    assert (drafts(world), trash(world)) == ([], ["First", "Second"])


async def test_what_another_device_took_away_has_vanished_and_nothing_else(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    first = await keep(mail, "First")
    assert await mail.vanished([first]) == set()
    await pushed(mail)
    assert await mail.vanished([first]) == set()
    await synced(mail)
    assert await mail.vanished([first]) == set()
    world.server.expunge(DRAFTS, list(world.server.mailbox(DRAFTS).messages))
    world.server.append(DRAFTS, letter("Changed elsewhere"), {DRAFT})
    await synced(mail)
    assert await mail.vanished([first]) == {first}
    await keep(mail, "Second", origin=first)
    await pushed(mail)
    assert drafts(world) == ["Changed elsewhere", "Second"]


async def test_a_draft_waits_for_its_first_line(world: World) -> None:
    world.server.go_down()
    mail = await world.mail()
    key = await keep(mail, "First")
    world.server.come_back()
    await mail.reconnect()
    await pushed(mail)
    await synced(mail)
    assert [each.key for each in await shown(mail, DRAFTS)] == [key]


async def test_a_draft_that_was_refused_can_be_dropped(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    world.server.refuse(Append, "no drafts here")
    parked = await heard(mail, OperationParked, lambda: keep(mail, "First"))
    await mail.submit(Drop(WORK, parked.entry))
    assert await mail.pending() == []


async def test_a_pop3_account_keeps_its_drafts_here(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        account = LocalAccount(WORK, world.folders(), originals=lambda *_: None)
        mail = LocalMail([account], NoEngine(), world.clock)
        done = await mail.submit(KeepDraft(WORK, NAME, FIRST))
        assert (done.key, await mail.pending()) == (None, [])
        assert not (await mail.submit(DropDraft(NAME))).undoable
        await mail.close()


async def test_an_account_that_is_not_there_keeps_nothing(world: World) -> None:
    mail = await world.mail()
    with pytest.raises(CommandFailed, match="no account named"):
        await mail.submit(KeepDraft(WORK.__class__("other"), NAME, FIRST))


async def test_a_draft_is_shown_at_once_where_the_server_will_have_it(world: World) -> None:
    world.server.append(DRAFTS, letter("Theirs"), {DRAFT})
    mail = await world.mail()
    await synced(mail)
    world.server.go_down()
    (theirs,) = await keys_of(mail, "Theirs")
    first = await keep(mail, "First")
    assert [each.key for each in await shown(mail, DRAFTS)] == [first, theirs]
    [row, _] = await shown(mail, DRAFTS)
    assert (row.envelope.subject, row.pending, row.unread) == ("First", True, False)
    body = await mail.body(first)
    assert not isinstance(body, NotHere)
    assert [str(line) for line in body.lines] == ["The figures."]
    raw = await mail.raw(first)
    assert isinstance(raw, bytes)
    assert b"Bcc: hidden@example.net" in raw
    second = await keep(mail, "Second", origin=first)
    assert [each.key for each in await shown(mail, DRAFTS)] == [second, theirs]
    with pytest.raises(CommandFailed, match="not on the server yet"):
        await mail.submit(Delete(frozenset({second})))
    world.server.come_back()
    await mail.reconnect()

    async def there() -> bool:
        keys = [each.key for each in await shown(mail, DRAFTS)]
        assert keys == [second, theirs], "it never blinks, and is never there twice"
        rows = await mail.messages([second])
        return not rows[0].pending

    await until(there)
    await mail.submit(DropDraft(NAME, second))
    assert [each.key for each in await shown(mail, DRAFTS)] == [theirs]


async def test_a_draft_that_was_thrown_away_is_not_shown_any_more(world: World) -> None:
    mail, other = await world.mail(), await world.mail()
    await synced(mail)
    world.server.go_down()
    key = await keep(mail, "First")
    assert await subjects(mail, DRAFTS) == await subjects(other, DRAFTS) == ["First"]
    await mail.submit(DropDraft(NAME, key))
    assert await subjects(mail, DRAFTS) == await subjects(other, DRAFTS) == []


async def test_a_refused_draft_is_not_shown_as_if_it_would_come(world: World) -> None:
    mail = await world.mail()
    await synced(mail)
    world.server.refuse(Append, "no drafts here")
    await heard(mail, OperationParked, lambda: keep(mail, "First"))
    assert await subjects(mail, DRAFTS) == []


async def test_a_draft_that_the_server_made_another_of_is_shown_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_drafts, "LONGEST_UNSEEN", 0.0)

    def rewritten(self: DemoServer, name: MailboxName, content: bytes, *rest: object) -> ServerId:
        return append(self, name, content.replace(NAME.encode(), b"other"), *rest)  # type: ignore[arg-type]  # as it was called

    append = DemoServer.append
    monkeypatch.setattr(DemoServer, "append", rewritten)
    monkeypatch.setattr(DemoBackend, "_told", lambda *_: None)
    mail = await world.mail()
    await synced(mail)
    world.server.go_down()
    await keep(mail, "First")
    assert await subjects(mail, DRAFTS) == ["First"]
    world.server.come_back()
    await mail.reconnect()
    await pushed(mail)
    await synced(mail)
    [message] = await shown(mail, DRAFTS)
    assert message.envelope.message_id.startswith("other.")
