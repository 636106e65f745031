"""A Maildir on disk: exact bytes, nothing overwritten, nothing outside, nothing but files."""

import mailbox
import os
import socket
import tempfile
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, letter
from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.maildir.backend import MaildirBackend
from tuimail.backend.maildir.content import header_block, stored_form, wire_form
from tuimail.backend.maildir.keywords import Keywords
from tuimail.backend.maildir.maildir import Maildir, New, drop_stem
from tuimail.backend.maildir.names import FileName, folder_name, mailbox_name
from tuimail.model.mail import FORWARDED, INBOX, SEEN, Flag, MailboxName, MessageKey
from tuimail.model.operation import Move, StoreFlags
from tuimail.model.sync import Part, ServerId
from tuimail.model.uid import uid_of

ARCHIVE = MailboxName("Archive")
EVIL_NAMES = [
    "../../.ssh",
    "/etc/x",
    "a/../b",
    ".",
    "..",
    "cur",
    "new",
    "tmp",
    "INBOX/../..",
    "a\0b",
    "x" * 10_000,
    "&",
    "&AC8-",
    "trailing.",
    "trailing ",
    " leading",
    "a//b",
    "/",
    "",
    "back\\slash",
    "a:2,S",
    "~root",
    "-rf",
    "line\nbreak",
    "\ud800",
    "Größe/🏮",
]


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    made = Maildir(tmp_path / "deep" / "mail")
    made.make()
    return made


def new(content: bytes, uidl: str = "1") -> New:
    return New.of(drop_stem(sha256(content).digest(), uidl), content, NOON)


def contents(maildir: Maildir, name: MailboxName = INBOX) -> list[bytes]:
    folder = maildir.folder(name)
    assert folder is not None
    found = [maildir.read(file) for file in maildir.files(folder).values()]
    return sorted(each[0] for each in found if each is not None)


@given(st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b"a", b"\0", b"\xff."])).map(b"".join))
def test_the_bytes_of_the_wire_come_back_whatever_they_are(wire: bytes) -> None:
    stored, suffix = stored_form(wire)
    assert wire_form("P1.tuimail" + suffix, stored) == wire


def test_line_ends_are_those_of_other_programs_where_that_can_be_taken_back() -> None:
    assert stored_form(b"a\r\nb\r\n") == (b"a\nb\n", ",S=4,W=6")
    assert stored_form(b"a\r\nb\n") == (b"a\r\nb\n", ",S=5,RAW")


def test_a_message_that_another_program_changed_has_wire_line_ends() -> None:
    assert wire_form("P1,S=4,W=6", b"longer\nthan before\n") == b"longer\r\nthan before\r\n"


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_no_name_leads_outside(maildir: Maildir, name: str) -> None:
    try:
        maildir.make_mailbox(MailboxName(name))
    except Refused:
        assert list(maildir.mailboxes()) == [INBOX]
        return
    folder = maildir.folder(MailboxName(name))
    assert folder is not None
    assert folder.parent in {maildir.root, maildir.root.parent}
    assert folder == maildir.root or folder.name.startswith(".")
    assert ".." not in folder.name
    assert mailbox_name(folder_name(MailboxName(name))) == MailboxName(name)
    assert sorted(each.name for each in maildir.root.parent.iterdir()) == ["mail"]


@given(st.text(max_size=20), st.text(max_size=20))
def test_two_names_are_two_folders(one: str, other: str) -> None:
    def folder(name: str) -> str | None:
        try:
            return folder_name(MailboxName(name))
        except Refused:
            return None

    if folder(one) is not None and folder(one) == folder(other):
        assert one == other or {one.upper(), other.upper()} == {"INBOX"}


@given(st.text(max_size=20))
def test_a_folder_is_called_what_it_was_made_for(name: str) -> None:
    try:
        folder = folder_name(MailboxName(name))
    except Refused:
        return
    assert mailbox_name(folder) == (INBOX if name.upper() == "INBOX" else name)


