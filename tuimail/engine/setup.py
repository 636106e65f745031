"""Setting up an account: what somebody typed, what the servers said, and who tries and saves."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import NamedTuple, Protocol

from tuimail.config.schema import AccountConfig, OutgoingConfig, Pop3Config, ServerConfig
from tuimail.config.schema import Protocol as MailProtocol
from tuimail.engine.purposes import Purpose
from tuimail.model.mail import AccountName
from tuimail.model.quota import Quota
from tuimail.model.safe_text import SafeText


class Keep(Enum):
    """Where the password is from now on."""

    FILE = auto()
    KEYRING = auto()
    MEMORY = auto()
    COMMAND = auto()


@dataclass(frozen=True, slots=True)
class Draft:
    """An account that nobody has tried yet; None is a server that there is none of.

    `password` is what was typed; a command stands in the servers' own settings. `smtp` shares
    user name and secret with whichever server mail comes from.
    """

    name: AccountName
    email: str
    real_name: str
    imap: ServerConfig | None
    pop3: ServerConfig | None
    smtp: ServerConfig | None
    keep: Keep = Keep.FILE
    password: str = field(default="", repr=False)
    delete_after_days: int | None = None

    def account(self, protocol: MailProtocol) -> AccountConfig:
        """The settings as a file says them, mail coming by `protocol`; without the password."""
        incoming = self.imap if protocol == "imap" else self.pop3
        if incoming is None:
            raise ValueError(f"there is no server for {protocol}")
        outgoing = None
        if self.smtp is not None:
            outgoing = OutgoingConfig.of(replace(self.smtp, username="", password_command=()))
        return AccountConfig(
            name=self.name,
            email=self.email,
            real_name=self.real_name,
            protocol=protocol,
            incoming=incoming,
            outgoing=outgoing,
            pop3=Pop3Config(self.delete_after_days) if protocol == "pop3" else Pop3Config(),
        )


class Fault(Enum):
    """What has to be mended before another try."""

    SERVER = auto()
    PASSWORD = auto()


class Certificate(NamedTuple):
    """What a server shows and nobody vouches for: why not, and how it is told from others."""

    reason: SafeText
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Closed:
    """No log-in: the sentence says why; with `later` the same try may succeed another time.

    With a `certificate` it may succeed once the user has trusted that one.
    """

    sentence: SafeText
    fault: Fault = Fault.SERVER
    later: bool = False
    certificate: Certificate | None = None

    @property
    def why(self) -> SafeText:
        """The sentence where the fingerprint has been shown already, whole and by itself."""
        return self.certificate.reason if self.certificate else self.sentence


@dataclass(frozen=True, slots=True)
class ImapNumbers:
    """What IMAP shows: messages in the inbox and in the `others` mailboxes, and the space.

    `purposes` are the mailboxes that will be used for what is archived, sent, deleted.
    """

    inbox: int
    elsewhere: int
    others: int
    quota: Quota | None
    purposes: tuple[Purpose, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Pop3Numbers:
    """What POP shows; without `ids` the days of a message cannot be counted."""

    messages: int
    size: int
    ids: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """How each server answered; None was not tried."""

    imap: ImapNumbers | Closed | None
    pop3: Pop3Numbers | Closed | None
    smtp: Closed | None = None

    @property
    def ways(self) -> tuple[MailProtocol, ...]:
        """The protocols that mail can come by."""
        imap: tuple[MailProtocol, ...] = ("imap",) if isinstance(self.imap, ImapNumbers) else ()
        pop3: tuple[MailProtocol, ...] = ("pop3",) if isinstance(self.pop3, Pop3Numbers) else ()
        return imap + pop3


class SetupFailed(Exception):
    """It was not saved; the text is a sentence for the user."""


class Setup(Protocol):
    """Tries an account and writes it down."""

    def is_taken(self, name: str) -> bool:
        """Whether there is an account of that name."""

    async def probe(
        self, draft: Draft, terminal: Callable[[], AbstractAsyncContextManager[None]]
    ) -> Probe:
        """Log in and count; nothing is fetched or deleted.

        `terminal` hands over the terminal to a password command that has to ask there.
        """

    async def save(self, draft: Draft, protocol: MailProtocol) -> AccountConfig:
        """Write the account's file; raises SetupFailed."""
