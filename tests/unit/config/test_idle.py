"""Every setting has a reader, or whoever sets it is told that it has none."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

import tuimail
from tests.unit.cli.readme_tables import README
from tuimail.config.idle import TABLES, idle_keys, told
from tuimail.config.load import load_account
from tuimail.config.paths import Paths
from tuimail.config.save import account_table
from tuimail.config.schema import Config, keys_of

SOURCE = Path(tuimail.__file__).parent
# What reads a file and checks it makes no use of what it says.
NO_READERS = {"schema.py", "load.py", "save.py", "idle.py", "values.py"}
# What a table of the settings is called where it is read.
NAMES = {
    "": {"account"},
    "incoming": {"server", "incoming", "settings"},
    "outgoing": {"server", "outgoing", "settings"},
    "contacts": {"server", "contacts", "settings"},
    "pop3": {"pop3"},
    "imap": {"imap"},
    "archive": {"archive"},
    "config": {"config"},
}


def uses() -> dict[str, set[str]]:
    """Every attribute that is asked for anywhere, and of what."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for file in SOURCE.rglob("*.py"):
        if file.parent.name == "config" and file.name in NO_READERS:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute):
                match node.value:
                    case ast.Name(id=name) | ast.Attribute(attr=name):
                        found[node.attr].add(name)
    return found


def test_every_key_has_a_reader_or_is_told_to_have_none() -> None:
    found = uses()
    for table, schema in {**TABLES, "config": Config}.items():
        if table == "folders":
            # Read by their roles, all at once.
            assert "folders" in found["by_role"]
            continue
        for name, (field, key) in keys_of(schema).items():
            read = bool(found[field] & NAMES[table])
            assert read is not key.idle, f"{table}.{name}"


def test_the_readme_promises_nothing_of_what_has_no_reader() -> None:
    text = README.read_text()
    for table, schema in TABLES.items():
        for name, (_, key) in keys_of(schema).items():
            if key.idle:
                assert f"`{table}.{name}`" not in text


IDLE = """
email = "anna@example.org"
[incoming]
host = "imap.example.org"
storage = "2 GB"
authserv_id = "mx.example.org"
[outgoing]
host = "smtp.example.org"
storage = 1000
command = ["sendmail", "-t", "-i"]
[archive]
older_than = "2y"
[contacts]
url = "http://localhost:5232/anna/"
ca_file = "/etc/ca.pem"
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths.from_environment({"HOME": str(tmp_path)})
    paths.accounts.mkdir(parents=True)
    return paths


def test_what_has_no_effect_is_accepted_and_named(paths: Paths) -> None:
    file = paths.accounts / "work.toml"
    file.write_text(IDLE)
    account = load_account(file)
    assert account.idle == (
        "incoming.storage",
        "incoming.authserv_id",
        "outgoing.storage",
        "outgoing.command",
        "archive.older_than",
        "contacts.url",
    )
    assert account.outgoing is not None
    kept = account_table(account)
    assert (kept["archive"], kept["incoming"]["authserv_id"]) == (
        {"older_than": "2y"},
        "mx.example.org",
    )


def test_a_program_that_sends_does_not_keep_mail_from_coming(paths: Paths) -> None:
    file = paths.accounts / "work.toml"
    file.write_text(
        'email = "a@b.org"\n[incoming]\nhost = "i"\n[outgoing]\ncommand = ["msmtp", "-t"]\n'
    )
    account = load_account(file)
    assert account.outgoing is None
    assert account.idle == ("outgoing.command",)


def test_the_words_for_it() -> None:
    assert told(()) == ""
    assert told(("a.b",)) == "a.b has no effect yet"
    assert told(("a.b", "c")) == "a.b, c have no effect yet"
    assert idle_keys({"incoming": "no table", "archive": {}}) == ()
