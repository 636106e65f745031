"""The settings files, read once and checked: what comes out needs no further doubt."""

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from tuimail.config.errors import ConfigError, wrong_value
from tuimail.config.files import account_files
from tuimail.config.idle import idle_keys
from tuimail.config.paths import Paths
from tuimail.config.schema import (
    DEFAULT_PORTS,
    MECHANISMS,
    AccountConfig,
    ArchiveConfig,
    Config,
    ContactsConfig,
    FolderNames,
    ImapConfig,
    OutgoingConfig,
    Pop3Config,
    Secrets,
    ServerConfig,
    keys_of,
)
from tuimail.config.values import Key, WrongValueError
from tuimail.model.mail import AccountName, account_slot

MAX_FILE_BYTES = 256 * 1024

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_SERVER_TABLES = ("incoming", "outgoing", "contacts")

_Table = dict[str, Any]
_Schema = TypeVar("_Schema")


def is_account_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def load_accounts(paths: Paths) -> list[AccountConfig]:
    """All accounts, by name; raises ConfigError if any of them cannot be used."""
    accounts = [load_account(file) for file in account_files(paths)]
    by_slot: dict[int, AccountConfig] = {}
    for account in accounts:
        other = by_slot.setdefault(account_slot(account.name), account)
        if other is not account:
            file = paths.account_file(account.name)
            raise ConfigError(file, f'rename it, its name gets in the way of "{other.name}"')
    return accounts


def load_account(file: Path) -> AccountConfig:
    if not is_account_name(file.stem):
        raise ConfigError(file, "an account's name has letters, digits and . _ - only")
    table, mode = _read(file)
    account = read_account(file, table)
    held = [name for name in _SERVER_TABLES if "password" in table.get(name, {})]
    if held and mode & 0o077:
        problem = f"[{held[0]}] holds a password, but others may read the file"
        raise ConfigError(file, f"{problem} (mode {mode:04o}); run chmod 600 on it")
    return account


def load_config(paths: Paths) -> Config:
    """config.toml, or the defaults where there is none."""
    table, _ = _read(paths.config_file, optional=True)
    return _section(paths.config_file, table, Config, "")


def load_keys(paths: Paths) -> dict[str, tuple[str, ...]]:
    """keys.toml: for each action the keys that stand for it, none to unbind it."""
    table, _ = _read(paths.keys_file, optional=True)
    return {action: _keys(paths.keys_file, action, value) for action, value in table.items()}


def _keys(file: Path, action: str, value: object) -> tuple[str, ...]:
    sequences = [value] if isinstance(value, str) else value
    if not isinstance(sequences, list) or not all(
        isinstance(sequence, str) and sequence.strip() for sequence in sequences
    ):
        raise wrong_value(file, action, _shown(value), 'keys such as "d" or ["d", "g i"]')
    return tuple(sequences)


