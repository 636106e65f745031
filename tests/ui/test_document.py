"""A message as lines to read."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.cost import within
from tests.ui.fake_mail import message
from tuimail.model.body import Attachment, Body, Link, NotHere
from tuimail.model.safe_text import SafeText, safe_line, safe_prose
from tuimail.ui.document import WIDEST, Document
from tuimail.ui.rows import Span
from tuimail.ui.theme import UNICODE, Tone


def document(*lines: str, width: int = 80, **body: object) -> Document:
    made = Document(message(1), Body(lines=tuple(map(SafeText, lines)), **body), UNICODE)  # type: ignore[arg-type]  # a Body's own fields
    made.resize(width)
    return made


def text(rows: list[list[Span]]) -> list[str]:
    return ["".join(span.text for span in row).rstrip() for row in rows]


def shown(made: Document, height: int = 40) -> list[str]:
    return text(made.window(height))


def test_the_real_address_is_always_shown() -> None:
    letter = message(1, sender="Your bank", address="x@evil.example")
    made = Document(letter, Body(), UNICODE)
    assert any("Your bank <x@evil.example>" in line for line in shown(made))


def test_a_name_that_is_another_address_is_marked() -> None:
    letter = message(1, sender="billing@bank.example", address="x@evil.example")
    rows = Document(letter, Body(), UNICODE).window(9)
    line = next(row for row in rows if "From" in row[0].text)
    assert "".join(span.text for span in line).endswith('"billing@bank.example" <x@evil.example>')
    assert line[-1].tone is Tone.WARN


def test_a_body_stands_behind_a_gutter_that_it_cannot_leave() -> None:
    made = document(
        "│ From    Bank <ceo@bank.example>", "\x1b[1G", "── signature valid ──", "long " * 60
    )
    rows = made.window(60)
    ours = [row for row in rows if row[0].tone is not Tone.GUTTER]
    theirs = [row for row in rows if row[0].tone is Tone.GUTTER]
    assert not any("bank.example" in span.text for row in ours for span in row)
    assert not any("valid" in span.text for row in ours for span in row)
    assert all(row[0].text == "│" and row[1].text.startswith(" ") for row in theirs)


def test_quotes_are_dimmed() -> None:
    rows = document("hello", "> quoted").window(40)
    assert [row[-1].tone for row in rows[-2:]] == [Tone.PLAIN, Tone.QUOTE]


def test_links_files_and_notes_have_a_place_of_ours() -> None:
    made = document(
        "see [1]",
        links=(Link(1, SafeText("https://example.org/x"), SafeText("example.org")),),
        attachments=(Attachment(1, SafeText("a.pdf"), SafeText("application/pdf"), 123_456),),
        notes=(SafeText("One part could not be read."),),
    )
    lines = shown(made)
    assert any(
        line.startswith(" File 1") and "a.pdf" in line and "121 kB" in line for line in lines
    )
    assert any(line.startswith(" Note") and "could not be read" in line for line in lines)
    assert any(line.startswith(" [1]") and "example.org" in line for line in lines)


def test_text_is_never_wider_than_88() -> None:
    made = document("word " * 100, width=200)
    assert max(map(len, shown(made))) <= WIDEST + 2


def test_all_header_fields_can_be_seen() -> None:
    letter, body = message(1, "Budget " * 30), Body()
    names = ("Received", "Received", "From", "To", "Subject", "Date", "X-Mailer", "Note")
    fields = [(SafeText(name), SafeText(f"value {at}")) for at, name in enumerate(names)]
    few = shown(Document(letter, body, UNICODE))
    assert not any("X-Mailer" in line for line in few)
    made = Document(letter, body, UNICODE, fields=fields)
    made.resize(80)
    lines = shown(made)
    for name, value in fields:
        assert lines.count(f"│ {name}: {value}") == 1
    assert not any(
        line.startswith((" From", " To", " Date", " Subject", " Note")) for line in lines
    )


def test_every_row_of_a_quoted_line_is_marked_as_quoted() -> None:
    made = document(">> " + "one two three " * 8, "> > " + "x" * 100, ">" * 60 + " deep", width=60)
    rows = [row for row in shown(made) if row.startswith("│")]
    assert [row[2:5] for row in rows[:2]] == [">> ", ">> "]
    assert [row[2:6] for row in rows[3:5]] == ["> > ", "> > "]
    assert "".join(row[2:] for row in rows[5:]).startswith(">" * 60)


def test_a_body_that_is_not_here_leaves_the_header_and_a_note() -> None:
    letter = message(1, "Budget")
    made = Document(letter, NotHere(letter.key), UNICODE, note="Fetching …")
    assert made.title() == "Budget"
    assert any("Fetching …" in line for line in shown(made))


def test_a_subject_too_long_for_the_title_is_told_whole_below_it() -> None:
    subject = "One figure of the budget is wrong " * 3
    made = Document(message(1, subject), Body(lines=(SafeText("text"),)), UNICODE)
    made.resize(40)
    assert made.title() == "One figure of the budget is wrong …"
    assert shown(made)[0].startswith(" Subject One figure of the budget")
    assert "".join(line[9:] + " " for line in shown(made)[:4]).startswith(subject)


def test_the_place_in_a_message_stays_when_its_title_becomes_whole() -> None:
    lines = tuple(SafeText(f"line {number}") for number in range(50))
    made = Document(message(1, "x" * 60), Body(lines=lines), UNICODE)
    made.resize(40)
    made.move(20, 10)
    there = shown(made, 3)
    made.resize(80)
    assert made.title() == "x" * 60
    assert shown(made, 3) == there
    made.resize(40)
    assert shown(made, 3) == there


def test_every_row_of_a_link_leads_where_it_says() -> None:
    target = safe_line("https://example.org/" + "a" * 200)
    links = (Link(1, target, safe_line("example.org")),)
    made = Document(message(1), Body(lines=(SafeText("text"),), links=links), UNICODE)
    made.resize(60)
    leads = [link for _, link in made.linked_window(40)]
    assert leads.count(target) > 3
    assert leads[-1] == target
    assert set(leads) == {"", target}


def test_a_page_down_and_up_comes_back() -> None:
    made = document(*(f"line {number} " * 30 for number in range(50)))
    start = shown(made, 10)
    assert made.move(9, 10)
    assert (
        shown(made, 10)[0] == text(document(*(f"line {n} " * 30 for n in range(50))).window(20))[9]
    )
    assert made.move(-9, 10)
    assert shown(made, 10) == start


def test_the_end_is_a_full_page_and_nothing_lies_beyond() -> None:
    made = document(*map(str, range(100)))
    made.to_end(10)
    assert shown(made, 10)[-1] == "│ 99"
    assert len(shown(made, 10)) == 10
    assert made.at_end(10)
    assert not made.move(1, 10)


def test_a_short_message_does_not_scroll() -> None:
    made = document("one line")
    assert made.at_end(40)
    assert not made.move(5, 40)


def test_a_million_lines_open_and_scroll_at_once() -> None:
    lines = tuple(map(SafeText, ("x" * 70 for _ in range(1_000_000))))

    def open_and_scroll() -> None:
        made = Document(message(1), Body(lines=lines), UNICODE)
        made.resize(80)
        made.window(50)
        made.to_end(50)
        made.move(-49, 50)
        made.share(50)

    within(0.3, open_and_scroll)


lines = st.lists(st.text(max_size=300).map(safe_prose), max_size=30)


@given(lines, st.integers(20, 120), st.lists(st.integers(-50, 50), max_size=10), st.integers(1, 40))
def test_no_text_is_ever_wider_than_the_view(
    body: list[SafeText], width: int, moves: list[int], height: int
) -> None:
    letter = message(1, "x" * 50, "名前" * 20)
    made = Document(letter, Body(lines=tuple(body)), UNICODE)
    made.resize(width)
    for rows in moves:
        made.move(rows, height)
        window = made.window(height)
        assert 0 < len(window) <= height
        for row in window:
            assert sum(cell_len(span.text) for span in row) <= width


def test_the_header_of_a_hostile_letter_stays_text() -> None:
    letter = message(1, "[/] [@click=app.quit]x[/] \x1b]0;t\x07", "\x1b[2J", safe_line("a@b"))
    made = Document(letter, Body(), UNICODE)
    assert made.title() == "[/] [@click=app.quit]x[/] ␛]0;t␇"
    assert shown(made)[0] == " From    ␛[2J <a@b>"
