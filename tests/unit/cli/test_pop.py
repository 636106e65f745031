"""`tuimail pop`: what is on the server, until when, and what is said to stay."""

import argparse
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.store.worlds import World, delivery
from tuimail.cli.failure import Exit, Failure
from tuimail.cli.output import Output
from tuimail.cli.pop import pop
from tuimail.cli.run import Run
from tuimail.config.paths import Paths
from tuimail.config.save import replace_account, save_account
from tuimail.config.schema import AccountConfig, Pop3Config, ServerConfig
from tuimail.model.mail import KEPT, AccountName
from tuimail.model.uid import uid_of
from tuimail.store.maildrop import Drop
from tuimail.store.maildrop_trouble import Trouble
from tuimail.store.store import AccountFolders, Store

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WORK, HOME = AccountName("work"), AccountName("home")


def account(name: AccountName, protocol: Any = "pop3", **pop3: Any) -> None:
    server = ServerConfig(host="localhost", username="anna", password="x")
    made = AccountConfig(
        name, f"{name}@example.org", server, protocol=protocol, pop3=Pop3Config(**pop3)
    )
    paths = Paths.from_environment()
    if paths.account_file(name).exists():
        replace_account(paths, made)
    else:
        save_account(paths, made)


def store(name: AccountName = WORK) -> Store:
    paths = Paths.from_environment()
    folders = AccountFolders(paths.account_data(name), paths.account_cache(name))
    return Store(name, folders, writer=True)


def drop(uidl: str, days: int = 0, **more: Any) -> Drop:
    size = 100 + len(uidl)
    return Drop(uidl, uidl.encode(), f"P{uidl}.tuimail", size, NOW - DAY * days, **more)


@pytest.fixture
def ids(tmp_path: Path) -> dict[str, str]:
    """The account "work", with messages on its server and here; their ids by UIDL."""
    account(WORK, delete_after_days=14)
    paths = Paths.from_environment()
    world = World(tmp_path)
    world.store.close()
    world.folders = AccountFolders(paths.account_data(WORK), paths.account_cache(WORK))
    world.store = world.open()
    world.list_mailboxes()
    drops = [
        drop("first", 3),
        drop("second", 2),
        drop("gone", 9, absent=NOW),
        drop("done", 9, deleted=NOW),
        drop("large", 1, here=False),
    ]
    world.store.maildrop.store(drops, [])
    keys = world.hold([delivery(uid_of(each.name), each.uidl) for each in drops])
    found: dict[str, str] = {each.envelope.subject: each.id for each in world.store.messages(keys)}
    world.store.close()
    return found


def run(action: str, *names: str, as_json: bool = False, quiet: bool = False) -> Run:
    arguments = argparse.Namespace(
        action=action, name=names[0] if names else None, names=list(names)
    )
    output = Output(as_json=as_json, quiet=quiet)
    return Run(arguments, output, Paths.from_environment(), clock=lambda: NOW)


async def rows(capfdbinary: pytest.CaptureFixture[bytes], *names: str) -> list[dict[str, Any]]:
    capfdbinary.readouterr()
    assert await pop(run("plan", *names, as_json=True)) is Exit.DONE
    return [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]


