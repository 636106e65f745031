"""Text without a charset: judged by all that a letter has of it."""

import pytest

from tuimail.mime.header import envelope
from tuimail.mime.parse import attachment, parse
from tuimail.mime.undeclared import guess
from tuimail.model.safe_text import SafeText


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        *(("cp1252", text) for text in (
            "Jürgen Müller", "café au lait", "Señor Peña: año nuevo", "naïve", "£5 off",
            "Réunion à Genève — été 2024", "Don’t miss – 50% off", "Prix 20€", "Ação não",
        )),
        *(("cp1250", text) for text in ("Zażółć gęślą jaźń", "Příliš žluťoučký kůň", "Łódź")),
        *(("cp1254", text) for text in ("Sayın Müşterimiz", "Toplantı günü değişti")),
        *(("cp1251", text) for text in ("Привет", "Счёт на оплату")),
        *(("koi8_r", text) for text in ("Привет", "Счёт на оплату")),
        *(("gb18030", text) for text in ("会议通知", "关于明天的会议安排")),
        *(("big5", text) for text in ("會議通知", "關於明天的會議安排")),
        *(("cp932", text) for text in ("お知らせ", "ご注文ありがとうございます")),
        *(("euc_jp", text) for text in ("お知らせ", "ご注文ありがとうございます")),
        *(("cp949", text) for text in ("안녕하세요", "광고 메일입니다")),
        ("cp1253", "Ενημέρωση λογαριασμού"),
        ("cp1255", "שלום עולם"),
        ("cp1256", "مرحبا بالعالم"),
        ("cp874", "สวัสดีครับ"),
    ],
)  # fmt: skip
def test_a_few_words_are_enough(charset: str, text: str) -> None:
    data = text.encode(charset)
    letter = b"From: a@example.org\nSubject: " + data + b"\n\n"
    assert envelope(letter).subject == text


def test_what_says_nothing_is_windows_1252() -> None:
    assert guess(b"") == "cp1252"
    assert guess(b"\xdf") == "cp1252"


HEADER = "Счёт".encode("koi8-r")


@pytest.mark.parametrize(
    "content_type",
    [
        b"text/plain; charset=koi8-r",
        b'text/html;\n charset="KOI8-R"',
        b"text/plain; format=flowed; charset=koi8-r",
        b"multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=koi8-r\n\nx\n--b--",
        b"multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=us-ascii\n\nx\n"
        b"--b\nContent-Type: text/html; charset=koi8-r\n\nx\n--b--",
    ],
)
def test_raw_header_fields_are_in_the_charset_of_the_text(content_type: bytes) -> None:
    letter = (
        b"From: " + HEADER + b" <a@example.org>\nSubject: " + HEADER
        + b"\nContent-Type: " + content_type + b"\n\n"
    )  # fmt: skip
    body = parse(letter)
    assert dict(body.headers)[SafeText("Subject")] == "Счёт"
    assert dict(body.headers)[SafeText("From")] == "Счёт <a@example.org>"
    assert envelope(letter).subject == "Счёт"


def test_raw_names_of_files_are_in_the_charset_of_the_text() -> None:
    letter = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n"
        b"Content-Type: text/plain; charset=koi8-r\n\nx\n--b\n"
        b'Content-Type: application/pdf\nContent-Disposition: attachment; filename="'
        + HEADER + b'.pdf"\n\nx\n--b--'
    )  # fmt: skip
    assert parse(letter).attachments[0].name == "Счёт.pdf"
    assert attachment(letter, 1)[0] == "Счёт.pdf"


def test_all_undeclared_text_of_a_letter_is_judged_together() -> None:
    long = "Добрый день! Во вложении счёт за октябрь, посмотрите, пожалуйста. " * 3
    letter = (
        b"Subject: " + "Ё".encode("koi8-r") + b"\nContent-Type: multipart/mixed; boundary=b\n\n"
        b"--b\n\n" + "да".encode("koi8-r") + b"\n--b\nContent-Type: text/plain\n\n"
        + long.encode("koi8-r") + b"\n--b--"
    )  # fmt: skip
    body = parse(letter)
    assert body.lines[0] == "да"
    assert body.lines[-1] == long.strip()
    assert dict(body.headers)[SafeText("Subject")] == "Ё"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (b"=?iso-8859-1?Q?J\xfcrgen?=", "Jürgen"),
        (b"=?utf-8?Q?J\xc3\xbcrgen_=C3=BC?=", "Jürgen ü"),
        (b"=?koi8-r?Q?=F3\xde=A3\xd4?=", "Счёт"),
        (b"=?iso-8859-1?Q?a\xfc?= =?iso-8859-1?Q?\xe4_b?=", "aüä b"),
        (b"=?utf-8?B?R3LDvMOf\xffZQ==?=", "Grüße"),
        (b"=?shift_jis?Q?\x82=a0?=", "あ"),
    ],
)
def test_raw_octets_in_an_encoded_word_are_in_its_charset(field: bytes, text: str) -> None:
    assert envelope(b"Subject: " + field + b"\n\n").subject == text


def test_one_bad_byte_leaves_a_header_in_utf_8() -> None:
    letter = "Subject: Größe für Jörg ".encode() + b"\xff\nFrom: a@example.org\n\n"
    assert envelope(letter).subject == "Größe für Jörg \ufffd"


def test_raw_japanese_in_a_header_is_read() -> None:
    assert envelope(b"Subject: \x1b$B$*CN$i$;\x1b(B\n\n").subject == "お知らせ"