def test_folders_of_others_that_we_would_spell_otherwise_can_be_used(maildir: Maildir) -> None:
    for each in ("tmp", "new", "cur"):
        (maildir.root / ".R&D" / each).mkdir(parents=True)
    (name,) = set(maildir.mailboxes()) - {INBOX}
    maildir.deliver(name, [new(letter())])
    assert len(list((maildir.root / ".R&D" / "new").iterdir())) == 1


def test_a_repeated_delivery_changes_nothing_and_twins_are_two(maildir: Maildir) -> None:
    content = letter()
    for _ in range(2):
        maildir.deliver(INBOX, [new(content), new(content, "2")])
    assert contents(maildir) == [content, content]
    assert list((maildir.root / "tmp").iterdir()) == []


def test_what_is_there_under_a_name_is_never_overwritten(maildir: Maildir) -> None:
    message = new(letter())
    place = maildir.root / "new" / message.unique
    place.write_bytes(b"somebody else's\n")
    maildir.deliver(INBOX, [message])
    assert place.read_bytes() == b"somebody else's\n"


async def test_a_move_onto_another_message_of_that_name_keeps_both(maildir: Maildir) -> None:
    backend = MaildirBackend(maildir)
    await backend.connect()
    content = letter("mine")
    message = new(content)
    maildir.deliver(INBOX, [message])
    place = maildir.root / ".Archive" / "cur" / f"{message.unique}:2,"
    place.write_bytes(b"theirs\n")
    key, id = MessageKey(1), ServerId(1, uid_of(message.unique))
    answer = await backend.perform(Move(INBOX, frozenset({key}), ARCHIVE), {key: id})
    assert contents(maildir, ARCHIVE) == sorted([b"theirs\r\n", content])
    assert answer[key] not in (id, None)
    assert contents(maildir) == []


