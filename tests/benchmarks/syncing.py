"""Keys on the large mailbox while another account's 10,000 messages arrive."""

import time
from collections.abc import Sequence

from tests.benchmarks.readers import Reader
from tests.benchmarks.sandbox import Sandbox, fill_server
from tests.benchmarks.terminal import Answer
from tests.benchmarks.walk import Walk, go_home, opened, presses
from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_software import Software
from tests.servers.mail_user import MailUser
from tuimail.model.mail import Mailbox

ARRIVING = 10_000
SIZE = (120, 40)
PATIENCE = 60.0


def while_syncing(software: Software, sandbox: Sandbox, reader: Reader, shown: str) -> Walk:
    """`j` from when the list stands until everything has arrived."""
    with Dovecot(software) as server:
        user = MailUser(server, server.new_user())
        fill_server(user, ARRIVING)
        user.letters()  # Dovecot writes its own indexes before anybody is timed.
        sandbox.run("engine", "stop")
        account = sandbox.add_account("arriving", user.host, server.imap, user.name, user.password)
        store = sandbox.store(account, writer=False)
        answers: list[Answer] = []
        with opened(reader, SIZE) as terminal:
            terminal.wait_for(shown)
            deadline = time.monotonic() + PATIENCE
            while _total(store.mailboxes()) < ARRIVING and time.monotonic() < deadline:
                go_home(reader, terminal)
                answers += presses(terminal, reader.keys.down, 25, quiet=0.03)
        store.close()
    result = Walk()
    result.keep("j", answers)
    return result


def _total(mailboxes: Sequence[Mailbox]) -> int:
    return sum(mailbox.total for mailbox in mailboxes)
