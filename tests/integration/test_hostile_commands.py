"""What commands print at a terminal about servers and letters that mean it harm."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.integration.hostile_home import SHOWN, Home, home_on
from tests.servers.hostile_imap import HostileMailbox, evil, evil_letters
from tests.servers.in_background import in_background
from tests.servers.pop3_server import Pop3Server
from tests.servers.smtp_sink import smtp_sink
from tests.ui.terminal.grammar import check_sync

USAGE, PARTLY, LATER = 2, 3, 75
LONG = pytest.mark.long
LETTER = b"From: anna@example.org\r\nTo: b@example.org\r\nSubject: \x1b[32m\r\n\r\nx\r\n"


class Synced(NamedTuple):
    """A home, what its first sync and its first doctor said, and the messages that are there."""

    home: Home
    sync: str
    doctor: str
    messages: list[dict[str, str]]


def a_maildrop() -> Pop3Server:
    server = Pop3Server(capabilities=("TOP", "UIDL", "USER", "X-\x1b]0;PWNED\x07", "\u202eX"))
    server.add(*evil_letters()[:2])
    return server


@pytest.fixture(scope="module")
def synced() -> Iterator[Synced]:
    """With all its mail here, and at the end a letter and a move that servers refused."""
    drop = a_maildrop()
    sink = smtp_sink(answers={"RCPT": [f"550 {evil('no-RCPT').decode()}"]})
    with (
        in_background(drop.open()),
        in_background(sink) as way,
        home_on(HostileMailbox()) as home,
    ):
        home.add_smtp(way.port)
        home.add_pop3(drop)
        # One row of LIST cannot be read, and that is said each time.
        sync, doctor = home.syncs(status=PARTLY), home.syncs("doctor", status=1)
        rows = home.says("search", "--json", "--account", "work", "in:INBOX").splitlines()
        messages = [json.loads(row) for row in rows]
        home.says("archive", messages[0]["id"])
        home.says("send", "--account", "work", "--wait", status=1, stdin=LETTER)
        home.syncs(status=PARTLY)
        yield Synced(home, sync, doctor, messages)


def test_a_sync_says_what_came(synced: Synced) -> None:
    assert "1 of its rows cannot be read" in synced.sync
    assert "drop: 2 new" in synced.sync
    assert len(synced.messages) == len(evil_letters())


def test_a_doctor_names_every_mailbox(synced: Synced) -> None:
    assert "ok  mailbox: work ␛[2J␛[99;99H" in synced.doctor
    assert "ok  mailbox: work raw␛[2J␛[99;99H" in synced.doctor


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["mailboxes"], "raw␛]52;c;aGk=␇"),
        (["search", "in:INBOX"], "␛[?1049l"),
        (["pending"], f"no-MOVE {SHOWN}"),
        pytest.param(["undo", "--list"], f"no-MOVE {SHOWN}", marks=LONG),
        (["outbox"], f"no-RCPT {SHOWN}"),
        (["pop", "plan"], "drop     uidl-"),
        (["account", "check", "drop"], "X-␛]0;PWNED␇"),
        (["account", "check", "work"], f"X={SHOWN.upper()}"),
        (["-vv", "account", "check", "work"], f"WARNING 127.0.0.1 says: greeting {SHOWN}"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_a_command_shows_it_and_does_not_obey(
    synced: Synced, command: list[str], shown: str
) -> None:
    assert shown in synced.home.says(*command)


def test_a_letter_is_shown_and_not_obeyed(synced: Synced) -> None:
    subjects = {each["id"]: each["subject"] for each in synced.messages if "␛" in each["subject"]}
    for id, subject in list(subjects.items())[:2]:
        # Sender, recipient, subject and body.
        assert synced.home.says("show", id).count(subject) == 4


def test_a_doctor_says_what_was_refused(synced: Synced) -> None:
    assert f"no-MOVE {SHOWN}" in synced.home.syncs("doctor", status=1)


@pytest.mark.parametrize(
    "command",
    [
        ["mailboxes"],
        pytest.param(["pending"], marks=LONG),
        pytest.param(["outbox"], marks=LONG),
        pytest.param(["pop", "plan"], marks=LONG),
        pytest.param(["account", "check", "work"], marks=LONG),
    ],
    ids=["mailboxes", "pending", "outbox", "plan", "check"],
)
def test_json_says_everything_and_holds_nothing_to_be_obeyed(
    synced: Synced, command: list[str]
) -> None:
    lines = synced.home.says("--json", *command).splitlines()
    # What is for people goes to the same terminal here.
    objects = [json.loads(line) for line in lines if not line.startswith("tuimail: ")]
    assert objects
    if command == ["mailboxes"]:
        names = {"raw\x1b[32m", "\u2066x", "\U000e0041", "\x9b32m"}
        assert names <= {each["mailbox"] for each in objects}


@pytest.mark.parametrize(
    "command",
    [
        ["search", "from:(\x1b[32m"],
        pytest.param(["\x1b[32m"], marks=LONG),
        pytest.param(["sync", "\x9b32m\u202e"], marks=LONG),
        ["pending", "retry", "\x1b[2J", "\x1b[2J"],
    ],
    ids=["query", "command", "account", "argument"],
)
def test_what_was_typed_is_quoted_and_not_obeyed(synced: Synced, command: list[str]) -> None:
    assert "tuimail: " in synced.home.says(*command, status=USAGE)


@pytest.mark.parametrize(
    ("mailbox", "shown", "status"),
    [
        (HostileMailbox(greeting=b"* BYE " + evil("farewell")), f"farewell {SHOWN}", LATER),
        (
            HostileMailbox(refuses=frozenset({"AUTHENTICATE", "LOGIN"})),
            f"no-AUTHENTICATE {SHOWN}",
            1,
        ),
        pytest.param(HostileMailbox(greeting=evil("\x1b]0;x\x07")), "IMAP", 1, marks=LONG),
        pytest.param(
            *(HostileMailbox(refuses=frozenset({"LIST"})), f"no-LIST {SHOWN}", 1),
            marks=LONG,
        ),
        pytest.param(
            HostileMailbox(refuses=frozenset({"LIST"}), answer=b"{tag} BAD"),
            *(f"no-LIST {SHOWN}", 1),
            marks=LONG,
        ),
    ],
    ids=["BYE", "log-in", "garbage", "list", "bad"],
)
def test_a_refusal_is_told_in_the_words_of_the_server(
    mailbox: HostileMailbox, shown: str, status: int
) -> None:
    with home_on(mailbox) as home:
        assert shown in home.says("account", "check", "work", status=status)


@pytest.mark.parametrize(
    "answer",
    [
        b"{tag} NO",
        pytest.param(b"{tag} NO [UNAVAILABLE]", marks=LONG),
        pytest.param(b"{tag} BAD", marks=LONG),
    ],
)
def test_a_sync_says_which_mailbox_was_refused(answer: bytes) -> None:
    mailbox = HostileMailbox(refuses=frozenset({"SELECT"}), answer=answer, names=())
    with home_on(mailbox) as home:
        status = LATER if b"UNAVAILABLE" in answer else 1
        assert f"no-SELECT {SHOWN}" in home.syncs(status=status)


def test_a_sync_that_asks_for_a_password_obeys_no_name_and_no_reason() -> None:
    mailbox = HostileMailbox(refuses=frozenset({"AUTHENTICATE", "LOGIN"}))
    user = "an[/]na [red] :bomb:"
    with home_on(mailbox) as home:
        home.rewrite("work", 'username = "anna"', f'username = "{user}"')
        with home.terminal("sync") as program:
            program.until(lambda: f"Password for work ({user})" in program.screen())
            wrapped = "".join(program.screen().split())
            assert "".join(f"no-LOGIN {SHOWN}".split()) in wrapped
            program.write(b"\n")
            assert program.ended() == 1
            assert check_sync(program.output) == 1


@pytest.mark.parametrize(
    ("server", "shown", "status"),
    [
        (Pop3Server(greeting=b"-ERR " + evil("no") + b"\r\n"), f"no {SHOWN}", LATER),
        pytest.param(Pop3Server(greeting=evil("\x1b[32m") + b"\r\n"), "POP3", 1, marks=LONG),
        (Pop3Server(login_answer=b"-ERR [AUTH] " + evil("no") + b"\r\n"), f"no {SHOWN}", 1),
    ],
    ids=["greeting", "garbage", "log-in"],
)
def test_a_refusal_of_a_pop_server_is_told(server: Pop3Server, shown: str, status: int) -> None:
    with in_background(server.open()), Home() as home:
        home.add_pop3(server)
        assert shown in home.says("account", "check", "drop", status=status)


@LONG
def test_a_pop_server_whose_names_cannot_be_used_is_told() -> None:
    server = a_maildrop()
    with in_background(server.open()), Home() as home:
        home.add_pop3(server)
        home.syncs()
        server.letters[0].uidl = "\x1b[32m\x9b\u202e"
        assert "not every message a UIDL that can be used" in home.syncs(status=1)
