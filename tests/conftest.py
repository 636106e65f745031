"""Fixtures for every test: a home of its own, and a Dovecot where one is asked for."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_software import Software, find_software
from tests.servers.mail_user import MailUser
from tests.servers.openssh_software import OpenSsh
from tests.servers.openssh_software import find_software as find_openssh
from tests.servers.programs import Program, find_program
from tests.servers.sshd import Sshd, terminals_missing
from tuimail.backend.logins import LOGINS

T = TypeVar("T")

SOFTWARE = {"dovecot_software", "openssh_software"}
INTEGRATION = Path(__file__).parent / "integration"

# Started in the background or by nohup, we and all we start would ignore these.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

hypothesis.settings.register_profile("default", deadline=None, print_blob=True)
hypothesis.settings.register_profile("full", deadline=None, print_blob=True, max_examples=2_000)
hypothesis.settings.load_profile(os.environ.get("TUIMAIL_TEST_EXAMPLES", "default"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs a server is an integration test, wherever it stands."""
    for item in items:
        needs_server = SOFTWARE & set(getattr(item, "fixturenames", ()))
        if needs_server or INTEGRATION in item.path.parents:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees or touches the files of the person who runs it."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    # A Unix socket's path has at most 108 bytes, so not under tmp_path.
    runtime = tempfile.mkdtemp(prefix="tmrt-", dir="/tmp")
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    yield
    shutil.rmtree(runtime)


@pytest.fixture(scope="session")
def _free_engines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In Python's path, it lets the engines that are processes of their own log in freely."""
    folder = tmp_path_factory.mktemp("free")
    (folder / "sitecustomize.py").write_text(
        'import sys\n\nif "tuimail.engine.run" in sys.orig_argv:\n'
        "    from tuimail.backend.logins import LOGINS\n\n    LOGINS.most = 10_000\n"
    )
    return folder


@pytest.fixture(autouse=True)
def _log_in_freely(monkeypatch: pytest.MonkeyPatch, _free_engines: Path) -> None:
    """All servers of the tests are one host, and a test is over sooner than a minute."""
    monkeypatch.setattr(LOGINS, "most", 10_000)
    monkeypatch.setenv("PYTHONPATH", str(_free_engines))


@pytest.fixture(scope="session")
def dovecot_software() -> Software:
    return _there(find_software())


@pytest.fixture(scope="session")
def openssh_software() -> OpenSsh:
    return _there(find_openssh())


def _there(software: T | str) -> T:
    """Fails in CI where a server is missing; elsewhere the test is left out, with the reason."""
    if not isinstance(software, str):
        return software
    if os.environ.get("CI") == "true":
        pytest.fail(software)
    pytest.skip(software)


@pytest.fixture(scope="session")
def program() -> Callable[[str], Program]:
    """Finds the program of a name."""
    return lambda name: _there(find_program(name))


@pytest.fixture(scope="session")
def dovecot(dovecot_software: Software) -> Iterator[Dovecot]:
    """One Dovecot for all tests of a session; whoever stops it starts it again."""
    with Dovecot(dovecot_software) as server:
        yield server


@pytest.fixture(scope="session")
def poorer_dovecot(dovecot_software: Software) -> Iterator[Callable[[Sequence[str]], Dovecot]]:
    """A Dovecot that announces just these capabilities; one for each list in a session."""
    servers: dict[tuple[str, ...], Dovecot] = {}
    with ExitStack() as stack:

        def server_with(capabilities: Sequence[str]) -> Dovecot:
            wanted = tuple(capabilities)
            if wanted not in servers:
                server = Dovecot(dovecot_software, capabilities=wanted)
                servers[wanted] = stack.enter_context(server)
            return servers[wanted]

        yield server_with


@pytest.fixture
def mail_user(dovecot: Dovecot) -> MailUser:
    """A user nobody has used, with empty mailboxes."""
    return MailUser(dovecot, dovecot.new_user())


@pytest.fixture
def sshd(openssh_software: OpenSsh, tmp_path: Path) -> Iterator[Sshd]:
    """A server of this test's own, for whoever runs it; CI also runs these tests as root."""
    if missing := terminals_missing():
        pytest.skip(missing)
    with Sshd(openssh_software, tmp_path / "ssh") as server:
        yield server
