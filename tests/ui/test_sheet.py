"""The built-in editor: where one begins to type."""

import pytest

from tuimail.ui.screens.sheet import first_caret

HEAD = "From: Me <me@example.org>\nTo: Anna <anna@example.org>\nSubject: Re: Lunch\n\n"
QUOTE = "On 2026-11-22 at 20:00, Anna wrote:\n> At noon?\n> To:\n\n"


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("From: Me\nTo:\nSubject:\n\n", "From: Me\nTo:"),
        ("From: Me\nTo: \nSubject:\n\n\nTo:\n", "From: Me\nTo: "),
        (HEAD, HEAD),
        (HEAD + QUOTE, HEAD),
        (HEAD + "\n\n" + QUOTE, HEAD),
        (HEAD + "Yes.\n\n" + QUOTE, HEAD + "Yes."),
        (HEAD + QUOTE + "Below.", HEAD + QUOTE + "Below."),
        (HEAD + "Half a", HEAD + "Half a"),
        (HEAD + "\n\n---------- Forwarded message ----------\nTo:\n", HEAD),
        ("no fields at all", "no fields at all"),
    ],
    ids=[
        *("nobody yet", "nobody, a blank", "new", "answer", "answer with room", "answered above"),
        *("answered below", "begun", "forward", "no fields"),
    ],
)
def test_one_types_where_something_is_missing_never_into_a_quotation(
    text: str, before: str
) -> None:
    row, column = first_caret(text)
    lines = text.split("\n")
    assert "\n".join([*lines[:row], lines[row][:column]]) == before
