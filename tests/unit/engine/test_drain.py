"""Draining a maildrop: nothing lost, nothing doubled, whatever the server does (P1-P4, P6)."""

import asyncio
import errno
import os
import stat
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders import letter
from tests.servers.pop3_server import PASSWORD, Letter, Pop3Server, Quits, Uidls
from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.maildir.backend import MaildirBackend
from tuimail.backend.maildir.maildir import Maildir
from tuimail.backend.pop3 import session
from tuimail.backend.pop3.opening import open_session
from tuimail.backend.pop3.session import Pop3Session
from tuimail.backend.server import Patience, Server
from tuimail.engine.disk import Disk
from tuimail.engine.drain import Drain, Pop3Access
from tuimail.engine.leaving import Rules, note_removed
from tuimail.engine.link import Link
from tuimail.engine.stamps import received_at
from tuimail.mime.worker import Parser
from tuimail.model.mail import INBOX, SEEN, AccountName, MailboxName, MessageKey
from tuimail.model.operation import Copy, Expunge, Move, StoreFlags
from tuimail.model.sync import ServerId
from tuimail.model.uid import uid_of
from tuimail.store.maildrop import Drop
from tuimail.store.store import AccountFolders, Store, StoreError

WORK = AccountName("work")
QUICK = Patience(silence=1.0, handshake=1.0, opening=1.0)
DOTS = b"Subject: dots\r\n\r\n.\r\n..\r\n.one\r\n\r\n.\r\n"
BARE = b"Subject: bare\r\n\r\none\ntwo\rthree\r\n"


@dataclass
class Machine:
    """One account's store and Maildir, and a clock that can be put forward."""

    folder: Path
    server: Pop3Server
    days: int | None = 0
    below: int | None = None
    with_local: bool = False
    max_size: int | None = None
    ahead: timedelta = timedelta(0)
    password: str = PASSWORD
    maildir: Maildir = field(init=False)
    placeholders: Maildir = field(init=False)

    def __post_init__(self) -> None:
        self.maildir = Maildir(self.folder / "mail")
        self.maildir.make()
        self.placeholders = Maildir(self.folder / "placeholders")
        folders = AccountFolders(self.folder / "data", self.folder / "cache")
        self.disk = Disk(lambda: Store(WORK, folders, writer=True), "store")
        self.link = Link(
            WORK,
            MaildirBackend(self.maildir),
            self.disk,
            Parser(),
            lambda event: None,
            lambda: datetime.now(UTC) + self.ahead,
        )

    async def drain(self, *asked: int) -> list[str]:
        access = Pop3Access(
            self.open_session,
            self.maildir,
            self.placeholders,
            Rules(self.days, self.below, self.with_local),
            self.max_size,
        )
        return await Drain(self.link, access, asked).run()

    async def open_session(self) -> Pop3Session:
        async def secret() -> str:
            return self.password

        settings = Server("localhost", self.server.port, "none", "anna")
        return await open_session(settings, secret, QUICK)

    async def close(self) -> None:
        await self.disk.close()
        await self.link.parser.close()

    @property
    def contents(self) -> list[bytes]:
        """What another program finds."""
        found = []
        for folder in self.maildir.mailboxes().values():
            for file in self.maildir.files(folder).values():
                read = self.maildir.read(file)
                assert read is not None
                found.append(read[0])
        return sorted(found)

    async def drops(self) -> list[Drop]:
        return await self.disk(lambda store: store.maildrop.drops())


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    async with Pop3Server().open() as server:
        made = Machine(tmp_path, server)
        yield made
        await made.close()


LETTERS = [letter(f"No. {number}", "x" * 300 * number) for number in range(7)]


