"""What the settings files may say; the README's tables are printed from here."""

from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, get_type_hints

from tuimail.config import values
from tuimail.config.values import Key
from tuimail.model.mail import AccountName, MailboxName, Role

Protocol = Literal["imap", "pop3"]
Security = Literal["tls", "starttls", "none"]
Auth = Literal["password", "oauth2"]

DEFAULT_PORTS: dict[tuple[str, Security], int] = {
    ("imap", "tls"): 993,
    ("imap", "starttls"): 143,
    ("imap", "none"): 143,
    ("pop3", "tls"): 995,
    ("pop3", "starttls"): 110,
    ("pop3", "none"): 110,
    ("smtp", "tls"): 465,
    ("smtp", "starttls"): 587,
    ("smtp", "none"): 25,
}

# By what mechanisms each kind of secret may go; a token never goes as a password.
MECHANISMS: dict[Auth, tuple[str, ...]] = {
    "password": ("PLAIN", "LOGIN"),
    "oauth2": ("XOAUTH2", "OAUTHBEARER"),
}

_Command = Annotated[
    tuple[str, ...],
    Key(values.command, "a program and its arguments; the first line it prints is the password"),
]
_TokenCommand = Annotated[
    tuple[str, ...],
    Key(values.command, "a program and its arguments; prints an OAuth2 access token"),
]
_Security = Annotated[
    Security,
    Key(
        values.one_of("tls", "starttls", "none"),
        '`"tls"`, `"starttls"`, or `"none"` (only for a server on this machine)',
    ),
]
_Sasl = Annotated[
    str,
    Key(
        values.mechanism(*MECHANISMS["password"], *MECHANISMS["oauth2"]),
        'log in by this mechanism only: `"PLAIN"`, `"LOGIN"`; for a token `"XOAUTH2"`, '
        '`"OAUTHBEARER"`',
        shown="what the server offers",
    ),
]
_CaFile = Annotated[
    Path | None,
    Key(values.file_path, "certificate authorities for this server, instead of the system's"),
]
_Fingerprint = Annotated[
    str | None,
    Key(values.fingerprint, "`sha256:…` of the server's certificate; replaces all other checks"),
]


@dataclass(frozen=True, slots=True)
class Secrets:
    """Where a server's password or token comes from; see `config.secrets`."""

    username: Annotated[str, Key(values.text, "log-in name", shown="the address")] = ""
    auth: Annotated[
        Auth, Key(values.one_of("password", "oauth2"), '`"password"` or `"oauth2"`')
    ] = "password"
    password: Annotated[
        str | None, Key(values.text, "only in a file that nobody else may read", secret=True)
    ] = field(default=None, repr=False)
    password_command: _Command = ()
    token_command: _TokenCommand = ()


@dataclass(frozen=True, slots=True)
class ServerConfig(Secrets):
    """One server, every default filled in."""

    host: Annotated[str, Key(values.host, "name of the server")] = ""
    security: _Security = "tls"
    port: Annotated[int, Key(values.number(1, 65535), "port", shown="the usual one")] = 0
    sasl: _Sasl = ""
    ca_file: _CaFile = None
    fingerprint: _Fingerprint = None
    storage: Annotated[
        int | None,
        Key(values.size, "what the mailbox may hold, where the server cannot say", idle=True),
    ] = None
    authserv_id: Annotated[
        str, Key(values.host, "whose Authentication-Results are believed", idle=True)
    ] = ""


@dataclass(frozen=True, slots=True)
class OutgoingConfig(ServerConfig):
    """The server that takes letters."""

    ehlo_name: Annotated[
        str,
        Key(
            values.host,
            "what this machine calls itself to the server (EHLO)",
            shown="`[127.0.0.1]`, which tells nothing",
        ),
    ] = ""

    copy_to_sent: Annotated[
        bool | None,
        Key(
            values.auto_or_yes_or_no,
            '`"auto"`: put a copy of what is sent into Sent, unless the server has done so · '
            "true: always · false: never",
            shown='`"auto"`',
        ),
    ] = None

    command: Annotated[
        tuple[str, ...], Key(values.command, "a program that sends, instead of a server", idle=True)
    ] = ()

    @classmethod
    def of(cls, server: ServerConfig) -> "OutgoingConfig":
        """The same server, with defaults for the rest."""
        return cls(**{each.name: getattr(server, each.name) for each in fields(server)})


@dataclass(frozen=True, slots=True)
class Pop3Config:
    """When messages leave a POP3 server; None means never."""

    delete_after_days: Annotated[
        int | None, Key(values.days_or_never, '0: once safely stored · N: after N days · `"never"`')
    ] = 0
    delete_with_local: Annotated[
        bool, Key(values.yes_or_no, "delete there, too, what I delete here for good")
    ] = False
    keep_server_below: Annotated[
        int | None,
        Key(values.size, "delete the oldest stored mail there early, so that it stays below"),
    ] = None
    max_size: Annotated[
        int | None, Key(values.size, "larger ones stay there until I ask for them")
    ] = None


