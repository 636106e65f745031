"""Operations on a Maildir while others rename and delete in it."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.builders import NOON
from tuimail.backend.base import Refused
from tuimail.backend.maildir.backend import MaildirBackend
from tuimail.backend.maildir.maildir import Maildir, New, StoredFile
from tuimail.backend.maildir.names import FileName
from tuimail.model.mail import INBOX, SEEN, MailboxName, MessageKey
from tuimail.model.operation import Copy, Expunge, Move, Operation, StoreFlags
from tuimail.model.sync import Part, ServerId
from tuimail.model.uid import uid_of

ARCHIVE = MailboxName("Archive")
ONE, TWO = MessageKey(1), MessageKey(2)
BOTH = frozenset({ONE, TWO})
IDS = {ONE: ServerId(1, uid_of("one")), TWO: ServerId(1, uid_of("two"))}
COPY = Copy(INBOX, (ONE, TWO), (MessageKey(11), MessageKey(12)), ARCHIVE)


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    made = Maildir(tmp_path / "mail")
    made.make()
    for name in ("one", "two"):
        made.deliver(INBOX, [New(name, f"Subject: {name}\n\n".encode(), NOON)])
    return made


def inside(maildir: Maildir, mailbox: MailboxName) -> list[str]:
    folder = maildir.folder(mailbox)
    assert folder is not None
    return sorted(file.path.read_text() for file in maildir.files(folder).values())


@pytest.mark.parametrize(
    ("operation", "here", "there"),
    [
        (Move(INBOX, BOTH, ARCHIVE), 0, 2),
        (StoreFlags(INBOX, BOTH, frozenset({SEEN})), 2, 0),
    ],
)
async def test_a_message_that_others_rename_at_that_moment_is_looked_up_again(
    maildir: Maildir,
    monkeypatch: pytest.MonkeyPatch,
    operation: Operation,
    here: int,
    there: int,
) -> None:
    maildir.make_mailbox(ARCHIVE)
    rename = maildir.rename
    struck: list[str] = []

    def beaten(file: StoredFile, target: Path, name: FileName) -> FileName:
        if file.name.unique not in struck:
            struck.append(file.name.unique)
            flagged = file.name.with_letters({"F"}, ())
            file.path.rename(file.folder / "cur" / flagged.in_cur)
        return rename(file, target, name)

    monkeypatch.setattr(maildir, "rename", beaten)
    assert await MaildirBackend(maildir).perform(operation, IDS) == IDS
    assert sorted(struck) == ["one", "two"]
    assert len(inside(maildir, INBOX)) == here
    assert len(inside(maildir, ARCHIVE)) == there
    folder = maildir.root / (".Archive" if there else "")
    seen = "S" if here else ""
    assert {path.name for path in (folder / "cur").iterdir()} == {
        f"one:2,F{seen}",
        f"two:2,F{seen}",
    }


async def test_who_always_comes_first_is_left_alone_in_the_end(
    maildir: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beaten(file: StoredFile, *_: object) -> FileName:
        raise FileNotFoundError(file.path)

    monkeypatch.setattr(maildir, "rename", beaten)
    seen = StoreFlags(INBOX, BOTH, frozenset({SEEN}))
    assert await MaildirBackend(maildir).perform(seen, IDS) == {}
    assert len(inside(maildir, INBOX)) == 2


async def test_what_went_before_it_was_copied_is_left_out(
    maildir: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = maildir.read

    def gone(file: StoredFile) -> tuple[bytes, datetime] | None:
        return None if file.name.unique == "one" else read(file)

    monkeypatch.setattr(maildir, "read", gone)
    answer = await MaildirBackend(maildir).perform(COPY, IDS)
    assert answer.keys() == {MessageKey(12)}
    monkeypatch.undo()
    assert inside(maildir, ARCHIVE) == ["Subject: two\n\n"]


async def test_a_copy_has_its_own_name_and_the_letters_of_its_source(maildir: Maildir) -> None:
    """Letters that nobody explains are copied, too."""
    (maildir.root / "new" / "one").rename(maildir.root / "cur" / "one:2,FSq")
    backend = MaildirBackend(maildir)
    answer = await backend.perform(COPY, IDS)
    names = {path.name for path in (maildir.root / ".Archive" / "cur").iterdir()}
    assert {name.partition(":")[2] for name in names} == {"2,FSq", "2,"}
    assert {name[:11] for name in names} == {"K11.tuimail", "K12.tuimail"}
    assert answer == {
        MessageKey(int(name[1:3])): ServerId(1, uid_of(name.partition(":")[0])) for name in names
    }
    assert await backend.perform(COPY, IDS) == answer
    assert len(inside(maildir, ARCHIVE)) == 2


@pytest.mark.parametrize(
    "operation",
    [Move(INBOX, BOTH, ARCHIVE), Expunge(INBOX, BOTH), COPY],
    ids=lambda each: type(each).__name__,
)
async def test_placeholders_that_were_never_made_stay_unmade(
    maildir: Maildir, tmp_path: Path, operation: Operation
) -> None:
    held = Maildir(tmp_path / "held")
    backend = MaildirBackend(maildir, placeholders=held)
    await backend.connect()
    assert len(await backend.perform(operation, IDS)) == 2
    assert not held.exists()


def placed(held: Maildir) -> None:
    held.make()
    held.deliver(INBOX, [New("two", b"Subject: stands for it\n\n", NOON)])


@pytest.mark.parametrize("target", [ARCHIVE, MailboxName("Never/Seen")])
async def test_a_placeholder_moves_among_placeholders_and_a_message_among_messages(
    maildir: Maildir, tmp_path: Path, target: MailboxName
) -> None:
    held = Maildir(tmp_path / "held")
    placed(held)
    (maildir.root / "new" / "two").unlink()
    backend = MaildirBackend(maildir, placeholders=held)
    await backend.connect()
    assert await backend.perform(Move(INBOX, BOTH, target), IDS) == IDS
    assert inside(maildir, target) == ["Subject: one\n\n"]
    assert inside(held, target) == ["Subject: stands for it\n\n"]
    assert inside(maildir, INBOX) == inside(held, INBOX) == []
    assert await backend.perform(Move(INBOX, BOTH, target), IDS) == IDS


async def test_a_message_that_is_here_is_acted_on_before_its_placeholder(
    maildir: Maildir, tmp_path: Path
) -> None:
    held = Maildir(tmp_path / "held")
    placed(held)
    backend = MaildirBackend(maildir, placeholders=held)
    await backend.connect()
    uids = [uid_of("one"), uid_of("two")]
    found = [each async for each in backend.fetch(INBOX, 1, uids, Part.FULL)]
    assert [each.content for each in found] == [
        b"Subject: one\r\n\r\n",
        b"Subject: two\r\n\r\n",
    ]
    await backend.perform(Expunge(INBOX, frozenset({TWO})), IDS)
    assert inside(maildir, INBOX) == ["Subject: one\n\n"]
    assert inside(held, INBOX) == ["Subject: stands for it\n\n"]


async def test_what_is_not_there_is_not_told_as_done_in_its_own_mailbox(maildir: Maildir) -> None:
    """A move to where it is: nothing was moved, and nothing is claimed."""
    (maildir.root / "new" / "one").unlink()
    backend = MaildirBackend(maildir)
    answer = await backend.perform(Move(INBOX, BOTH, INBOX), IDS)
    assert answer == {TWO: IDS[TWO]}
    assert inside(maildir, INBOX) == ["Subject: two\n\n"]


@pytest.mark.parametrize(
    "operation",
    [
        Move(INBOX, frozenset({ONE, MessageKey(3)}), ARCHIVE),
        Expunge(INBOX, frozenset({ONE, MessageKey(3)})),
        StoreFlags(INBOX, frozenset({ONE, MessageKey(3)}), frozenset({SEEN})),
    ],
    ids=lambda each: type(each).__name__,
)
async def test_only_what_is_named_and_has_an_id_is_acted_on(
    maildir: Maildir, operation: Operation
) -> None:
    assert (await MaildirBackend(maildir).perform(operation, IDS)).keys() == {ONE}
    assert (maildir.root / "new" / "two").exists()
    assert not (maildir.root / "new" / "one").exists()


async def test_a_placeholder_is_not_copied_and_nothing_with_it(
    maildir: Maildir, tmp_path: Path
) -> None:
    name = "G" + "0" * 24 + ".tuimail,Z=31000"
    held = Maildir(tmp_path / "held")
    held.make()
    held.deliver(INBOX, [New(name, b"Subject: stands for it\n\n", NOON)])
    backend = MaildirBackend(maildir, placeholders=held)
    await backend.connect()
    with pytest.raises(Refused, match="still on the server only"):
        await backend.perform(COPY, {**IDS, TWO: ServerId(1, uid_of(name))})
    assert inside(maildir, ARCHIVE) == []
    answer = await backend.perform(COPY, {ONE: IDS[ONE]})
    assert answer.keys() == {MessageKey(11)}
    assert inside(maildir, ARCHIVE) == ["Subject: one\n\n"]