async def test_everything_comes_here_and_leaves_the_server(machine: Machine) -> None:
    machine.server.add(*LETTERS, DOTS, BARE, b"", b"no end")
    assert await machine.drain() == []
    # RFC 1939 3: a server ends the last line where the message does not.
    ended = [*LETTERS, DOTS, BARE, b"", b"no end\r\n"]
    assert machine.contents == sorted(ended)
    assert machine.server.letters == []


async def test_true_twins_are_both_kept(machine: Machine) -> None:
    machine.server.add(LETTERS[0], LETTERS[0], LETTERS[0])
    await machine.drain()
    assert machine.contents == [LETTERS[0]] * 3


async def test_never_leaves_everything_and_fetches_it_once(machine: Machine) -> None:
    machine.days = None
    machine.server.add(*LETTERS)
    for _ in range(3):
        assert await machine.drain() == []
    assert machine.server.heard["RETR"] == len(LETTERS)
    assert machine.server.heard["DELE"] == 0
    assert machine.contents == sorted(LETTERS)


async def test_days_are_counted_from_first_sight(machine: Machine) -> None:
    machine.days = 14
    machine.server.add(*LETTERS[:2])
    await machine.drain()
    machine.ahead = timedelta(days=10)
    machine.server.add(LETTERS[2])
    await machine.drain()
    assert len(machine.server.letters) == 3
    machine.ahead = timedelta(days=14, hours=1)
    await machine.drain()
    assert machine.server.contents == [LETTERS[2]]
    assert machine.contents == sorted(LETTERS[:3])
    assert machine.server.heard["RETR"] == 3


async def test_what_the_user_keeps_there_stays(machine: Machine) -> None:
    machine.days = 1
    machine.server.add(*LETTERS[:2])
    await machine.drain()
    kept = (await machine.drops())[0]
    await machine.disk(lambda store: store.maildrop.keep([kept.uidl], kept=True))
    machine.ahead = timedelta(days=2)
    await machine.drain()
    assert [each.uidl for each in machine.server.letters] == [kept.uidl]


async def test_the_oldest_leave_early_where_the_server_is_to_stay_below_a_size(
    machine: Machine,
) -> None:
    machine.days, machine.below = None, sum(map(len, LETTERS[4:])) + 1
    machine.server.add(*LETTERS)
    await machine.drain()
    assert machine.server.contents == sorted(LETTERS[4:])
    assert machine.contents == sorted(LETTERS)
    machine.server.add(letter("one more", "x" * len(LETTERS[4])))
    await machine.drain()
    assert LETTERS[4] not in machine.server.contents
    assert LETTERS[6] in machine.server.contents


async def test_what_is_kept_there_is_not_what_makes_room(machine: Machine) -> None:
    machine.days = None
    machine.server.add(*LETTERS[:3])
    await machine.drain()
    first = (await machine.drops())[0]
    await machine.disk(lambda store: store.maildrop.keep([first.uidl], kept=True))
    machine.below = len(LETTERS[0]) + 1
    await machine.drain()
    assert machine.server.contents == [LETTERS[0]]


async def delete_here(machine: Machine, content: bytes) -> str:
    """As the engine does it: noted first, then the file goes."""
    folder = machine.maildir.root / "new"
    (path,) = (each for each in folder.iterdir() if content.split(b"\r\n")[0] in each.read_bytes())
    await machine.disk(note_removed, [uid_of(path.name)], datetime.now(UTC))
    path.unlink()
    return path.name


async def test_what_was_deleted_here_for_good_is_deleted_there(machine: Machine) -> None:
    machine.days, machine.with_local = None, True
    machine.server.add(b"Subject: one\r\n\r\n", b"Subject: two\r\n\r\n")
    await machine.drain()
    await delete_here(machine, b"Subject: two\r\n\r\n")
    await machine.drain()
    assert machine.server.contents == [b"Subject: one\r\n\r\n"]
    assert machine.server.heard["RETR"] == 2


