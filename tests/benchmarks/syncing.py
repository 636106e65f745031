"""Keys on the large mailbox while another account's 10,000 messages arrive."""

import time
from collections.abc import Sequence

from tests.benchmarks.readers import Reader
from tests.benchmarks.sandbox import Sandbox, fill_server
from tests.benchmarks.tables import Row, milliseconds
from tests.benchmarks.terminal import Answer
from tests.benchmarks.walk import Walk, go_home, opened, presses
from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_software import Software
from tests.servers.mail_user import MailUser
from tuimail.model.mail import AccountName, Mailbox

ARRIVING = 10_000
ROUNDS = 3
SIZE = (120, 40)
PATIENCE = 60.0

ROWS = (
    Row("answer p50", "j, median", milliseconds, 0.003),
    Row("answer p95", "j, 95 %", milliseconds, 0.015),
    Row("j p50", "j until the news is drawn, too, median", milliseconds),
    Row("j p95", "j until the news is drawn, too, 95 %", milliseconds),
)


def while_syncing(software: Software, sandbox: Sandbox, reader: Reader, shown: str) -> Walk:
    """`j` from when the list stands until everything has arrived, a few times.

    "answer" is the frame that answers the key; what "j" tells may also be news drawn after it.
    """
    answers: list[Answer] = []
    with Dovecot(software) as server:
        for number in range(ROUNDS):
            user = MailUser(server, server.new_user())
            fill_server(user, ARRIVING)
            user.letters()  # Dovecot writes its own indexes before anybody is timed.
            account = sandbox.add_account(
                f"arriving{number}", user.host, server.imap, user.name, user.password
            )
            answers += _answers(reader, shown, sandbox, account)
    result = Walk()
    result.keep("j", answers)
    result.keep("answer", [_frame(answer) for answer in answers])
    return result


def _answers(reader: Reader, shown: str, sandbox: Sandbox, account: AccountName) -> list[Answer]:
    answers: list[Answer] = []
    store = sandbox.store(account, writer=False)
    with opened(reader, SIZE) as terminal:
        terminal.wait_for(shown)
        terminal.write(reader.keys.down)
        terminal.wait_for(r" 2/\d+ ")
        deadline = time.monotonic() + PATIENCE
        while _total(store.mailboxes()) < ARRIVING and time.monotonic() < deadline:
            go_home(reader, terminal)
            answers += presses(terminal, reader.keys.down, 25, quiet=0.03)
    store.close()
    sandbox.run("engine", "stop")
    return answers


def _frame(answer: Answer) -> Answer:
    """The first frame alone: one write, so one piece."""
    first = answer.pieces[0]
    return Answer(first.at, first.at, first.size, (first,))


def _total(mailboxes: Sequence[Mailbox]) -> int:
    return sum(mailbox.total for mailbox in mailboxes)
