"""A lost journal is said by every command, brought back by one, and costs no mail."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import letter
from tests.servers.in_background import in_background
from tests.servers.pop3_server import Letter, Pop3Server
from tests.stores.home import Home, unpack
from tests.stores.write import POST, post_letters, write_post
from tests.unit.store.worlds import ACCOUNT
from tuimail.model.mail import AccountName


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    runtime = Path(tempfile.mkdtemp(prefix="tmrt-", dir="/tmp"))
    home = Home(tmp_path / "home", runtime)
    yield home
    home.run("engine", "stop", engine=True)
    shutil.rmtree(runtime)


def failing(home: Home, *arguments: str) -> str:
    """What it says on stderr; it has to fail, in sentences."""
    status, told, _ = ended(home, *arguments)
    assert status in {1, 75}, told
    assert told.startswith("tuimail: ")
    return told


def lose_journal(home: Home, account: AccountName) -> Path:
    journal = home.paths.account_data(account) / "journal.db"
    journal.write_bytes(b"")
    return journal


def test_every_command_says_it_and_one_brings_it_back(home: Home) -> None:
    unpack("7905c5f", home.root.parent)
    home.paths.account_file(POST).unlink()
    journal = lose_journal(home, ACCOUNT)
    # As a restored folder may be: said too, and no reason to keep silent of the rest.
    home.paths.account_data(ACCOUNT).chmod(0o755)
    for command in ("outbox", "sync", "doctor"):
        told = failing(home, command)
        assert f"{journal} is empty" in told, command
        assert "`tuimail doctor --restore` puts back the newest copy" in told, command
    assert journal.read_bytes() == b""
    failing(home, "doctor", "--rebuild")
    assert (home.paths.account_cache(ACCOUNT) / "index.db").exists()
    home.run("doctor", "--restore", engine=True)
    assert {row["state"] for row in home.objects("outbox")} <= {
        *("unknown", "sent", "refused", "cancelled")
    }
    assert {row["state"] for row in home.objects("pending")} == {"parked"}
    assert any("from a copy of" in row["reason"] for row in home.objects("pending"))
    assert journal.with_name("journal.db.damaged").read_bytes() == b""
    again = home.objects("doctor", "--restore", engine=True)
    assert again[-1]["did"] == "work: the journal is in order"


def test_an_engine_at_work_is_sent_away_first(home: Home) -> None:
    unpack("7905c5f", home.root.parent)
    home.paths.account_file(ACCOUNT).unlink()
    with in_background(Pop3Server(letters=post_letters()).open()) as server:
        write_post(home, server.port)
        home.run("sync", engine=True)
        lose_journal(home, POST)
        assert "journal.db" in failing(home, "sync")
        home.run("doctor", "--restore", engine=True)
        home.run("sync", engine=True)
        assert len(server.letters) == 7


def test_the_other_accounts_go_on(home: Home) -> None:
    """One account's loss is named, and costs the others nothing."""
    unpack("7905c5f", home.root.parent)
    journal = lose_journal(home, ACCOUNT)
    with in_background(Pop3Server(letters=post_letters()).open()) as server:
        write_post(home, server.port)
        server.add(letter("new"))
        status, told, out = ended(home, "sync", "--json")
        assert (status, server.heard["RETR"]) == (3, 1)
        assert told.count(f"{journal} is empty") == told.count("\n") == 1
        assert sorted((row["account"], row["ok"]) for row in out) == [
            ("post", True),
            ("work", False),
        ]
        [running] = home.objects("engine", "status", engine=True)
        reasons = {row["account"]: row["reason"] for row in running["accounts"]}
        assert "is empty" in reasons["work"]
        assert reasons["post"] == ""
        for command in (
            ("search", "--json", "new"),
            ("outbox", "--json"),
            ("pop", "plan", "--json"),
        ):
            status, told, out = ended(home, *command)
            assert out or command[0] == "outbox"
            assert status == (0 if command[0] == "pop" else 3), command


def ended(home: Home, *arguments: str) -> tuple[int, str, list[dict[str, Any]]]:
    done = subprocess.run(
        [sys.executable, "-m", "tuimail", *arguments],
        env=home.environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]
    return done.returncode, done.stderr.decode(), rows


def mails(home: Home) -> list[bytes]:
    folder = home.paths.account_mail(POST)
    return sorted(path.read_bytes() for path in folder.glob("**/*.tuimail,*"))


def with_rule(home: Home, port: int, days: str) -> None:
    write_post(home, port)
    file = home.paths.account_file(POST)
    file.write_text(file.read_text().replace("= 36500", f"= {days}"))


@pytest.mark.parametrize(("days", "copied"), [("0", True), ("0", False), ("3", False)])
def test_nothing_is_stored_twice_nor_deleted_early(home: Home, days: str, copied: bool) -> None:
    letters = [Letter(letter(f"{n}", message_id=f"<{n}@x>"), f"u{n}") for n in range(4)]
    with in_background(Pop3Server(letters=letters[:2]).open()) as server:
        with_rule(home, server.port, '"never"')
        home.run("sync", engine=True)
        server.letters = letters[:]
        home.run("sync", engine=True)
        kept = home.objects("search", "subject:3")[0]["id"]
        home.run("pop", "keep", kept, engine=True)
        home.run("sync", engine=True)
        home.run("engine", "stop", engine=True)
        before = mails(home)
        lose_journal(home, POST)
        if not copied:
            shutil.rmtree(home.paths.account_data(POST) / "backups")
        with_rule(home, server.port, days)
        home.run("doctor", "--restore", engine=True)
        home.run("sync", engine=True)
        home.run("sync", engine=True)
        left = [each.uidl for each in server.letters]
    assert mails(home) == before
    assert len(before) == 4
    assert left == (["u3"] if days == "0" else ["u0", "u1", "u2", "u3"])


def test_a_mail_folder_that_the_journal_knows_of_is_not_made_anew(home: Home) -> None:
    unpack("7905c5f", home.root.parent)
    home.paths.account_file(ACCOUNT).unlink()
    folder = home.paths.account_mail(POST)
    shutil.rmtree(folder)
    (home.paths.account_data(POST) / "maildir-made").unlink()
    with in_background(Pop3Server(letters=post_letters()).open()) as server:
        server.add(letter("new"))
        write_post(home, server.port)
        assert "is its disk mounted?" in failing(home, "sync")
        assert server.heard["RETR"] == 0
    assert not folder.exists()


def test_data_that_is_away_is_not_begun_anew(home: Home) -> None:
    unpack("7905c5f", home.root.parent)
    home.paths.account_file(ACCOUNT).unlink()
    with in_background(Pop3Server(letters=post_letters()).open()) as server:
        write_post(home, server.port)
        shutil.rmtree(home.paths.data)
        assert "is its disk mounted?" in failing(home, "sync")
        assert (server.sessions, server.heard["RETR"]) == (0, 0)
    assert [path.name for path in home.paths.data.iterdir()] == ["lock"]
