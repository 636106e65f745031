"""The POP3 dialogue: every cut, every bound, and what dots mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cost import assert_linear
from tuimail.wire.pop3 import (
    ROW_LIMIT,
    STATUS_LIMIT,
    Challenge,
    Content,
    ContentEnd,
    Dialogue,
    Event,
    ProtocolError,
    Rows,
    Shape,
    Status,
)
from tuimail.wire.pop3_commands import (
    Unsendable,
    are_odd,
    password,
    read_capabilities,
    read_count,
    read_sizes,
    read_uidls,
    user,
)

GREETING = b"+OK hello\r\n"


def heard(data: bytes, *shapes: Shape, cuts: tuple[int, ...] = ()) -> list[Event]:
    """What comes out after the greeting, the pieces of content put together."""
    dialogue = Dialogue()
    for shape in shapes:
        dialogue.expect(shape)
    stream = GREETING + data
    ends = sorted({cut % (len(stream) + 1) for cut in cuts} | {len(stream)})
    events: list[Event] = []
    begin = 0
    for end in ends:
        for event in dialogue.feed(stream[begin:end]):
            if isinstance(event, Content) and events and isinstance(events[-1], Content):
                events[-1] = Content(events[-1].data + event.data)
            else:
                events.append(event)
        begin = end
    assert events.pop(0) == Status(True, "hello")
    return events


def stuffed(message: bytes) -> bytes:
    """As a server sends it (RFC 1939 3), written anew."""
    lines = message.split(b"\r\n")
    if lines[-1] == b"":
        lines.pop()
    sent = [b"." + line if line.startswith(b".") else line for line in lines]
    return b"".join(line + b"\r\n" for line in sent) + b".\r\n"


messages = st.lists(
    st.sampled_from([b"\r\n", b".", b"\r", b"\n", b"a", b"..", b"\r\n.\r\n", b"\0\xff"]),
    max_size=30,
).map(lambda parts: b"".join(parts) + b"\r\n")


@given(messages, st.lists(st.integers(0, 400), max_size=12).map(tuple))
def test_a_message_comes_out_as_it_was_wherever_the_line_is_cut(
    message: bytes, cuts: tuple[int, ...]
) -> None:
    data = b"+OK here\r\n" + stuffed(message) + b"-ERR no\r\n"
    events = heard(data, Shape.CONTENT, Shape.STATUS, cuts=cuts)
    content = b"".join(each.data for each in events if isinstance(each, Content))
    assert content == message
    assert events[-2:] == [ContentEnd(), Status(False, "no")]


def test_every_single_cut_of_a_session_is_the_same() -> None:
    data = (
        b"+OK\r\nUIDL\r\nSASL PLAIN\r\n.\r\n+OK 2\r\n1 abc\r\n2 ..def\r\n.\r\n"
        + b"+OK\r\n"
        + stuffed(b".\r\n..\r\n.a\r\nb.\r\n")
        + b"+OK bye\r\n"
    )
    shapes = (Shape.ROWS, Shape.ROWS, Shape.CONTENT, Shape.STATUS)
    whole = heard(data, *shapes)
    assert Rows((b"1 abc", b"2 ..def")) in whole
    for cut in range(len(GREETING + data)):
        assert heard(data, *shapes, cuts=(cut,)) == whole


def test_a_message_without_a_line_end_at_its_end_stays_open() -> None:
    assert ContentEnd() not in heard(b"+OK\r\nabc\r\n", Shape.CONTENT)
    assert ContentEnd() not in heard(b"+OK\r\nabc\r\n.", Shape.CONTENT)
    assert ContentEnd() not in heard(b"+OK\r\nabc\r\n.\r", Shape.CONTENT)
    assert ContentEnd() not in heard(b"+OK\r\nabc.\r\n", Shape.CONTENT)


def test_an_empty_message_is_one() -> None:
    assert heard(b"+OK\r\n.\r\n", Shape.CONTENT) == [Status(True, ""), ContentEnd()]


def test_codes_are_read_and_taken_off_the_text() -> None:
    status = heard(b"-ERR [sys/temp] later\r\n", Shape.STATUS)
    assert status == [Status(False, "later", "SYS/TEMP")]


def test_a_refused_listing_has_no_rows() -> None:
    assert heard(b"-ERR no\r\n+OK\r\n", Shape.ROWS, Shape.STATUS) == [
        Status(False, "no"),
        Status(True, ""),
    ]


def test_a_challenge_leaves_the_answer_outstanding() -> None:
    assert heard(b"+ cGw=\r\n+OK in\r\n", Shape.CHALLENGE) == [
        Challenge("cGw="),
        Status(True, "in"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"* OK IMAP\r\n",
        b"\r\n",
        b"+OKAY\r\n",
        b"+OK " + b"x" * STATUS_LIMIT,
    ],
)
def test_what_is_no_pop3_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        heard(data, Shape.STATUS)


def test_lines_without_carriage_returns_never_end() -> None:
    with pytest.raises(ProtocolError):
        heard(b"+OK\n" * 2000, Shape.STATUS)


def test_an_answer_nobody_asked_for_is_refused() -> None:
    with pytest.raises(ProtocolError):
        heard(b"+OK more\r\n")


def test_a_listing_is_bounded() -> None:
    dialogue = Dialogue()
    dialogue.feed(GREETING)
    dialogue.expect(Shape.ROWS)
    dialogue.feed(b"+OK\r\n")
    row = b"1 " + b"x" * 4000 + b"\r\n"

    def flood() -> None:
        for _ in range(20_000):
            dialogue.feed(row)

    with pytest.raises(ProtocolError):
        flood()


def test_time_is_linear_in_dots() -> None:
    assert_linear(
        lambda data: heard(data, Shape.CONTENT),
        lambda lines: b"+OK\r\n" + b"..\r\n" * lines + b".\r\n",
        50_000,
    )


@pytest.mark.parametrize("text", ["a\r\nQUIT", "a\nb", "a\0b", "x" * 9000, "\ud800"])
def test_what_would_be_two_commands_is_not_sent(text: str) -> None:
    for make in (user, password):
        with pytest.raises(Unsendable):
            make(text)


def test_secrets_are_not_in_what_a_log_may_hold() -> None:
    assert "hunter" not in password("hunter2").shown
    assert password("hun ter2").line == b"PASS hun ter2\r\n"


def test_listings_are_read() -> None:
    assert read_sizes([b"1 120", b"2 200 extra"]) == {1: 120, 2: 200}
    assert read_uidls([b"1 whqtswO00WBw418f9t5JxYwZ", b"2 " + b"x" * 200]) == {
        1: "whqtswO00WBw418f9t5JxYwZ",
        2: "x" * 200,
    }


@pytest.mark.parametrize(
    ("row", "size"),
    [
        (b"1 -5", 0),
        (b"1", 0),
        (b"1 ", 0),
        (b"1 many", 0),
        (b"1 1e3", 0),
        (b"1 " + b"9" * 19, 0),
        (b"1 " + b"9" * 18, 10**18 - 1),
        (b"  1 \t  77  ", 77),
        (b"001 77", 77),
    ],
)
def test_a_size_that_is_none_is_not_known(row: bytes, size: int) -> None:
    assert read_sizes([row]) == {1: size}
    assert not are_odd([row])


@pytest.mark.parametrize(
    ("row", "uidl"),
    [
        (b"1", ""),
        (b"1 ", ""),
        (b"1  abc  ", "abc"),
        (b"1 a b c", "a"),
        (b"1 a\x01b", ""),
        (b"1 \xff\xfe", "\xff\xfe"),
    ],
)
def test_a_uidl_that_is_none_is_not_used(row: bytes, uidl: str) -> None:
    assert read_uidls([row]) == {1: uidl}


@pytest.mark.parametrize("row", [b"one 2", b"-1 5", b"0 5", b"x", b"12345678901 5", b"1x 5"])
def test_a_row_without_a_number_costs_that_row(row: bytes) -> None:
    assert read_sizes([b"1 5", row, b"2 6"]) == {1: 5, 2: 6}
    assert are_odd([b"1 5", row])


def test_blank_rows_say_nothing() -> None:
    assert read_uidls([b"", b"1 a", b"  ", b"\t"]) == {1: "a"}
    assert not are_odd([b"", b"  ", b"1 a"])


def test_what_is_said_twice_is_believed_if_it_is_the_same() -> None:
    assert read_sizes([b"1 5", b"1 6", b"2 7", b"2 7"]) == {1: 0, 2: 7}
    assert read_uidls([b"1 a", b"1 b", b"2 c", b"2 c"]) == {1: "", 2: "c"}


def test_a_count_is_read_or_nothing() -> None:
    assert read_count("12 4711") == 12
    assert [read_count(text) for text in ("", "many", "-1 5", "99999999 5")] == [0, 0, 0, 0]


def test_rows_end_as_the_server_ends_them() -> None:
    events = heard(b"+OK\r\n1 a\n2 b\r\n3 c\r\r\n\r\n.\n+OK\r\n", Shape.ROWS, Shape.STATUS)
    assert events[1] == Rows((b"1 a", b"2 b", b"3 c", b""))


@pytest.mark.parametrize("length", [ROW_LIMIT, ROW_LIMIT + 1, 5 * ROW_LIMIT])
@pytest.mark.parametrize("cuts", [(), (100, 3000, 6000, 9000)])
def test_a_row_that_is_too_long_costs_that_row(length: int, cuts: tuple[int, ...]) -> None:
    data = b"+OK\r\n1 a\r\n2 " + b"x" * length + b"\r\n.\r\n"
    (_, rows) = heard(data, Shape.ROWS, cuts=cuts)
    assert isinstance(rows, Rows)
    assert rows.rows[0] == b"1 a"
    assert are_odd(rows.rows)
    assert read_uidls(rows.rows) == {1: "a"}


def test_what_came_before_a_violation_is_told() -> None:
    dialogue = Dialogue()
    dialogue.feed(GREETING)
    dialogue.expect(Shape.CONTENT)
    dialogue.expect(Shape.STATUS)
    with pytest.raises(ProtocolError) as told:
        dialogue.feed(b"+OK\r\nabc\r\n.\r\nnonsense\r\n")
    assert told.value.before == [Status(True, ""), Content(b"abc\r\n"), ContentEnd()]


def test_capabilities_are_read_in_any_case() -> None:
    rows = [b"TOP", b"sasl plain LOGIN", b"Pipelining", b"", b"EXPIRE 60"]
    assert read_capabilities(rows) == {
        "TOP",
        "SASL",
        "AUTH=PLAIN",
        "AUTH=LOGIN",
        "PIPELINING",
        "EXPIRE",
    }
