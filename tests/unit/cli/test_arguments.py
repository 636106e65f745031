"""What may be typed after `tuimail`."""

import argparse

import pytest

from tuimail.cli.arguments import parse, split_rest
from tuimail.cli.failure import Exit, Failure


def parsed(line: str) -> argparse.Namespace:
    return parse(line.split())


@pytest.mark.parametrize("line", ["--json -v search x", "search --json -v x", "-v search --json x"])
def test_global_options_stand_before_or_after_the_command(line: str) -> None:
    arguments = parsed(line)
    assert arguments.command == "search"
    assert arguments.json
    assert arguments.verbose == 1
    assert arguments.rest == ["x"]


def test_without_a_command_the_interface_is_meant() -> None:
    arguments = parsed("")
    assert arguments.command == ""
    assert not arguments.json


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("flag a:1 +seen -flagged", ["a:1", "+seen", "-flagged"]),
        ("search hello -from:x --json", ["hello", "-from:x", "--json"]),
        ("search -from:x hello", ["-from:x", "hello"]),
        ("search --limit 5 --account work hello -q", ["hello", "-q"]),
        ("search --limit=5 hello", ["hello"]),
        ("search -- --json", ["--json"]),
        ("move a:1 -- -odd", ["a:1", "--", "-odd"]),
        ("delete -q a:1 a:2", ["a:1", "a:2"]),
        ("--log-level debug archive a:1", ["a:1"]),
    ],
)
def test_arguments_after_the_first_are_taken_as_they_are(line: str, rest: list[str]) -> None:
    assert parsed(line).rest == rest


def test_options_before_the_first_query_word_count() -> None:
    arguments = parsed("search --limit 5 --account work hello")
    assert (arguments.limit, arguments.account) == (5, "work")


@pytest.mark.parametrize("line", ["show a:1 --raw --force", "show --raw --force a:1"])
def test_show_takes_its_options_anywhere(line: str) -> None:
    arguments = parsed(line)
    assert (arguments.id, arguments.raw, arguments.force) == ("a:1", True, True)
    assert parsed("show a:1 --json").json


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "search",
        "search --limit x y",
        "search --limit 0 y",
        "search --nonsense x",
        "flag",
        "show",
        "show a b",
        "show --raw --text a:1",
        "pending burn 1",
        "account",
        "account remove",
        "engine",
        "sync --js",
        "--log-level shout sync",
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_2(line: str) -> None:
    with pytest.raises(Failure) as caught:
        parsed(line)
    assert caught.value.status == Exit.USAGE
    assert "\n" not in str(caught.value)


def test_an_option_without_its_value_is_no_crash() -> None:
    assert split_rest(["search", "--limit"]) == (["search", "--limit"], [])
    with pytest.raises(Failure):
        parsed("search --limit")
