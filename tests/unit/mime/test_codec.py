"""What a parser that was taken over could answer does not reach the screen."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.mime.letters import own_letters
from tuimail.mime.codec import checked_body, envelope_from_json, envelope_to_json
from tuimail.mime.header import envelope
from tuimail.mime.parse import parse
from tuimail.model.body import Attachment, Body, Link, body_from_json, body_to_json
from tuimail.model.safe_text import SafeText


def test_envelopes_and_bodies_come_back_as_they_were() -> None:
    for path in own_letters():
        raw = path.read_bytes()
        assert envelope_from_json(envelope_to_json(envelope(raw))) == envelope(raw)
        assert checked_body(body_to_json(parse(raw)).encode()) == parse(raw)


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b"null", b"1", b"\xff", b"[" * 100_000])
def test_what_is_no_answer_is_refused(answer: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  any of its kind will do
        envelope_from_json(answer)
    with pytest.raises(ValueError):  # noqa: PT011
        body_from_json(answer)


ESCAPE = SafeText("\x1b[2J")


@pytest.mark.parametrize(
    "body",
    [
        Body(headers=((SafeText("From"), ESCAPE),)),
        Body(lines=(ESCAPE,)),
        Body(links=(Link(1, ESCAPE, SafeText("x")),)),
        Body(attachments=(Attachment(0, ESCAPE, SafeText("a/b"), 1),)),
        Body(notes=(ESCAPE,)),
        Body(snippet=ESCAPE),
    ],
)
def test_text_that_is_not_safe_is_refused(body: Body) -> None:
    with pytest.raises(ValueError, match="not safe"):
        checked_body(body_to_json(body).encode())


@pytest.mark.parametrize("size", ["Infinity", "NaN", "-1", "1e999", "9" * 30, '"1"'])
def test_numbers_that_are_none_are_refused(size: str) -> None:
    answer = body_to_json(Body(attachments=(Attachment(0, SafeText("x"), SafeText("a/b"), 77),)))
    with pytest.raises(ValueError, match="not a stored"):
        checked_body(answer.replace("77", size).encode())


def test_a_date_that_would_overflow_is_none() -> None:
    document = ["", [], [], [], [], "9999-12-31T23:59:59-12:00", "", [], [], ""]
    assert envelope_from_json(json.dumps(document).encode()).date is None


def test_an_envelope_is_made_safe_on_arrival() -> None:
    document = ["\x1b[2J", [["\u202ex", "a@b"]], [], [], [], None, "", [], [], ""]
    read = envelope_from_json(json.dumps(document).encode())
    assert read.subject == "␛[2J"
    assert read.from_[0].name == "\ufffdx"


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_any_json_is_an_envelope_or_refused(document: object) -> None:
    for shape in (document, [document] * 10):
        try:
            envelope_from_json(json.dumps(shape).encode())
        except ValueError:
            continue
