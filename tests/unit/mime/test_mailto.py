"""A link may begin a letter, and no more (security.md M7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mime.mailto import draft_of
from tuimail.model.address import plain

ME = plain("me@example.org")


def test_whom_what_about_and_what_to_say() -> None:
    link = (
        "mailto:anna@example.org,bert%40example.net?cc=carl@example.net&subject=B%C3%BCdget%201"
        "&body=Hello%0D%0AAnna&In-Reply-To=%3Cone@example.org%3E"
    )
    found = draft_of(link, ME)
    draft = found.draft
    assert [each.address for each in draft.to] == ["anna@example.org", "bert@example.net"]
    assert [each.address for each in draft.cc] == ["carl@example.net"]
    assert (draft.subject, draft.text) == ("Büdget 1", "Hello\nAnna")
    assert draft.in_reply_to == "one@example.org"
    assert found.dropped == ()


@pytest.mark.parametrize("name", ["attach", "attachment", "Bcc", "From", "X-Header", "b%63c"])
def test_everything_else_is_dropped_and_named(name: str) -> None:
    found = draft_of(f"mailto:anna@example.org?{name}=/etc/passwd&subject=x", ME)
    assert (found.draft.bcc, found.draft.enclosures, found.draft.sender) == ((), (), ME)
    assert [each.lower() for each in found.dropped] == [name.lower().replace("%63", "c")]


def test_a_line_break_begins_no_field() -> None:
    link = "mailto:a@b.example%0D%0ABcc:x@y.example?subject=x%0d%0aBcc:%20evil@example.org"
    draft = draft_of(link, ME).draft
    assert "\n" not in draft.subject
    assert "\r" not in draft.subject
    assert all("x@y" not in each.address for each in (*draft.cc, *draft.bcc))


def test_a_huge_body_is_cut() -> None:
    assert len(draft_of("mailto:a@b.example?body=" + "x" * 2_000_000, ME).draft.text) <= 50_001


@given(st.text(max_size=300))
def test_any_text_gives_a_draft(text: str) -> None:
    found = draft_of(f"mailto:{text}", ME)
    assert (found.draft.bcc, found.draft.enclosures) == ((), ())
