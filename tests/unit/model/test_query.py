"""The query language of contract.md."""

import ast
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tuimail
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
    Names,
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
    reads_texts,
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
        ("*", Larger(-1)),
        ("* -from:anna", And((Larger(-1), Not(Word("anna", Field.FROM))))),
        ('"*"', Phrase("*")),
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


WORK_AND_HOME = Names(
    ("work", "home"),
    ("INBOX", "Archive", "Archiv 2024", "Lists/dev", "INBOX.Projects", "Entw\u00fcrfe", "Sent"),
)


@pytest.mark.parametrize(
    "text",
    [
        "account:work",
        "account:WORK",
        "in:inbox",
        "in:ARCHIVE",
        'in:"archiv 2024"',
        "in:lists/DEV",
        "in:projects",
        "in:Entwu\u0308rfe",
        "in:spam",
        "in:trash",
        "in:drafts",
        "-in:sent",
    ],
)
def test_a_name_that_there_is_may_be_spelt_in_any_case(text: str) -> None:
    assert parse_query(text, NOW, WORK_AND_HOME) == parsed(text)


@pytest.mark.parametrize(
    ("text", "position", "nearest"),
    [
        ("account:nope", 8, "work"),
        ("account:hmoe", 8, "home"),
        ("in:Archiv", 3, "Archive"),
        ("budget (in:dev OR from:anna)", 11, "Lists/dev"),
        ("-in:Projetcs", 4, "INBOX.Projects"),
        ('in:"Gesendet"', 3, "Sent"),
        ("in:entwurfe", 3, "Entw\u00fcrfe"),
        ("is:unread account:works", 18, "work"),
    ],
)
def test_a_name_that_there_is_not_is_an_error_with_the_nearest(
    text: str, position: int, nearest: str
) -> None:
    with pytest.raises(QueryError, match=r"there is no (account|mailbox)") as caught:
        parse_query(text, NOW, WORK_AND_HOME)
    assert caught.value.position == position
    assert nearest in str(caught.value)


def test_a_mailbox_is_not_called_unknown_before_all_of_them_are_known() -> None:
    names = replace(WORK_AND_HOME, complete=False)
    assert parse_query("in:Archiv", NOW, names) == In("Archiv")
    with pytest.raises(QueryError):
        parse_query("account:nope", NOW, names)


def test_everybody_who_reads_a_query_says_which_names_there_are() -> None:
    calls = [
        call
        for file in Path(tuimail.__file__).parent.rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "parse_query"
    ]
    assert calls
    assert all(len(call.args) == 3 for call in calls)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("~f anna", Word("anna", Field.FROM)),
        ('~f "Anna Meyer"', Phrase("Anna Meyer", Field.FROM)),
        ("~s   report", Word("report", Field.SUBJECT)),
        ("~b clause", Word("clause", Field.BODY)),
        ("~t bert", Word("bert", Field.TO)),
        ("~c bert", Word("bert", Field.CC)),
        ("~N", Is(State.UNREAD)),
        ("~F", Is(State.FLAGGED)),
        ("~D", In("trash")),
        (
            "~L b",
            Or((Word("b", Field.FROM), Word("b", Field.TO), Word("b", Field.CC))),
        ),
        ("~d <7d", Since(datetime(2026, 3, 24, 15, 30, tzinfo=UTC))),
        ("~d >1y", Before(datetime(2025, 3, 31, 15, 30, tzinfo=UTC))),
        ("~d 20260131-", Since(datetime(2026, 1, 31, tzinfo=UTC))),
        ("~d -31/1/2026", Before(datetime(2026, 2, 1, tzinfo=UTC))),
        (
            "~d 2026-01-31",
            And(
                (
                    Since(datetime(2026, 1, 31, tzinfo=UTC)),
                    Before(datetime(2026, 2, 1, tzinfo=UTC)),
                )
            ),
        ),
        ("!~N", Not(Is(State.UNREAD))),
        ("-~F", Not(Is(State.FLAGGED))),
        ("~N ~F", And((Is(State.UNREAD), Is(State.FLAGGED)))),
        ("~f a | ~f b", Or((Word("a", Field.FROM), Word("b", Field.FROM)))),
        ("(~N)", Is(State.UNREAD)),
    ],
)
def test_patterns_of_mutt_are_understood(text: str, query: Query) -> None:
    assert parsed(text) == query


@pytest.mark.parametrize(
    ("text", "position", "named"),
    [
        ("~x", 0, "~f"),
        ("~n", 0, "~N"),
        ("~fanna", 0, "~f anna"),
        ("budget ~Q", 7, "is:answered"),
        ("(~z 10)", 1, "larger:"),
        ("~foo", 0, "~f oo"),
        ("~home", 0, "quote it"),
        ("~f", 2, "value"),
        ("~s OR x", 3, "value"),
        ("~d soon", 3, "2026-01-31"),
        ("~d 31/2/2026", 3, "2026-01-31"),
        ("~d -31/12/9999", 3, "2026-01-31"),
    ],
)
def test_a_pattern_that_there_is_not_is_an_error_that_names_others(
    text: str, position: int, named: str
) -> None:
    with pytest.raises(QueryError) as caught:
        parsed(text)
    assert caught.value.position == position
    assert named in str(caught.value)


@pytest.mark.parametrize("text", ["~", "~/mail", "~80", "a~f", "~ü"])
def test_a_tilde_in_ordinary_text_is_no_pattern(text: str) -> None:
    assert parsed(text) == Word(text)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("budget", True),
        ("body:x", True),
        ("filename:x", True),
        ("has:attachment", True),
        ("from:a OR -body:b", True),
        ("from:a subject:b", False),
        ("is:unread in:INBOX", False),
    ],
)
def test_it_is_known_which_queries_read_texts(text: str, reads: bool) -> None:
    assert reads_texts(parsed(text)) is reads


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
    [
        "(",
        ")",
        '"',
        "-",
        "!",
        "|",
        "~",
        "~f",
        "~d",
        "~N",
        "~x",
        "<7d",
        "OR",
        "NOT",
        "AND",
        " ",
        "\\",
        "x",
        "é",
        "\u3000",
    ]
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
        parse_query(text, now, WORK_AND_HOME)
    except QueryError as error:
        position = error.position
    assert 0 <= position <= len(text)
