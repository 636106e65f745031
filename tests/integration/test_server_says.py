"""What a server says beside its answers, on the screen and to who syncs."""

import time

from tests.integration.hostile_home import SHOWN, home_on
from tests.servers.hostile_imap import HostileMailbox
from tests.ui.terminal.pty_program import PtyProgram

WORDS = "work: the server says: "


def see(program: PtyProgram, words: str) -> None:
    program.until(lambda: words in program.screen())


def test_an_alert_is_shown_and_can_be_read_again() -> None:
    with home_on(HostileMailbox(names=())) as home:
        with home.terminal() as program:
            see(program, WORDS)
            program.write(b"?")
            see(program, f"{WORDS}greeting {SHOWN}")
            see(program, f"{WORDS}alert-AUTHENTICATE {SHOWN}")
            program.write(b"qQ")
            assert program.ended() == 0
        written = home.syncs()
        for words in ("greeting", "alert-AUTHENTICATE"):
            assert written.count(f"{WORDS}{words}") == 1


def test_a_refused_inbox_is_no_empty_one_and_comes_back() -> None:
    mailbox = HostileMailbox(
        names=(), greeting=b"* OK ready", refuses=frozenset({"SELECT"}), answer=b"{tag} NO"
    )
    letters = len(mailbox.letters)
    with home_on(mailbox) as home, home.terminal() as program:
        see(program, "partly online")
        see(program, f"refused to open INBOX: no-SELECT {SHOWN}")
        assert "No messages here" not in program.screen()
        mailbox.refuses = frozenset()
        time.sleep(0.1)
        program.write(b"$")
        see(program, f"1/{letters}")
        program.until(lambda: "partly" not in program.screen())
        assert "no-SELECT" not in program.screen()
        program.write(b"Q")
        assert program.ended() == 0
