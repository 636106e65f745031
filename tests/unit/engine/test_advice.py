"""Which way suits whom, and what each would do, in words that anybody can hold us to."""

import pytest

from tuimail.config.schema import Protocol
from tuimail.engine.advice import can_count, outcomes, recommend, recommend_among
from tuimail.engine.setup import Closed, ImapNumbers, Pop3Numbers, Probe
from tuimail.model.quota import Quota
from tuimail.model.safe_text import SafeText

GB = 1 << 30
FULL = ImapNumbers(1204, 0, 0, Quota(71 * 2 * GB // 100, 2 * GB))
DROP = Pop3Numbers(1204, 90 << 20, ids=True)
CLOSED = Closed(SafeText("pop.example.org does not answer."))


@pytest.mark.parametrize(
    ("several", "short", "protocol"),
    [(True, True, "imap"), (True, False, "imap"), (False, True, "pop3"), (False, False, "imap")],
)
def test_pop_is_for_one_device_and_little_space(
    several: bool, short: bool, protocol: Protocol
) -> None:
    assert recommend(several=several, short=short).protocol == protocol


def test_a_way_that_is_not_open_is_not_recommended() -> None:
    advice = recommend_among(Probe(FULL, CLOSED), recommend(several=False, short=True))
    assert advice.protocol == "imap"
    assert "POP would suit you" in advice.why


def test_both_outcomes_have_this_mailbox_s_numbers() -> None:
    assert outcomes(Probe(FULL, DROP), 14, several=True) == {
        "imap": "IMAP: 1,204 messages stay on the server, 71 % of 2 GB used.",
        "pop3": (
            "POP: 1,204 messages (90 MB) come here; the server is emptied after 14 days;"
            " your phone and other devices will not see them then."
        ),
    }


@pytest.mark.parametrize(
    ("days", "several", "words"),
    [
        (0, False, "emptied as soon as all is safe here; the only copy is on this machine then"),
        (1, True, "after 1 day; your phone"),
        (None, True, "keeps everything, so its space fills up; your other devices still see it"),
        (None, False, "keeps everything, so its space fills up."),
    ],
)
def test_what_pop_leaves_on_the_server_is_said(days: int | None, several: bool, words: str) -> None:
    assert words in outcomes(Probe(None, DROP), days, several=several)["pop3"]


def test_one_message_is_one_message() -> None:
    one = Probe(ImapNumbers(1, 0, 0, None), Pop3Numbers(1, 512, ids=True))
    told = outcomes(one, 3, several=True)
    assert told["imap"].startswith("IMAP: 1 message stays on the server, which does not say")
    assert "1 message (512 bytes) comes here" in told["pop3"]
    assert "will not see it then" in told["pop3"]


def test_mail_outside_the_inbox_is_not_forgotten() -> None:
    boxes = ImapNumbers(4, 300, 2, None)
    told = outcomes(Probe(boxes, DROP), 0, several=False)
    assert told["imap"].startswith("IMAP: 304 messages")
    assert "300 messages in 2 other mailboxes stay on the server, out of sight" in told["pop3"]


def test_days_need_messages_that_are_known_again() -> None:
    nameless = Probe(None, Pop3Numbers(3, 100, ids=False))
    assert not can_count(nameless, "pop3", 14)
    assert can_count(nameless, "pop3", 0)
    assert can_count(nameless, "pop3", None)
    assert "say 0 or never" in outcomes(nameless, 14, several=True)["pop3"]


def test_why_a_way_is_closed_is_said() -> None:
    assert outcomes(Probe(FULL, CLOSED), 0, several=True)["pop3"] == (
        "POP: not possible. pop.example.org does not answer."
    )
