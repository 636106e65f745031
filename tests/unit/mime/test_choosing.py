"""Which part is the text, which is a file: no text and no file is lost by a choice."""

import base64

import pytest

from tuimail.mime.parse import parse

PLAIN = "Content-Type: text/plain; charset=utf-8\n\nPlain text."
HTML = "Content-Type: text/html; charset=utf-8\n\n<p>Rich <b>text</b>.</p>"
IMAGE = "Content-Type: image/png; name=logo.png\nContent-ID: <logo@x>\n\nPNG"
PDF = "Content-Type: application/pdf; name=a.pdf\n\nPDF"


def multipart(kind: str, *parts: str, parameters: str = "") -> str:
    boundary = f"b{abs(hash((kind, parts))) % 10**8}"
    inside = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return (
        f"Content-Type: multipart/{kind}; boundary={boundary}{parameters}\n\n{inside}--{boundary}--"
    )


def read(letter: str) -> tuple[list[str], list[str], list[str]]:
    """The text, the names of files, the names of inline parts."""
    body = parse(letter.encode())
    inline = [part.name for part in body.attachments if part.inline]
    return list(map(str, body.lines)), list(map(str, body.files)), list(map(str, inline))


def attached(part: str, name: str = "file.txt") -> str:
    head, _, text = part.partition("\n\n")
    return f'{head}\nContent-Disposition: attachment; filename="{name}"\n\n{text}'


@pytest.mark.parametrize(
    ("letter", "text"),
    [
        (multipart("related", HTML, IMAGE), "Rich text."),
        (multipart("related", IMAGE, HTML), "Rich text."),
        (multipart("related", IMAGE, HTML.replace("\n\n", "\nContent-ID: <r@x>\n\n"),
                   parameters='; start="<r@x>"'), "Rich text."),
        (multipart("related", PLAIN, HTML.replace("\n\n", "\nContent-ID: <r@x>\n\n"),
                   parameters="; start=r@x"), "Rich text."),
        (multipart("related", attached(PDF), HTML), "Rich text."),
        (multipart("related", attached(PLAIN), multipart("alternative", PLAIN)), "Plain text."),
        (multipart("related", IMAGE, multipart("alternative", HTML)), "Rich text."),
        (multipart("related", HTML, IMAGE, parameters="; start=nowhere"), "Rich text."),
    ],
)  # fmt: skip
def test_the_root_of_related_parts_is_shown(letter: str, text: str) -> None:
    assert read(letter)[0] == [text]


@pytest.mark.parametrize(
    "letter",
    [
        multipart("mixed", attached(PLAIN), PDF),
        attached(PLAIN),
        multipart("mixed", attached(PLAIN)),
        multipart("mixed", PDF, attached(PLAIN)),
        multipart("alternative", attached(PLAIN)),
        multipart("mixed", "Content-Type: text/plain\n\n \n", attached(PLAIN)),
        multipart("mixed", "Content-Type: text/html\n\n<p> </p>", attached(PLAIN)),
        multipart("mixed", attached(PLAIN.replace("text/plain", "text/x-log")), PDF),
    ],
)
def test_the_only_text_is_shown_although_it_is_attached(letter: str) -> None:
    text, files, _ = read(letter)
    assert text == ["Plain text."]
    assert "file.txt" in files


def test_an_attached_text_is_not_shown_beside_another() -> None:
    text, files, _ = read(multipart("mixed", HTML, attached(PLAIN)))
    assert text == ["Rich text."]
    assert files == ["file.txt"]


@pytest.mark.parametrize(
    ("letter", "files"),
    [
        (multipart("alternative", PLAIN, attached(HTML, "report.html")), ["report.html"]),
        (multipart("alternative", PLAIN, multipart("mixed", HTML, attached(PLAIN, "a.log"), HTML)),
         ["a.log"]),
        (multipart("alternative", PLAIN, multipart("mixed", HTML, PDF)), ["a.pdf"]),
        (multipart("alternative", PLAIN, HTML, attached(PLAIN, "b.txt")), ["b.txt"]),
        (multipart("alternative", PLAIN, multipart("related", HTML, attached(HTML, "c.htm"))),
         ["c.htm"]),
    ],
)  # fmt: skip
def test_a_file_within_an_alternative_is_listed(letter: str, files: list[str]) -> None:
    assert read(letter) == (["Plain text."], files, [])


@pytest.mark.parametrize("form", ["x-amp-html", "watch-html", "enriched", "rtf", "markdown"])
def test_another_form_of_the_text_is_no_file(form: str) -> None:
    letter = multipart("alternative", PLAIN, f"Content-Type: text/{form}\n\nx", HTML)
    assert read(letter) == (["Plain text."], [], [])


REFERRING = HTML + '<img src="cid:logo@x">'


