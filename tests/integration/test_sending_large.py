"""Large letters: whole, once, in bounded memory; and what is too large for a server."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.cli_program import Ended, add_account, done, tuimail
from tests.integration.engine_process import engine_pid, no_engine_left
from tests.integration.pop3_accounts import add_pop3_account, local_hashes, server_hashes
from tests.integration.test_sending import offline_account, sends_to, state_of
from tests.servers.mail_user import MailUser
from tests.servers.smtp_sink import smtp_sink
from tuimail.config.paths import Paths
from tuimail.model.mail import AccountName

MEGABYTE = 1_000_000
LINE = b"QUJD" * 18 + b"\r\n"
SIZES = [3 * MEGABYTE, pytest.param(60 * MEGABYTE, marks=pytest.mark.long)]
# What an engine has in memory that sends nothing, and what a letter of so much may add.
AT_REST = 60 * MEGABYTE
TIMES = 2


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


def letter_of(size: int, sender: str) -> bytes:
    head = (
        f"From: {sender}\r\nTo: bert@example.net\r\nSubject: Large\r\n"
        "Date: Fri, 17 May 2024 12:00:00 +0000\r\nMessage-ID: <large@example.org>\r\n\r\n"
    )
    return head.encode() + LINE * (size // len(LINE))


async def send(content: bytes) -> Ended:
    return await asyncio.to_thread(tuimail, "send", "--wait", stdin=content)


def most_memory() -> int:
    """Of the engine, so far."""
    pid = engine_pid()
    assert pid is not None
    status = Path(f"/proc/{pid}/status").read_text()
    [peak] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(peak) * 1024


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def copies_there(user: MailUser) -> Counter[str]:
    return server_hashes(user)


def copies_here(_: MailUser) -> Counter[str]:
    return local_hashes()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("add", "copies"), [(add_account, copies_there), (add_pop3_account, copies_here)]
)
async def test_a_large_letter_arrives_as_it_is_and_is_in_sent_once(
    mail_user: MailUser,
    add: Callable[[MailUser], object],
    copies: Callable[[MailUser], Counter[str]],
    size: int,
) -> None:
    add(mail_user)
    async with smtp_sink() as sink:
        address = sends_to(sink.port, AccountName("work")).email
        content = letter_of(size, address)
        ended = await send(content)
        assert (ended.status, ended.err) == (0, "")
        assert [each.content for each in sink.letters] == [content]
    await asyncio.to_thread(done, "sync")
    print(f"{size / MEGABYTE:.0f} MB: {most_memory() / MEGABYTE:.0f} MB in the engine at most")
    assert most_memory() < AT_REST + TIMES * size
    assert copies(mail_user) == Counter([digest(content)])


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_too_large_for_the_server_is_said_before_it_is_sent(size: int) -> None:
    async with smtp_sink(size=size // 2) as sink:
        address = offline_account(sink.port)
        ended = await send(letter_of(size, address))
        assert ended.status == 1
        assert f"takes {size / 2 / MEGABYTE:.1f} MB at most" in ended.err
        assert len(ended.err.splitlines()) == 1
        assert b"DATA" not in sink.heard
        assert len(sink.heard) < 1000
    assert await state_of() == "refused"
    outgoing = Paths.from_environment().account_data(AccountName("work")) / "outgoing"
    assert [file.stat().st_size >= size - len(LINE) for file in outgoing.iterdir()] == [True]
