"""The header alone and the whole of a message, as other programs wrote and changed it."""

import os
from pathlib import Path

import pytest

from tuimail.backend.maildir.content import header_block
from tuimail.backend.maildir.maildir import LARGEST, LONGEST_HEADER, Maildir


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
