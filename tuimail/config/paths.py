"""Where things live: the XDG folders, on every system alike."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tuimail.model.mail import AccountName

# What fits into sockaddr_un on every system, the final NUL counted.
_SOCKET_BYTES = 104


@dataclass(frozen=True, slots=True)
class Paths:
    """tuimail's folders; nothing here touches the disk.

    `runtime` is None where the system has no folder for sockets.
    """

    config: Path
    data: Path
    cache: Path
    state: Path
    runtime: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Paths":
        """The folders that the XDG variables name; relative ones count as unset."""
        variables = os.environ if environment is None else environment
        home = Path(variables.get("HOME") or Path.home())
        runtime = _absolute(variables.get("XDG_RUNTIME_DIR"))
        return cls(
            config=(_absolute(variables.get("XDG_CONFIG_HOME")) or home / ".config") / "tuimail",
            data=(_absolute(variables.get("XDG_DATA_HOME")) or home / ".local/share") / "tuimail",
            cache=(_absolute(variables.get("XDG_CACHE_HOME")) or home / ".cache") / "tuimail",
            state=(_absolute(variables.get("XDG_STATE_HOME")) or home / ".local/state") / "tuimail",
            runtime=runtime / "tuimail" if runtime else None,
        )

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def keys_file(self) -> Path:
        return self.config / "keys.toml"

    @property
    def accounts(self) -> Path:
        """The folder of the account files."""
        return self.config / "accounts"

    def account_file(self, name: AccountName) -> Path:
        return self.accounts / f"{name}.toml"

    def account_data(self, name: AccountName) -> Path:
        """What must never be lost: the journal, bytes that no server has yet, backups."""
        return self.data / "accounts" / name

    def account_cache(self, name: AccountName) -> Path:
        """What can be fetched again: the index and the bodies."""
        return self.cache / "accounts" / name

    def account_mail(self, name: AccountName) -> Path:
        """The only copy of a POP3 account's mail: a Maildir++ that other programs share."""
        return self.data / "mail" / name

    @property
    def log(self) -> Path:
        """The folder of the log files."""
        return self.state / "log"

    @property
    def lock(self) -> Path:
        return self.data / "lock"

    @property
    def socket(self) -> Path:
        """The engine's socket, named by the data folder; its folder has to be ours, 0700."""
        import hashlib  # noqa: PLC0415  takes time to load, and a first screen needs no socket

        name = hashlib.sha256(os.fsencode(self.data.resolve())).hexdigest()[:16]
        if self.runtime is not None:
            socket = self.runtime / f"{name}.sock"
            if len(os.fsencode(socket)) < _SOCKET_BYTES:
                return socket
        return Path(f"/tmp/tuimail-{os.getuid()}-{name}/engine.sock")  # noqa: S108 (contract.md)


def _absolute(value: str | None) -> Path | None:
    """XDG: "all paths must be absolute; if relative, consider it invalid"."""
    return Path(value) if value and Path(value).is_absolute() else None