def test_only_regular_files_are_messages(maildir: Maildir, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not for you")
    cur = maildir.root / "cur"
    (cur / "link:2,").symlink_to(secret)
    os.mkfifo(cur / "pipe:2,")
    (cur / "folder:2,").mkdir()
    with socket.socket(socket.AF_UNIX) as door, pytest.MonkeyPatch.context() as patch:
        patch.chdir(cur)
        door.bind("socket:2,")
    (cur / ".hidden").write_text("x")
    (cur / "empty:2,").touch()
    (cur / "\x1b[2Jesc:2,S:2,T").write_text("x\n")
    found = maildir.files(maildir.root)
    assert sorted(found) == ["\x1b[2Jesc", "empty"]
    assert contents(maildir) == [b"", b"x\r\n"]


async def test_a_file_of_ten_gigabytes_is_listed_and_not_read(maildir: Maildir) -> None:
    path = maildir.root / "cur" / "sparse:2,"
    path.write_text("Subject: sparse\n\n")
    os.truncate(path, 10 * 2**30)
    backend = MaildirBackend(maildir)
    uids = [uid_of("sparse")]
    (listed,) = [each async for each in backend.fetch(INBOX, 1, uids, Part.HEADERS)]
    assert listed.content == b"Subject: sparse\r\n\r\n"
    assert listed.size == 10 * 2**30
    assert [each async for each in backend.fetch(INBOX, 1, uids, Part.FULL)] == []


@given(st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b"a: b", b"\xff."])).map(b"".join))
def test_a_header_read_alone_is_that_of_the_whole_message(wire: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = Maildir(Path(folder) / "mail")
        made.make()
        made.deliver(INBOX, [new(wire)])
        (file,) = made.files(made.root).values()
        head, whole = made.head(file), made.read(file)
        assert head is not None
        assert whole is not None
        assert head == (header_block(wire), len(wire), whole[1])


def test_a_file_that_becomes_a_link_is_not_followed(maildir: Maildir, tmp_path: Path) -> None:
    path = maildir.root / "cur" / "one:2,"
    path.write_text("x")
    (file,) = maildir.files(maildir.root).values()
    path.unlink()
    path.symlink_to(tmp_path / "secret")
    (tmp_path / "secret").write_text("not for you")
    with pytest.raises(OSError, match="symbolic"):
        maildir.read(file)


def test_what_we_never_finished_goes_after_36_hours(maildir: Maildir) -> None:
    tmp = maildir.root / "tmp"
    old, young, theirs = tmp / "K1.tuimail", tmp / "K2.tuimail", tmp / "1700000000.M1.elsewhere"
    for path in (old, young, theirs):
        path.touch()
    for path in (old, theirs):
        os.utime(path, (0, 0))
    maildir.make()
    assert set(tmp.iterdir()) == {young, theirs}


def test_the_standard_library_reads_it(maildir: Maildir) -> None:
    maildir.deliver(INBOX, [new(letter("Hello"))])
    maildir.make_mailbox(MailboxName("Lists/python"))
    other = mailbox.Maildir(maildir.root, create=False)
    assert [message["Subject"] for message in other] == ["Hello"]
    assert other.list_folders() == ["Lists.python"]


def test_letters_that_nobody_explains_survive_a_change() -> None:
    name = FileName.read("unique:2,SXz")
    assert name.with_letters({"F"}, {"S"}) == FileName("unique", "FXz")


def test_keywords_have_letters_that_all_mailboxes_share(maildir: Maildir) -> None:
    keywords = Keywords(maildir.root)
    letters = keywords.letters_of({SEEN, FORWARDED, Flag("$Work"), Flag("later")})
    assert letters == {"S", "P", "a", "b"}
    again = Keywords(maildir.root)
    assert again.flags_of("".join(letters)) == {SEEN, FORWARDED, "$Work", "later"}


def test_the_27th_keyword_is_not_accepted(maildir: Maildir) -> None:
    backend = MaildirBackend(maildir)
    keywords = Keywords(maildir.root)
    keywords.letters_of({Flag(f"k{number}") for number in range(26)})
    known = StoreFlags(INBOX, frozenset(), frozenset({Flag("k3"), SEEN}))
    further = StoreFlags(INBOX, frozenset(), frozenset({Flag("one more")}))
    assert backend.accepts(known)
    assert not backend.accepts(further)


async def test_a_flag_that_another_program_sets_at_the_same_time_is_kept(
    maildir: Maildir,
) -> None:
    backend = MaildirBackend(maildir)
    await backend.connect()
    message = new(letter())
    maildir.deliver(INBOX, [message])
    path = maildir.root / "new" / message.unique
    path.rename(maildir.root / "cur" / f"{message.unique}:2,F")
    key, id = MessageKey(1), ServerId(1, uid_of(message.unique))
    await backend.perform(StoreFlags(INBOX, frozenset({key}), frozenset({SEEN})), {key: id})
    (name,) = (path.name for path in (maildir.root / "cur").iterdir())
    assert name == f"{message.unique}:2,FS"


async def test_a_folder_that_cannot_be_used_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file")
    with pytest.raises(Unreachable, match="mail folder cannot be used"):
        await MaildirBackend(Maildir(tmp_path / "mail")).connect()


async def test_a_message_renamed_during_a_fetch_is_fetched_all_the_same(
    maildir: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = MaildirBackend(maildir)
    content = letter()
    message = new(content)
    maildir.deliver(INBOX, [message])
    read = maildir.read
    moved = False

    def renaming(file: object) -> tuple[bytes, datetime] | None:
        nonlocal moved
        if not moved:
            moved = True
            path = maildir.root / "new" / message.unique
            path.rename(maildir.root / "cur" / f"{message.unique}:2,S")
        return read(file)  # type: ignore[arg-type]  # what it was given

    monkeypatch.setattr(maildir, "read", renaming)
    uid = uid_of(message.unique)
    (fetched,) = [each async for each in backend.fetch(INBOX, 1, [uid], Part.FULL)]
    assert fetched.content == content
    assert fetched.flags == {SEEN}
    assert fetched.received == NOON.astimezone(UTC)
