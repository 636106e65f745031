"""Names on disk that must stay what they were, and lists of keywords as others write them."""

import os
from hashlib import sha256
from pathlib import Path
from string import ascii_lowercase

import pytest

from tuimail.backend.base import Refused
from tuimail.backend.maildir.keywords import Keywords
from tuimail.backend.maildir.maildir import drop_stem
from tuimail.backend.maildir.names import (
    FileName,
    digest_of,
    folder_name,
    mailbox_name,
)
from tuimail.model.mail import SEEN, Flag, MailboxName
from tuimail.model.uid import uid_of


def test_a_message_has_the_name_that_every_version_gave_it() -> None:
    """Else what a crash left here would come a second time."""
    digest = sha256(b"Subject: x\r\n\r\n").digest()
    assert drop_stem(digest, "uidl-1") == (
        "Pd4637ae71525a8a07a95495b6015587d.e5d6c1eaac8045a5ab421134.tuimail"
    )


@pytest.mark.parametrize(
    ("mailbox", "folder"),
    [
        ("Archive", ".Archive"),
        ("Lists/python", ".Lists.python"),
        ("inbox", ""),
        ("R&D", ".R&-D"),
        ("Größe", ".Gr&APYA3w-e"),
        ("a.b", ".a&AC4-b"),
        ("a:b", ".a&ADo-b"),
        (" a", ".&ACA-a"),
        ("a ", ".a&ACA-"),
        ("~a", ".&AH4-a"),
        ("a~b c", ".a~b c"),
        ("🏮", ".&2Dzf7g-"),
        ("x" * 249, "." + "x" * 249),
    ],
)
def test_a_mailbox_has_one_folder_for_ever(mailbox: str, folder: str) -> None:
    assert folder_name(MailboxName(mailbox)) == folder
    assert mailbox_name(folder) == (mailbox if folder else "INBOX")


@pytest.mark.parametrize("mailbox", ["x" * 250, "ö" * 100, "a//b", "/a", "a/", "", "\ud800"])
def test_what_can_be_no_folder_is_refused(mailbox: str) -> None:
    with pytest.raises(Refused, match="too long, or a part of it is empty"):
        folder_name(MailboxName(mailbox))


@pytest.mark.parametrize("folder", [".a..b", ".R&D", ".&AGE-", ".&A-", ".&2Dw-", ".a.", "."])
def test_a_folder_that_we_would_spell_otherwise_is_called_as_it_stands(folder: str) -> None:
    assert mailbox_name(folder) == folder[1:]


@pytest.mark.parametrize(
    ("name", "unique", "letters"),
    [
        ("one", "one", ""),
        ("one:2,", "one", ""),
        ("one:2,FS", "one", "FS"),
        ("one:1,S", "one", ""),
        ("one:2,S:2,T", "one", "S:2,T"),
        (":2,S", "", "S"),
    ],
)
def test_a_file_name_is_its_unique_part_and_letters(name: str, unique: str, letters: str) -> None:
    read = FileName.read(name)
    assert (read.unique, read.letters) == (unique, letters)
    assert read.uid == uid_of(unique)


@pytest.mark.parametrize(
    ("unique", "size"),
    [
        ("G" + "0" * 24 + ".tuimail,Z=31000", 31_000),
        ("G" + "0" * 24 + ".tuimail,Z=31000,S=5", 31_000),
        ("G" + "0" * 23 + ".tuimail,Z=31000", None),
        ("P" + "0" * 24 + ".tuimail,Z=31000", None),
        ("G" + "0" * 24 + ".tuimail", None),
    ],
)
def test_a_placeholder_tells_the_size_of_what_it_stands_for(unique: str, size: int | None) -> None:
    assert FileName(unique).stands_for == size


def test_a_folders_state_is_a_number_that_a_database_can_hold() -> None:
    found = {digest_of([str(number)]) for number in range(500)} | {digest_of([])}
    assert len(found) == 501
    assert all(0 < each < 2**63 for each in found)
    assert digest_of(["a", "b"]) == digest_of(["b", "a"]) != digest_of(["ab"])


def test_a_list_of_keywords_that_others_wrote_is_read_as_far_as_it_can_be(tmp_path: Path) -> None:
    rows = "0 work\n25 last\n26 beyond\n-1 less\nx none\n3\n4 \n² high\n5 two words\n\n"
    (tmp_path / "tuimail-keywords").write_text(rows, encoding="utf-8")
    keywords = Keywords(tmp_path)
    assert keywords.flags_of(ascii_lowercase) == {"work", "last", "two words"}
    assert keywords.flags_of("a") == {"work"}
    assert keywords.letters_of({Flag("last"), Flag("later"), SEEN}) == {"z", "b", "S"}
    assert (tmp_path / "tuimail-keywords").read_text() == "0 work\n1 later\n5 two words\n25 last\n"


def test_what_others_add_to_the_list_of_keywords_is_seen(tmp_path: Path) -> None:
    keywords = Keywords(tmp_path)
    assert keywords.flags_of("ab") == frozenset()
    keywords.letters_of({Flag("work")})
    assert keywords.flags_of("ab") == {"work"}
    path = tmp_path / "tuimail-keywords"
    path.write_text("0 work\n1 theirs\n")
    os.utime(path, ns=(1, 1))
    assert keywords.flags_of("ab") == {"work", "theirs"}
    before = path.stat()
    beside = tmp_path / "beside"
    beside.write_text("0 work\n1 newer\n")
    os.utime(beside, ns=(before.st_atime_ns, before.st_mtime_ns))
    beside.replace(path)
    assert keywords.flags_of("ab") == {"work", "newer"}


def test_there_is_room_for_26_keywords_and_no_more(tmp_path: Path) -> None:
    keywords = Keywords(tmp_path)
    flags = [Flag(f"k{number:02}") for number in range(27)]
    assert keywords.accepts(flags[:26])
    assert not keywords.accepts(flags)
    keywords.letters_of(flags[:25])
    assert keywords.accepts([flags[25], flags[3], SEEN])
    assert not keywords.accepts(flags[25:])
    assert len(keywords.letters_of(flags)) == 26
