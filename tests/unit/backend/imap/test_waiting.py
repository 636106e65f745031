"""Hearing of news, and how many lines a server allows."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from tests.unit.backend.imap.evil_server import (
    QUICK,
    Peer,
    account,
    backend_for,
    closing,
    serving,
    settings_for,
)
from tuimail.backend.base import NotAuthorized, Unreachable
from tuimail.backend.imap import backend as backend_module
from tuimail.backend.imap import idle, lines
from tuimail.backend.imap.backend import ImapBackend
from tuimail.engine.tasks import first_of
from tuimail.model.mail import INBOX, MailboxName, MessageKey
from tuimail.model.operation import Move

IDLING = "IMAP4rev1 AUTH=PLAIN SASL-IR IDLE"

Idle = Callable[[Peer], Awaitable[None]]


async def serve(peer: Peer, on_idle: Idle, capabilities: str = IDLING) -> None:
    """A mailbox with three messages; `on_idle` begins behind IDLE's "+"."""
    await peer.greet(capabilities)
    while command := await peer.hear():
        if command.startswith(b"SELECT"):
            await peer.say("* 3 EXISTS", "* OK [UIDVALIDITY 7] x", "* OK [UIDNEXT 4] x", "{tag} OK")
        elif command == b"IDLE":
            tag = peer.tag
            await peer.say("+ idling")
            await on_idle(peer)
            assert await peer.line() in {b"DONE\r\n", b""}
            peer.tag = tag
            await peer.say("{tag} OK")
        else:
            await peer.say("{tag} OK")


def waiting(*on_idle: Idle) -> Callable[[Peer], Awaitable[None]]:
    """Each IDLE meets the next of `on_idle`."""
    left = list(on_idle)

    async def script(peer: Peer) -> None:
        async def next_idle(peer: Peer) -> None:
            await left.pop(0)(peer)

        await serve(peer, next_idle)

    return script


async def nothing(peer: Peer) -> None:
    pass


async def hang(peer: Peer) -> None:
    await peer.hang()


def saying(line: str) -> Idle:
    async def say(peer: Peer) -> None:
        await peer.say(line)

    return say


async def hear(backend: ImapBackend, times: int, within: float = 2) -> None:
    """Return when `tell` was called so often: the first time says that the server listens."""
    told = asyncio.Semaphore(0)

    async def count() -> None:
        for _ in range(times):
            await told.acquire()

    await asyncio.wait_for(first_of(backend.listen(INBOX, told.release), count()), within)


@pytest.mark.parametrize(
    "line", ["* 4 EXISTS", "* 2 EXPUNGE", "* 1 FETCH (FLAGS (\\Seen))", "* VANISHED 3"]
)
async def test_news_are_told(line: str) -> None:
    async with account(waiting(saying(line))) as backend:
        await hear(backend, 2)


async def test_once_it_listens_it_is_told_that_something_may_have_come_before() -> None:
    async with account(waiting(nothing, nothing)) as backend:
        await hear(backend, 1)
        with pytest.raises(TimeoutError):
            await hear(backend, 2, within=0.5)


async def test_what_is_said_between_two_idles_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "RENEW", 0.1)

    async def script(peer: Peer) -> None:
        await peer.greet(IDLING)
        await peer.select(total=3, next_uid=4)
        await peer.hear()
        tag = peer.tag
        await peer.say("+ idling")
        assert await peer.line() == b"DONE\r\n"
        peer.tag = tag
        await peer.say("{tag} OK", "* 4 EXISTS")
        await peer.hear()
        await peer.say("+ idling")
        await peer.hang()

    async with serving(waiting(), script) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        await hear(backend, 2)


async def test_soon_after_news_the_server_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "SOON", 0.1)
    heard_late = waiting(saying("* 4 EXISTS"), saying("* 5 EXISTS"), nothing)
    async with serving(waiting(), heard_late) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        with pytest.raises(TimeoutError):
            await hear(backend, 4, within=1)
        assert evil.sent.count(b" IDLE\r\n") == 3


