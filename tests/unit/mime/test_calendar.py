"""Invitations and answers in words, in the reader's time; whatever is sent, lines come."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mime.calendar import calendar_lines


@pytest.fixture(autouse=True)
def _in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def event(*properties: str, method: str = "REQUEST", before: str = "") -> str:
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}"),
        *before.splitlines(),
        *("BEGIN:VEVENT", "UID:1@x", *properties, "END:VEVENT", "END:VCALENDAR", ""),
    ]
    return "\r\n".join(lines)


def shown(*properties: str, method: str = "REQUEST", before: str = "") -> list[str]:
    lines = calendar_lines(event(*properties, method=method, before=before))
    return [str(line).strip() for line in lines]


EXCHANGE = """BEGIN:VTIMEZONE
TZID:(UTC-05:00) Eastern Time
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""


@pytest.mark.parametrize(
    ("properties", "times"),
    [
        (["DTSTART:20261203T090000Z", "DTEND:20261203T103000Z"],
         ["From: 2026-12-03 10:00 (09:00 UTC)", "To: 2026-12-03 11:30 (10:30 UTC)"]),
        (["DTSTART:20261203T090000Z", "DURATION:PT90M"],
         ["From: 2026-12-03 10:00 (09:00 UTC)", "To: 2026-12-03 11:30 (10:30 UTC)"]),
        (["DTSTART;TZID=Europe/Berlin:20261203T090000"], ["From: 2026-12-03 09:00 Europe/Berlin"]),
        (["DTSTART;TZID=America/New_York:20260703T200000"],
         ["From: 2026-07-04 02:00 (2026-07-03 20:00 America/New_York)"]),
        (['DTSTART;TZID="(UTC+01:00) Amsterdam, Berlin; Rome":20261203T090000'],
         ["From: 2026-12-03 09:00 (UTC+01:00) Amsterdam, Berlin; Rome"]),
        (["DTSTART;TZID=GMT+05:30:20261203T090000"],
         ["From: 2026-12-03 04:30 (09:00 GMT+05:30)"]),
        (["DTSTART;TZID=Nowhere:20261203T090000"], ["From: 2026-12-03 09:00 Nowhere"]),
        (["DTSTART:20261203T090000"], ["From: 2026-12-03 09:00"]),
        (["DTSTART;VALUE=DATE:20261203", "DTEND;VALUE=DATE:20261204"], ["All day: 2026-12-03"]),
        (["DTSTART;VALUE=DATE:20261203"], ["All day: 2026-12-03"]),
        (["DTSTART;VALUE=DATE:20261203", "DTEND;VALUE=DATE:20261206"],
         ["From: 2026-12-03", "To: 2026-12-05"]),
        (["DTSTART;VALUE=DATE:20261203", "DURATION:P2D"], ["From: 2026-12-03", "To: 2026-12-04"]),
    ],
)  # fmt: skip
def test_times_are_in_the_readers_zone_beside_the_senders(
    properties: list[str], times: list[str]
) -> None:
    assert shown(*properties)[1:] == times


def test_a_zone_that_the_calendar_defines_is_followed() -> None:
    start = 'DTSTART;TZID="(UTC-05:00) Eastern Time":20261203T090000'
    assert shown(start, before=EXCHANGE.replace("INTERVAL=1;", ""))[1:] == [
        "From: 2026-12-03 15:00 (09:00 (UTC-05:00) Eastern Time)"
    ]


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=YEARLY;BYSECOND=1", "FREQ=DAILY"])
def test_a_zone_that_changes_all_the_time_is_left_out(rule: str) -> None:
    zone = EXCHANGE.replace("FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11", rule)
    start = 'DTSTART;TZID="(UTC-05:00) Eastern Time":20261203T090000'
    assert shown(start, before=zone)[1:] == ["From: 2026-12-03 09:00 (UTC-05:00) Eastern Time"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=WEEKLY;BYDAY=TH;COUNT=10", "every week on Thursday, 10 times"),
        ("FREQ=DAILY", "every day"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "every 2 weeks on Monday and Wednesday"),
        ("FREQ=MONTHLY;BYDAY=2TU", "every month on the second Tuesday"),
        ("FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20271231",
         "every month on the last Friday until 2027-12-31"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "every month on day 1 and 15"),
        ("FREQ=YEARLY;BYMONTH=3;COUNT=1", "every year in March, once"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1",
         "every month on Monday and Tuesday (last of these)"),
        ("FREQ=SECONDLY;COUNT=100000000", "every second, 100000000 times"),
    ],
)  # fmt: skip
def test_recurrences_are_words(rule: str, words: str) -> None:
    assert f"Repeats: {words}" in shown("DTSTART:20261203T090000Z", f"RRULE:{rule}")


