"""Responses of a server: each kind, and what is wrong with some."""

import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.model.safe_text import SafeText
from tuimail.wire.imap import MAX_CAPABILITIES, MAX_RESOURCES, MAX_SERVER_TEXT, ResponseReader
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_responses import (
    Capabilities,
    Code,
    Continuation,
    Exists,
    Expunged,
    Found,
    ListRow,
    MailboxStatus,
    Namespace,
    Other,
    Prefix,
    QuotaRow,
    Response,
    Status,
    Unreadable,
)
from tuimail.wire.uid_set import MAX_UID


def read(*lines: bytes) -> list[Response]:
    return list(ResponseReader().feed(b"".join(line + b"\r\n" for line in lines)))


def read_one(line: bytes) -> Response:
    (response,) = read(line)
    return response


def status(tag: str, condition: str, text: str = "", code: Code | None = None) -> Status:
    return Status(tag, condition, code or Code(), SafeText(text))


@pytest.mark.parametrize(
    ("line", "response"),
    [
        (b"* OK", status("", "OK")),
        (b"* ok hello", status("", "OK", "hello")),
        (b"A12 NO [TRYCREATE] no", status("A12", "NO", "no", Code("TRYCREATE"))),
        (b"A1 OK [COPYUID 1 2:3 4:5] x", status("A1", "OK", "x", Code("COPYUID", "1 2:3 4:5"))),
        (
            b"* OK [PERMANENTFLAGS (\\Seen \\*)] limited",
            status("", "OK", "limited", Code("PERMANENTFLAGS", "(\\Seen \\*)")),
        ),
        (b"* OK [broken text", status("", "OK", "[broken text")),
        (b"* BYE \x1b]0;gone\x07", status("", "BYE", "␛]0;gone␇")),
        (b"* PREAUTH hi", status("", "PREAUTH", "hi")),
        (b"+ idling", Continuation(b"idling")),
        (b"+", Continuation(b"")),
        (b"* 23 EXISTS", Exists(23)),
        (b"* 3 EXPUNGE", Expunged([])),
        (b"* 3 RECENT", Other("RECENT")),
        (b"* VANISHED (EARLIER) 1:3,9", Expunged([(1, 3), (9, 9)], earlier=True)),
        (b"* VANISHED 7", Expunged([(7, 7)])),
        (b"* CAPABILITY IMAP4rev1 Idle", Capabilities(frozenset({"IMAP4REV1", "IDLE"}))),
        (b"* SEARCH 3 1 2 9", Found([(1, 3), (9, 9)])),
        (b"* SEARCH", Found([])),
        (b"* SEARCH 2 (MODSEQ 917162500)", Found([(2, 2)])),
        (b'* ESEARCH (TAG "A1") UID ALL 1:3,7', Found([(1, 3), (7, 7)])),
        (b'* ESEARCH (TAG "A1") UID COUNT 4', Found([], count=4)),
        (b'* ESEARCH (TAG "A1") UID', Found([])),
        (b"* FLAGS (\\Seen)", Other("FLAGS")),
        (b"* XYZZY plugh", Other("XYZZY")),
    ],
)
def test_a_response_is_read(line: bytes, response: Response) -> None:
    assert read_one(line) == response


@pytest.mark.parametrize(
    ("line", "row"),
    [
        (
            b'* LIST (\\HasNoChildren) "/" INBOX',
            ListRow(b"INBOX", "/", frozenset({"\\hasnochildren"})),
        ),
        (b'* LIST () NIL "a \\"b\\""', ListRow(b'a "b"', None, frozenset())),
        (b'* LSUB () "." x', ListRow(b"x", ".", frozenset(), subscribed_list=True)),
        (b'* LIST () "\\\\" {4}\r\na(b)', ListRow(b"a(b)", "\\", frozenset())),
        (b'* LIST () "" NIL', ListRow(b"NIL", None, frozenset())),
    ],
)
def test_a_mailbox_is_read_as_the_server_spells_it(line: bytes, row: ListRow) -> None:
    assert read_one(line) == row


