"""Small builders that tests share: letters as bytes, keys, and a server that holds them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from itertools import count

from tuimail.backend.demo.server import DemoServer
from tuimail.model.mail import AccountName, MessageKey, first_key

ACCOUNT = AccountName("work")
NOON = datetime(2024, 5, 17, 12, 0, tzinfo=UTC)

_numbers = count(1)


def letter(
    subject: str = "Budget",
    body: str = "The figures you asked for.\n",
    *,
    sender: str = "Anna Meyer <anna@example.org>",
    to: str = "Józef Kowalski <jozef@example.net>",
    date: datetime = NOON,
    message_id: str | None = None,
    in_reply_to: str | None = None,
    html: str | None = None,
    files: Mapping[str, bytes] | None = None,
) -> bytes:
    """A well-formed mail; each call makes a Message-ID of its own unless told one."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["Date"] = date
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = message_id or f"<letter-{next(_numbers)}@example.org>"
    if in_reply_to is not None:
        mail["In-Reply-To"] = in_reply_to
        mail["References"] = in_reply_to
    mail.set_content(body)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    for name, content in (files or {}).items():
        mail.add_attachment(content, "application", "octet-stream", filename=name)
    return mail.as_bytes()


def message_keys(account: AccountName = ACCOUNT) -> Iterator[MessageKey]:
    """Keys of an account, as its store would hand them out."""
    first = first_key(account)
    return (MessageKey(first + number) for number in count(1))


def server_with(*contents: bytes) -> DemoServer:
    """A server in memory with these messages in its inbox, unread."""
    server = DemoServer()
    for content in contents:
        server.deliver(content)
    return server