def test_exceptions_are_named() -> None:
    lines = shown("DTSTART:20261203T090000Z", "EXDATE:20261210T090000Z,20261217T090000Z")
    assert "Except: 2026-12-10 10:00 (09:00 UTC), 2026-12-17 10:00 (09:00 UTC)" in lines


@pytest.mark.parametrize(
    ("status", "words"),
    [("ACCEPTED", "accepts"), ("DECLINED", "declines"), ("TENTATIVE", "may come"),
     ("X-LATER", "x-later"), ("DELEGATED", "sends somebody else")],
)  # fmt: skip
def test_an_answer_says_who_and_what(status: str, words: str) -> None:
    lines = shown(f"ATTENDEE;PARTSTAT={status};CN=Bob:mailto:bob@x.example", method="REPLY")
    assert lines == ["Answer:", f"Answer: Bob <bob@x.example> {words}"]


@pytest.mark.parametrize(
    ("method", "title"),
    [("CANCEL", "Cancelled:"), ("COUNTER", "Another time is proposed:"), ("PUBLISH", "Event:"),
     ("", "Event:"), ("request", "Invitation:")],
)  # fmt: skip
def test_the_method_is_named(method: str, title: str) -> None:
    assert shown("SUMMARY:x", method=method)[0] == title


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ('ORGANIZER;CN="Room: Tower A":mailto:room@x.example',
         "Organizer: Room: Tower A <room@x.example>"),
        ('ORGANIZER;CN="A; B, C":MAILTO:room@x.example', "Organizer: A; B, C <room@x.example>"),
        ("SUMMARY;LANGUAGE=de-DE:Besprechung: Hafen", "What: Besprechung: Hafen"),
        ("SUMMARY:Lunch\\, with soup\\; and\\nmore", "What: Lunch, with soup; and more"),
        ("LOCATION:\x1b[2J", "Where: ␛[2J"),
        ("URL:https://meet.example/abc", "Link: https://meet.example/abc"),
    ],
)  # fmt: skip
def test_parameters_and_escapes(written: str, line: str) -> None:
    assert line in shown(written)


def test_a_description_keeps_its_lines() -> None:
    lines = shown("DESCRIPTION:Join at https://meet.example/abc\\nPIN 1234")
    assert lines[-2:] == ["Join at https://meet.example/abc", "PIN 1234"]


@pytest.mark.parametrize(
    "text",
    ["no calendar at all", "BEGIN:VCALENDAR\nnonsense", "BEGIN:VEVENT\nEND:VTODO", "\x00" * 50],
)
def test_what_cannot_be_read_is_shown_as_it_is(text: str) -> None:
    lines = [str(line).strip() for line in calendar_lines(text)]
    assert lines[0] == "This calendar cannot be read; it says:"
    assert len(lines) > 1


def test_one_wrong_line_costs_that_line() -> None:
    lines = shown("DTSTART:yesterday", "no colon here", "SUMMARY:Lunch", "RRULE:FREQ=OFTEN")
    assert "What: Lunch" in lines
    assert "From: yesterdayno colon here" in lines


def test_alarms_are_left_out() -> None:
    lines = shown(
        "SUMMARY:x", "BEGIN:VALARM", "ACTION:PROCEDURE", "ATTACH:file:///bin/sh", "END:VALARM"
    )
    assert lines == ["Invitation:", "What: x"]


def test_of_many_events_some_are_shown_and_the_rest_counted() -> None:
    text = "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\n" * 50 + "END:VCALENDAR\n"
    assert list(calendar_lines(text))[-1] == "and 45 more"


@given(st.text(), st.text("BEGIN:VALDRU;=,\\\r\n 0123TZ", max_size=400))
def test_any_text_gives_lines(text: str, calendar: str) -> None:
    for written in (text, event(calendar, text), event(f"DTSTART;{calendar}:{text}")):
        assert all(isinstance(line, str) for line in calendar_lines(written))
