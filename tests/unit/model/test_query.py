"""The query language of contract.md."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.model.query import (
    FIELDS,
    And,
    Before,
    Field,
    HasAttachment,
    HasId,
    In,
    InAccount,
    InThread,
    Is,
    Larger,
    Not,
    Or,
    Phrase,
    Query,
    QueryError,
    Since,
    Smaller,
    State,
    Tag,
    Word,
    parse_query,
)

NOW = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)


def parsed(text: str) -> Query:
    return parse_query(text, NOW)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("budget", Word("budget")),
        ('"figures you asked for"', Phrase("figures you asked for")),
        ("from:anna", Word("anna", Field.FROM)),
        ("FROM:anna", Word("anna", Field.FROM)),
        ('from:"Anna Meyer"', Phrase("Anna Meyer", Field.FROM)),
        ("to:bert", Word("bert", Field.TO)),
        ("cc:bert", Word("bert", Field.CC)),
        ("subject:report", Word("report", Field.SUBJECT)),
        ("body:clause", Word("clause", Field.BODY)),
        ("filename:.pdf", Word(".pdf", Field.FILENAME)),
        ("list:lists.debian.org", Word("lists.debian.org", Field.LIST)),
        ("in:INBOX", In("INBOX")),
        ('in:"Old mail/2024"', In("Old mail/2024")),
        ("is:unread", Is(State.UNREAD)),
        ("is:Read", Is(State.READ)),
        ("is:flagged", Is(State.FLAGGED)),
        ("is:answered", Is(State.ANSWERED)),
        ("has:attachment", HasAttachment()),
        ("tag:$Forwarded", Tag("$Forwarded")),
        ("larger:1M", Larger(1024 * 1024)),
        ("larger:2kb", Larger(2048)),
        ("smaller:500", Smaller(500)),
        ("before:2026-01-31", Before(datetime(2026, 1, 31, tzinfo=UTC))),
        ("after:2026-01-31", Since(datetime(2026, 1, 31, tzinfo=UTC))),
        ("after:2025", Since(datetime(2025, 1, 1, tzinfo=UTC))),
        ("before:2025-07", Before(datetime(2025, 7, 1, tzinfo=UTC))),
        ("after:yesterday", Since(datetime(2026, 3, 30, tzinfo=UTC))),
        ("newer:7d", Since(datetime(2026, 3, 24, 15, 30, tzinfo=UTC))),
        ("newer:12h", Since(datetime(2026, 3, 31, 3, 30, tzinfo=UTC))),
        ("older:1y", Before(datetime(2025, 3, 31, 15, 30, tzinfo=UTC))),
        ("older:1m", Before(datetime(2026, 2, 28, 15, 30, tzinfo=UTC))),
        ("account:work", InAccount("work")),
        ("thread:abc", InThread("abc")),
        ("id:work:3f", HasId("work:3f")),
    ],
)
def test_each_term_has_its_meaning(text: str, query: Query) -> None:
    assert parsed(text) == query


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("a b", And((Word("a"), Word("b")))),
        ("a AND b", And((Word("a"), Word("b")))),
        ("a OR b", Or((Word("a"), Word("b")))),
        ("a b OR c", Or((And((Word("a"), Word("b"))), Word("c")))),
        ("a (b OR c)", And((Word("a"), Or((Word("b"), Word("c")))))),
        ("-a", Not(Word("a"))),
        ("NOT a", Not(Word("a"))),
        ("-from:anna", Not(Word("anna", Field.FROM))),
        ('-"two words"', Not(Phrase("two words"))),
        ("-(a b)", Not(And((Word("a"), Word("b"))))),
        ("a NOT b", And((Word("a"), Not(Word("b"))))),
        ("a(b)c", And((Word("a"), Word("b"), Word("c")))),
    ],
)
def test_terms_are_joined_and_negated(text: str, query: Query) -> None:
    assert parsed(text) == query


@pytest.mark.parametrize(
    "text", ["or", "ORB", "12:30", "http://example.org/", "well-known", "-", "a*", "NEAR", "ü@x"]
)
def test_ordinary_text_is_a_word(text: str) -> None:
    assert parsed(text) == Word(text)


def test_quotation_marks_make_everything_ordinary_text() -> None:
    assert parsed('"from:x OR (\\"y"') == Phrase('from:x OR ("y')


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("   ", 0),
        ("a (b", 2),
        ("a b)", 3),
        ("a ()", 3),
        ('a "b', 2),
        ('a ""', 2),
        ("OR a", 0),
        ("a OR", 4),
        ("a OR OR b", 5),
        ("NOT", 3),
        ("a from:", 7),
        ('from:" "', 5),
        ("nonsense:x", 0),
        ("is:purple", 3),
        ("has:wings", 4),
        ("larger:big", 7),
        ("before:2026-02-30", 7),
        ("before:soon", 7),
        ("newer:7", 6),
        ("older:9999y", 6),
        ("a\0b", 1),
        ("a \udc80", 2),
    ],
)
def test_an_impossible_query_says_where(text: str, position: int) -> None:
    with pytest.raises(QueryError) as caught:
        parsed(text)
    assert caught.value.position == position


def test_an_unknown_field_is_answered_with_the_fields_there_are() -> None:
    with pytest.raises(QueryError) as caught:
        parsed("form:anna")
    assert all(f"{field}:" in str(caught.value) for field in FIELDS)


@pytest.mark.parametrize("text", ["(" * 40 + "a" + ")" * 40, "-" * 40 + "a", "NOT " * 40 + "a"])
def test_a_deep_query_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="deep"):
        parsed(text)


@pytest.mark.parametrize("text", ["a" * 5000, "a " * 201])
def test_a_long_query_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="at most"):
        parsed(text)


_PIECES = st.sampled_from(
    ["(", ")", '"', "-", "OR", "NOT", "AND", " ", "\\", "x", "é", "\u3000"]
    + [f"{field}:" for field in FIELDS]
    + ["1M", "7d", "9999y", "2026-01-31", "0000", "unread", "yesterday"]
)


@given(
    st.text() | st.lists(_PIECES).map("".join),
    st.datetimes(timezones=st.just(UTC)),
)
def test_any_text_is_a_query_or_a_query_error_inside_it(text: str, now: datetime) -> None:
    position = 0
    try:
        parse_query(text, now)
    except QueryError as error:
        position = error.position
    assert 0 <= position <= len(text)
