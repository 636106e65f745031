"""Operations on servers as they are: what one of them cannot do is no trouble for the others."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.servers.scripted import letter
from tests.servers.scripted_imap import Box, ScriptedImap, Session
from tests.unit.engine.world import (
    ARCHIVE,
    WORK,
    World,
    heard,
    keys_of,
    pushed,
    shown,
    subjects,
    synced,
    until,
)
from tuimail.backend.imap.backend import ImapBackend, ImapSettings
from tuimail.engine import lifeline, postponing
from tuimail.engine.account import AccountSetup
from tuimail.engine.commands import Archive, Copy, Delete, Mark, Redo, Undo
from tuimail.engine.events import OperationParked
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import Done, View
from tuimail.model.mail import (
    DELETED,
    FLAGGED,
    SEEN,
    AccountName,
    Flag,
    MailboxId,
    MailboxName,
    MessageKey,
)
from tuimail.model.operation import Entry, EntryState
from tuimail.model.query import parse_query

pytestmark = pytest.mark.integration

PLAIN = "IMAP4rev1 AUTH=PLAIN SASL-IR"
PUBLIC = MailboxName("Public")
IN_ARCHIVE = MailboxId(WORK, ARCHIVE)


class ImapWorld(World):
    """An engine over a scripted server."""

    def __init__(self, folder: Path, imap: ScriptedImap) -> None:
        super().__init__(folder)
        self.imap = imap

    def _setup(self, name: AccountName) -> AccountSetup:
        settings = ImapSettings(
            host="localhost", port=self.imap.port, security="none", username="u1"
        )

        async def password() -> str | None:
            return "pw"

        return AccountSetup(
            name=name,
            folders=self.folders(name),
            open_backend=lambda secret, _: ImapBackend(settings, secret),
            find_secret=password,
            policy=self.policy,
        )


@pytest.fixture
def imap() -> Iterator[ScriptedImap]:
    with ScriptedImap() as server:
        for number in range(1, 5):
            server.inbox.add(letter(number))
        yield server


@pytest.fixture
async def world(
    tmp_path: Path, imap: ScriptedImap, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ImapWorld]:
    monkeypatch.setattr(lifeline, "pause_after", lambda *_: 0.01)
    async with ImapWorld(tmp_path, imap) as world:
        yield world


async def ready(world: ImapWorld) -> LocalMail:
    world.start()
    mail = await world.mail()
    await synced(mail)
    return mail


def answering(
    imap: ScriptedImap, command: str, answer: str, concerns: Callable[[Session, bytes], bool]
) -> None:
    """The server answers so, "" closes the line, whenever the command concerns something."""

    @imap.hook(command)
    def answer_so(session: Session, tag: str, _name: str, arguments: bytes) -> bool:
        if not concerns(session, arguments.split()[0]):
            return False
        if not answer:
            session.conversation.hang_up()
        session.say(f"{tag} {answer}")
        return True


def names(uid: int) -> Callable[[Session, bytes], bool]:
    return lambda session, uids: session.selected == "INBOX" and uid in session.uids(uids)


def subjects_on(imap: ScriptedImap, mailbox: str) -> list[str]:
    return sorted(
        each.content.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()
        for each in imap.boxes[mailbox].messages.values()
        if "\\Deleted" not in each.flags
    )


async def stuck(mail: LocalMail) -> Entry:
    """The one entry that is left, as soon as it waits or is parked."""

    async def only_that() -> bool:
        return [e.waits or e.state is EntryState.PARKED for e in await mail.pending()] == [True]

    await until(only_that)
    return (await mail.pending())[0]


@pytest.mark.parametrize("code", ["SERVERBUG", "INUSE"])
async def test_an_operation_that_cannot_be_now_stops_nothing(
    world: ImapWorld, imap: ScriptedImap, code: str
) -> None:
    mail = await ready(world)
    answering(imap, "UID STORE", f"NO [{code}] Internal error", names(2))
    await mail.submit(Mark(await keys_of(mail, "Letter 2"), add=frozenset({FLAGGED})))
    await mail.submit(Archive(await keys_of(mail, "Letter 4")))
    entry = await stuck(mail)
    assert (entry.state, entry.tries) == (EntryState.RECORDED, 1)
    assert entry.reason == "localhost refused to change flags: Internal error"
    imap.deliver(letter(9))
    (report,) = await synced(mail)
    assert (report.exit, report.pending, report.parked) == (0, 1, 0)
    assert await subjects(mail) == ["Letter 1", "Letter 2", "Letter 3", "Letter 9"]
    assert subjects_on(imap, "Archive") == ["Letter 4"]
    assert len(imap.said(r"UID STORE 2 ")) == 1
    await mail.submit(Undo())
    await mail.submit(Undo())
    await pushed(mail)
    assert len(subjects_on(imap, "INBOX")) == 5


@pytest.mark.parametrize("answer", ["NO [LIMIT] Too many flags", "NO [CANNOT] No", "BAD What"])
async def test_what_will_never_be_is_parked_at_once(
    world: ImapWorld, imap: ScriptedImap, answer: str
) -> None:
    mail = await ready(world)
    answering(imap, "UID STORE", answer, names(2))
    await mail.submit(Mark(await keys_of(mail, "Letter 2"), add=frozenset({FLAGGED})))
    entry = await stuck(mail)
    assert entry.state is EntryState.PARKED
    assert answer.rpartition("] ")[2] in entry.reason or "What" in entry.reason
    assert len(imap.said(r"UID STORE 2 ")) == 1


@pytest.mark.parametrize("command", ["UID STORE", "UID MOVE"])
async def test_an_operation_at_which_the_server_hangs_up_is_parked_after_three_times(
    world: ImapWorld, imap: ScriptedImap, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(postponing, "_PAUSES", [timedelta(0)])
    mail = await ready(world)
    answering(imap, command, "", names(2))
    keys = await keys_of(mail, "Letter 1", "Letter 2", "Letter 3")
    change = Archive(keys) if command == "UID MOVE" else Mark(keys, add=frozenset({FLAGGED}))
    await heard(mail, OperationParked, lambda: mail.submit(change))
    entry = await stuck(mail)
    assert entry.state is EntryState.PARKED
    assert "broke each time" in entry.reason
    await synced(mail)
    if command == "UID MOVE":
        assert await subjects(mail) == ["Letter 2", "Letter 4"]
        assert subjects_on(imap, "Archive") == ["Letter 1", "Letter 3"]
    else:
        flagged = [uid for uid, each in imap.inbox.messages.items() if "\\Flagged" in each.flags]
        assert flagged == [1, 3]


@pytest.mark.parametrize("command", ["UID STORE", "UID EXPUNGE"])
@pytest.mark.parametrize("number", [1, 2, 3])
async def test_what_was_copied_before_the_server_got_busy_is_not_copied_again(
    world: ImapWorld,
    imap: ScriptedImap,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    number: int,
) -> None:
    """Moving is to copy and to delete where there is no MOVE."""
    monkeypatch.setattr(postponing, "_PAUSES", [timedelta(0)])
    imap.capabilities = PLAIN if command == "UID STORE" else f"{PLAIN} UIDPLUS"
    mail = await ready(world)
    refusals = iter(range(number))

    @imap.hook(command)
    def busy(session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
        if next(refusals, None) is None:
            return False
        session.say(f"{tag} NO [INUSE] Another is here")
        return True

    await mail.submit(Archive(await keys_of(mail, "Letter 1", "Letter 2", "Letter 3")))
    await pushed(mail)
    await synced(mail)
    assert subjects_on(imap, "Archive") == ["Letter 1", "Letter 2", "Letter 3"]
    assert subjects_on(imap, "INBOX") == await subjects(mail) == ["Letter 4"]
    assert await subjects(mail, ARCHIVE) == ["Letter 1", "Letter 2", "Letter 3"]


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("capabilities", [ScriptedImap.capabilities, PLAIN])
async def test_one_message_that_cannot_be_moved_keeps_no_other_back(
    world: ImapWorld, imap: ScriptedImap, capabilities: str, number: int
) -> None:
    imap.capabilities = capabilities
    mail = await ready(world)
    for command in ("UID MOVE", "UID COPY"):
        answering(imap, command, "NO [CANNOT] This one stays", names(number))
    keys = await keys_of(mail, *(f"Letter {each}" for each in range(1, 5)))
    await mail.submit(Delete(keys))
    entry = await stuck(mail)
    await synced(mail)
    others = [f"Letter {each}" for each in range(1, 5) if each != number]
    assert entry.state is EntryState.PARKED
    assert subjects_on(imap, "Trash") == others
    assert await subjects(mail) == subjects_on(imap, "INBOX") == [f"Letter {number}"]


# Flags that are not kept.


@pytest.mark.parametrize("kept", ["", r"\Seen custom"])
@pytest.mark.parametrize("read_only", [True, False])
async def test_flags_that_a_mailbox_does_not_keep_are_the_users_own(
    world: ImapWorld, imap: ScriptedImap, read_only: bool, kept: str
) -> None:
    """Before and after the mailbox was looked at, over a restart without the cache."""
    imap.boxes[PUBLIC] = Box()
    imap.boxes[PUBLIC].add(letter(8))

    @imap.hook("SELECT")
    def keeps_few(session: Session, tag: str, _name: str, arguments: bytes) -> bool:
        if PUBLIC.encode() not in arguments:
            return False
        session.selected = PUBLIC
        session.say(
            "* 1 EXISTS",
            "* OK [UIDVALIDITY 1000] now",
            f"* OK [PERMANENTFLAGS ({kept})] these",
            f"{tag} OK [{'READ-ONLY' if read_only else 'READ-WRITE'}] open",
        )
        return True

    mail = await ready(world)
    await world.stop()
    await mail.submit(Mark(await keys_of(mail, "Letter 8"), add=frozenset({FLAGGED, Flag("mine")})))
    world.start()
    mail = await world.mail()
    await synced(mail)
    await mail.submit(Mark(await keys_of(mail, "Letter 8"), add=frozenset({SEEN})))
    await pushed(mail)
    await synced(mail)
    (message,) = await shown(mail, PUBLIC)
    assert message.flags == {FLAGGED, SEEN, "mine"}
    told = imap.boxes[PUBLIC].messages[1].flags
    assert told == ({"\\Seen"} if kept and not read_only else set())
    await world.stop()
    for file in world.folders().cache.glob("index.db*"):
        file.unlink()
    world.start()
    mail = await world.mail()
    await synced(mail)
    (message,) = await shown(mail, PUBLIC)
    assert message.flags == {FLAGGED, SEEN, "mine"}


async def test_a_flag_that_is_taken_and_forgotten_is_the_users_own(
    world: ImapWorld, imap: ScriptedImap
) -> None:
    @imap.hook("UID STORE")
    def forget(session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
        session.say(f"{tag} OK done")
        return True

    mail = await ready(world)
    await mail.submit(Mark(await keys_of(mail, "Letter 2"), add=frozenset({SEEN})))
    await pushed(mail)
    (report,) = await synced(mail)
    assert (report.pushed, report.here) == (0, 1)
    imap.deliver(letter(9))
    await synced(mail)
    assert [m.envelope.subject for m in await shown(mail) if SEEN in m.flags] == ["Letter 2"]


# No UIDPLUS, no MOVE.


async def test_without_uidplus_a_copy_is_one_however_often_it_is_undone_and_redone(
    world: ImapWorld, imap: ScriptedImap
) -> None:
    imap.capabilities = PLAIN
    mail = await ready(world)
    await mail.submit(Copy(await keys_of(mail, "Letter 1"), IN_ARCHIVE))
    await pushed(mail)
    for _ in range(2):
        await heard(mail, OperationParked, lambda: undone(mail))
        assert (await stuck(mail)).state is EntryState.PARKED
        await mail.submit(Redo())
        await synced(mail)
        assert not await mail.pending()
        assert subjects_on(imap, "Archive") == ["Letter 1"]


async def undone(mail: LocalMail) -> Done:
    return await mail.submit(Undo())


async def keys_of_deleted(mail: LocalMail) -> Sequence[MessageKey]:
    query = parse_query("is:deleted", datetime.now(UTC))
    return await mail.keys(View(WORK, query=query))


async def test_what_stays_behind_is_counted_and_its_mark_can_be_taken_off(
    world: ImapWorld, imap: ScriptedImap
) -> None:
    imap.capabilities = PLAIN
    imap.inbox.messages[4].flags.add("\\Deleted")
    mail = await ready(world)
    (hidden,) = await keys_of_deleted(mail)
    await mail.submit(Archive(await keys_of(mail, "Letter 1")))
    await pushed(mail)
    await synced(mail)
    assert await subjects(mail) == ["Letter 2", "Letter 3"]
    (inbox,) = [each for each in await mail.mailboxes() if each.name == "INBOX"]
    assert (inbox.total, inbox.deleted) == (2, 2)
    await mail.submit(Mark(frozenset({hidden}), remove=frozenset({DELETED})))
    await pushed(mail)
    await synced(mail)
    assert await subjects(mail) == ["Letter 2", "Letter 3", "Letter 4"]
    assert not imap.said("EXPUNGE")
