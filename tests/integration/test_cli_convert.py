"""`account convert` on a real server: IMAP, POP3, and back, with no message less or more."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from tests.benchmarks.terminal import Terminal
from tests.integration.cli_program import Ended, add_account, done, found, letter, tuimail
from tests.integration.engine_process import no_engine_left
from tests.integration.pop3_accounts import add_pop3_account, local_hashes, mail_folder
from tests.integration.pop3_accounts import server_hashes as on_server
from tests.integration.pop3_victim import drain_to_the_end, end_engine, start_engine
from tests.servers.mail_user import MailUser
from tests.servers.proxy import Direction, Fault, Kind, Proxy
from tuimail.config.load import load_accounts
from tuimail.config.paths import Paths
from tuimail.model.mail import AccountName

WORK = AccountName("work")
DIED = 137
PATIENCE = 20.0
MAILBOXES = ("INBOX", "Sent", "Archive", "Lists/python", "Entw&APw-rfe")
Kept = tuple[str, frozenset[str], str, str]


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


def fill(user: MailUser, count: int = 20) -> None:
    """Letters of several days in all mailboxes, some read, some of them twins."""
    for number in range(count):
        mailbox = MAILBOXES[number % len(MAILBOXES)]
        received = datetime(2024, 1, 1 + number % 28, 12, number % 60, tzinfo=UTC)
        flags = ("", "S", "FS", "RS")[number % 4]
        for _ in range(2 if number % 7 == 0 else 1):
            user.deliver(letter(number, "x" * 3000), mailbox, flags=flags, received=received)
    user.deliver(letter(0, "x" * 3000), "Archive", flags="S")


def to_pop3(user: MailUser, days: str = "0") -> tuple[str, ...]:
    port = str(user.server.pop3)
    server = ("--host", "localhost", "--port", port, "--security", "none")
    return ("account", "convert", "work", "pop3", *server, "--delete-after-days", days)


def to_imap(user: MailUser, port: int | None = None) -> tuple[str, ...]:
    number = str(port or user.server.imap)
    server = ("--host", "localhost", "--port", number, "--security", "none")
    return ("account", "convert", "work", "imap", *server)


def kept(user: MailUser) -> Counter[Kept]:
    """All that a message must keep wherever it goes."""
    return Counter(
        (each.mailbox, each.flags, each.received, each.sha256) for each in user.letters().elements()
    )


def protocol() -> str:
    [account] = load_accounts(Paths.from_environment())
    return account.protocol


def test_there_and_back_each_message_is_what_it_was(mail_user: MailUser) -> None:
    fill(mail_user)
    before = kept(mail_user)
    add_account(mail_user)
    done("sync")
    [said] = done(*to_pop3(mail_user), "--json").objects
    assert (said["protocol"], said["messages"]) == ("pop3", before.total())
    assert local_hashes() == Counter(each[-1] for each in before.elements())
    assert kept(mail_user) == before
    done("sync")
    assert local_hashes() == Counter(each[-1] for each in before.elements())
    assert not [each for each in mail_user.letters() if each.mailbox == "INBOX"]
    [said] = done(*to_imap(mail_user), "--json").objects
    assert (said["protocol"], said["messages"]) == ("imap", before.total())
    assert kept(mail_user) == before
    done("sync")
    assert len(found("account:work")) == before.total()
    assert local_hashes() == Counter(each[-1] for each in before.elements())


def test_what_the_server_still_holds_comes_once(mail_user: MailUser) -> None:
    for number in (1, 2, 2, 3):
        mail_user.deliver(letter(number))
    add_account(mail_user)
    before = on_server(mail_user)
    done(*to_pop3(mail_user, "never"))
    done("sync")
    done("sync")
    mail_user.deliver(letter(4))
    done("sync")
    assert local_hashes() == on_server(mail_user)
    assert local_hashes().total() == before.total() + 1
    [third] = [each["id"] for each in found("subject:Budget") if each["subject"] == "Budget 3"]
    done("archive", third)
    done("flag", found("subject:4")[0]["id"], "+flagged")
    done("sync")
    done(*to_imap(mail_user))
    assert on_server(mail_user) == local_hashes()
    letters = mail_user.letters()
    assert [each.mailbox for each in letters if each.mailbox != "INBOX"] == ["Archive"]
    assert sum("\\Flagged" in each.flags for each in letters) == 1


async def test_a_first_drain_that_dies_doubles_nothing(mail_user: MailUser) -> None:
    fill(mail_user)
    before = on_server(mail_user)
    add_account(mail_user)
    done(*to_pop3(mail_user))
    mail_user.deliver(letter(99))
    process = await start_engine("before_store")
    try:
        assert await process.wait() == DIED
    finally:
        await end_engine(process)
    await drain_to_the_end()
    assert local_hashes() == before + hash_of(letter(99))


def hash_of(raw: bytes) -> Counter[str]:
    return Counter([sha256(raw).hexdigest()])


@pytest.mark.parametrize(
    "failpoint",
    [
        "after_convert_delivery",
        "after_convert_delivery:3",
        "before_convert_switch",
        "in_convert_switch",
    ],
)
def test_dying_on_the_way_to_pop3_loses_and_doubles_nothing(
    mail_user: MailUser, failpoint: str
) -> None:
    fill(mail_user)
    before = kept(mail_user)
    add_account(mail_user)
    ended = tuimail(*to_pop3(mail_user), environment={"TUIMAIL_FAIL": failpoint})
    assert (ended.status, protocol()) == (DIED, "imap")
    done("sync")
    assert len(found("account:work")) == before.total()
    done(*to_pop3(mail_user))
    done("sync")
    assert local_hashes() == Counter(each[-1] for each in before.elements())


@pytest.mark.parametrize(
    "failpoint", ["after_convert_append", "after_convert_append:9", "in_convert_switch"]
)
def test_dying_on_the_way_to_imap_loses_and_doubles_nothing(
    mail_user: MailUser, failpoint: str
) -> None:
    fill(mail_user)
    before = kept(mail_user)
    add_account(mail_user)
    done(*to_pop3(mail_user))
    done("sync")
    empty(mail_user)
    ended = tuimail(*to_imap(mail_user), environment={"TUIMAIL_FAIL": failpoint})
    assert (ended.status, protocol()) == (DIED, "pop3")
    done(*to_imap(mail_user))
    assert kept(mail_user) == before


def empty(user: MailUser) -> None:
    """As if all of it had never been anywhere but here."""
    user.server.doveadm("expunge", "-u", user.name, "mailbox", "*", "all")


async def killed_after(arguments: tuple[str, ...], proxy: Proxy, way: Direction, at: int) -> bool:
    """kill -9 as soon as so many more bytes have passed; False if it ended before."""
    proxy.plan(Fault(Kind.STALL, way, proxy.passed[way] + at))
    limit = proxy.passed[way] + at
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tuimail", *arguments),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(30):
            while process.returncode is None and proxy.passed[way] < limit:  # noqa: ASYNC110 (a proxy tells nobody)
                await asyncio.sleep(0.002)
        await asyncio.sleep(0.02)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await proxy.cut()
        proxy.plan()
    return process.returncode == -signal.SIGKILL


async def deaths_there_and_back(user: MailUser, seed: str, count: int) -> Counter[str]:
    """How often it was struck on each way, with `count` tries each.

    A first try has 250 kB to carry, a later one what is left and 30 kB of lists.
    """
    chance = random.Random(seed)
    fill(user, 60)
    before = kept(user)
    hashes = Counter(each[-1] for each in before.elements())
    struck: Counter[str] = Counter()
    async with Proxy(user.host, user.server.imap) as proxy:
        add_account(user, port=proxy.port)
        for _ in range(count):
            way, at = Direction.TO_CLIENT, chance.randrange(2_000, max(40_000, 500_000 // count))
            struck["pop3"] += await killed_after(to_pop3(user), proxy, way, at)
            assert not local_hashes() - hashes
            assert kept(user) == before
        await asyncio.to_thread(done, *to_pop3(user))
        await asyncio.to_thread(done, "sync")
        assert local_hashes() == hashes
        empty(user)
        for _ in range(count):
            way, at = Direction.TO_SERVER, chance.randrange(1_000, 500_000 // count)
            struck["imap"] += await killed_after(to_imap(user, proxy.port), proxy, way, at)
            assert not on_server(user) - hashes
            assert local_hashes() == hashes
        await asyncio.to_thread(done, *to_imap(user, proxy.port))
    assert kept(user) == before
    return struck


async def test_killed_at_random_there_and_back(mail_user: MailUser) -> None:
    struck = await deaths_there_and_back(mail_user, "short", 5)
    assert min(struck["pop3"], struck["imap"]) >= 3, struck


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_killed_many_times_there_and_back(mail_user: MailUser) -> None:
    struck = await deaths_there_and_back(mail_user, "long", 50)
    assert min(struck["pop3"], struck["imap"]) >= 30, struck


@pytest.mark.parametrize("way", [Direction.TO_SERVER, Direction.TO_CLIENT])
async def test_a_line_that_breaks_again_and_again_loses_and_doubles_nothing(
    mail_user: MailUser, way: Direction
) -> None:
    fill(mail_user)
    before = kept(mail_user)
    add_account(mail_user)
    done(*to_pop3(mail_user))
    done("sync")
    empty(mail_user)
    for at in (2_000, 20_000, 60_000):
        async with Proxy(mail_user.host, mail_user.server.imap) as proxy:
            proxy.plan(Fault(Kind.CUT, way, at))
            ended = await asyncio.to_thread(tuimail, *to_imap(mail_user, proxy.port))
        assert ended.status in {0, 75}, ended.err
        assert not on_server(mail_user) - local_hashes()
    await asyncio.to_thread(done, *to_imap(mail_user))
    assert kept(mail_user) == before


def test_mail_of_an_earlier_time_by_pop3_does_not_come_back(mail_user: MailUser) -> None:
    mail_user.deliver(letter(1))
    mail_user.deliver(letter(2))
    add_pop3_account(mail_user)
    done("sync")
    done(*to_imap(mail_user))
    done("sync")
    [first] = found("subject:1")
    done("delete", first["id"])
    done("sync")
    before = on_server(mail_user)
    done(*to_pop3(mail_user))
    done("sync")
    assert local_hashes() == before
    aside = mail_folder().with_name("work~1")
    assert len(list(aside.glob("[cn]*/*"))) == 2


def test_the_old_settings_stay_beside_the_new_ones(mail_user: MailUser) -> None:
    add_account(mail_user)
    file = Paths.from_environment().account_file(WORK)
    before = file.read_bytes()
    [said] = done(*to_pop3(mail_user, "14"), "--json").objects
    old = file.with_name("work.toml.before-convert-1")
    assert (old.read_bytes(), said["old_settings"]) == (before, str(old))
    assert old.stat().st_mode & 0o777 == file.stat().st_mode & 0o777 == 0o600
    [account] = load_accounts(Paths.from_environment())
    assert account.pop3.delete_after_days == 14
    assert account.folders.sent == "Sent"
    assert done(*to_pop3(mail_user)).text == "work is a POP3 account already\n"


def refused(ended: Ended, status: int, words: str) -> bool:
    return (
        ended.status == status
        and words in ended.err
        and ended.err.count("\n") == 1
        and protocol() == "imap"
    )


def test_what_cannot_be_done_is_said_in_one_sentence(mail_user: MailUser) -> None:
    mail_user.deliver(letter(1))
    add_account(mail_user)
    done("sync")
    whole = to_pop3(mail_user)
    assert refused(tuimail(*whole[:4]), 2, "--host")
    assert refused(tuimail(*whole[:-2]), 2, "--delete-after-days")
    assert refused(tuimail(*whole[:-1], "soon"), 2, "a number of days")
    assert refused(tuimail(*whole, "--port", "1"), 75, "refused the connection")
    [message] = found("account:work")
    done("flag", message["id"], "+flagged", environment={"TUIMAIL_ENGINE": "off"})
    done("engine", "stop")
    assert refused(tuimail(*whole), 1, "1 changes are not on the server yet")


@contextmanager
def watching() -> Iterator[None]:
    """A program that stays attached to the engine."""
    process = subprocess.Popen([sys.executable, "-m", "tuimail", "sync", "--watch"])
    try:
        end = time.monotonic() + 20
        while not [each for each in done("engine", "status", "--json").objects if each["running"]]:
            assert time.monotonic() < end
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


def test_a_program_that_is_open_is_not_left_without_an_engine(mail_user: MailUser) -> None:
    add_account(mail_user)
    with watching():
        assert refused(tuimail(*to_pop3(mail_user)), 1, "open elsewhere")


def test_at_a_terminal_it_asks_for_what_no_option_says(mail_user: MailUser) -> None:
    fill(mail_user)
    add_account(mail_user)
    port = str(mail_user.server.pop3)
    command = [sys.executable, "-m", "tuimail", "account", "convert", "work", "pop3"]
    with Terminal([*command, "--port", port], {**os.environ, "TERM": "xterm"}) as terminal:
        terminal.wait_for(r"POP3 server \[localhost\]", PATIENCE)
        terminal.write("\n")
        terminal.wait_for(r"or never\) \[14\]", PATIENCE)
        terminal.write("never\n")
        assert terminal.process.wait(PATIENCE) == 0
        terminal.settle()
        assert "work works by POP3 now: 24 messages are here" in terminal.text()
    [account] = load_accounts(Paths.from_environment())
    assert account.pop3.delete_after_days is None


def test_at_a_terminal_a_certificate_may_be_trusted(mail_user: MailUser) -> None:
    mail_user.deliver(letter(1))
    add_account(mail_user, trusted=False)
    done("sync")
    port = str(mail_user.server.pop3s)
    words = ("account", "convert", "work", "pop3", "--host", "localhost", "--port", port)
    options = ("--security", "tls", "--delete-after-days", "never")
    refused = tuimail(*words, *options)
    fingerprint = mail_user.server.certificates.fingerprint
    assert refused.status == 1
    assert fingerprint in refused.err
    command = [sys.executable, "-m", "tuimail", *words, *options]
    with Terminal(command, {**os.environ, "TERM": "xterm"}) as terminal:
        terminal.wait_for("Trust this certificate for POP at localhost", PATIENCE)
        assert fingerprint in map(str.rstrip, terminal.text().splitlines())
        terminal.write("yes\n")
        assert terminal.process.wait(PATIENCE) == 0
    [account] = load_accounts(Paths.from_environment())
    assert (account.protocol, account.incoming.fingerprint) == ("pop3", fingerprint)
