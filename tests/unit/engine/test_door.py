"""The engine's door lets its own screens in and harms nobody (security.md S1-S5)."""

import asyncio
import errno
import os
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from pathlib import Path

import pytest

from tuimail.engine import door as door_module
from tuimail.engine.broadcast import Broadcast, Listener
from tuimail.engine.door import MOST_CONNECTIONS, Door, most_connections
from tuimail.engine.events import Event, MailboxChanged, Progress
from tuimail.engine.frames import LARGEST, Hello, encode
from tuimail.engine.requests import GiveSecret, Request, Ring, Status
from tuimail.engine.sockets import UnsafeSocket, check_folder
from tuimail.engine.visit import NobodyThere, Visit
from tuimail.model.mail import INBOX, AccountName, MailboxId
from tuimail.model.safe_text import SafeText

WORK = AccountName("work")
NEWS = MailboxChanged(MailboxId(WORK, INBOX))


class Engine:
    """What a door opens onto, without any mail behind it."""

    def __init__(self) -> None:
        self.broadcast = Broadcast(interval=0.01)
        self.served: list[Request] = []
        self.rung = asyncio.Event()

    def listen(self) -> AbstractContextManager[Listener]:
        return self.broadcast.listen()

    def serve(self, request: Request) -> None:
        self.served.append(request)
        self.rung.set()

    async def status(self) -> Status:
        return Status("0.1.0", os.getpid(), 1)


@pytest.fixture
def path() -> Path:
    return Path(os.environ["XDG_RUNTIME_DIR"]) / "tuimail" / "engine.sock"


@asynccontextmanager
async def open_door(engine: Engine, path: Path, deadline: float = 5.0) -> AsyncIterator[Door]:
    door = Door(engine, path, version="0.1.0", deadline=deadline, look_at_socket=0.02)
    door.open()
    serving = asyncio.create_task(door.serve())
    try:
        yield door
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        door.close()


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def until_there(path: Path) -> None:
    async with asyncio.timeout(5):
        while not os.access(path, os.F_OK):  # noqa: ASYNC110 (a file sends no event)
            await asyncio.sleep(0.01)


def remove_with_folder(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()


async def next_news(visit: Visit) -> Event:
    async with asyncio.timeout(5):
        return await anext(visit.news())


async def test_a_request_gets_in_and_news_come_out(path: Path) -> None:
    engine = Engine()
    async with open_door(engine, path):
        visit = await Visit.begin(path)
        await visit.send(Ring(WORK))
        await engine.rung.wait()
        engine.broadcast.publish(NEWS)
        assert await next_news(visit) == NEWS
        assert engine.served == [Ring(WORK)]
        await visit.leave()


async def test_what_is_sent_before_leaving_arrives(path: Path) -> None:
    engine = Engine()
    async with open_door(engine, path):
        for number in range(20):
            engine.broadcast.publish(Progress(WORK, SafeText("headers"), number, 20))
            visit = await Visit.begin(path)
            await visit.send(Ring(WORK))
            await visit.leave()
        assert len(engine.served) == 20


async def test_each_side_hears_the_others_version_first(path: Path) -> None:
    async with open_door(Engine(), path):
        visit = await Visit.begin(path, "0.0.9")
        assert visit.version == "0.1.0"
        await visit.leave()


async def test_the_status_answers_the_asker(path: Path) -> None:
    async with open_door(Engine(), path):
        visit = await Visit.begin(path)
        assert (await visit.status()).pid == os.getpid()
        await visit.leave()


async def test_socket_and_folder_are_private(path: Path) -> None:
    async with open_door(Engine(), path):
        assert mode_of(path) == 0o600
        assert mode_of(path.parent) == 0o700


async def test_nobody_is_there_after_the_door_closed(path: Path) -> None:
    async with open_door(Engine(), path) as door:
        door.close()
        assert not os.access(path, os.F_OK)
    with pytest.raises(NobodyThere):
        await Visit.begin(path)


async def test_a_socket_that_nobody_listens_at_is_nobody(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(path))
    stale.close()
    with pytest.raises(NobodyThere):
        await Visit.begin(path)
    async with open_door(Engine(), path):
        await (await Visit.begin(path)).leave()


# S1


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
async def test_a_folder_that_others_can_enter_is_refused(path: Path, mode: int) -> None:
    path.parent.mkdir()
    path.parent.chmod(mode)
    with pytest.raises(UnsafeSocket, match="0700"):
        Door(Engine(), path).open()
    with pytest.raises(UnsafeSocket, match="0700"):
        await Visit.begin(path)


def test_a_planted_link_is_no_folder(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.mkdir(mode=0o700)
    path.parent.symlink_to(target)
    with pytest.raises(UnsafeSocket, match="not a folder of yours"):
        check_folder(path.parent)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_somebody_elses_folder_is_refused(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    os.chown(path.parent, 12345, 12345)
    with pytest.raises(UnsafeSocket, match="not a folder of yours"):
        check_folder(path.parent)


async def test_another_user_gets_no_answer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "peer_is_me", lambda peer: False)
    async with open_door(Engine(), path):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(encode(Hello("0.1.0")))
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()


# S2


async def test_a_removed_socket_is_made_again_and_those_inside_stay(path: Path) -> None:
    engine = Engine()
    async with open_door(engine, path):
        inside = await Visit.begin(path)
        remove_with_folder(path)
        await until_there(path)
        later = await Visit.begin(path)
        await later.send(Ring(WORK))
        await engine.rung.wait()
        engine.broadcast.publish(NEWS)
        assert await next_news(inside) == NEWS
        await inside.leave()
        await later.leave()


# S3


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00\xff\n",
        b'{"is":"Ring","account":"work","mailboxes":[]}\n',
        encode(Hello("0.1.0")) + b'{"is":"Explode"}\n',
        encode(Hello("0.1.0")) + encode(Hello("0.1.0")),
        encode(Hello("0.1.0")) + b"x" * (LARGEST + 10),
    ],
)
async def test_garbage_ends_the_conversation_and_nothing_else(path: Path, garbage: bytes) -> None:
    engine = Engine()
    async with open_door(engine, path):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(garbage)
        with suppress(ConnectionError):
            async with asyncio.timeout(5):
                await reader.read()
        writer.close()
        assert engine.served == []
        await (await Visit.begin(path)).leave()


