"""Plain text to lines."""

from tests.unit.mime.letters import letter
from tuimail.mime import bounds
from tuimail.mime.parse import parse
from tuimail.mime.text import flowed_lines, plain_lines, snippet_of
from tuimail.model.safe_text import SafeText


def lines(text: str) -> list[str]:
    return list(plain_lines(text))


def snippet(*text: str) -> str:
    return snippet_of(map(SafeText, text))


def test_tabs_are_expanded_and_spaces_at_the_end_are_not_kept() -> None:
    assert lines("a\tb\n\tc  ") == ["a       b", "        c"]


def test_a_lone_carriage_return_ends_a_line() -> None:
    assert lines("evil\rgood") == ["evil", "good"]
    assert lines("a\r\nb\r\r\nc\x0bd\u2028e") == ["a", "b", "c", "d", "e"]


def test_a_line_longer_than_any_screen_is_cut_at_a_space() -> None:
    long = "word " * 5_000
    cut = lines(long)
    assert max(map(len, cut)) <= bounds.LINE_CHARACTERS
    assert " ".join(cut).split() == long.split()
    assert "".join(lines("x" * 12_000)) == "x" * 12_000


def test_flowed_paragraphs_become_one_line_each() -> None:
    assert list(parse(letter("flowed")).lines) == [
        "On Monday Bert wrote:",
        "> This is a quoted paragraph that was broken into lines by the sender.",
        ">> Deeper still.",
        "This is an answer that goes on and on.",
        "From stuffed.",
        "",
        "-- ",
        "Anna",
    ]


def test_spaces_between_flowed_lines_go_where_the_sender_says_so() -> None:
    assert next(flowed_lines("日本 \n語\n", delete_space=True)) == "日本語"


def test_a_signature_ends_a_flowed_paragraph() -> None:
    assert list(flowed_lines("end \n-- \nAnna", delete_space=False)) == ["end", "-- ", "Anna"]


def test_the_snippet_skips_quotes_greetings_and_attributions() -> None:
    assert snippet("Hi Anna,", "", "On Monday, Bert wrote:", "> old", "the figures.") == (
        "the figures."
    )
    assert snippet("Sehr geehrte Frau Meyer,", "anbei die Zahlen.") == "anbei die Zahlen."


def test_the_snippet_stops_at_the_signature() -> None:
    assert snippet("Yes.", "--", "Anna") == "Yes."


def test_the_snippet_leaves_out_rules_and_link_numbers() -> None:
    assert snippet("# Thank you", "* Anna") == "Thank you Anna"
    assert snippet("=====", "Home [1]  Pay [2: evil.example] now") == "Home Pay now"


def test_the_snippet_of_nothing_but_quotes_is_the_first_of_them() -> None:
    assert snippet("> one", "> two") == "> one"
    assert snippet() == ""


def test_the_snippet_is_short() -> None:
    assert len(snippet("word " * 1_000)) == bounds.SNIPPET_CHARACTERS
