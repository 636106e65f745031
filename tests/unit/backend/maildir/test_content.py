"""The header alone and the whole of a message, as other programs wrote and changed it."""

import os
from pathlib import Path

import pytest

from tests.builders import NOON
from tuimail.backend.maildir.content import header_block
from tuimail.backend.maildir.maildir import LARGEST, LONGEST_HEADER, Maildir, New
from tuimail.model.mail import INBOX


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    made = Maildir(tmp_path / "mail")
    made.make()
    return made


FOREIGN = [
    b"Subject: x\n\nbody\n",
    b"Subject: x\r\n\r\nbody\r\n",
    b"Subject: x\r\nTo: y\n\r\nbody\n",
    b"Subject: x\nno empty line",
    b"\nbody alone\n",
    b"",
    b"Subject: " + b"x" * LONGEST_HEADER + b"\n\nbody\n",
]


@pytest.mark.parametrize("content", FOREIGN)
@pytest.mark.parametrize("name", ["1700000000.M1.host", "1.host,S=4,W=6", "K1.tuimail,S=3,RAW"])
def test_the_header_of_what_others_wrote_is_that_of_the_whole_message(
    maildir: Maildir, name: str, content: bytes
) -> None:
    (maildir.root / "new" / name).write_bytes(content)
    (file,) = maildir.files(maildir.root).values()
    read, head = maildir.read(file), maildir.head(file)
    assert read is not None
    assert head == (header_block(read[0]), len(read[0]), read[1])


def test_what_is_too_large_to_be_read_has_a_header_or_none_and_a_size(maildir: Maildir) -> None:
    for name, content in (("with", b"Subject: x\n\n"), ("without", b"Subject: ")):
        path = maildir.root / "new" / name
        path.write_bytes(content)
        os.truncate(path, LARGEST + 1)
    files = maildir.files(maildir.root)
    moment = maildir.head(files["with"])
    assert moment is not None
    assert moment[:2] == (b"Subject: x\r\n\r\n", LARGEST + 1)
    without = maildir.head(files["without"])
    assert without is not None
    assert without[:2] == (b"", LARGEST + 1)
    assert maildir.read(files["with"]) is None


def test_what_is_no_file_any_more_has_no_header_and_no_content(maildir: Maildir) -> None:
    path = maildir.root / "new" / "one"
    path.touch()
    (file,) = maildir.files(maildir.root).values()
    path.unlink()
    assert maildir.head(file) is None
    assert maildir.read(file) is None
    os.mkfifo(path)
    assert maildir.read(file) is None
    path.unlink()
    (maildir.root / "new").rmdir()
    (maildir.root / "new").touch()
    assert maildir.head(file) is None


@pytest.mark.parametrize(
    "wire",
    [
        b"Subject: " + b"x" * LONGEST_HEADER + b"\r\n\r\nbody\r\n",
        b"Subject: x\r\r\nTo: y\r\n\r\nbody\r\n",
        b"Subject: x\r\n\r\n" + b"y" * LONGEST_HEADER,
        b"Subject: no end",
        b"Subject: x\nTo: y\r\n\r\nbody\r\n",
    ],
)
def test_the_header_of_what_we_stored_is_that_of_the_wire(maildir: Maildir, wire: bytes) -> None:
    maildir.deliver(INBOX, [New.of("one", wire, NOON)])
    (file,) = maildir.files(maildir.root).values()
    assert maildir.read(file) == (wire, NOON)
    assert maildir.head(file) == (header_block(wire), len(wire), NOON)


def test_the_header_of_what_is_too_large_has_line_ends_as_on_the_wire(maildir: Maildir) -> None:
    path = maildir.root / "new" / "large"
    path.write_bytes(b"Subject: x\r\nTo: y\n\r\n")
    os.truncate(path, LARGEST + 1)
    (file,) = maildir.files(maildir.root).values()
    head = maildir.head(file)
    assert head is not None
    assert head[0] == b"Subject: x\r\nTo: y\r\n\r\n"