@pytest.mark.parametrize("half", [b"", b'{"is":', encode(Hello("0.1.0")) + b'{"is":'])
async def test_half_a_frame_has_a_deadline(path: Path, half: bytes) -> None:
    async with open_door(Engine(), path, deadline=0.1):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(half)
        with suppress(ConnectionError):
            async with asyncio.timeout(5):
                await reader.read()
        writer.close()


async def test_who_says_nothing_after_hello_may_stay(path: Path) -> None:
    engine = Engine()
    async with open_door(engine, path, deadline=0.05):
        visit = await Visit.begin(path)
        await asyncio.sleep(0.2)
        engine.broadcast.publish(NEWS)
        assert await next_news(visit) == NEWS
        await visit.leave()


async def test_a_crowd_is_kept_out_and_leaves_room_again(path: Path) -> None:
    engine = Engine()
    async with open_door(engine, path, deadline=0.3):
        crowd = [await asyncio.open_unix_connection(path) for _ in range(MOST_CONNECTIONS + 10)]
        with pytest.raises(NobodyThere):
            await Visit.begin(path)
        await asyncio.sleep(0.4)
        await (await Visit.begin(path)).leave()
        for _, writer in crowd:
            writer.close()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ECONNABORTED])
async def test_a_door_that_cannot_accept_now_lets_in_later(
    path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    accept, refusals = loop.sock_accept, [OSError(number, os.strerror(number))] * 4

    async def accepting(listening: socket.socket) -> tuple[socket.socket, object]:
        if refusals:
            raise refusals.pop()
        return await accept(listening)

    monkeypatch.setattr(loop, "sock_accept", accepting)
    async with open_door(Engine(), path):
        await (await Visit.begin(path)).leave()
    assert refusals == []


async def test_a_peer_that_is_gone_at_once_harms_nobody(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[OSError | bool] = [OSError(errno.ENOTCONN, "gone"), False, True]

    def is_me(_: socket.socket) -> bool:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    monkeypatch.setattr(door_module, "peer_is_me", is_me)
    async with open_door(Engine(), path):
        for _ in range(2):
            with pytest.raises(NobodyThere):
                await Visit.begin(path)
        await (await Visit.begin(path)).leave()


async def test_a_socket_that_cannot_be_made_again_is_tried_with_pauses(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_door(Engine(), path):
        remove_with_folder(path)
        path.parent.touch()
        await asyncio.sleep(0.3)
        assert 1 <= len(caplog.records) <= 20
        path.parent.unlink()
        await until_there(path)
        await (await Visit.begin(path)).leave()


@pytest.mark.parametrize(("files", "most"), [(40, 10), (3, 1), (1024, 64), (-1, 64)])
def test_fewer_may_come_in_where_few_files_may_be_open(
    files: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    assert most_connections() == most


async def test_a_reader_that_never_reads_is_dropped_and_the_others_hear_on(path: Path) -> None:
    engine = Engine()
    async with open_door(engine, path, deadline=0.2):
        deaf = socket.socket(socket.AF_UNIX)
        deaf.connect(str(path))
        deaf.sendall(encode(Hello("0.1.0")))
        visit = await Visit.begin(path)
        news = visit.news()
        await asyncio.sleep(0.05)
        heard = 0
        async with asyncio.timeout(20):
            while len(engine.broadcast._listeners) > 1:
                text = SafeText("x" * 30_000)
                engine.broadcast.publish(Progress(WORK, text, heard, 0))
                await anext(news)
                heard += 1
        deaf.close()
        assert heard > 1
        await visit.leave()


# S4


async def test_a_secret_reaches_the_engine_and_no_log(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    engine = Engine()
    async with open_door(engine, path):
        visit = await Visit.begin(path)
        await visit.send(GiveSecret(WORK, "hunter2"))
        await engine.rung.wait()
        await visit.leave()
    assert engine.served == [GiveSecret(WORK, "hunter2")]
    assert "hunter2" not in caplog.text
