"""Names that a stranger chose, made harmless (security.md M1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mime.filenames import NAME_BYTES, safe_file_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report 2025.pdf", "report 2025.pdf"),
        ("Übersicht (neu).pdf", "Übersicht (neu).pdf"),
        ("../../.ssh/authorized_keys", "authorized_keys"),
        ("/etc/x", "x"),
        ("C:\\temp\\x.txt", "x.txt"),
        (".bashrc", "bashrc"),
        ("...", "attachment.bin"),
        ("-rf", "rf"),
        ("a\0.exe", "a_.exe"),
        ("con", "file-con"),
        ("NUL.txt", "file-NUL.txt"),
        ("~/x", "x"),
        ("~", "attachment.bin"),
        ("dir/", "dir"),
        ("a\nb", "a_b"),
        ("abc\u202egpj.exe", "abc_gpj.exe"),
        ("$(id)`x`;|.sh", "(id)_x_.sh"),
        ("x.pdf        .exe", "x.pdf .exe"),
        ("trailing. ", "trailing"),
        ("", "attachment.bin"),
    ],
)
def test_a_name_is_only_a_name(name: str, expected: str) -> None:
    assert safe_file_name(name) == expected


def test_a_long_name_keeps_its_ending() -> None:
    name = safe_file_name("ü" * 5_000 + ".pdf")
    assert name.endswith("ü.pdf")
    assert len(name.encode()) <= NAME_BYTES


def test_without_a_name_the_type_gives_the_ending() -> None:
    assert safe_file_name("", "application/pdf") == "attachment.pdf"
    assert safe_file_name("", "text/x-log") == "attachment.txt"


@given(st.text(max_size=300))
def test_any_name_is_harmless(text: str) -> None:
    name = safe_file_name(text)
    assert name
    assert len(name.encode()) <= NAME_BYTES
    assert name.isprintable()
    assert name[0] not in ".-~ "
    assert not set('/\\\0:*?"<>|$`;') & set(name)
