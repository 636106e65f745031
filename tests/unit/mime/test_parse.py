"""Which parts of a message are shown, which are listed, and what is said about them."""

import pytest

from tests.unit.mime.letters import html, letter, message
from tuimail.mime import bounds
from tuimail.mime.parse import attachment, parse
from tuimail.model.body import Body


def text(body: Body) -> str:
    return "\n".join(body.lines)


def headers(body: Body) -> dict[str, str]:
    return {str(name): str(value) for name, value in body.headers}


def names(body: Body) -> list[str]:
    return [part.name for part in body.attachments]


def multipart(kind: str, *parts: str, more: str = "") -> bytes:
    joined = "".join(f"--b\n{part}\n" for part in parts)
    return f"Content-Type: multipart/{kind}; boundary=b{more}\n\n{joined}--b--\n".encode()


PLAIN = "Content-Type: text/plain\n\nplain text"
HTML = "Content-Type: text/html\n\n<p>html text"


def test_plain_text_is_preferred_to_html() -> None:
    body = parse(multipart("alternative", PLAIN, HTML))
    assert text(body) == "plain text"
    assert body.attachments == ()
    assert text(parse(multipart("alternative", HTML, PLAIN))) == "plain text"


def test_html_is_shown_where_there_is_nothing_else() -> None:
    assert text(parse(multipart("alternative", HTML))) == "html text"
    assert text(parse(multipart("mixed", HTML))) == "html text"


def test_html_is_shown_where_the_plain_text_only_says_that_there_is_html() -> None:
    body = parse(letter("stub_and_html"))
    assert body.lines[0].startswith("All the news")
    assert names(body) == ["logo.png"]


def test_an_empty_plain_text_is_no_text() -> None:
    empty = "Content-Type: text/plain\n\n  \n"
    assert text(parse(multipart("alternative", empty, HTML))) == "html text"


def test_markup_in_the_plain_text_is_no_text() -> None:
    wrong = "Content-Type: text/plain\n\n<html><table><tr><td>x</td></tr></table>"
    assert text(parse(multipart("alternative", wrong, HTML))) == "html text"


def test_texts_follow_each_other_and_attachments_are_listed() -> None:
    part = 'Content-Type: image/png; name="x.png"\nContent-Transfer-Encoding: base64\n\nQUJD'
    body = parse(multipart("mixed", PLAIN, part, PLAIN))
    assert text(body) == "plain text\n\nplain text"
    [listed] = body.attachments
    assert (listed.index, listed.name, listed.content_type) == (1, "x.png", "image/png")
    assert listed.size == 3


def test_a_text_that_is_attached_is_not_shown() -> None:
    attached = "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nno"
    body = parse(multipart("mixed", PLAIN, attached))
    assert text(body) == "plain text"
    assert names(body) == ["a.txt"]


def test_a_message_that_is_nothing_but_an_attached_text_is_shown() -> None:
    raw = b"Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nyes"
    assert text(parse(raw)) == "yes"


def test_a_text_with_a_name_is_shown_and_can_be_saved() -> None:
    named = "Content-Type: text/plain; name=a.log\nContent-Disposition: inline\n\nlogged"
    body = parse(multipart("mixed", PLAIN, named))
    assert text(body) == "plain text\n\nlogged"
    assert names(body) == ["a.log"]


def test_html_may_name_its_own_charset() -> None:
    raw = b"Content-Type: text/html\n\n<meta charset=koi8-r><p>\xf0\xd2\xc9\xd7\xc5\xd4"
    assert text(parse(raw)) == "Привет"


def test_a_patch_is_shown() -> None:
    assert "+x" in text(parse(multipart("mixed", PLAIN, "Content-Type: text/x-patch\n\n+x")))


def test_an_unclosed_multipart_ends_with_its_parent() -> None:
    assert text(parse(letter("unclosed_multipart"))) == (
        "First part.\n\nSecond part.\n\nThird part, the inner boundary was never closed"
    )


def test_a_multipart_without_its_boundary_is_text() -> None:
    assert text(parse(b"Content-Type: multipart/mixed\n\nstill readable")) == "still readable"
    raw = b"Content-Type: multipart/mixed; boundary=b\n\nstill --b readable"
    assert text(parse(raw)) == "still --b readable"


def test_the_index_of_an_attachment_finds_its_bytes() -> None:
    raw = letter("nested_forwards")
    for part in parse(raw).attachments:
        name, content = attachment(raw, part.index)
        assert name == part.name.replace(":", "_")
        assert len(content) == part.size
    assert attachment(raw, 1)[1].startswith(b"From: p0@example.org")


def test_there_is_no_attachment_beyond_the_last() -> None:
    with pytest.raises(LookupError):
        attachment(message("x"), 1)


def test_an_attachment_is_decoded() -> None:
    part = "Content-Type: a/b; name=x\nContent-Transfer-Encoding: quoted-printable\n\n=1B=\nx"
    assert attachment(multipart("mixed", PLAIN, part), 1) == ("x", b"\x1bx")


def test_forwarded_messages_are_shown_with_their_headers_and_can_be_saved() -> None:
    body = parse(letter("nested_forwards"))
    assert "From: p3@example.org\nSubject: Fwd: 4\n\nThe first letter." in text(body)
    assert names(body)[0] == "Fwd: 1.eml"


def test_an_attached_message_is_only_listed() -> None:
    part = "Content-Type: message/rfc822\nContent-Disposition: attachment\n\nSubject: s\n\ninner"
    body = parse(multipart("mixed", PLAIN, part))
    assert text(body) == "plain text"
    assert names(body) == ["s.eml"]