async def test_small_talk_is_no_news() -> None:
    talk = saying("* OK still here")
    async with account(waiting(talk)) as backend:
        with pytest.raises(TimeoutError):
            await hear(backend, 2, within=0.5)


async def test_idle_is_renewed_and_news_are_told_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "RENEW", 0.1)
    monkeypatch.setattr(idle, "LOOK", 0.05)
    async with account(waiting(nothing, nothing, saying("* 4 EXISTS"))) as backend:
        await hear(backend, 2)


async def test_a_line_that_died_unnoticed_is_found_out_at_the_renewal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(idle, "RENEW", 0.1)
    monkeypatch.setattr(idle, "LOOK", 0.05)
    monkeypatch.setattr(idle, "FIRST_REST", 0.01)
    async with (
        serving(waiting(), waiting(hang), waiting(nothing)) as evil,
        closing(backend_for(evil)) as backend,
    ):
        await backend.connect()
        await hear(backend, 3)
        assert evil.connections == 3


async def test_where_all_lines_died_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "RENEW", 0.1)
    monkeypatch.setattr(idle, "LOOK", 0.05)

    async def deaf(peer: Peer) -> None:
        await peer.greet(IDLING)
        await peer.hang()

    async with serving(deaf, waiting(hang)) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        with pytest.raises(Unreachable, match="localhost did not answer"):
            await hear(backend, 3)


async def end_at_idle(peer: Peer) -> None:
    await peer.greet(IDLING)
    await peer.select(total=3, next_uid=4)
    await peer.hear()
    await peer.say("+ idling", "* BYE closed for inactivity")


async def test_a_server_that_ends_the_line_at_idle_is_asked_less_and_less_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rests: list[float] = []
    after = idle.Rests.after

    def noted(self: idle.Rests, seconds: float) -> float:
        rests.append(after(self, seconds))
        return 0.0

    monkeypatch.setattr(idle.Rests, "after", noted)
    async with (
        serving(waiting(), *[end_at_idle] * 5) as evil,
        closing(backend_for(evil)) as backend,
    ):
        await backend.connect()
        # Each time it is told twice: as soon as the server listens, and after the rest.
        await hear(backend, 9)
    assert rests[:4] == [1.0, 2.0, 4.0, 8.0]


async def test_a_server_that_ends_idle_itself_is_asked_less_and_less_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rests: list[float] = []
    after = idle.Rests.after

    def noted(self: idle.Rests, seconds: float) -> float:
        rests.append(after(self, seconds))
        return 0.0 if len(rests) < 9 else 1000.0

    async def script(peer: Peer) -> None:
        await peer.greet(IDLING)
        await peer.select(total=3, next_uid=4)
        while await peer.hear():
            await peer.say("+ idling", "{tag} OK enough")

    monkeypatch.setattr(idle.Rests, "after", noted)
    async with serving(waiting(), script) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        with pytest.raises(TimeoutError):
            await hear(backend, 100, within=0.5)
    assert rests == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 120.0, 120.0]


def test_a_line_that_was_good_for_long_is_asked_again_at_once() -> None:
    rests = idle.Rests(60.0)
    assert [rests.after(0.1), rests.after(0.1), rests.after(100.0), rests.after(0.1)] == [
        1.0,
        2.0,
        0.0,
        1.0,
    ]


async def test_after_a_sleep_of_the_machine_the_line_is_asked_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(idle, "LOOK", 0.1)
    clock = time.time

    async def sleep_for_hours(peer: Peer) -> None:
        await asyncio.sleep(0.05)
        monkeypatch.setattr(time, "time", lambda: clock() + 8 * 3600)

    async with account(waiting(sleep_for_hours, saying("* 4 EXISTS"))) as backend:
        await hear(backend, 2)


async def test_a_server_that_never_begins_to_idle_is_left() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet(IDLING)
        await peer.select(total=1)
        await peer.hang()

    async with account(script) as backend:
        with pytest.raises(Unreachable, match="localhost did not answer"):
            await hear(backend, 2)


