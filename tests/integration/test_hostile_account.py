"""The interface over servers and letters that mean it harm: all it writes is what it means."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from tests.integration.hostile_home import SHOWN, Home, home_on
from tests.servers.hostile_imap import HostileMailbox, evil, evil_letters
from tests.servers.in_background import in_background
from tests.servers.pop3_server import Pop3Server
from tests.servers.smtp_sink import smtp_sink
from tests.ui.terminal.grammar import WEB_OR_MAIL, Grammar
from tests.ui.terminal.pty_program import PtyProgram

SIZE = (160, 40)
LONG = pytest.mark.long
# As terminals say it that tell the key from the beginning of another.
ESCAPE = "\x1b[27u"
TITLE = r"tuimail: (?:Inbox|␇|Search)(?: \(\d+ unread\))?"
# But not where a canary wants them to.
LINKS = r"(?!http://evil\.example)" + WEB_OR_MAIL
NOTICES = {
    "osc9": rb"\x1b\]9;tuimail: \d+ new messages?\x1b\\",
    "osc777": rb"\x1b\]777;notify;tuimail;tuimail: \d+ new messages?\x1b\\",
}
LETTER = b"From: anna@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\nx\r\n"


def written(
    home: Home, notify: str, *visits: Callable[[PtyProgram], None], options: Sequence[str] = ()
) -> Counter[str]:
    """What kinds of output there were, from the start to the end of the program, or Leak."""
    home.configure(f'notify = "{notify}"\n')
    with home.terminal(*options) as program:
        for visit in visits:
            visit(program)
        press(program, ESCAPE, "Q")
        assert program.ended() == 0
        assert not re.search(rb"DEBUG|INFO|WARNING", program.output)
    found = Grammar(*SIZE, title=TITLE, links=LINKS, more={"notice": NOTICES[notify]}).check(
        program.output
    )
    assert (found["enter"], found["leave"]) == (1, 1)
    return found


def press(program: PtyProgram, *keys: str, rest: float = 0.03) -> None:
    for key in keys:
        program.write(key.encode())
        program.read(rest)


def see(program: PtyProgram, words: str) -> None:
    program.until(lambda: words in program.screen())


def see_all(program: PtyProgram) -> None:
    see(program, f"Inbox 1/{len(evil_letters())}")


def read_some(program: PtyProgram) -> None:
    """Letters with their headers, and the list beside them."""
    press(program, "\r", "H", " ", " ", "H", "j", "k", "q", "p", "j", "k", "p")
    for _ in range(4):
        press(program, "j", "\r", " ", "q")


def open_a_mailbox(program: PtyProgram) -> None:
    """The fourth one, whose name would ring the bell."""
    press(program, "B", "j", "j", "j", "\r")
    see(program, "␇ 0/0")
    press(program, "B", "g", "i")
    see(program, "Inbox ")


def look_everywhere(program: PtyProgram) -> None:
    for keys in (["c", "r", ESCAPE], ["s", "a", ESCAPE], ["?", "q"], [":", "a", ESCAPE]):
        press(program, *keys)
    press(program, "/", "e", "\r", "q", "V", "j", "F", "u", "T", "e", ESCAPE)


def be_refused(program: PtyProgram) -> None:
    """A move, and a letter that was sent before."""
    press(program, "a")
    see(program, "no-MOVE ␛")
    press(program, "g", "p")
    see(program, "letter ␛")


def test_an_account_full_of_evil_is_shown_and_never_obeyed() -> None:
    sink = smtp_sink(answers={"RCPT": [f"550 {evil('letter').decode()}"]})
    with home_on(HostileMailbox()) as home, in_background(sink) as server:
        home.add_smtp(server.port)
        home.says("send", "--wait", status=1, stdin=LETTER)
        visits = see_all, read_some, open_a_mailbox, look_everywhere, be_refused
        found = written(home, "osc9", *visits)
    assert found["title"] > 2
    assert found["notice"] == 1


def test_news_are_told_in_our_words_and_no_log_gets_among_them() -> None:
    mailbox = HostileMailbox(letters=evil_letters()[:1], names=())

    def get_another(program: PtyProgram) -> None:
        see(program, "Inbox 1/1")
        mailbox.letters += evil_letters()[1:3]
        see(program, "/3")

    with home_on(mailbox) as home:
        assert written(home, "osc777", get_another, options=("-vv",))["notice"] == 1


@pytest.mark.parametrize(
    "mailbox",
    [
        HostileMailbox(greeting=b"* BYE " + evil("reason"), names=()),
        pytest.param(HostileMailbox(refuses=frozenset({"AUTHENTICATE"}), names=()), marks=LONG),
        pytest.param(HostileMailbox(refuses=frozenset({"LIST"}), names=()), marks=LONG),
    ],
    ids=["BYE", "log-in", "list"],
)
def test_a_refusal_is_told_in_the_words_of_the_server(mailbox: HostileMailbox) -> None:
    with home_on(mailbox) as home:
        written(home, "osc9", lambda program: see(program, SHOWN))


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(Pop3Server(greeting=b"-ERR " + evil("reason") + b"\r\n"), marks=LONG),
        Pop3Server(login_answer=b"-ERR [AUTH] " + evil("reason") + b"\r\n"),
    ],
    ids=["greeting", "log-in"],
)
def test_a_refusal_of_a_pop_server_is_told(server: Pop3Server) -> None:
    with in_background(server.open()), Home() as home:
        home.add_pop3(server)
        written(home, "osc9", lambda program: see(program, SHOWN))
