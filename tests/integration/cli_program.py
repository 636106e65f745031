"""The real program in a test's own home, with accounts on test servers."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.servers.mail_user import MailUser
from tuimail.config.paths import Paths
from tuimail.config.save import save_account
from tuimail.config.schema import AccountConfig, Security, ServerConfig
from tuimail.model.mail import AccountName

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How one call of the program ended."""

    status: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def objects(self) -> list[dict[str, Any]]:
        """What `--json` printed."""
        return [json.loads(line) for line in self.out.splitlines()]


def tuimail(
    *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> Ended:
    """Run it without a terminal; whatever happens, there is no traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "tuimail", *arguments],
        input=stdin,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    ended = Ended(done.returncode, done.stdout, done.stderr.decode())
    assert "Traceback" not in ended.err
    assert not set(ended.err) & set("\x1b\x07\x9b")
    return ended


def done(
    *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> Ended:
    """The same for what has to succeed."""
    ended = tuimail(*arguments, stdin=stdin, environment=environment)
    assert ended.status == 0, ended.err
    return ended


def found(*query: str) -> list[dict[str, Any]]:
    return done("search", "--json", *query).objects


def add_account(
    user: MailUser,
    name: str = "work",
    *,
    host: str = "localhost",
    port: int | None = None,
    security: Security = "none",
    password: str | None = None,
    trusted: bool = True,
) -> AccountName:
    """An account file for `user`, as if its owner had written it."""
    usual = user.server.imaps if security == "tls" else user.server.imap
    server = ServerConfig(
        host=host,
        security=security,
        port=port or usual,
        username=user.name,
        password=password or user.password,
        ca_file=user.ca_file if trusted else None,
    )
    account = AccountConfig(AccountName(name), f"{user.name}@example.org", server)
    save_account(Paths.from_environment(), account)
    return account.name


def letter(number: int, body: str = "Body", **fields: str) -> bytes:
    """A plain letter, as it goes over the wire."""
    header = {
        "From": "Anna Meyer <anna@example.org>",
        "To": "Bert <bert@example.org>",
        "Subject": f"Budget {number}",
        "Date": "Mon, 01 Jun 2026 10:00:00 +0200",
        "Message-ID": f"<letter-{number}@example.org>",
    } | fields
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in header.items()]
    return "\r\n".join([*lines, "", f"{body} {number}", ""]).encode()
