"""The pages of the form, whatever is typed and however small the screen is."""

from hypothesis import given
from hypothesis import strategies as st

from tuimail.ui.cells import width
from tuimail.ui.setup.page import Page
from tuimail.ui.setup.pages import Form

KEYS = ["Enter", "Up", "Down", "Tab", "S-Tab", "Left", "Right", "Space", "PgUp", "PgDn"]
KEYS += ["Backspace", "C-u", "Home", "End", "a", "@", ".", "n", "y", "日", "F1"]


def texts(page: Page) -> list[str]:
    return ["".join(span.text for span in line) for line in page.visible]


@given(
    keys=st.lists(st.sampled_from(KEYS), max_size=60),
    cells=st.integers(30, 140),
    height=st.integers(1, 40),
    second=st.booleans(),
)
def test_any_keys_leave_a_page_that_can_be_shown(
    keys: list[str], cells: int, height: int, second: bool
) -> None:
    form = Form(lambda name: False)
    page: Page = form.ways if second else form.details
    page.resize(cells, height)
    for key in keys:
        page.press(key)
        form.check(page)
        page.resize(cells, height)
        lines = texts(page)
        assert 0 < len(lines) <= height
        assert all(width(line) <= cells for line in lines)


@given(keys=st.lists(st.sampled_from(["Enter", "n", "y"]), max_size=40), height=st.integers(2, 24))
def test_no_answer_changes_out_of_sight(keys: list[str], height: int) -> None:
    ways = Form(lambda name: False).ways
    ways.resize(40, height)
    for key in keys:
        seen, before = ways.is_focus_seen, (ways.several.value, ways.short.value)
        ways.press(key)
        assert seen or before == (ways.several.value, ways.short.value)


def test_a_paste_is_text_for_a_field_and_never_keys() -> None:
    form = Form(lambda name: False)
    form.details.resize(80, 20)
    form.details.paste("anna@example.org\n\n\x1b")
    assert form.details.focus.key == "email"
    assert form.details.text("email") == "anna@example.org"
    assert form.details.text("imap") == "imap.example.org 993 tls"
