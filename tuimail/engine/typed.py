"""From what somebody typed about an account to a draft of it, or to what is wrong with it."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeVar

from tuimail.config import values
from tuimail.config.load import is_account_name
from tuimail.config.schema import DEFAULT_PORTS, Security, ServerConfig
from tuimail.config.values import WrongValueError
from tuimail.engine.setup import Draft, Keep
from tuimail.model.address import BadAddress, check_sendable
from tuimail.model.mail import AccountName

Spoken = Literal["imap", "pop3", "smtp"]

_SECURITY: Mapping[str, Security] = {"tls": "tls", "starttls": "starttls", "none": "none"}
_PORT_OF_STARTTLS = frozenset({25, 110, 143, 587})
_DIGEST = re.compile(r"[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}")
_WITH_PORT = re.compile(r"(\[[^\]]*\]|[^:\s]+):(\d{1,5})")

_T = TypeVar("_T")


class Mistakes(Exception):
    """What cannot be used: a sentence for each field, by its name in `Typed`."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        super().__init__(" ".join(sentences.values()))
        self.sentences = sentences


class Pin(NamedTuple):
    """A certificate that was trusted for one server, and for no other."""

    spoken: Spoken
    host: str
    port: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields of the form, as they stand there.

    `smtp_certificate` is for sending only: empty as `certificate`, "none" for the system's CAs.
    """

    email: str = ""
    real_name: str = ""
    account: str = ""
    imap: str = ""
    pop3: str = ""
    smtp: str = ""
    username: str = ""
    keep: Keep = Keep.FILE
    password: str = field(default="", repr=False)
    command: str = ""
    certificate: str = ""
    smtp_certificate: str = ""
    days: str = ""
    pins: tuple[Pin, ...] = ()


def guess(email: str, is_taken: Callable[[str], bool]) -> dict[str, str]:
    """What the other fields usually hold for this address; nothing is looked up."""
    domain = email.strip().rpartition("@")[2].lower()
    if not domain or "@" not in email:
        return {}
    return {
        "account": _free_name(domain.partition(".")[0], is_taken),
        "imap": f"imap.{domain} 993 tls",
        "pop3": f"pop.{domain} 995 tls",
        "smtp": f"smtp.{domain} 465 tls",
        "username": email.strip(),
    }


def _free_name(wanted: str, is_taken: Callable[[str], bool]) -> str:
    stem = wanted if is_account_name(wanted) else "mail"
    name, number = stem, 2
    while is_taken(name):
        name, number = f"{stem}{number}", number + 1
    return name


def read_draft(typed: Typed, is_taken: Callable[[str], bool]) -> Draft:
    """Raises Mistakes, with all that are there."""
    reader = _Reader()
    email = reader.read("email", lambda: check_sendable(typed.email.strip()), "")
    name = reader.read("account", lambda: _account(typed.account.strip(), is_taken), "")
    real_name = reader.read("real_name", lambda: _optional(typed.real_name), "")
    trust = reader.read("certificate", lambda: _certificate(typed.certificate.strip()), _TRUSTED)
    sending = typed.smtp_certificate.strip()
    trust_to_send = reader.read("smtp_certificate", lambda: _sending(sending, trust), trust)
    username = reader.read("username", lambda: _optional(typed.username), "") or email
    command = reader.read("command", lambda: _command(typed), _NO_COMMAND)
    reader.read("password", lambda: _check_password(typed), None)
    days = reader.read("days", lambda: read_days(typed.days), None)

    def server(spoken: Spoken, text: str) -> ServerConfig | None:
        place = reader.read(spoken, lambda: read_server(text, spoken), None)
        if place is None:
            return None
        pinned = _pinned(typed.pins, spoken, place)
        trusted = trust_to_send if spoken == "smtp" else trust
        return ServerConfig(
            host=place.host,
            port=place.port,
            security=place.security,
            username=username,
            password_command=command,
            ca_file=None if pinned else trusted.ca_file,
            fingerprint=pinned or trusted.fingerprint,
        )

    imap, pop3, smtp = (
        server("imap", typed.imap),
        server("pop3", typed.pop3),
        server("smtp", typed.smtp),
    )
    if not typed.imap.strip() and not typed.pop3.strip():
        reader.mistakes["imap"] = "Name an IMAP or a POP server."
    if reader.mistakes:
        raise Mistakes(reader.mistakes)
    return Draft(
        name=AccountName(name),
        email=email,
        real_name=real_name,
        imap=imap,
        pop3=pop3,
        smtp=smtp,
        keep=typed.keep,
        password="" if typed.keep is Keep.COMMAND else typed.password,
        delete_after_days=days,
    )


class _Reader:
    """Reads one field after the other, and goes on where one cannot be read."""

    def __init__(self) -> None:
        self.mistakes: dict[str, str] = {}

    def read(self, name: str, read: Callable[[], _T], otherwise: _T) -> _T:
        try:
            return read()
        except BadAddress as mistake:
            self.mistakes[name] = f"{mistake}."
        except WrongValueError as mistake:
            self.mistakes[name] = f"This has to be {mistake}."
        except ValueError as mistake:
            self.mistakes[name] = str(mistake)
        return otherwise


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens, and how it is spoken to."""

    host: str
    port: int
    security: Security


