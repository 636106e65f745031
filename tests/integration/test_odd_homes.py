"""Homes and folders with any name that a file system allows."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import letter
from tests.servers.in_background import in_background
from tests.servers.pop3_server import Pop3Server
from tests.stores.home import Home
from tests.stores.write import POST, write_post

# How a store copes with more of them, tests/unit/store/test_odd_names.py tells.
NAMES = [b"\xff\xfe bad", b"two\nlines?mode=memory#1%20"]


@pytest.fixture(params=NAMES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    runtime = Path(tempfile.mkdtemp(prefix="tmrt-", dir="/tmp"))
    inside = Path(os.fsdecode(os.fsencode(runtime) + b"/" + request.param[:20]))
    inside.mkdir(mode=0o700)
    home = Home(tmp_path / os.fsdecode(request.param), inside)
    yield home
    home.run("engine", "stop", engine=True)
    shutil.rmtree(runtime)


def test_every_command_works_there(home: Home) -> None:
    with in_background(Pop3Server().open()) as server:
        server.add(letter("Budget"))
        write_post(home, server.port)
        home.run("sync", engine=True)
        [found] = home.objects("search", "budget", engine=True)
        assert b"Subject: Budget" in home.run("show", "--raw", found["id"], engine=True)
        home.run("archive", found["id"], engine=True)
        home.run("send", "--at", "+2h", stdin=letter("Out", sender="anna@example.org"))
        home.run("doctor", engine=True)
        assert [row["mailbox"] for row in home.objects("search", "budget")] == ["Archive"]
        journal = home.paths.account_data(POST) / "journal.db"
        home.run("engine", "stop", engine=True)
        journal.write_bytes(b"")
        home.run("doctor", "--restore", engine=True)
        assert [row["state"] for row in home.objects("outbox")] == ["unknown"]
