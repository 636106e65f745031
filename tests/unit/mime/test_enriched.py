"""Text with the markup of RFC 1896 and RFC 1341 is read without it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.mime.letters import message
from tuimail.mime.enriched import enriched_text, richtext_text
from tuimail.mime.parse import parse


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<bold>Now</bold> is <italic>all</italic>", "Now is all"),
        ("good men <<and women>", "good men <and women>"),
        ("one\nline", "one line"),
        ("two\n\nlines", "two\nlines"),
        ("far\n\n\napart", "far\n\napart"),
        ("<color><param>red</param>Stop</color>", "Stop"),
        ("<FontFamily><param>x</param>a</FontFamily>", "a"),
        ("<nofill>a\nb</nofill>\nc", "a\nb c"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("<unclosed", "<unclosed"),
        ("a</param>b", "ab"),
    ],
)
def test_enriched_text(text: str, shown: str) -> None:
    assert enriched_text(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<bold>Now</bold> is\nthe time", "Now is the time"),
        ("one<nl>two", "one\ntwo"),
        ("a <lt>b> c", "a <b> c"),
        ("a<comment>hidden</comment>b", "ab"),
        ("<paragraph>one</paragraph>two", "\none\ntwo"),
    ],
)
def test_richtext(text: str, shown: str) -> None:
    assert richtext_text(text) == shown


@given(st.text("<>/param nofill\n\r"))
def test_any_markup_is_text(text: str) -> None:
    assert isinstance(enriched_text(text) + richtext_text(text), str)


def test_letters_are_shown_without_the_tags() -> None:
    assert parse(message("<bold>Hi</bold>\n\nAnna", "text/enriched")).lines == ("Hi", "Anna")
    assert parse(message("<bold>Hi</bold><nl>Anna", "text/richtext")).lines == ("Hi", "Anna")