async def test_listening_that_is_given_up_leaves_its_line_fit_for_the_next() -> None:
    async with (
        serving(waiting(nothing), waiting(nothing, saying("* 4 EXISTS"))) as evil,
        closing(backend_for(evil)) as backend,
    ):
        await backend.connect()
        with pytest.raises(TimeoutError):
            await hear(backend, 2, within=0.2)
        await hear(backend, 2)
        assert evil.connections == 2


async def test_without_idle_there_may_be_news_after_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backend_module, "PAUSE", 0.05)

    async def script(peer: Peer) -> None:
        await serve(peer, nothing, "IMAP4rev1")

    async with account(script) as backend:
        await hear(backend, 1)


async def test_a_refused_idle_is_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_module, "PAUSE", 0.05)

    async def script(peer: Peer) -> None:
        await peer.greet(IDLING)
        await peer.select()
        await peer.hear()
        await peer.say("{tag} NO not here")
        await peer.hang()

    async with account(script) as backend:
        await hear(backend, 1)


# --- few lines


async def refuse(peer: Peer) -> None:
    await peer.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi")
    await peer.hear()
    await peer.say("{tag} NO too many connections")


async def turn_away(peer: Peer) -> None:
    await peer.say("* BYE too many connections")


async def drop(peer: Peer) -> None:
    pass


async def work(backend: ImapBackend) -> None:
    target = MailboxName("Archive")
    await backend.perform(Move(INBOX, frozenset({MessageKey(1)}), target), {})
    await backend.checkpoint(Move(INBOX, frozenset({MessageKey(1)}), target))


@pytest.mark.parametrize("second", [refuse, turn_away, drop])
async def test_where_one_line_is_allowed_it_does_everything(
    second: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_module, "PAUSE", 0.05)
    async with serving(waiting(), second) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        await work(backend)
        await hear(backend, 1)
        await work(backend)
        assert evil.connections == 2


async def test_where_no_line_is_left_the_failure_is_told() -> None:
    async with serving(drop_after_log_in, refuse) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        await asyncio.sleep(0.05)
        with pytest.raises(NotAuthorized):
            await work(backend)
        assert evil.connections == 2


async def drop_after_log_in(peer: Peer) -> None:
    await peer.greet()


async def test_an_unused_line_of_the_user_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "UNUSED", 0.1)
    ended: list[bytes] = []

    async def users_own(peer: Peer) -> None:
        await serve(peer, nothing)
        ended.append(peer.tag)

    async with serving(waiting(), users_own) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        await work(backend)
        await asyncio.sleep(0.3)
        assert ended == [b""]
        await work(backend)
        assert evil.connections == 3


async def test_a_line_that_died_unnoticed_is_opened_anew_before_it_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "STALE", 0.1)

    async def dead(peer: Peer) -> None:
        await peer.greet()
        await peer.hang()

    async with serving(dead, waiting()) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        await asyncio.sleep(0.2)
        changes = await asyncio.wait_for(backend.changes(INBOX, None, []), 2)
        assert changes.bookmark.validity == 7
        assert evil.connections == 2


async def test_the_secret_is_asked_for_once_and_forgotten_when_refused() -> None:
    asked: list[int] = []

    async def secret() -> str:
        asked.append(1)
        return "secret"

    async with serving(drop_after_log_in, drop_after_log_in, refuse, waiting()) as evil:
        backend = ImapBackend(settings_for(evil), secret, patience=QUICK)
        for _ in range(2):
            await backend.connect()
            await asyncio.sleep(0.05)
        assert len(asked) == 1
        with pytest.raises(NotAuthorized):
            await backend.connect()
        await backend.connect()
        assert len(asked) == 2
        await backend.close()


async def test_after_close_nothing_is_opened_until_connect() -> None:
    async with serving(waiting()) as evil, closing(backend_for(evil)) as backend:
        with pytest.raises(Unreachable, match="There is no connection to localhost"):
            await backend.mailboxes()
        await backend.connect()
        await backend.close()
        with pytest.raises(Unreachable, match="There is no connection to localhost"):
            await work(backend)
        await backend.connect()
        await work(backend)
        assert evil.connections == 3