async def test_the_plan_has_what_is_there_and_no_more(
    ids: dict[str, str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert ids
    first, second, large = await rows(capfdbinary)
    assert first == {
        "account": "work",
        "uidl": "first",
        "first_seen": (NOW - 3 * DAY).isoformat(),
        "size": 105,
        "delete_on": (NOW + 11 * DAY).isoformat(),
        "reason": "14 days after it was first seen",
    }
    assert second["uidl"] == "second"
    assert large["delete_on"] is None
    assert large["reason"] == "larger than max_size: it is on the server only"


async def test_the_plan_names_what_could_not_be_had(
    ids: dict[str, str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert ids
    lost: dict[str, Any] = {"broke": True, "reason": "lost", "next_try": NOW}
    with closing(store()) as opened:
        opened.maildrop_trouble.note(
            [
                Trouble("large", 7, NOW, NOW, 3, **lost),
                Trouble("never", 8, NOW - DAY, NOW, 3, **lost),
            ]
        )
    found = {each["uidl"]: each for each in await rows(capfdbinary, "work")}
    assert list(found) == ["first", "second", "large", "never"]
    assert found["large"]["reason"] == "it could not be had: lost: it is on the server only"
    assert found["never"] == {
        "account": "work",
        "uidl": "never",
        "first_seen": (NOW - DAY).isoformat(),
        "size": 8,
        "delete_on": None,
        "reason": "it could not be had: lost",
    }


async def test_what_could_not_be_had_takes_room_on_the_server(
    ids: dict[str, str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """first, second and large have 105, 106 and 105 bytes."""
    assert ids
    account(WORK, delete_after_days=None, keep_server_below=400)
    assert [each["delete_on"] for each in await rows(capfdbinary)] == [None, None, None]
    with closing(store()) as opened:
        trouble = Trouble("never", 84, NOW, NOW, 3, broke=True, reason="lost", next_try=NOW)
        opened.maildrop_trouble.note([trouble])
    first, *others = await rows(capfdbinary)
    assert first["delete_on"] == NOW.isoformat()
    assert [each["delete_on"] for each in others] == [None, None, None]


async def test_days_that_no_visit_saw_pass_do_not_count(
    ids: dict[str, str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert ids
    with closing(store()) as opened:
        peak = (NOW - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        opened.maildrop_trouble.remember({"passed": DAY // timedelta(microseconds=1)})
        opened.maildrop_trouble.remember({"peak": peak, "sure": 0})
        opened.maildrop.store([drop("first", 3, seen_at=timedelta(0))], [])
    first, *_ = await rows(capfdbinary)
    assert first["delete_on"] == (NOW + 13 * DAY).isoformat()


async def test_the_plan_is_a_table_or_a_sentence_or_nothing(
    ids: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert ids
    assert await pop(run("plan")) is Exit.DONE
    head, *shown = capfd.readouterr().out.splitlines()
    assert head.split("  ")[0] == "ACCOUNT"
    assert [line.split()[1] for line in shown] == ["first", "second", "large"]
    assert f"{NOW + 11 * DAY:%Y-%m-%d}" in shown[0]
    assert " never " in shown[2]
    with closing(store()) as opened:
        opened.maildrop.begin_anew([])
    assert await pop(run("plan")) is Exit.DONE
    assert capfd.readouterr().out == ("Nothing that is stored here is on a POP3 server any more\n")
    assert await pop(run("plan", quiet=True)) is Exit.DONE
    assert await pop(run("plan", as_json=True)) is Exit.DONE
    assert capfd.readouterr().out == ""


async def test_messages_are_kept_and_released_by_id_and_by_uidl(
    ids: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert await pop(run("keep", ids["first"], "large")) is Exit.DONE
    assert capfd.readouterr().out == "2 messages: stays on the server\n"
    with closing(store()) as opened:
        assert {each.uidl for each in opened.maildrop.drops() if each.kept} == {"first", "large"}
        key = opened.resolve(ids["first"])
        assert key is not None
        assert KEPT in opened.messages([key])[0].flags
    assert await pop(run("release", "first")) is Exit.DONE
    assert capfd.readouterr().out == ("1 message: leaves the server as its settings say\n")
    with closing(store()) as opened:
        assert {each.uidl for each in opened.maildrop.drops() if each.kept} == {"large"}


@pytest.mark.parametrize("wrong", ["nonsense", "gone", "done", "work:nonsense"])
async def test_one_that_is_not_there_changes_nothing(ids: dict[str, str], wrong: str) -> None:
    with pytest.raises(Failure, match=f"no POP3 server has the message {wrong}; nothing was"):
        await pop(run("keep", ids["first"], wrong))
    with closing(store()) as opened:
        assert not any(each.kept for each in opened.maildrop.drops())
    with pytest.raises(Failure, match="no POP3 server has"):
        await pop(run("keep", ids["gone"]))


async def test_only_a_pop3_account_has_a_plan(
    ids: dict[str, str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert ids
    account(HOME, "imap")
    assert len(await rows(capfdbinary)) == 3
    with pytest.raises(Failure, match="home is no POP3 account"):
        await pop(run("plan", "home"))
    with pytest.raises(Failure, match='no account "nobody"'):
        await pop(run("plan", "nobody"))


async def test_without_a_pop3_account_a_sentence_says_so() -> None:
    account(HOME, "imap")
    for action in ("plan", "keep"):
        with pytest.raises(Failure, match="there is no POP3 account") as failure:
            await pop(run(action, *(["x"] if action == "keep" else [])))
        assert failure.value.status is Exit.USAGE
    with pytest.raises(Failure, match="pop keep needs ids"):
        await pop(run("keep"))