async def test_without_that_setting_it_stays_there_and_does_not_come_back(
    machine: Machine,
) -> None:
    machine.days = None
    machine.server.add(b"Subject: two\r\n\r\n")
    await machine.drain()
    await delete_here(machine, b"Subject: two\r\n\r\n")
    await machine.drain()
    assert machine.contents == []
    assert len(machine.server.letters) == 1


async def test_what_is_here_all_the_same_is_not_deleted_there(machine: Machine) -> None:
    """Noted as going, and then it did not go: the engine died, or somebody put it back."""
    machine.days, machine.with_local = None, True
    machine.server.add(b"Subject: two\r\n\r\n")
    await machine.drain()
    name = await delete_here(machine, b"Subject: two\r\n\r\n")
    (machine.maildir.root / "cur" / f"{name}:2,S").write_bytes(b"Subject: two\n\n")
    for minutes in (0, 2):
        machine.ahead = timedelta(minutes=minutes)
        await machine.drain()
        assert len(machine.server.letters) == 1
    assert [drop.removed for drop in await machine.drops()] == [None]


BIG = letter("big", "x" * 30_000)


async def placeholders(machine: Machine) -> dict[int, bytes]:
    held = machine.placeholders
    return {
        file.name.uid: file.path.read_bytes()
        for folder in (held.mailboxes().values() if held.exists() else ())
        for file in held.files(folder).values()
    }


async def test_what_is_too_large_stays_there_and_a_placeholder_stands_for_it(
    machine: Machine,
) -> None:
    machine.max_size = 20_000
    machine.server.add(*LETTERS, BIG, BIG)
    for _ in range(2):
        assert await machine.drain() == []
    assert machine.contents == sorted(LETTERS)
    assert machine.server.contents == [BIG, BIG]
    held = await placeholders(machine)
    assert len(held) == 2
    assert all(b"Subject: big" in each and b"xxx" not in each for each in held.values())
    assert machine.server.heard["TOP"] == 2
    assert not any(drop.here for drop in await machine.drops() if drop.on_server)


async def test_what_was_asked_for_comes_under_the_same_uid_and_leaves_the_server(
    machine: Machine,
) -> None:
    machine.max_size = 20_000
    machine.server.add(BIG, BIG)
    await machine.drain()
    first, second = await placeholders(machine)
    await machine.drain(first)
    assert machine.contents == [BIG]
    assert list(await placeholders(machine)) == [second]
    (file,) = machine.maildir.files(machine.maildir.root).values()
    assert file.name.uid == first
    assert machine.server.contents == [BIG]
    await machine.drain(second)
    assert machine.contents == [BIG, BIG]
    assert machine.server.letters == []


async def test_a_placeholder_gives_its_flags_and_its_mailbox_to_the_message(
    machine: Machine,
) -> None:
    machine.max_size = 20_000
    machine.server.add(BIG)
    await machine.drain()
    (uid,) = await placeholders(machine)
    backend = MaildirBackend(machine.maildir, placeholders=machine.placeholders)
    await backend.connect()
    key, there = MessageKey(1), {MessageKey(1): ServerId(1, uid)}
    await backend.perform(StoreFlags(INBOX, frozenset({key}), frozenset({SEEN})), there)
    archive = MailboxName("Archive")
    assert await backend.perform(Move(INBOX, frozenset({key}), archive), there) == there
    await machine.drain(uid)
    (name,) = (machine.maildir.root / ".Archive" / "cur").iterdir()
    assert name.name.endswith(":2,S")
    assert machine.contents == [BIG]
    assert await placeholders(machine) == {}


async def test_a_placeholder_can_be_deleted_and_not_be_copied(machine: Machine) -> None:
    machine.max_size = 20_000
    machine.server.add(BIG)
    await machine.drain()
    (uid,) = await placeholders(machine)
    backend = MaildirBackend(machine.maildir, placeholders=machine.placeholders)
    await backend.connect()
    key, there = MessageKey(1), {MessageKey(1): ServerId(1, uid)}
    copy = Copy(INBOX, (key,), (MessageKey(2),), MailboxName("Archive"))
    with pytest.raises(Refused, match="still on the server only"):
        await backend.perform(copy, there)
    await backend.perform(Expunge(INBOX, frozenset({key})), there)
    assert await placeholders(machine) == {}