def _read(file: Path, *, optional: bool = False) -> tuple[_Table, int]:
    """The file's table and its permissions, both of the same open file."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        if optional:
            return {}, 0o600
        raise ConfigError(file, "there is no such file") from error
    except OSError as error:
        raise ConfigError(file, f"cannot be read: {error.strerror}", unreadable=True) from error
    with os.fdopen(descriptor, "rb") as opened:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(file, "is not an ordinary file")
        content = opened.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError(file, f"is larger than {MAX_FILE_BYTES // 1024} kB")
    return _parse(file, content), stat.S_IMODE(status.st_mode)


def _parse(file: Path, content: bytes) -> _Table:
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise ConfigError(file, f"is not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(file, f"is not TOML: {error}") from error
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond all bounds
        raise ConfigError(file, "is not TOML that can be read") from error


def read_account(file: Path, table: dict[str, Any]) -> AccountConfig:
    """What `table` says, as if it stood in `file`; raises ConfigError."""
    sections = {name: _table(file, table, name) for name in _SECTIONS}
    own = {name: value for name, value in table.items() if name not in _SECTIONS}
    settings = _values(file, own, AccountConfig, "")
    if "email" not in settings:
        raise wrong_value(file, "email", "nothing", "an address such as anna@example.org")
    protocol, email = settings.get("protocol", "imap"), settings["email"]
    incoming = _server(file, sections["incoming"] or {}, "incoming", protocol, ServerConfig)
    incoming = replace(incoming, username=incoming.username or email)
    outgoing = _outgoing(file, sections["outgoing"], incoming)
    _check_mechanisms(file, {"incoming": incoming, "outgoing": outgoing})
    return AccountConfig(
        name=AccountName(file.stem),
        incoming=incoming,
        outgoing=outgoing,
        pop3=_section(file, sections["pop3"] or {}, Pop3Config, "pop3"),
        imap=_section(file, sections["imap"] or {}, ImapConfig, "imap"),
        folders=_section(file, sections["folders"] or {}, FolderNames, "folders"),
        archive=_section(file, sections["archive"] or {}, ArchiveConfig, "archive"),
        contacts=_contacts(file, sections["contacts"], incoming),
        idle=idle_keys(table),
        **settings,
    )


_SECTIONS = (*_SERVER_TABLES, "pop3", "imap", "folders", "archive")


def _table(file: Path, table: _Table, name: str) -> _Table | None:
    section = table.get(name)
    if section is not None and not isinstance(section, dict):
        raise wrong_value(file, name, _shown(section), f"a table [{name}]")
    return section


_ServerT = TypeVar("_ServerT", bound=ServerConfig)


def _server(
    file: Path, table: _Table, name: str, protocol: str, schema: type[_ServerT]
) -> _ServerT:
    server = _section(file, table, schema, name)
    if not server.host:
        raise wrong_value(file, f"{name}.host", "nothing", "the name of the server")
    _check_secret(file, name, server)
    return replace(server, port=server.port or DEFAULT_PORTS[protocol, server.security])


def _outgoing(file: Path, table: _Table | None, incoming: ServerConfig) -> OutgoingConfig | None:
    if table is None:
        return None
    if "command" in table and "host" not in table:
        # Nothing sends by a program yet; mail comes all the same.
        _section(file, table, OutgoingConfig, "outgoing")
        return None
    server = _server(file, table, "outgoing", "smtp", OutgoingConfig)
    return _with_secret_of(incoming, server, table)


def _contacts(file: Path, table: _Table | None, incoming: ServerConfig) -> ContactsConfig | None:
    if table is None:
        return None
    contacts = _section(file, table, ContactsConfig, "contacts")
    if not contacts.url:
        raise wrong_value(file, "contacts.url", "nothing", "the address of the book")
    _check_secret(file, "contacts", contacts)
    return _with_secret_of(incoming, contacts, table)


_SecretsT = TypeVar("_SecretsT", bound=Secrets)
_SECRET_KEYS = ("auth", "password", "password_command", "token_command")


def _with_secret_of(incoming: ServerConfig, own: _SecretsT, table: _Table) -> _SecretsT:
    """`own` with what it leaves unsaid of user name and secret taken from `incoming`."""
    if not own.username:
        own = replace(own, username=incoming.username)
    if any(name in table for name in _SECRET_KEYS):
        return own
    return replace(own, **{name: getattr(incoming, name) for name in _SECRET_KEYS})


def _check_secret(file: Path, name: str, secrets: Secrets) -> None:
    if secrets.auth == "oauth2" and not secrets.token_command:
        expected = 'a token_command (auth is "oauth2")'
        raise wrong_value(file, f"{name}.token_command", "nothing", expected)
    if secrets.password is not None and secrets.password_command:
        expected = "one of password and password_command"
        raise wrong_value(file, f"{name}.password_command", "both", expected)


def _check_mechanisms(file: Path, servers: Mapping[str, ServerConfig | None]) -> None:
    """A mechanism must be one for the secret that there is, also where that is inherited."""
    for name, server in servers.items():
        if server is None or not server.sasl or server.sasl in MECHANISMS[server.auth]:
            continue
        fit = " or ".join(f'"{each}"' for each in MECHANISMS[server.auth])
        raise wrong_value(
            file, f"{name}.sasl", f'"{server.sasl}"', f'{fit} (auth is "{server.auth}")'
        )


def _section(file: Path, table: _Table, schema: type[_Schema], name: str) -> _Schema:
    return schema(**_values(file, table, schema, f"{name}." if name else ""))


def _values(file: Path, table: _Table, schema: type, prefix: str) -> dict[str, Any]:
    """The table's values under their fields' names, each of them read."""
    known = keys_of(schema)
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in known:
            expected = "one of " + ", ".join(known)
            raise wrong_value(file, f"{prefix}{name}", "an unknown key", expected)
        field_name, description = known[name]
        values[field_name] = _value(file, prefix + name, description, value)
    return values


def _value(file: Path, name: str, description: Key, value: object) -> object:
    try:
        return description.read(value)
    except WrongValueError as error:
        found = _kind(value) if description.secret else _shown(value)
        raise wrong_value(file, name, found, str(error)) from error


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 80 else f'"{value[:80]}…"'
    if isinstance(value, int | float) and abs(value) < 10**20:
        return str(value)
    return _kind(value)


_KINDS = {dict: "a table", list: "a list", str: "a text", int: "a number", float: "a number"}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a value of another type")
