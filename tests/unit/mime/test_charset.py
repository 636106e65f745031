"""One truth for charsets: labels and tables as browsers have them, and what only mail has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mime.charset import codec_of, decode, is_mostly_utf_8


@pytest.mark.parametrize(
    "label",
    ["zlib_codec", "rot13", "idna", "punycode", "unicode_escape", "raw_unicode_escape",
     "hex", "base64", "bz2", "undefined", "", "a" * 1000, "../x", "utf-8\x00", "Ⅷ"],
)  # fmt: skip
def test_codecs_that_do_more_than_decode_text_are_not_used(label: str) -> None:
    assert codec_of(label) is None


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("iso-8859-1", b"\x80uro", "€uro"),
        ("windows-874", b"\xa1", "ก"),
        ("x-mac-cyrillic", b"\x80", "А"),
        ("gb2312", "镕".encode("gb18030"), "镕"),
        ("ks_c_5601-1987", "똠".encode("cp949"), "똠"),
        ("shift_jis", "①".encode("cp932"), "①"),
        ("us-ascii", "ä".encode(), "ä"),
        ("iso-8859-1", "äöü".encode(), "äöü"),
        ("unknown-8bit", "ä".encode("cp1252"), "ä"),
        ("", b"\xef\xbb\xbfx", "x"),
        ("utf-8", b"\xff", "\ufffd"),
        ("windows1252", b"\x80", "€"),
        ("CP-1251", b"\xcf", "П"),
        ("koi8-ru", b"\xae", "ў"),
        ("windows-1255", b"\xca", "\u05ba"),
        ("gb2312", b"\xa8\xbc\xa3\xa0", "ḿ\u3000"),
        ("viscii", b"Ti\xaang Vi\xaet \x02", "Tiếng Việt Ẳ"),
        ("iso-2022-cn", b"\x1b$)A\x0e=;;;\x0f OK", "交换 OK"),
        ("iso-2022-cn", b"\x1b$)G\x0eab\x0f OK", "\ufffd OK"),
        ("utf-7", b"Gr+APwA3w-e, 5 +IKw-", "Grüße, 5 €"),
        ("utf-16", b"<p>plain ASCII</p>", "<p>plain ASCII</p>"),
        ("utf-16", "größer".encode("utf-16"), "größer"),
        ("utf-16be", "größer".encode("utf-16be"), "größer"),
        ("x-unknown", "Größe".encode("cp1252"), "Größe"),
    ],
)
def test_labels_mean_what_mailers_mean_by_them(label: str, data: bytes, text: str) -> None:
    assert decode(data, label) == text


def test_undeclared_text_is_guessed() -> None:
    russian = "Привет, это письмо без указания кодировки. Как твои дела сегодня?"
    assert decode(russian.encode("koi8-r")) == russian
    assert decode(russian.encode()) == russian


@given(st.binary(), st.sampled_from(["", "utf-8", "utf-16", "iso-2022-jp", "hz", "gb2312", "x"]))
def test_any_bytes_are_text(data: bytes, label: str) -> None:
    assert isinstance(decode(data, label), str)


# By the indexes of the Encoding Standard: row, cell, character.
VENDOR_ROWS = [
    (4, 2, "あ"), (16, 1, "亜"), (13, 1, "①"), (13, 22, "Ⅱ"), (13, 32, "㍉"), (13, 34, "㌢"),
    (13, 66, "№"), (13, 74, "㈱"), (89, 1, "纊"), (90, 34, "暲"), (91, 90, "郞"), (92, 94, "＂"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "cell", "character"), VENDOR_ROWS)
def test_japanese_has_the_rows_of_nec_and_ibm(row: int, cell: int, character: str) -> None:
    pair = bytes((row + 0x20, cell + 0x20))
    raised = bytes((row + 0xA0, cell + 0xA0))
    assert decode(b"A\x1b$B" + pair + b"\x1b(BZ", "iso-2022-jp") == f"A{character}Z"
    assert decode(b"A" + raised + b"Z", "euc-jp") == f"A{character}Z"


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("iso-2022-jp", b"\x1b(I1\x1b(B", "ｱ"),
        ("iso-2022-jp", b"\x1b(J\\\x1b(B", "¥"),
        ("iso-2022-jp", b"\x1b$@$\x22\x1b(B", "あ"),
        ("iso-2022-jp-1", b"\x1b$(D0!\x1b(B", "丂"),
        ("iso-2022-jp", b"\x1b$B$\x22\n$\x24", "あ\nい"),
        ("iso-2022-jp", b"\x1b$B$\x22$", "あ\ufffd"),
        ("iso-2022-jp", "お知らせ①".encode("cp932"), "お知らせ①"),
        ("cp50221", b"\x1b$B-!", "①"),
        ("euc-jp", b"\x8e\xb1\x8f\xb0\xa1", "ｱ丂"),
        ("euc-jp", b"a\xffb\xa4", "a\ufffdb\ufffd"),
        ("eucjp-ms", b"\xad\xa1", "①"),
        ("big5", b"\xa3\xe1 5", "€ 5"),
        ("big5", b"\x8e\xcd\xa1\x45", "者‧"),
        ("big5", "會議通知".encode("big5"), "會議通知"),
        ("big5", b"a\xffb", "a\ufffdb"),
    ],
)
def test_the_charsets_of_east_asia(label: str, data: bytes, text: str) -> None:
    assert decode(data, label) == text


def test_japanese_without_a_label_is_known_by_its_escapes() -> None:
    assert decode(b"Re: \x1b$B$*CN$i$;\x1b(B") == "Re: お知らせ"


@pytest.mark.parametrize(
    ("data", "is_utf_8"),
    [
        ("Größe".encode(), True),
        ("Größe für \xff"[:-1].encode() + b"\xff", True),
        ("Größe".encode("cp1252"), False),
        ("Ä".encode() + b"\xff", True),
        ("Привет".encode("cp1251"), False),
        ("会议通知".encode("gb18030"), False),
        (b"", True),
        ("日本".encode()[:-1], True),
    ],
)
def test_one_bad_byte_does_not_unmake_utf_8(data: bytes, is_utf_8: bool) -> None:
    assert is_mostly_utf_8(data) == is_utf_8


def test_a_bad_byte_in_utf_8_is_one_sign() -> None:
    assert decode("Größe ".encode() + b"\xff und mehr") == "Größe \ufffd und mehr"