@pytest.mark.parametrize(
    ("letter", "inline"),
    [
        (multipart("related", REFERRING, IMAGE), ["logo.png"]),
        (multipart("related", HTML, IMAGE), ["logo.png"]),
        (multipart("mixed", REFERRING, IMAGE), ["logo.png"]),
        (multipart("mixed", REFERRING.replace("logo@", "logo%40"), IMAGE), ["logo.png"]),
        (multipart("related", REFERRING, attached(IMAGE, "l.png")), ["l.png"]),
        (multipart("alternative", PLAIN, multipart("related", HTML, IMAGE)), ["logo.png"]),
        (multipart("report", PLAIN, "Content-Type: message/rfc822\n\nSubject: x\n\ny"), ["x.eml"]),
        (
            multipart("alternative", PLAIN, "Content-Type: text/calendar; name=i.ics\n\nx"),
            ["i.ics"],
        ),
    ],
)
def test_what_belongs_to_the_text_is_no_file_to_save(letter: str, inline: list[str]) -> None:
    assert read(letter)[1:] == ([], inline)


@pytest.mark.parametrize(
    ("letter", "files"),
    [
        (multipart("mixed", HTML, IMAGE), ["logo.png"]),
        (multipart("related", HTML, PDF), ["a.pdf"]),
        (multipart("related", HTML, attached(IMAGE, "photo.png")), ["photo.png"]),
        (multipart("mixed", PLAIN, "Content-Type: message/rfc822\n\nSubject: x\n\ny"), ["x.eml"]),
        (
            multipart("mixed", PLAIN, attached("Content-Type: text/calendar\n\nx", "i.ics")),
            ["i.ics"],
        ),
    ],
)
def test_what_a_person_would_save_is_a_file(letter: str, files: list[str]) -> None:
    assert read(letter)[1:] == (files, [])


LONG_HTML = "Content-Type: text/html\n\n<h1>Invoice 42</h1><p>" + "Amount due by December. " * 20


@pytest.mark.parametrize(
    "plain",
    [
        "",
        "This is an HTML message. Please use an HTML capable mail program to read it.",
        "Your mail client does not support HTML.",
        "Diese Nachricht ist im HTML-Format. " * 10,
        "Pour lire ce message, activez le format HTML.",
        "E-mail error",
        "<html><body>source</body></html>",
    ],
)
def test_an_excuse_is_not_shown_for_the_letter(plain: str) -> None:
    letter = multipart("alternative", f"Content-Type: text/plain\n\n{plain}", LONG_HTML)
    assert read(letter)[0][0] == "# Invoice 42"


def test_a_text_that_lacks_most_of_the_words_is_not_shown_for_the_letter() -> None:
    words = " ".join(f"word{number}" for number in range(200))
    html = f"Content-Type: text/html\n\n<p>{words}</p>"
    letter = multipart("alternative", "Content-Type: text/plain\n\n" + "Other words. " * 60, html)
    assert read(letter)[0] == [words]


@pytest.mark.parametrize(
    "plain",
    [
        "Amount due by December. Invoice 42, see below.",
        "Invoice 42: we switched our site to HTML5. " + "Amount due by December. " * 50,
        "Amount due by December. " * 200,
    ],
)
def test_the_plain_text_is_shown_where_it_says_as_much(plain: str) -> None:
    html = "Content-Type: text/html\n\n<p>Amount due by December.</p>"
    letter = multipart("alternative", f"Content-Type: text/plain\n\n{plain}", html)
    assert read(letter)[0] == [plain.strip()]


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain charset=utf-8",
        "text/plain, charset=utf-8",
        "text/plain: charset=utf-8",
        '"text/plain"; charset=utf-8',
        "plain/text; charset=utf-8",
        "text; charset=utf-8",
        "TEXT/PLAIN charset=UTF-8 format=fixed",
        "text/plain ; charset = utf-8",
        "<text/plain>; charset=utf-8",
        "text/plain;; charset=utf-8",
    ],
)
def test_text_is_text_however_its_type_is_written(content_type: str) -> None:
    text, files, _ = read(f"Content-Type: {content_type}\n\nGröße")
    assert text == ["Größe"]
    assert files == []


def encoded(letter: str, kind: str = "message/rfc822") -> str:
    data = base64.encodebytes(letter.encode()).decode()
    return f"Content-Type: {kind}; name=in.eml\nContent-Transfer-Encoding: base64\n\n{data}"


@pytest.mark.parametrize(
    "enclosed",
    [
        encoded(f"Subject: inner\n{PLAIN}"),
        encoded(f"Subject: inner\n{PLAIN}".replace("\n", "\r\n")),
        encoded(f"Subject: inner\n{PLAIN}", "message/global"),
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n"
        "Subject: inner\nContent-Type: text/plain\n\nPlain=20text.",
        encoded(f"Subject: inner\n{multipart('alternative', PLAIN, HTML)}"),
    ],
)
def test_an_encoded_letter_is_opened_like_any_other(enclosed: str) -> None:
    text, files, _ = read(multipart("mixed", "Content-Type: text/plain\n\nSee:", enclosed))
    assert text[0] == "See:"
    assert "Subject: inner" in text
    assert text[-1] == "Plain text."
    assert len(files) == 1


def test_letters_encoded_in_letters_come_to_an_end() -> None:
    letter = f"Subject: inner\n{PLAIN}"
    for _ in range(30):
        letter = encoded(letter)
    assert any("more parts" in note for note in parse(letter.encode()).notes)