def test_status_and_namespace_are_read() -> None:
    assert read_one(b'* STATUS "a b" (MESSAGES 3 uidnext 4)') == MailboxStatus(
        b"a b", {"MESSAGES": 3, "UIDNEXT": 4}
    )
    told = b'* NAMESPACE (("" "/")) NIL (("Shared/" "/" "X" ("y")) ("Public/" "/"))'
    assert read_one(told) == Namespace(
        (Prefix(b"", "/"),), (), (Prefix(b"Shared/", "/"), Prefix(b"Public/", "/"))
    )
    told = b'* NAMESPACE ((NIL NIL)("INBOX." ".")) (("user/")) () x'
    assert read_one(told) == Namespace(
        (Prefix(b"", None), Prefix(b"INBOX.", ".")), (Prefix(b"user/", None),), ()
    )


def test_a_quota_is_read_and_bounded() -> None:
    told = b'* QUOTA "user" (storage 10 512 MESSAGE 3 100 X 1)'
    assert read_one(told) == QuotaRow({"STORAGE": (10, 512), "MESSAGE": (3, 100)})
    assert read_one(b'* QUOTA "" ()') == QuotaRow({})
    many = b" ".join(b"R%d 1 2" % number for number in range(1000))
    row = read_one(b'* QUOTA "" (%s)' % many)
    assert isinstance(row, QuotaRow)
    assert len(row.resources) == MAX_RESOURCES


@pytest.mark.parametrize(
    "line",
    [
        b"* LIST",
        b"* LIST () /",
        b'* LIST "x" "/" INBOX',
        b'* LIST () "/" "a\x00b"',
        b'* LSUB () "/" {3}\r\na\x00b',
        b"* STATUS x",
        b"* QUOTA x",
        b'* QUOTA "" STORAGE',
        b"* VANISHED",
        b"* VANISHED 1:*",
    ],
)
def test_a_known_response_that_makes_no_sense_is_said_to_be_so(line: bytes) -> None:
    assert read_one(line) == Unreadable(line.split()[1].decode())