async def test_a_limit_that_was_raised_brings_them_all(machine: Machine) -> None:
    machine.max_size = 20_000
    machine.server.add(BIG)
    await machine.drain()
    machine.max_size = None
    await machine.drain()
    assert machine.contents == [BIG]
    assert await placeholders(machine) == {}
    assert machine.server.letters == []


async def test_a_placeholder_of_what_left_the_server_goes(machine: Machine) -> None:
    machine.max_size = 20_000
    machine.server.add(BIG)
    await machine.drain()
    machine.server.letters.clear()
    await machine.drain()
    assert await placeholders(machine) == {}


@pytest.mark.parametrize("with_local", [False, True])
async def test_a_placeholder_that_was_deleted_does_not_come_back(
    machine: Machine, with_local: bool
) -> None:
    machine.max_size, machine.with_local = 20_000, with_local
    machine.server.add(BIG)
    await machine.drain()
    (uid,) = await placeholders(machine)
    await machine.disk(note_removed, [uid], datetime.now(UTC))
    (file,) = machine.placeholders.files(machine.placeholders.root).values()
    file.path.unlink()
    await machine.drain()
    assert await placeholders(machine) == {}
    assert len(machine.server.letters) == (0 if with_local else 1)


async def test_changing_uidls_double_no_placeholder(machine: Machine) -> None:
    machine.max_size = 20_000
    machine.server.uidls = Uidls.CHANGING
    machine.server.add(BIG, BIG, LETTERS[1])
    await machine.drain()
    before = await placeholders(machine)
    await machine.drain()
    assert await placeholders(machine) == before
    assert len(before) == 2
    assert BIG in machine.server.contents


async def test_a_large_message_that_is_here_is_known_again_under_another_uidl(
    machine: Machine,
) -> None:
    machine.days = None
    machine.server.uidls = Uidls.CHANGING
    machine.server.add(BIG)
    await machine.drain()
    machine.max_size = 20_000
    await machine.drain()
    assert machine.contents == [BIG]
    assert await placeholders(machine) == {}


@pytest.mark.parametrize("uidls", [Uidls.NONE, Uidls.TWINS])
async def test_without_uidls_large_ones_stay_and_are_named(machine: Machine, uidls: Uidls) -> None:
    machine.max_size = 20_000
    machine.server.uidls = uidls
    machine.server.add(BIG, LETTERS[0])
    assert "1 message stays" in " ".join(await machine.drain())
    assert machine.contents == [LETTERS[0]]
    assert BIG in machine.server.contents


async def test_a_server_without_top_gets_a_placeholder_that_tells_the_size(
    machine: Machine,
) -> None:
    machine.max_size = 20_000
    machine.server.tops = False
    machine.server.add(BIG)
    await machine.drain()
    (held,) = (await placeholders(machine)).values()
    assert held == b"Subject: A message of 31 kB\n\n"


async def test_a_maildir_that_is_away_is_not_taken_for_an_empty_one(machine: Machine) -> None:
    machine.maildir = Maildir(machine.maildir.root, machine.folder / "made")
    machine.server.add(*LETTERS[:2])
    machine.days = 14
    await machine.drain()
    away = machine.folder / "away"
    machine.maildir.root.rename(away)
    for remains in (False, True):
        if remains:
            machine.maildir.root.mkdir()
        machine.server.add(LETTERS[2])
        with pytest.raises(StoreError, match="is its disk mounted"):
            await machine.drain()
        assert not machine.maildir.root.exists() or not list(machine.maildir.root.iterdir())
    assert machine.server.sessions == 1
    machine.maildir.root.rmdir()
    away.rename(machine.maildir.root)
    await machine.drain()
    assert machine.server.heard["RETR"] == 4
    assert len(machine.contents) == 4