def test_the_messages_of_a_digest_are_shown() -> None:
    body = parse(multipart("digest", "\nSubject: one\n\nfirst", "\nSubject: two\n\nsecond"))
    assert "Subject: two\n\nsecond" in text(body)


def test_a_bounce_says_why_and_what() -> None:
    shown = text(parse(letter("bounce")))
    assert "Status: 5.1.1" in shown
    assert "Are you there?" in shown


def test_an_invitation_is_listed_and_told_in_a_few_lines() -> None:
    body = parse(letter("invitation"))
    assert names(body) == ["attachment.ics"]
    assert "  What: Lunch, with soup and a long folded line" in body.lines
    assert any(line.startswith("  From: 2025-03-0") for line in body.lines)
    assert "  Where: Canteen␛[2J" in body.lines
    assert "bin/sh" not in text(body)


def test_encrypted_parts_are_named_and_never_opened() -> None:
    body = parse(letter("efail"))
    assert any("encrypted" in note for note in body.notes)
    assert "encrypted.asc" in names(body)
    assert "hQEMA" not in text(body)


def test_html_does_not_reach_across_parts() -> None:
    body = parse(letter("efail"))
    assert text(body) == '">after'
    assert body.links == ()


@pytest.mark.parametrize(
    "raw",
    [
        message("-----BEGIN PGP MESSAGE-----\nx"),
        message("x", "application/pkcs7-mime; smime-type=enveloped-data"),
        multipart("encrypted", "Content-Type: application/pgp-encrypted\n\nVersion: 1"),
    ],
)
def test_all_kinds_of_encryption_are_named(raw: bytes) -> None:
    assert any("encrypted" in note for note in parse(raw).notes)


def test_a_signature_is_told_of_in_a_note_whatever_the_text_says() -> None:
    body = parse(letter("signed"))
    assert body.notes == ("This message is signed; the signature is not checked.",)
    assert body.attachments == ()


def test_nothing_is_unpacked() -> None:
    assert "begin 644" in text(parse(letter("uuencoded")))
    body = parse(message("x", "application/ms-tnef; name=winmail.dat"))
    assert names(body) == ["winmail.dat"]
    assert any("winmail" in note for note in body.notes)


def test_evil_file_names_become_plain_ones() -> None:
    raw = letter("evil_file_names")
    assert [attachment(raw, part.index)[0] for part in parse(raw).attachments][:5] == [
        "authorized_keys",
        "passwd",
        "x.exe",
        "bashrc",
        "rf",
    ]


def test_all_senders_are_shown_and_the_reader_is_told() -> None:
    body = parse(letter("two_senders"))
    shown = headers(body)
    assert shown["From"] == "Anna Meyer <anna@example.org>, Mallory <mallory@evil.example>"
    assert shown["Reply-To"] == "collector@elsewhere.example"
    assert any("more than one From" in note for note in body.notes)


def test_a_name_that_looks_like_an_address_is_told_of() -> None:
    body = parse(letter("sender_in_a_name"))
    assert any("looks like an address" in note for note in body.notes)
    assert parse(b'From: "anna@example.org" <anna@example.org>\n\n').notes == ()


def test_a_reply_address_like_the_senders_is_not_repeated() -> None:
    body = parse(b"From: a@x.org\nReply-To: A@X.org\nSender: a@x.org\n\n")
    assert headers(body) == {"From": "a@x.org"}


def test_a_foreign_domain_is_also_shown_as_the_network_knows_it() -> None:
    body = parse("From: Anna <anna@exämple.org>\n\n".encode())
    assert headers(body)["From"] == "Anna <anna@exämple.org> [xn--exmple-cua.org]"
    assert body.notes == ()


def test_a_domain_of_mixed_scripts_is_told_of() -> None:
    assert any("scripts" in note for note in parse("From: a@pаypal.example\n\n".encode()).notes)


def test_recipients_that_are_no_addresses_are_shown_as_written() -> None:
    assert headers(parse(letter("sender_in_a_name")))["To"] == "undisclosed-recipients:;"


def test_a_body_may_begin_without_a_blank_line() -> None:
    assert text(parse(letter("no_blank_line"))) == "The body begins here without a blank line."
    assert parse(letter("no_header")).lines[0] == "This is not a message at all,"
    assert parse(b"") == Body()


def test_undeclared_text_is_read_as_what_it_is() -> None:
    assert text(parse(letter("undeclared_latin1"))).startswith("Schöne Grüße, und € 5")
    assert text(parse(letter("japanese"))) == "こんにちは"


def test_a_long_text_is_cut_and_the_reader_is_told() -> None:
    many_lines = parse(message("x\n" * 100_000))
    assert len(many_lines.lines) == bounds.TEXT_LINES
    one_line = parse(message("x" * 10_000_000))
    assert sum(map(len, one_line.lines)) <= bounds.TEXT_CHARACTERS
    html_lines = parse(html("<p>x</p>" * 100_000))
    for body in (many_lines, one_line, html_lines):
        assert any("beginning" in note for note in body.notes)


def test_more_parts_than_are_read_are_told_of() -> None:
    body = parse(multipart("mixed", *["\nx"] * 2_000))
    assert any("more parts" in note for note in body.notes)
    assert len(body.lines) <= 2 * bounds.PARTS


def test_parts_nested_deeper_than_are_read_are_told_of() -> None:
    raw = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2_000)
    )
    assert any("deeper" in note for note in parse(raw).notes)