@pytest.mark.parametrize(
    "line",
    [
        b"HTTP/1.1 400 Bad Request",
        b"220 mail ESMTP",
        b"A1 MAYBE",
        b"* OK fine\r\nworse",
        b"* 1 EXISTS\nworse",
        b"\x00",
    ],
)
def test_what_is_not_imap_ends_the_stream(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_one(line)


def test_too_many_capabilities_end_the_stream() -> None:
    words = b" ".join(b"X%d" % n for n in range(MAX_CAPABILITIES + 1))
    with pytest.raises(ProtocolError):
        read_one(b"* CAPABILITY " + words)


def test_a_servers_text_is_cut_and_made_harmless() -> None:
    text = read_one(b"A1 NO [ALERT] \x1b[2J\xc2\x9b" + b"x" * 500_000)
    assert isinstance(text, Status)
    assert text.code == Code("ALERT")
    assert len(text.text) <= MAX_SERVER_TEXT + 1
    assert "\x1b" not in text.text
    assert "\x9b" not in text.text


def test_what_came_before_a_violation_was_heard() -> None:
    responses = ResponseReader().feed(b"A1 OK done\r\nnonsense\r\n")
    assert next(responses) == status("A1", "OK", "done")
    with pytest.raises(ProtocolError):
        next(responses)


@given(st.binary(max_size=80))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    with suppress(ProtocolError):
        read(b"* " + data, data)


# --- slips that harm nobody


@pytest.mark.parametrize(
    ("line", "response"),
    [
        (b"*  522 EXISTS", Exists(522)),
        (b"* 522  EXISTS \t", Exists(522)),
        (b" * 522 exists", Exists(522)),
        (b"* 99999999999999999999 EXISTS", Exists(99999999999999999999)),
        (b"*  OK  hello  ", status("", "OK", "hello")),
        (b"A1  NO [TRYCREATE]x", status("A1", "NO", "x", Code("TRYCREATE"))),
        (b"* OK[UIDVALIDITY 5] v", status("", "OK", "v", Code("UIDVALIDITY", "5"))),
        (b"* OK [UIDVALIDITY  5 ] v", status("", "OK", "v", Code("UIDVALIDITY", "5"))),
        (b"*  SEARCH  1  2 ", Found([(1, 2)])),
        (b"* SEARCH 1 0 x 9223372036854775808 7", Found([(1, 1), (7, 7)])),
        (b"* SEARCH 9223372036854775807", Found([(MAX_UID, MAX_UID)])),
        (b"* ESEARCH  (TAG x)  UID ALL 3:0,7,", Found([(7, 7)])),
        (b"* ESEARCH (TAG x) UID COUNT -4", Found([])),
        (b"* esearch (tag x) uid all 4294967296", Found([(1 << 32, 1 << 32)])),
        (b"* 1 FETCH", Unreadable("FETCH")),
        (b'* QUOTA "" (STORAGE -1 5 MESSAGE 1 2)', QuotaRow({"MESSAGE": (1, 2)})),
        (b"* STATUS a b (MESSAGES 3)", MailboxStatus(b"a b", {"MESSAGES": 3})),
        (
            b"* STATUS x (MESSAGES UIDNEXT 4 UNSEEN -1 X y UIDVALIDITY -7)",
            MailboxStatus(b"x", {"UIDNEXT": 4, "UIDVALIDITY": -7}),
        ),
        (
            b"* STATUS x (MESSAGES 99999999999999999999 UIDNEXT 9223372036854775807)",
            MailboxStatus(b"x", {"UIDNEXT": MAX_UID}),
        ),
        (b"* LIST () / Sent Items", ListRow(b"Sent Items", "/", frozenset())),
        (b"* LIST (()) NIL x", ListRow(b"x", None, frozenset())),
        (b"* LIST NIL NIL x", ListRow(b"x", None, frozenset())),
        (b'* LIST () "/" {3}\r\na\nb', ListRow(b"a\nb", "/", frozenset())),
        (b'* LIST () "/" x ("CHILDINFO" ("SUBSCRIBED"))', ListRow(b"x", "/", frozenset())),
    ],
)
def test_slips_that_harm_nobody_are_read(line: bytes, response: Response) -> None:
    assert read_one(line) == response


@pytest.mark.parametrize("line", [b"", b" ", b"*", b"* ", b"*  \t", b"* (x)", b"* 12", b"*x"])
def test_lines_that_mean_nothing_are_passed_over_and_not_unseen(line: bytes) -> None:
    """Before encryption nothing may follow STARTTLS's answer, not even such a line."""
    oddity, following = read(line, b"* 1 EXISTS")
    assert isinstance(oddity, Other)
    assert following == Exists(1)


def test_a_text_with_a_line_feed_in_it_goes_on() -> None:
    told = b"* OK [ALERT] one\ntwo three\n\nA1 four\r\n* 1 EXISTS\r\n"
    responses = list(ResponseReader().feed(told))
    assert responses[0] == status("", "OK", "one", Code("ALERT"))
    assert responses[-1] == Exists(1)
    assert responses[1:-1] == [Other("")] * 3


@pytest.mark.parametrize(
    "told",
    [
        b"* 1 EXISTS\nand more\r\n",
        b"* OK one\r\nand more\r\n",
        b"* 1 FETCH (UID 1 BODY[] {2}\r\nhi and\nmore)\r\n",
        b"* OK one\n* 1 EXISTS\nand more\r\n",
    ],
)
def test_what_may_be_the_rest_of_a_letter_ends_the_stream(told: bytes) -> None:
    with pytest.raises(ProtocolError, match="not IMAP"):
        list(ResponseReader().feed(told))


def listed(count: int) -> tuple[bytes, list[int]]:
    """ESEARCH of `count` UIDs that are no neighbours."""
    uids = [*range(10_000_000, 10_000_000 + 3 * count, 3)]
    text = ",".join(map(str, uids)).encode()
    return b'* ESEARCH (TAG "x") UID ALL ' + text + b"\r\n", uids


def test_half_a_million_scattered_uids_are_read() -> None:
    line, uids = listed(500_000)
    exists, esearch = ResponseReader().feed(b"* 500000 EXISTS\r\n" + line)
    assert exists == Exists(500_000)
    assert isinstance(esearch, Found)
    assert [first for first, _ in esearch.uids] == uids


@pytest.mark.parametrize("word", [b"ESEARCH", b"SEARCH"])
def test_a_list_of_uids_takes_little_room(word: bytes) -> None:
    line, _ = listed(50_000)
    if word == b"SEARCH":
        line = b"* SEARCH " + line.split()[-1].replace(b",", b" ") + b"\r\n"
    tracemalloc.start()
    _ = [*ResponseReader().feed(line)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000 * 240
