"""Tables of data keep their columns, and fit a screen of 80."""

import pytest

from tuimail.mime.html import render
from tuimail.mime.links import LinkList

WORDS = "one two three four five six seven eight nine ten eleven twelve"


def show(text: str) -> list[str]:
    return list(render(text, LinkList()).lines)


def table(*rows: str) -> str:
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        (
            ("<td rowspan=2>Mon<td>A1<td>Kim", "<td>B2<td>Lee", "<td>Tue<td>C3<td>Max"),
            ["Mon  A1  Kim", "     B2  Lee", "Tue  C3  Max"],
        ),
        (
            ("<td>a<td rowspan=3>b<td>c", "<td>d<td>e", "<td>f<td>g"),
            ["a  b  c", "d     e", "f     g"],
        ),
        (("<td>a<td>b<td rowspan=2>c", "<td>d<td>e"), ["a  b  c", "d  e"]),
        (
            ("<td rowspan=2 colspan=2>ab<td>c", "<td>d", "<td>e<td>f<td>g"),
            ["ab    c", "      d", "e  f  g"],
        ),
        (("<td rowspan=2>a<td rowspan=2>b<td>c", "<td>d", "<td>e<td>f<td>g"),
         ["a  b  c", "      d", "e  f  g"]),
        (("<td rowspan=99>a<td>b", "<td>c", "<td>d"), ["a  b", "   c", "   d"]),
        (("<td rowspan=0>a<td>b", "<td>c<td>d"), ["a  b", "c  d"]),
        (("<td rowspan=x>a<td>b", "<td>c<td>d"), ["a  b", "c  d"]),
        (("<td>a<td><td>b", "<td>c<td>&nbsp;<td>d"), ["a  b", "c  d"]),
    ],
)  # fmt: skip
def test_cells_stay_in_their_columns(rows: tuple[str, ...], lines: list[str]) -> None:
    assert show(table(*rows)) == lines


def test_a_table_with_one_wide_column_wraps_it() -> None:
    lines = show(table(f"<td>Title<td>{WORDS} {WORDS}", "<td>Author<td>Anna"))
    assert max(map(len, lines)) <= 76
    assert lines[0].startswith("Title   one two")
    assert lines[1].startswith("        ")
    assert lines[-1] == "Author  Anna"
    assert " ".join(" ".join(lines).split()) == f"Title {WORDS} {WORDS} Author Anna"


def test_a_quoted_table_leaves_room_for_the_marks_of_the_quote() -> None:
    source = table(f"<td>Title<td>{WORDS} {WORDS}", "<td>Author<td>Anna")
    lines = show(f"<blockquote><blockquote>{source}</blockquote></blockquote>")
    assert max(map(len, lines)) <= 76
    assert all(line.startswith("> >") for line in lines if line != ">")


def test_wide_columns_wrap_under_a_header() -> None:
    lines = show(table("<th>Name<th>What", f"<td>{WORDS}<td>{WORDS}", "<td>b<td>c"))
    assert max(map(len, lines)) <= 76
    assert len(lines) == 5


def test_wide_columns_without_a_header_are_read_one_after_the_other() -> None:
    lines = show(table(f"<td>{WORDS}<td>{WORDS}", f"<td>{WORDS}<td>{WORDS}"))
    assert lines == [WORDS, WORDS, "", WORDS, WORDS]


def test_cells_that_fit_no_column_are_named_by_the_header() -> None:
    long = "x" * 80
    lines = show(table("<th>Name<th>Key", f"<td>Anna<td>{long}", f"<td>Bob<td>{long}"))
    assert lines == ["Name: Anna", f"Key: {long}", "", "Name: Bob", f"Key: {long}"]


def test_a_header_over_several_columns_finds_room() -> None:
    lines = show(table("<th rowspan=2>Name<th colspan=2>Score", "<th>a<th>b", "<td>Kim<td>1<td>2"))
    assert lines == ["Name  Score", "----  -  --", "      a  b", "Kim   1  2"]


def test_a_cell_over_bare_columns_has_all_the_room_it_needs() -> None:
    text = "a text of more than twenty columns"
    lines = show(table(f"<td>Name<td colspan=2>{text}", "<td>Sum<td colspan=2>9"))
    assert lines == [f"Name  {text}", "Sum   9"]


def test_cells_of_several_lines_keep_them_under_a_header() -> None:
    lines = show(table("<th>Bill to<th>Ship to", "<td>Anna<br>Street 1<td>Bert<br>Road 2<br>X"))
    assert lines[2:] == ["Anna      Bert", "Street 1  Road 2", "          X"]


def test_one_column_of_several_lines_stands_beside_its_names() -> None:
    spaced = "<td style='white-space:pre-line'>one\ntwo"
    lines = show(table(f"<td>Note{spaced}", "<td>Sum<td>9"))
    assert lines == ["Note  one", "      two", "Sum   9"]


def test_columns_of_several_lines_without_a_header_are_read_in_order() -> None:
    row = "<td>a<br>b<td>c<br>d"
    assert show(table(row, row)) == ["a", "b", "c", "d", "", "a", "b", "c", "d"]


def test_white_space_between_rows_is_no_line() -> None:
    source = "<table style='white-space:pre-wrap'>\n<tr>\n<td>a\nb</td>\n</tr>\n</table>"
    assert show(source) == ["a", "b"]


def test_wide_letters_are_two_columns_wide() -> None:
    assert show(table("<td>茶碗<td>2", "<td>ab<td>10")) == ["茶碗   2", "ab    10"]


def test_columns_of_a_layout_are_read_one_after_the_other() -> None:
    left, right = "<p>left one</p><p>left two</p>", "<p>right one</p><p>right two</p>"
    lines = show(f"<table><tr><td>{left}</td><td>{right}</td></tr></table>")
    assert [line for line in lines if line] == ["left one", "left two", "right one", "right two"]


@pytest.mark.parametrize(
    "row",
    ["<td>x" * 3_000, "<td rowspan=500 colspan=12>x" * 12, "<td rowspan=999>x" * 100],
)
def test_a_table_of_too_many_cells_takes_bounded_time(row: str) -> None:
    lines = show(table(row, row, *["<td>y"] * 50))
    assert "x" in " ".join(lines)
