"""One user of a test server, as a test wants to see them."""

import imaplib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.servers.dovecot import Dovecot
from tests.servers.plain_imap import Letter, letters_of


@dataclass(frozen=True, slots=True)
class MailUser:
    """A fresh user: `name` and `password` log in at `host`, ports are the server's."""

    server: Dovecot
    name: str

    @property
    def host(self) -> str:
        return self.server.host

    @property
    def password(self) -> str:
        return self.server.password

    @property
    def ca_file(self) -> Path:
        return self.server.certificates.ca_file

    def deliver(
        self,
        raw: bytes,
        mailbox: str = "INBOX",
        *,
        flags: str = "",
        received: datetime | None = None,
    ) -> None:
        """A letter arrives as from another program; `flags` are Maildir's letters ("SF")."""
        self.server.deliver(self.name, raw, mailbox, flags=flags, received=received)

    def maildir(self, mailbox: str = "INBOX") -> Path:
        return self.server.maildir(self.name, mailbox)

    @contextmanager
    def imap(self) -> Iterator[imaplib.IMAP4]:
        """Another mail program, logged in: the second actor of a test."""
        connection = imaplib.IMAP4(self.host, self.server.imap, timeout=20)
        with ExitStack() as on_failure:
            on_failure.callback(connection.shutdown)
            connection.login(self.name, self.password)
            yield connection
            connection.logout()
            on_failure.pop_all()

    def letters(self) -> Counter[Letter]:
        """Every message of every mailbox, read by code that is not ours."""
        with self.imap() as connection:
            return letters_of(connection)
