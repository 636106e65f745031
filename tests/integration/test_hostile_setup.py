"""The form for the first account, and `account add`, on servers that mean it harm."""

import ssl
from pathlib import Path

import pytest

from tests.integration.hostile_home import SHOWN, Home
from tests.servers.certificates import write_certificates
from tests.servers.hostile_imap import HostileMailbox, evil
from tests.servers.in_background import in_background
from tests.servers.pop3_server import PASSWORD, Pop3Server
from tests.ui.hostile_screen import CANARIES
from tests.ui.terminal.grammar import Grammar, check_sentences
from tests.ui.terminal.pty_program import PtyProgram
from tests.unit.backend.imap.evil_server import Peer, serving

SIZE = (160, 40)
PASTED = "".join(canary.replace("\x1b", "") for canary in CANARIES)
SUBJECT = "\x1b]0;pwned\x07\x1b[32m\x9b2J\u202e"


def fill(program: PtyProgram, imap: str, pop3: str = "", smtp: str = "", ca: str = "") -> None:
    """All that the form asks, up to the log-in."""
    program.until(lambda: "Your address" in program.screen())
    program.write(b"anna@example.org\r\x1b[200~" + PASTED.encode() + b"\x1b[201~\r\r")
    lines = (PASSWORD, *(f"\x15{each}" for each in (imap, pop3, smtp, "anna", "work")), ca, "")
    program.write("".join(f"{line}\r" for line in lines).encode())
    program.until(lambda: "Try the log-in" in program.screen())
    program.write(b"\r" * 4)


def is_harmless(program: PtyProgram, *shown: str) -> None:
    """See all that is `shown`, leave, and look at every byte."""
    for words in shown:
        program.until(lambda: words in " ".join(program.screen().split()))  # noqa: B023
    program.write(b"\x03")
    assert program.ended() == 0
    found = Grammar(*SIZE, title="(?!)").check(program.output)
    assert (found["enter"], found["leave"]) == (1, 1)


def test_who_turns_us_away_is_quoted() -> None:
    imap = HostileMailbox(greeting=b"* BYE " + evil("imap"))
    pop3 = Pop3Server(greeting=b"-ERR " + evil("pop3") + b"\r\n")
    with (
        in_background(imap.serving()) as one,
        in_background(pop3.open()),
        Home() as home,
        home.terminal() as program,
    ):
        fill(program, f"127.0.0.1 {one.port} none", f"127.0.0.1 {pop3.port} none")
        is_harmless(program, f"imap {SHOWN}", f"pop3 {SHOWN}")


@pytest.mark.parametrize("refused", ["AUTHENTICATE", pytest.param("LIST", marks=pytest.mark.long)])
def test_who_refuses_something_is_quoted(refused: str) -> None:
    # A mechanism that is refused is followed by the next way in.
    mailbox = HostileMailbox(refuses=frozenset({refused, "LOGIN"}))
    with in_background(mailbox.serving()) as server, Home() as home, home.terminal() as program:
        fill(program, f"127.0.0.1 {server.port} none")
        is_harmless(program, f"no-{refused} {SHOWN}")


def test_who_does_not_take_letters_is_quoted() -> None:
    async def refuse(peer: Peer) -> None:
        await peer.say(b"554 " + evil("smtp"))
        await peer.hang()

    imap = HostileMailbox()
    with (
        in_background(imap.serving()) as one,
        in_background(serving(refuse)) as two,
        Home() as home,
        home.terminal() as program,
    ):
        fill(program, f"127.0.0.1 {one.port} none", smtp=f"127.0.0.1 {two.port} none")
        is_harmless(program, f"smtp {SHOWN}", "Use IMAP")


@pytest.mark.parametrize("known", [pytest.param(True, marks=pytest.mark.long), False])
def test_what_a_certificate_says_is_not_obeyed(tmp_path: Path, known: bool) -> None:
    """Of another host, of an authority that is trusted or not."""
    files = write_certificates(tmp_path, '"\x1b]0;pwned\x07"@example.org', subject=SUBJECT)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(files.cert_file, files.key_file)

    async def greet(peer: Peer) -> None:
        await peer.say("* OK hello")
        await peer.hang()

    ca = str(files.ca_file) if known else ""
    with in_background(serving(greet, tls=tls)) as server, Home() as home:
        with home.terminal() as program:
            fill(program, f"localhost {server.port} tls", ca=ca)
            is_harmless(program, "is not trusted", files.fingerprint[-20:])
        home.add_account("work", "localhost", server.port, "anna", "secret")
        home.rewrite("work", '"none"', '"tls"')
        assert files.fingerprint in home.says("-vv", "account", "check", "work", status=1)


def add_at_terminal(home: Home, port: int, email: str) -> PtyProgram:
    way = f"--host 127.0.0.1 --port {port} --security none --protocol imap --real-name Anna"
    secret = ("--password-command", "echo secret")
    return home.terminal("account", "add", "work", "--email", email, *way.split(), *secret)


def answer(program: PtyProgram, question: str, words: str) -> None:
    program.until(lambda: question in program.screen())
    program.write(f"{words}\n".encode())


def test_questions_at_the_terminal_quote_the_server_too() -> None:
    mailbox = HostileMailbox(refuses=frozenset({"AUTHENTICATE", "LOGIN"}))
    with (
        in_background(mailbox.serving()) as server,
        Home() as home,
        add_at_terminal(home, server.port, "anna@example.org") as program,
    ):
        answer(program, "SMTP server", "-")
        answer(program, "Log-in name [anna@example.org]", "")
        answer(program, "Try again?", "n")
        assert program.ended() == 1
        check_sentences(program.output)
        assert f"no-AUTHENTICATE {SHOWN}" in " ".join(program.output.decode().split())


def test_questions_at_the_terminal_quote_what_was_given() -> None:
    with Home() as home, add_at_terminal(home, 1, "an\x1b[32mna@example.org") as program:
        answer(program, "SMTP server", "-")
        answer(program, "Log-in name [an␛[32mna@example.org]", "\x04")
        assert program.ended() == 2
        check_sentences(program.output)