@pytest.mark.parametrize("quits", [Quits.REFUSED, Quits.SILENT_UNDONE])
async def test_without_an_answer_to_quit_it_is_deleted_again_and_not_fetched_again(
    machine: Machine, quits: Quits
) -> None:
    machine.server.add(*LETTERS)
    machine.server.quits = quits
    assert "did not confirm" in (await machine.drain())[0]
    assert all(drop.deleted is None for drop in await machine.drops())
    machine.server.quits = Quits.WELL
    assert await machine.drain() == []
    assert machine.server.heard["RETR"] == len(LETTERS)
    assert machine.server.letters == []
    assert machine.contents == sorted(LETTERS)


async def test_an_answer_that_was_lost_after_the_deed_loses_and_doubles_nothing(
    machine: Machine,
) -> None:
    machine.server.add(*LETTERS[:3])
    machine.server.quits = Quits.SILENT_DONE
    await machine.drain()
    machine.server.quits = Quits.WELL
    machine.server.add(*LETTERS[3:])
    await machine.drain()
    assert machine.contents == sorted(LETTERS)


async def test_a_server_that_lies_about_quit_doubles_nothing(machine: Machine) -> None:
    machine.server.add(*LETTERS)
    machine.server.quits = Quits.LYING
    await machine.drain()
    machine.server.quits = Quits.WELL
    await machine.drain()
    assert machine.contents == sorted(LETTERS)
    assert machine.server.letters == []


async def test_a_uidl_that_is_used_again_for_another_letter_hides_nothing(
    machine: Machine,
) -> None:
    first, second = b"Subject: one\r\n\r\nA\r\n", b"Subject: two\r\n\r\nB\r\n"
    machine.server.letters = [Letter(first, "same")]
    await machine.drain()
    machine.server.letters = [Letter(second, "same")]
    await machine.drain()
    assert machine.contents == sorted([first, second])


async def test_uidls_that_are_numbers_hide_and_double_nothing(machine: Machine) -> None:
    machine.days = None
    machine.server.uidls = Uidls.NUMBERS
    machine.server.add(*LETTERS)
    await machine.drain()
    del machine.server.letters[:2]
    await machine.drain()
    machine.days = 0
    await machine.drain()
    assert machine.contents == sorted(LETTERS)
    assert machine.server.letters == []


async def test_without_uidls_all_is_told_by_content(machine: Machine) -> None:
    machine.server.uidls = Uidls.NONE
    machine.server.add(*LETTERS, LETTERS[0])
    machine.server.quits = Quits.SILENT_UNDONE
    await machine.drain()
    assert machine.contents == sorted([*LETTERS, LETTERS[0]])
    machine.server.quits = Quits.WELL
    assert await machine.drain() == []
    assert machine.contents == sorted([*LETTERS, LETTERS[0]])
    assert machine.server.letters == []


async def test_without_uidls_days_are_refused_with_a_sentence(machine: Machine) -> None:
    machine.server.uidls = Uidls.NONE
    machine.days = 14
    machine.server.add(*LETTERS)
    for _ in range(2):
        (sentence,) = await machine.drain()
        assert "delete_after_days" in sentence
    assert machine.server.heard["DELE"] == 0
    assert machine.contents == sorted(LETTERS)


async def test_where_uidls_are_not_unique_nothing_is_deleted(machine: Machine) -> None:
    machine.server.uidls = Uidls.TWINS
    machine.server.add(*LETTERS, LETTERS[3])
    for _ in range(2):
        (sentence,) = await machine.drain()
        assert "same UIDL" in sentence
    assert machine.server.heard["DELE"] == 0
    assert machine.contents == sorted([*LETTERS, LETTERS[3]])


