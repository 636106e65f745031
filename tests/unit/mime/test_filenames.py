"""Names that a stranger chose, made harmless (security.md M1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mime.filenames import NAME_BYTES, safe_file_name, shown_file_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report 2025.pdf", "report 2025.pdf"),
        ("ที่อยู่.pdf", "ที่อยู่.pdf"),
        ("हिन्दी रिपोर्ट.pdf", "हिन्दी रिपोर्ट.pdf"),
        ("見積書（最終）「A社」.pdf", "見積書（最終）「A社」.pdf"),
        ("Rechnung – 20 € №5 §3.pdf", "Rechnung – 20 € №5 §3.pdf"),
        ("Angebot „Müller“ 50 %.pdf", "Angebot „Müller“ 50 %.pdf"),
        ("דו״ח שִׁנְתִּי.pdf", "דו״ח שִׁנְתִּי.pdf"),
        ("re\u0301sume\u0301.pdf", "résumé.pdf"),
        ("C++ notes (1).tar.gz", "C++ notes (1).tar.gz"),
        ("a:b*c?.txt", "a_b_c_.txt"),
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


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("हिन्दी रिपोर्ट.pdf", "हिन्दी रिपोर्ट.pdf"),
        ("a:b*c?.txt", "a:b*c?.txt"),
        ("~$lock.docx", "~$lock.docx"),
        ("../../.ssh/authorized_keys", "../../.ssh/authorized_keys"),
        ("abc\u202egpj.exe", "abc\ufffdgpj.exe"),
        ("a\n\tb", "a b"),
        ("", "attachment.pdf"),
    ],
)
def test_a_name_is_shown_as_it_was_written(name: str, shown: str) -> None:
    assert shown_file_name(name, "application/pdf") == shown
