"""The log holds facts; no name, no secret."""

import pytest

from tuimail.engine.logs import redacted


@pytest.mark.parametrize(
    "line",
    [
        'C: A1 LOGIN "anna" "hunter2"',
        "C: A1 AUTHENTICATE PLAIN aHVudGVyMg==hunter2",
        "PASS hunter2",
        "password = hunter2",
        "ValueError: token=hunter2",
    ],
)
def test_what_follows_a_log_in_is_left_out(line: str) -> None:
    assert "hunter2" not in redacted(line)


def test_addresses_are_left_out() -> None:
    assert redacted("refused: anna.meyer@example.org no") == "refused: <address> no"


def test_control_characters_are_made_visible() -> None:
    assert "\x1b" not in redacted("a\x1b]0;x")


def test_facts_stay() -> None:
    fact = "pulled work: 3 of 20 mailboxes, 7 arrived"
    assert redacted(fact) == fact
