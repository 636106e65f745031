"""Writing account files: a new one, or one in place of another, which is kept beside it."""

import os
import secrets
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import tomli_w

from tuimail.config.errors import ConfigError
from tuimail.config.load import is_account_name
from tuimail.config.paths import Paths
from tuimail.config.schema import AccountConfig, keys_of


def save_account(paths: Paths, account: AccountConfig) -> Path:
    """Write the account's file, complete or not at all; raises ConfigError if it exists."""
    file = paths.account_file(account.name)
    if not is_account_name(account.name):
        raise ConfigError(file, "an account's name has letters, digits and . _ - only")
    content = tomli_w.dumps(account_table(account)).encode()
    try:
        _make_private(paths.accounts)
        _write_new(file, content)
    except FileExistsError as error:
        raise ConfigError(file, "exists already; choose another name") from error
    except OSError as error:
        raise ConfigError(file, f"cannot be written: {error.strerror}") from error
    return file


def replace_account(paths: Paths, account: AccountConfig) -> Path:
    """Write the account's file anew; returns where the old one is kept. Raises ConfigError."""
    file = paths.account_file(account.name)
    content = tomli_w.dumps(account_table(account)).encode()
    try:
        place = file.resolve(strict=True)
        kept = _keep_beside(file, place.read_bytes())
        draft = _draft_of(place, content)
        draft.replace(place)
        _fsync_folder(place.parent)
    except OSError as error:
        raise ConfigError(file, f"cannot be written: {error.strerror}") from error
    return kept


def _keep_beside(file: Path, content: bytes) -> Path:
    """A copy that no account is read from; every state of the file is kept once."""
    number = 1
    while True:
        kept = file.with_name(f"{file.name}.before-convert-{number}")
        if not kept.exists():
            _write_new(kept, content)
            return kept
        if kept.read_bytes() == content:
            return kept
        number += 1


def account_table(account: AccountConfig) -> dict[str, Any]:
    """The account as its file says it, without what is the default anyway."""
    table = _changed(account)
    for name in ("incoming", "outgoing", "pop3", "imap", "folders", "archive", "contacts"):
        section = getattr(account, name)
        if section is not None and (values := _changed(section)):
            table[name] = values
    if account.protocol == "pop3":
        # Said even where it is the default: it decides about somebody's mail.
        days = _plain(account.pop3.delete_after_days)
        table["pop3"] = {"delete_after_days": days, **table.get("pop3", {})}
    return table


def _changed(section: Any) -> dict[str, Any]:
    schema: type = type(section)
    defaults = {field.name: field.default for field in fields(section)}
    return {
        key: _plain(value)
        for key, (field, _) in keys_of(schema).items()
        if (value := getattr(section, field)) != defaults[field]
    }


def _plain(value: object) -> object:
    match value:
        case None:
            return "never"
        case tuple():
            return list(value)
        case Path():
            return str(value)
    return value


def _make_private(folder: Path) -> None:
    missing = [level for level in (folder, *folder.parents) if not level.exists()]
    for level in reversed(missing):
        with suppress(FileExistsError):
            level.mkdir(mode=0o700)


def _write_new(file: Path, content: bytes) -> None:
    """Link a finished file into its place: nobody ever sees half of one."""
    draft = _draft_of(file, content)
    try:
        file.hardlink_to(draft)
    finally:
        draft.unlink()
    _fsync_folder(file.parent)


def _draft_of(file: Path, content: bytes) -> Path:
    """A finished file beside `file`, for its owner alone; none if that fails."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(draft, flags, 0o600), "wb") as opened:
        try:
            os.fchmod(opened.fileno(), 0o600)
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        except BaseException:
            draft.unlink()
            raise
    return draft


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