def read_server(text: str, spoken: Spoken) -> Place | None:
    """From "HOST [PORT] [tls|starttls|none]" or "HOST:PORT"; None if empty.

    Raises ValueError with a sentence.
    """
    words = _WITH_PORT.sub(r"\1 \2", text.strip(), count=1).split()
    if not words:
        return None
    host = str(values.host(words[0]))
    port, security = 0, None
    for word in words[1:]:
        if word.isascii() and word.isdigit() and not port:
            port = values.number(1, 65535)(int(word[:9]))
        elif word.lower() in _SECURITY and security is None:
            security = _SECURITY[word.lower()]
        else:
            raise ValueError("Write the server's name, its port, and tls, starttls or none.")
    if security is None:
        security = "starttls" if port in _PORT_OF_STARTTLS else "tls"
    return Place(host, port or DEFAULT_PORTS[spoken, security], security)


def _pinned(pins: Sequence[Pin], spoken: Spoken, place: Place) -> str | None:
    """The fingerprint that was trusted last for the server at that place."""
    server = (spoken, place.host, place.port)
    return next((pin.fingerprint for pin in reversed(pins) if pin[:3] == server), None)


def read_days(text: str) -> int | None:
    """None is never. Raises WrongValueError."""
    word = text.strip().lower()
    return values.days_or_never(int(word[:9]) if word.isascii() and word.isdigit() else word)


def _account(name: str, is_taken: Callable[[str], bool]) -> str:
    if not is_account_name(name):
        raise ValueError("A name has letters, digits and . _ - only.")
    if is_taken(name):
        raise ValueError(f"There is an account {name} already.")
    return name


def _optional(text: str) -> str:
    return values.text(text.strip()) if text.strip() else ""


def _command(typed: Typed) -> tuple[str, ...]:
    if typed.keep is not Keep.COMMAND:
        return ()
    try:
        words = shlex.split(typed.command)
    except ValueError as error:
        raise ValueError("A quotation mark in it is never closed.") from error
    if not words:
        raise ValueError("Name the program that prints the password.")
    return values.command(words)


def _check_password(typed: Typed) -> None:
    if typed.keep is not Keep.COMMAND and not typed.password:
        raise ValueError("Without a password nothing can be tried.")


_NO_COMMAND: tuple[str, ...] = ()
_TRUSTED = ServerConfig()


def _certificate(text: str) -> ServerConfig:
    """A path of CAs or a fingerprint, as a server's settings have them."""
    if not text:
        return _TRUSTED
    if text.startswith("sha256:") or _DIGEST.fullmatch(text):
        return ServerConfig(fingerprint=values.fingerprint(text))
    return ServerConfig(ca_file=values.file_path(text))


def _sending(text: str, trust: ServerConfig) -> ServerConfig:
    if not text:
        return trust
    return _TRUSTED if text.lower() == "none" else _certificate(text)