@pytest.mark.parametrize("days", [None, 14])
async def test_uidls_that_change_double_nothing_and_count_the_days(
    machine: Machine, days: int | None
) -> None:
    machine.days = days
    machine.server.uidls = Uidls.CHANGING
    machine.server.add(*LETTERS, LETTERS[0])
    for _ in range(3):
        await machine.drain()
    assert machine.contents == sorted([*LETTERS, LETTERS[0]])
    machine.ahead = timedelta(days=15)
    await machine.drain()
    assert len(machine.server.letters) == (len(LETTERS) + 1 if days is None else 0)
    assert machine.contents == sorted([*LETTERS, LETTERS[0]])


async def test_a_uidl_of_any_length_is_one(machine: Machine) -> None:
    machine.days = None
    machine.server.letters = [Letter(LETTERS[0], "x" * 300), Letter(LETTERS[1], "x" * 299 + "y")]
    for _ in range(2):
        await machine.drain()
    assert machine.server.heard["RETR"] == 2


@pytest.mark.parametrize("size", [0, 10, 1_000_000])
async def test_sizes_that_are_wrong_harm_nothing(machine: Machine, size: int) -> None:
    machine.server.letters = [Letter(each, str(n), size) for n, each in enumerate(LETTERS)]
    assert await machine.drain() == []
    assert machine.contents == sorted(LETTERS)


