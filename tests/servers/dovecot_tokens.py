"""A Dovecot that lets in by access tokens only: no password would do."""

import base64
import hashlib
import hmac
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_software import Software

_KEY = b"a key of tests, 32 bytes or more of it"


def token(user: str, seconds: float = 3600) -> str:
    """A JWT that the server checks by itself; `seconds` below zero is one that has expired."""
    now = int(time.time())
    head = {"alg": "HS256", "typ": "JWT"}
    body = {"sub": user, "iat": now - 5, "nbf": now - 5, "exp": int(now + seconds)}
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in (head, body))
    return f"{signed}.{_encoded(hmac.new(_KEY, signed.encode(), hashlib.sha256).digest())}"


@contextmanager
def token_dovecot(software: Software, mechanisms: str = "xoauth2 oauthbearer") -> Iterator[Dovecot]:
    """Dovecot 2.3, in whose words its settings are."""
    folder = Path(tempfile.mkdtemp(prefix="tmtk-", dir="/tmp"))
    try:
        key = folder / "keys/default/HS256/default"
        key.parent.mkdir(parents=True)
        key.write_bytes(base64.b64encode(_KEY))
        settings = folder / "oauth2.conf"
        settings.write_text(
            "introspection_mode = local\nusername_attribute = sub\n"
            f"local_validation_key_dict = fs:posix:prefix={folder}/keys/\n"
        )
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        lines = (
            f"auth_mechanisms = {mechanisms}",
            "passdb {",
            "  driver = oauth2",
            "  mechanisms = xoauth2 oauthbearer",
            f"  args = {settings}",
            "}",
        )
        with Dovecot(software, lines=lines) as server:
            yield server
    finally:
        shutil.rmtree(folder)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
