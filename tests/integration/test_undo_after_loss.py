"""Undo is exact, also after it reached the server and the cache is gone."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.cli_program import add_account, done, found, letter
from tests.integration.engine_process import engine_pid, kill_engine, no_engine_left
from tests.servers.mail_user import MailUser
from tests.servers.plain_imap import Letter
from tuimail.config.paths import Paths
from tuimail.model.mail import AccountName

EARLIER = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


def _without_uids(letters: Counter[Letter]) -> Counter[tuple[object, ...]]:
    """A move back gives new UIDs; all else has to be as it was."""
    return Counter(
        (letter.mailbox, letter.flags, letter.received, letter.sha256)
        for letter in letters.elements()
    )


@pytest.fixture
def user(mail_user: MailUser) -> MailUser:
    """200 letters: some seen, some flagged, some with keywords, each of another hour."""
    for number in range(200):
        flags = ("S" if number % 3 == 0 else "") + ("F" if number % 7 == 0 else "")
        received = EARLIER + timedelta(hours=number)
        mail_user.deliver(letter(number), flags=flags, received=received)
    with mail_user.imap() as other:
        other.select("INBOX")
        other.uid("STORE", "1:50", "+FLAGS", "(project-x $Forwarded)")
    add_account(mail_user)
    done("sync")
    return mail_user


def test_two_hundred_archived_come_back_after_the_cache_was_deleted(user: MailUser) -> None:
    before = user.letters()
    ids = [message["id"] for message in found("--limit", "1000", "in:INBOX")]
    assert len(ids) == 200
    done("archive", *ids)
    done("sync")
    archived = user.letters()
    assert {letter.mailbox for letter in archived} == {"Archive"}
    if engine_pid() is not None:
        kill_engine()
    shutil.rmtree(Paths.from_environment().account_cache(AccountName("work")))
    done("undo")
    done("sync")
    assert _without_uids(user.letters()) == _without_uids(before)
    assert done("pending", "--json").objects == []
    shown = found("--limit", "1000", "in:INBOX")
    assert len(shown) == 200
    assert sum("project-x" in message["flags"] for message in shown) == 50


def test_marking_read_is_undone_only_where_it_changed_something(user: MailUser) -> None:
    before = user.letters()
    ids = [message["id"] for message in found("--limit", "1000", "in:INBOX")]
    done("flag", *ids, "+seen")
    done("sync")
    assert all(r"\Seen" in letter.flags for letter in user.letters())
    done("undo")
    done("sync")
    assert user.letters() == before


def test_a_long_chain_offline_arrives_once(user: MailUser) -> None:
    """Flags, moves there and back, an undo: all recorded before the server hears of any."""
    off = {"TUIMAIL_ENGINE": "off"}
    first, second, third, *_ = [message["id"] for message in found("in:INBOX")]
    done("flag", first, "+flagged", environment=off)
    done("move", first, second, "Plans", environment=off)
    done("archive", first, environment=off)
    done("delete", third, environment=off)
    done("undo", environment=off)
    before = user.letters()
    done("sync")
    after = user.letters()
    assert sum(after.values()) == sum(before.values())
    assert Counter(letter.mailbox for letter in after) == {"INBOX": 198, "Plans": 1, "Archive": 1}
    [flagged] = [letter for letter in after if letter.mailbox == "Archive"]
    assert r"\Flagged" in flagged.flags
