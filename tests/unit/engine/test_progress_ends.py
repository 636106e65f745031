"""Whoever was told that something is being fetched is told when that is over."""

from unittest.mock import Mock

from tuimail.engine.bodies import EVERYTHING, Bodies
from tuimail.engine.link import Link


def told(link: Mock) -> list[tuple[str, int, int]]:
    return [call.args for call in link.tell_progress.call_args_list]


def test_a_pull_between_two_fetches_ends_what_was_shown() -> None:
    link = Mock(spec=Link)
    bodies = Bodies(link, EVERYTHING)
    bodies._done = 7
    bodies.forget_absent()
    bodies.forget_absent()
    assert told(link) == [("messages", 7, 7)]
