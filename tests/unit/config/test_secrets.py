"""Where a password comes from, and how a command that prints one may fail (L4)."""

import asyncio
import logging
import os
import sys
import types
from pathlib import Path

import pytest

from tuimail.config.schema import ServerConfig
from tuimail.config.secrets import SecretError, find_secret, first_line, keep_in_keyring
from tuimail.model.mail import AccountName

WORK = AccountName("work")


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


async def printed(code: str, seconds: float = 30) -> str:
    return await first_line(python(code), "the command", seconds=seconds)


async def test_the_file_comes_before_the_command_and_the_command_before_the_keyring(
    keyring: dict[tuple[str, str], str],
) -> None:
    keyring["tuimail", "work"] = "from keyring"
    command = python("print('from command')")
    in_file = ServerConfig(password="from file", password_command=command)
    assert await find_secret(WORK, in_file) == "from file"
    assert await find_secret(WORK, ServerConfig(password_command=command)) == "from command"
    assert await find_secret(WORK, ServerConfig()) == "from keyring"
    assert await find_secret(AccountName("other"), ServerConfig()) is None


async def test_without_any_keyring_nobody_but_the_user_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert await find_secret(WORK, ServerConfig()) is None


async def test_a_keyring_that_is_a_plain_file_is_never_asked(
    keyring: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring["tuimail", "work"] = "from keyring"
    monkeypatch.setattr(_Ring, "__module__", "keyrings.alt.file")
    assert await find_secret(WORK, ServerConfig()) is None


async def test_what_a_keyring_keeps_is_found_again(keyring: dict[tuple[str, str], str]) -> None:
    await keep_in_keyring(WORK, "geheim")
    assert await find_secret(WORK, ServerConfig()) == "geheim"
    with pytest.raises(SecretError, match="no keyring"):
        await keep_in_keyring(AccountName("locked"), "geheim")


async def test_a_token_command_prints_the_token() -> None:
    server = ServerConfig(auth="oauth2", token_command=python("print('ya29')"), password="no")
    assert await find_secret(WORK, server) == "ya29"


async def test_only_the_first_line_counts_whatever_follows() -> None:
    code = "print('geheim\\r\\nuser: anna'); print('x' * 1_000_000)"
    assert await printed(code) == "geheim"
    assert await printed("print(' spaces stay ')") == " spaces stay "


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise SystemExit(3)", "exit status 3"),
        ("print('s3cret'); raise SystemExit(1)", "exit status 1"),
        ("print()", "empty"),
        ("import sys; sys.stdout.buffer.write(b'\\xff\\n')", "UTF-8"),
        ("print('x' * 100_000)", "too long"),
    ],
)
async def test_a_command_that_fails_is_named_without_its_output(code: str, words: str) -> None:
    with pytest.raises(SecretError, match=words) as caught:
        await printed(code)
    assert "s3cret" not in str(caught.value)


async def test_a_command_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    sign = tmp_path / "alive"
    child = f"import time, pathlib; time.sleep(1.5); pathlib.Path({str(sign)!r}).touch()"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with pytest.raises(SecretError, match="did not end"):
        await printed(code, seconds=0.5)
    await asyncio.sleep(1.5)
    assert not sign.exists()


async def test_gnupg_never_asks_in_the_middle_of_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPG_TTY", "/dev/pts/77")
    code = "import os; print(os.environ['GPG_TTY'])"
    with pytest.raises(NotADirectoryError):
        os.open(await printed(code), os.O_RDWR)


async def test_gnupg_asks_at_the_terminal_that_is_handed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("GPG_TTY", raising=False)
    ends = os.openpty()
    try:
        with os.fdopen(ends[1], closefd=False) as terminal:
            monkeypatch.setattr("sys.stdin", terminal)
            code = "import os; print(os.environ['GPG_TTY'])"
            assert await first_line(python(code), "it", at_terminal=True) == os.ttyname(ends[1])
    finally:
        for end in ends:
            os.close(end)


async def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="cannot be run"):
        await first_line((f"touch {tmp_path}/x; echo y",), "the command")
    code = "import sys; print(sys.argv[1])"
    assert await first_line((*python(code), "a; b $HOME"), "it") == "a; b $HOME"


async def test_what_a_command_prints_to_stderr_is_neither_shown_nor_logged(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await printed("import sys; print('pw'); print('s3cret', file=sys.stderr)")
    assert "s3cret" not in capfd.readouterr().err + caplog.text
    assert "pw" not in caplog.text


class _Ring:
    def __init__(self, secrets: dict[tuple[str, str], str]) -> None:
        self._secrets = secrets

    def get_password(self, service: str, user: str) -> str | None:
        return self._secrets.get((service, user))

    def set_password(self, service: str, user: str, secret: str) -> None:
        if user == "locked":
            raise RuntimeError("locked")
        self._secrets[service, user] = secret


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    secrets: dict[tuple[str, str], str] = {}
    module = types.ModuleType("keyring")
    module.get_keyring = lambda: _Ring(secrets)  # type: ignore[attr-defined]  # a fake module
    errors = types.ModuleType("keyring.errors")
    errors.KeyringError = RuntimeError  # type: ignore[attr-defined]  # a fake module
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    monkeypatch.setitem(sys.modules, "keyring", module)
    return secrets