@dataclass(frozen=True, slots=True)
class ImapConfig:
    """What is kept of an IMAP account, and how its server is spoken to."""

    bodies: Annotated[
        str, Key(values.bodies, 'what is kept here: `"all"`, `"headers"`, or an age such as `"1y"`')
    ] = "all"
    pipeline: Annotated[
        int, Key(values.number(0, 1), "0: as the server can · 1: one command at a time")
    ] = 0
    shared: Annotated[
        str,
        Key(
            values.one_of("subscribed", "all"),
            'which mailboxes of others are kept here: `"subscribed"` or `"all"`',
        ),
    ] = "subscribed"


@dataclass(frozen=True, slots=True)
class FolderNames:
    """Mailboxes that the user named for a role; the others are found."""

    archive: Annotated[str | None, Key(values.text, "mailbox for what is archived")] = None
    sent: Annotated[str | None, Key(values.text, "mailbox for what was sent")] = None
    trash: Annotated[str | None, Key(values.text, "mailbox for what is deleted")] = None
    drafts: Annotated[str | None, Key(values.text, "mailbox for drafts")] = None
    junk: Annotated[str | None, Key(values.text, "mailbox for spam")] = None

    def by_role(self) -> dict[Role, MailboxName]:
        return {
            Role(entry.name): MailboxName(name)
            for entry in fields(self)
            if (name := getattr(self, entry.name))
        }


@dataclass(frozen=True, slots=True)
class ArchiveConfig:
    """What is archived by a rule."""

    older_than: Annotated[
        str, Key(values.age, "archive what is older, once that was confirmed", idle=True)
    ] = ""


@dataclass(frozen=True, slots=True)
class ContactsConfig(Secrets):
    """A CardDAV book; its secrets serve that book alone."""

    url: Annotated[str, Key(values.web_address, "address of a CardDAV book", idle=True)] = ""
    ca_file: _CaFile = None
    fingerprint: _Fingerprint = None


@dataclass(frozen=True, slots=True)
class AccountConfig:
    """One account; `name` is that of its file, `real_name` that of its owner.

    `idle` are the keys that its file sets and nothing reads.
    """

    name: AccountName
    email: Annotated[str, Key(values.address, "my address")]
    incoming: ServerConfig
    real_name: Annotated[str, Key(values.text, "my name", name="name")] = ""
    protocol: Annotated[Protocol, Key(values.one_of("imap", "pop3"), '`"imap"` or `"pop3"`')] = (
        "imap"
    )
    aliases: Annotated[tuple[str, ...], Key(values.addresses, "further addresses of mine")] = ()
    outgoing: OutgoingConfig | None = None
    pop3: Pop3Config = field(default_factory=Pop3Config)
    imap: ImapConfig = field(default_factory=ImapConfig)
    folders: FolderNames = field(default_factory=FolderNames)
    archive: ArchiveConfig = field(default_factory=ArchiveConfig)
    contacts: ContactsConfig | None = None
    idle: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """config.toml: how the interface looks and behaves."""

    keymap: Annotated[
        str,
        Key(
            values.one_of("default", "mutt", "aerc", "gmail"),
            'the keys: `"default"`, `"mutt"`, `"aerc"` or `"gmail"`',
        ),
    ] = "default"
    theme: Annotated[
        str,
        Key(
            values.one_of("auto", "ansi", "calm", "paper"),
            'the colours: `"calm"` (dark), `"paper"` (light) or `"ansi"` (the terminal\'s own); '
            '`"auto"`: calm, or paper where the terminal says that it is light (`COLORFGBG`);'
            " over SSH and with few colours the terminal's own",
        ),
    ] = "auto"
    cursor: Annotated[
        str,
        Key(
            values.one_of("bar", "arrow"),
            'in the list of messages: `"bar"`, or `"arrow"` alone, which needs few bytes',
        ),
    ] = "bar"
    scroll: Annotated[
        str,
        Key(
            values.one_of("page", "line"),
            'what a list does at its edge: turns a `"page"`, or moves by a `"line"`',
        ),
    ] = "page"
    slow_link: Annotated[
        bool | None,
        Key(
            values.auto_or_yes_or_no,
            'true: lists without the beginnings of messages, no preview; `"auto"`: '
            "where the line over SSH is found to be slow",
            shown='`"auto"`',
        ),
    ] = None
    unicode: Annotated[bool, Key(values.yes_or_no, "false: draw with ASCII characters only")] = True
    notify: Annotated[
        str,
        Key(
            values.one_of("none", "bell", "osc9", "osc777"),
            'how new mail is told outside the screen: `"bell"`, or a notification that the '
            'terminal shows (`"osc9"`: iTerm2, kitty, WezTerm · `"osc777"`: foot, urxvt)',
        ),
    ] = "none"


@cache
def keys_of(schema: type) -> dict[str, tuple[str, Key]]:
    """The keys of a table: name in the file, to the field's name and what it may hold."""
    found: dict[str, tuple[str, Key]] = {}
    for name, hint in get_type_hints(schema, include_extras=True).items():
        for key in getattr(hint, "__metadata__", ()):
            found[key.name or name] = (name, key)
    return found
