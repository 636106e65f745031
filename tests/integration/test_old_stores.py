"""What an earlier version left is opened by this one, shown as it was, and gone on with."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import letter
from tests.servers.in_background import in_background
from tests.servers.pop3_server import Pop3Server
from tests.stores.home import QUESTIONS, STORES, Home, unpack, without_words
from tests.stores.write import POST, imap_history, post_letters, write_post
from tests.unit.store.worlds import ACCOUNT, ARCHIVE, World
from tuimail.model.mail import INBOX, MailboxName
from tuimail.model.operation import Append, EntryState
from tuimail.store.store import AccountFolders
from tuimail.ui.letters.drafts import Drafts

VERSIONS = sorted(path.name.removesuffix(".tar.xz") for path in STORES.glob("*.tar.xz"))
Answers = dict[str, list[dict[str, Any]]]


@pytest.fixture(params=VERSIONS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Home, Answers]]:
    """A home of that version, and what it said of it."""
    expected = unpack(request.param, tmp_path)
    runtime = Path(tempfile.mkdtemp(prefix="tmrt-", dir="/tmp"))
    yield Home(tmp_path / "home", runtime), expected
    shutil.rmtree(runtime)


def alike(now: list[dict[str, Any]], then: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is said now, without what that version did not say yet."""
    asked = [row for row in now if then and then[0].keys() <= row.keys()]
    return without_words([{key: row[key] for key in then[0]} for row in asked])


def test_all_commands_say_what_they_said(kept: tuple[Home, Answers]) -> None:
    home, expected = kept
    answers = home.answers()
    for question in map(" ".join, QUESTIONS):
        told = expected[question]
        if question == "undo --list":
            # What is filed by itself is no act of the user's, as later versions see it.
            told = [row for row in told if row["operation"] != "append"]
        assert told, question
        assert alike(answers[question], told) == without_words(told), question


def test_its_letters_and_drafts_can_be_read(kept: tuple[Home, Answers]) -> None:
    home, expected = kept
    for question in ("search figures", "search account:post"):
        raw = home.run("show", "--raw", expected[question][-1]["id"])
        assert b"Subject: " in raw.partition(b"\r\n\r\n")[0], question
    [(_, writing)] = Drafts(home.paths.account_data).all([ACCOUNT])
    assert writing.subject == "A draft"


def test_the_newest_command_is_undone(kept: tuple[Home, Answers]) -> None:
    home, expected = kept
    home.run("undo")
    then, now = expected["undo --list"], home.objects("undo", "--list")
    assert [row["entry"] for row in then if row not in now] != []
    assert alike(home.objects("outbox"), expected["outbox"]) == without_words(expected["outbox"])


def test_imap_goes_on_where_it_was(kept: tuple[Home, Answers], tmp_path: Path) -> None:
    home, _ = kept
    world = World(tmp_path / "world")
    imap_history(world)
    world.store.close()
    paths = home.paths
    world.folders = AccountFolders(paths.account_data(ACCOUNT), paths.account_cache(ACCOUNT))
    world.store = world.open()
    new = world.server.receive(INBOX)
    world.replay()
    world.pull()
    while due := [e for e in world.store.due(world.now) if not isinstance(e.operation, Append)]:
        world.carry_out(due[0])
    world.pull()
    assert world.token_of[world.shown(INBOX)[0]] == new
    left = [(e.state, type(e.operation).__name__) for e in world.store.pending()]
    assert left == [
        (EntryState.PARKED, "Move"),
        (EntryState.PARKED, "Move"),
        (EntryState.RECORDED, "Expunge"),
        (EntryState.RECORDED, "Append"),
    ]
    held = 1
    assert len(world.shown(INBOX)) == _on_server(world, INBOX) - held
    assert len(world.shown(ARCHIVE)) == _on_server(world, ARCHIVE)
    assert world.store.check() == []
    world.store.close()


def _on_server(world: World, name: MailboxName) -> int:
    return len(world.server.box(name).messages)


def test_pop3_fetches_nothing_twice_and_deletes_nothing(kept: tuple[Home, Answers]) -> None:
    home, expected = kept
    with in_background(Pop3Server(letters=post_letters()).open()) as server:
        server.add(letter("new", message_id="<new@x>"))
        write_post(home, server.port)
        home.run("sync", "post", engine=True)
        home.run("engine", "stop", engine=True)
        assert (server.heard["RETR"], server.heard["DELE"]) == (1, 0)
    before = expected["search account:post"]
    assert len(home.objects("search", "account:post")) == len(before) + 1
    moved = next(row for row in before if row["pending"])
    assert home.objects("show", moved["id"])[0]["mailbox"] == "Archive"
    assert [row for row in home.objects("pending") if row["account"] == "post"] == []


def test_an_older_engine_that_runs_is_replaced(kept: tuple[Home, Answers]) -> None:
    """One of this version would have brought the journal up to date; this one does not."""
    home, expected = kept
    home.paths.account_file(ACCOUNT).unlink()
    journal = home.paths.account_data(POST) / "journal.db"
    with in_background(Pop3Server(letters=post_letters()).open()) as server:
        write_post(home, server.port)
        old = journal.read_bytes()
        home.run("sync", engine=True)
        before = status(home)["pid"]
        # As if that one were of the version that wrote this.
        for path in journal.parent.glob("journal.db*"):
            path.unlink()
        journal.write_bytes(old)
        assert len(home.objects("pop", "plan")) == len(expected["pop plan"])
        home.run("sync", engine=True)
        assert status(home)["pid"] != before
        home.run("engine", "stop", engine=True)


def status(home: Home) -> dict[str, Any]:
    return home.objects("engine", "status", engine=True)[0]
