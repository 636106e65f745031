"""How the values of the settings are read: each reader returns a value or says what it wants."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class WrongValueError(ValueError):
    """The value cannot be used; the text says what was expected instead."""


Reader = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class Key:
    """What a settings file may say under one name; stands in the field's annotation.

    `name` is the key where the field has another one, `shown` the default in words. `idle`:
    nothing in this version reads it, so that the user is told (`config.idle`).
    """

    read: Reader
    words: str
    name: str = ""
    secret: bool = False
    shown: str = ""
    idle: bool = False


def text(value: object) -> str:
    """One line of text, not empty."""
    if not isinstance(value, str) or not value.strip():
        raise WrongValueError("a text")
    if re.search(r"[\0-\x1f\x7f]", value):
        raise WrongValueError("a text without control characters")
    return value


def yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongValueError("true or false")
    return value


def auto_or_yes_or_no(value: object) -> bool | None:
    """None is "auto"."""
    if value == "auto":
        return None
    if not isinstance(value, bool):
        raise WrongValueError('true, false or "auto"')
    return value


def one_of(*choices: str) -> Callable[[object], str]:
    expected = "one of " + ", ".join(f'"{choice}"' for choice in choices)

    def read(value: object) -> str:
        if value not in choices:
            raise WrongValueError(expected)
        return str(value)

    return read


def mechanism(*names: str) -> Callable[[object], str]:
    """A SASL mechanism's name, whose case says nothing (RFC 4422 3.1)."""
    read_name = one_of(*names)

    def read(value: object) -> str:
        return read_name(value.upper() if isinstance(value, str) else value)

    return read


def number(lowest: int, highest: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise WrongValueError(f"a number from {lowest} to {highest}")
        if not lowest <= value <= highest:
            raise WrongValueError(f"a number from {lowest} to {highest}")
        return value

    return read


def texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise WrongValueError("a list of texts")
    return tuple(text(item) for item in value)


def command(value: object) -> tuple[str, ...]:
    """A program and its arguments; no shell ever reads it."""
    expected = 'a list such as ["pass", "show", "mail"]: a program and its arguments'
    if not isinstance(value, list) or not value:
        raise WrongValueError(expected)
    if not all(isinstance(item, str) and "\0" not in item for item in value) or not value[0]:
        raise WrongValueError(expected)
    return tuple(value)


def host(value: object) -> str:
    """A host name or an address; a bracketed IPv6 address loses its brackets."""
    name = text(value).strip()
    if re.search(r"[\s/@]", name) or len(name) > 253:
        raise WrongValueError("a host name such as imap.example.org")
    return name.removeprefix("[").removesuffix("]")


def address(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[^\s@<>\0-\x1f\x7f]+@[^\s@<>]+", value):
        raise WrongValueError("an address such as anna@example.org")
    return value


def addresses(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise WrongValueError("a list of addresses")
    return tuple(address(item) for item in value)


def file_path(value: object) -> Path:
    path = Path(text(value)).expanduser()
    if not path.is_absolute():
        raise WrongValueError("a path that starts with / or ~")
    return path


def fingerprint(value: object) -> str:
    """The lower-case hexadecimal digits of a SHA-256, with or without colons."""
    digits = text(value).removeprefix("sha256:").replace(":", "").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise WrongValueError('"sha256:" and 64 hexadecimal digits')
    return f"sha256:{digits}"


_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def size(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**60:
        return value
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?) ?([KMGT]?)i?B?", str(value), re.IGNORECASE)
    if not isinstance(value, str) or match is None or not float(match[1]):
        raise WrongValueError('a size such as "500 MB" or "2 GB"')
    return int(float(match[1]) * _UNITS[match[2].upper()])


def days_or_never(value: object) -> int | None:
    """Days until a message is deleted on the server; None is never."""
    if value == "never":
        return None
    try:
        return number(0, 36_500)(value)
    except WrongValueError as error:
        raise WrongValueError('a number of days or "never"') from error


def bodies(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"all|headers|[1-9]\d{0,3}[dwmy]", value):
        raise WrongValueError('"all", "headers" or an age such as "1y"')
    return value


def age(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[1-9]\d{0,3}[dwmy]", value):
        raise WrongValueError('an age such as "2y"')
    return value


_LOOPBACK = r"localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]"


def web_address(value: object) -> str:
    """Unencrypted only on this machine."""
    if not re.fullmatch(rf"(https://[^\s/]+|http://({_LOOPBACK})(:\d+)?)(/\S*)?", text(value)):
        raise WrongValueError("an address that starts with https://")
    return text(value)
