"""All fields of a header, for whoever wants to see them."""

from hypothesis import given
from hypothesis import strategies as st

from tuimail.mime.shown_header import SHOWN_FIELDS, VALUE_CHARACTERS, all_header_lines

LETTER = (
    b"Return-Path: <anna@example.org>\r\n"
    b"Received: from mx.example.org (mx.example.org [192.0.2.1])\r\n"
    b"\tby in.example.net (Postfix) with ESMTPS id 4F\r\n"
    b"\tfor <bert@example.net>; Mon,  1 Jun 2026 10:00:01 +0200 (CEST)\r\n"
    b"Received: from localhost; Mon, 1 Jun 2026 10:00:00 +0200\r\n"
    b"Authentication-Results: in.example.net;\r\n dkim=pass header.d=example.org;\r\n"
    b"\tspf=pass smtp.mailfrom=anna@example.org\r\n"
    b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org;\r\n h=from:to; b=AAAA\r\n BBBB\r\n"
    b"From: =?utf-8?q?J=C3=BCrgen?= <juergen@b\xc3\xbccher.example>\r\n"
    b"To: Bert <bert@example.net>,\r\n Carl <carl@example.net>\r\n"
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?q?_aus?=\r\n"
    b"Message-ID: <1@example.org>\r\n"
    b"List-Unsubscribe: <https://example.org/u?a=1>, <mailto:u@example.org>\r\n"
    b"X-Spam-Score : 0.1\r\n"
    b"X-Empty:\r\n"
    b"this is no field\r\n"
    b"\r\n"
    b"X-In-The-Body: no\r\n"
)


def test_every_field_is_there_once_for_each_time_it_stands_there() -> None:
    assert all_header_lines(LETTER) == (
        ("Return-Path", "<anna@example.org>"),
        (
            "Received",
            "from mx.example.org (mx.example.org [192.0.2.1]) by in.example.net (Postfix) with"
            " ESMTPS id 4F for <bert@example.net>; Mon, 1 Jun 2026 10:00:01 +0200 (CEST)",
        ),
        ("Received", "from localhost; Mon, 1 Jun 2026 10:00:00 +0200"),
        (
            "Authentication-Results",
            "in.example.net; dkim=pass header.d=example.org; spf=pass"
            " smtp.mailfrom=anna@example.org",
        ),
        ("DKIM-Signature", "v=1; a=rsa-sha256; d=example.org; h=from:to; b=AAAA BBBB"),
        ("From", "Jürgen <juergen@bücher.example> [xn--bcher-kva.example]"),
        ("To", "Bert <bert@example.net>, Carl <carl@example.net>"),
        ("Subject", "Grüße aus"),
        ("Message-ID", "<1@example.org>"),
        ("List-Unsubscribe", "<https://example.org/u?a=1>, <mailto:u@example.org>"),
        ("X-Spam-Score", "0.1"),
        ("X-Empty", ""),
    )


def test_a_letter_without_a_header_has_no_fields() -> None:
    for raw in (b"", b"\r\nHello", b"Hello there\r\nX: y", b"\n"):
        assert all_header_lines(raw) == ()


def test_lines_may_end_in_lf_or_cr_and_begin_with_mboxs_from() -> None:
    expected = (("A", "1 2"), ("B", "3"))
    for raw in (b"A: 1\n 2\nB: 3\n\nC: 4", b"A: 1\r 2\rB: 3\r\rC: 4", b"From x\nA: 1\n\t2\nB: 3\n"):
        assert all_header_lines(raw) == expected


def test_what_a_terminal_obeys_is_made_visible() -> None:
    evil = b"X-Evil: a\x1b]0;x\x07b\x9b2J =?utf-8?q?=1B[2J=E2=80=AE?=\r\nX\x1by: no\r\n\r\n"
    shown = all_header_lines(evil)
    assert [name for name, _ in shown] == ["X-Evil"]
    assert shown[0][1].isprintable()


def test_neither_many_nor_long_fields_are_without_bound() -> None:
    many = b"".join(b"X-%d: y\r\n" % number for number in range(3000))
    shown = all_header_lines(many + b"\r\n")
    assert len(shown) == SHOWN_FIELDS + 1
    assert "only the first" in shown[-1][1]
    [(_, value)] = all_header_lines(b"X: " + b"a " * 100_000 + b"\r\n\r\n")
    assert len(value) <= VALUE_CHARACTERS + 1


@given(
    st.binary()
    | st.lists(st.sampled_from([b"A:", b" ", b"\r\n", b"\n", b"\t", b"x"])).map(b"".join)
)
def test_any_bytes_give_harmless_lines(raw: bytes) -> None:
    for name, value in all_header_lines(raw):
        assert name.isprintable()
        assert value.isprintable()
