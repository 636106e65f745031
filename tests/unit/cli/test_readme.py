"""What the README says is what the program does."""

import re

from tests.pictures.kept import kept_texts
from tests.unit.cli.readme_tables import README, with_tables
from tuimail.cli.arguments import build_parser
from tuimail.cli.failure import Exit
from tuimail.model.query import FIELDS

TEXT = README.read_text()


def test_its_tables_are_those_of_the_program() -> None:
    assert with_tables(TEXT) == TEXT, "python -m tests.unit.cli.readme_tables writes them anew"


def test_its_picture_is_one_that_the_program_made() -> None:
    assert kept_texts((80, 24))["archived"] in TEXT


def test_it_names_every_command() -> None:
    usage = build_parser().format_usage() + build_parser().format_help()
    commands = re.findall(r"^    ([a-z]+) ", usage, re.MULTILINE)
    assert len(commands) > 10
    assert [name for name in commands if f"`tuimail {name}" not in TEXT] == []


def test_it_names_every_field_of_a_query() -> None:
    assert [field for field in FIELDS if f"`{field}:" not in TEXT] == []


def test_it_explains_every_exit_code() -> None:
    assert [status for status in Exit if f"\n| {status.value} |" not in TEXT] == []