async def test_a_message_without_end_is_cut_off_and_nothing_is_deleted(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in (("SLACK", 1_000), ("UNFORESEEN", 20_000), ("UNFORESEEN_LATER", 40_000)):
        monkeypatch.setattr(session, name, size)
    machine.server.letters = [Letter(b"x" * 500_000 + b"\r\n", "1", 100)]
    for _ in range(5):
        with suppress(Unreachable):
            await machine.drain()
    assert machine.contents == []
    assert machine.server.heard["DELE"] == 0
    assert machine.server.heard["RETR"] == 3
    assert "far larger" in (await machine.drain())[0]


async def test_a_message_that_is_not_given_out_is_named_and_stays(machine: Machine) -> None:
    machine.server.add(*LETTERS)
    machine.server.letters[2].refused = True
    (sentence,) = await machine.drain()
    assert "not this one" in sentence
    assert machine.server.contents == [LETTERS[2]]
    assert len(machine.contents) == len(LETTERS) - 1


@pytest.mark.parametrize("capabilities", [None, (), ("USER",), ("UIDL", "SASL PLAIN")])
async def test_poor_servers_are_served_one_command_at_a_time(
    machine: Machine, capabilities: tuple[str, ...] | None
) -> None:
    machine.server.capabilities = capabilities
    machine.server.add(*LETTERS)
    assert await machine.drain() == []
    assert machine.contents == sorted(LETTERS)
    assert machine.server.letters == []


async def test_a_line_that_breaks_among_the_deletions_loses_and_doubles_nothing(
    machine: Machine,
) -> None:
    machine.server.add(*LETTERS)
    machine.server.cut_at_dele = 3
    with pytest.raises(Unreachable):
        await machine.drain()
    assert machine.server.contents == sorted(LETTERS)
    await machine.drain()
    assert machine.contents == sorted(LETTERS)
    assert machine.server.letters == []


class Faulty:
    """The nth call of a function of `os` on the Maildir fails, and all later ones."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, code: int, nth: int) -> None:
        self.struck = False
        self._left = nth
        real = getattr(os, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            on_files = isinstance(args[0], int) or "/mail/" in os.fspath(args[0])
            if on_files and (name != "open" or args[1] & os.O_EXCL):
                self._left -= 1
                if self._left < 0:
                    self.struck = True
                    raise OSError(code, os.strerror(code))
            return real(*args, **kwargs)

        monkeypatch.setattr(os, name, call)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("name", ["open", "write", "fsync", "link"])
async def test_a_disk_that_fails_at_any_call_deletes_nothing_and_is_named(
    machine: Machine, name: str, code: int
) -> None:
    machine.server.add(*LETTERS)
    for nth in range(100):
        with pytest.MonkeyPatch.context() as monkeypatch:
            fault = Faulty(monkeypatch, name, code, nth)
            if nth < (len(LETTERS) + (name == "fsync")):
                with pytest.raises(StoreError, match=f"stays on the server: {os.strerror(code)}"):
                    await machine.drain()
                assert machine.server.heard["DELE"] == 0
                assert list((machine.maildir.root / "tmp").iterdir()) == []
                if nth < len(LETTERS) - 1:
                    for path in (machine.maildir.root / "new").iterdir():
                        path.unlink()
            else:
                await machine.drain()
                assert not fault.struck
                break
    assert machine.contents == sorted(LETTERS)
    assert machine.server.letters == []


async def test_a_message_moved_by_another_program_after_a_crash_is_found(
    machine: Machine,
) -> None:
    """Stored, not committed: the engine died, and mutt read the message."""
    machine.days = None
    machine.server.add(LETTERS[0])
    await machine.drain()
    await machine.disk(lambda store: store.maildrop.listed([], datetime(2000, 1, 1, tzinfo=UTC)))
    await machine.disk(lambda store: store.maildrop.listed([], datetime.now(UTC)))
    assert await machine.drops() == []
    (new,) = (machine.maildir.root / "new").iterdir()
    archive = machine.maildir.make_mailbox(INBOX) / ".Archive"
    for each in ("tmp", "new", "cur"):
        (archive / each).mkdir(parents=True)
    new.rename(archive / "cur" / f"{new.name}:2,S")
    await machine.drain()
    assert machine.contents == [LETTERS[0]]


async def test_wrong_passwords_and_busy_maildrops_are_told_apart(machine: Machine) -> None:
    machine.password = "wrong"
    with pytest.raises(NotAuthorized):
        await machine.drain()
    machine.password = PASSWORD
    for answer in (b"-ERR [IN-USE] elsewhere", b"-ERR [SYS/TEMP] no", b"-ERR maildrop locked"):
        machine.server.login_answer = answer + b"\r\n"
        with pytest.raises(Unreachable):
            await machine.drain()
    machine.server.login_answer = b"-ERR [SYS/PERM] closed\r\n"
    with pytest.raises(Refused):
        await machine.drain()


async def test_files_are_for_the_owner_only(machine: Machine) -> None:
    machine.server.add(*LETTERS)
    await machine.drain()
    for path in machine.maildir.root.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


async def test_a_visit_that_is_cancelled_deletes_nothing(machine: Machine) -> None:
    machine.server.add(*LETTERS)
    for pause in (0.001, 0.003, 0.006, 0.01, 0.02):
        task = asyncio.create_task(machine.drain())
        await asyncio.sleep(pause)
        task.cancel()
        await asyncio.wait([task])
    await machine.drain()
    assert machine.contents == sorted(LETTERS)


def test_the_moment_of_delivery_is_what_the_last_server_says() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    received = (
        b"Received: from a\r\n\tby b; Mon, 01 Jun 2020 10:00:00 +0000\r\n"
        b"Date: Tue, 02 Jun 2015 10:00:00 +0000\r\n\r\nDate: later\r\n"
    )
    assert received_at(received, now) == datetime(2020, 6, 1, 10, tzinfo=UTC)
    dated = b"Subject: x\r\nDate: Tue, 02 Jun 2015 10:00:00 +0000\r\n\r\n"
    assert received_at(dated, now) == datetime(2015, 6, 2, 10, tzinfo=UTC)
    for hopeless in (b"", b"Date: x\r\n\r\n", b"Date: Mon, 01 Jun 2099 10:00:00 +0000\r\n\r\n"):
        assert received_at(hopeless, now) == now
