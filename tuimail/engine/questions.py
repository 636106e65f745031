"""What the form and the prompts ask for, in this order and in these words."""

from typing import NamedTuple

from tuimail.engine.setup import Keep


class Question(NamedTuple):
    """A field of `Typed`: what it is called, and what to know about it."""

    key: str
    label: str
    hint: str


EMAIL = Question("email", "Your address", "For example anna@example.org.")
REAL_NAME = Question("real_name", "Your name", "As others see it on your letters.")
ACCOUNT = Question("account", "Short name", "What the account is called here.")
_SERVER = "Its name, port, and tls, starttls or none."
IMAP = Question("imap", "IMAP server", f"{_SERVER} A guess; empty if there is none.")
POP3 = Question("pop3", "POP server", f"{_SERVER} A guess; empty if there is none.")
SMTP = Question("smtp", "SMTP server", f"For sending. {_SERVER} A guess; empty: only read.")
USERNAME = Question("username", "Log-in name", "Most servers want the whole address.")
KEEP = Question("keep", "Password is", "Where it is from now on.")
PASSWORD = Question("password", "Password", "Some providers want an app password made for this.")
COMMAND = Question(
    "command", "Command", "A program that prints the password, such as: pass show mail/anna"
)
CERTIFICATE = Question(
    "certificate",
    "Certificate",
    "Only for a server with its own: a file of authorities, or its SHA-256. Mostly empty.",
)

ALL = (EMAIL, REAL_NAME, KEEP, PASSWORD, COMMAND, IMAP, POP3, SMTP, USERNAME, ACCOUNT, CERTIFICATE)

KEEPING: tuple[tuple[Keep, str, str], ...] = (
    (Keep.FILE, "f", "kept in the account's file, which only you can read"),
    (Keep.KEYRING, "k", "kept in the system's keyring"),
    (Keep.COMMAND, "c", "printed by a command, such as pass"),
    (Keep.MEMORY, "n", "kept nowhere; you are asked each time"),
)
