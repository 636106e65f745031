"""One engine on a data folder, and what is remembered of dead ones."""

import json
import socket
from pathlib import Path

import pytest

from tuimail.engine.lock import DataLock, Holder, Locked, TooManyDeaths, elsewhere, holder_of

SOCKET = Path("/run/tuimail/x.sock")


def written(path: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads(path.read_bytes())
    return content


def test_the_second_engine_learns_who_has_the_folder(tmp_path: Path) -> None:
    first, second = DataLock(tmp_path / "lock"), DataLock(tmp_path / "lock")
    first.acquire(SOCKET, "0.1.0")
    with pytest.raises(Locked) as locked:
        second.acquire(SOCKET, "0.1.0")
    assert locked.value.holder.host == socket.gethostname()
    assert locked.value.holder.socket == str(SOCKET)
    first.release()
    second.acquire(SOCKET, "0.1.0")
    second.release()


def test_a_lock_that_nobody_holds_has_no_holder(tmp_path: Path) -> None:
    lock = DataLock(tmp_path / "lock")
    assert holder_of(tmp_path / "lock") is None
    lock.acquire(SOCKET, "0.1.0")
    found = holder_of(tmp_path / "lock")
    assert found is not None
    assert found.running
    lock.release()
    assert holder_of(tmp_path / "lock") is None


def test_the_lock_file_is_private(tmp_path: Path) -> None:
    lock = DataLock(tmp_path / "data" / "lock")
    lock.acquire(SOCKET, "0.1.0")
    assert (tmp_path / "data" / "lock").stat().st_mode & 0o777 == 0o600
    lock.release()


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def die(path: Path, clock: Clock) -> None:
    """Take the lock and lose it, as a killed process does."""
    lock = DataLock(path, clock)
    lock.acquire(SOCKET, "0.1.0")
    lock._close()


def test_after_three_deaths_within_a_minute_it_stays_down_for_a_while(tmp_path: Path) -> None:
    path, clock = tmp_path / "lock", Clock()
    for _ in range(3):
        die(path, clock)
        clock.now += 5
    with pytest.raises(TooManyDeaths, match="three times within a minute"):
        DataLock(path, clock).acquire(SOCKET, "0.1.0")
    clock.now += 61
    lock = DataLock(path, clock)
    lock.acquire(SOCKET, "0.1.0")
    lock.release()


def test_deaths_far_apart_are_forgiven(tmp_path: Path) -> None:
    path, clock = tmp_path / "lock", Clock()
    for _ in range(6):
        die(path, clock)
        clock.now += 40


def test_leaving_in_good_order_forgives_all(tmp_path: Path) -> None:
    path, clock = tmp_path / "lock", Clock()
    die(path, clock)
    die(path, clock)
    lock = DataLock(path, clock)
    lock.acquire(SOCKET, "0.1.0")
    lock.release()
    for _ in range(2):
        die(path, clock)
    assert written(path)["running"]


def test_another_machines_lock_is_told_in_one_sentence(tmp_path: Path) -> None:
    told = elsewhere(Holder(pid=7, host="laptop.example"), tmp_path)
    assert told is not None
    assert "laptop.example" in told
    assert elsewhere(Holder(pid=7, host=socket.gethostname()), tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid":"x","odd":1}', b"\xff" * 99])
def test_a_damaged_lock_file_is_no_obstacle(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "lock").write_bytes(content)
    lock = DataLock(tmp_path / "lock")
    lock.acquire(SOCKET, "0.1.0")
    lock.release()
