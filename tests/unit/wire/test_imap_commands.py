"""Commands: whatever the arguments are, one command and no more leaves."""

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.model.mail import SEEN, Flag
from tuimail.wire.imap_commands import (
    Command,
    Literal,
    append,
    astring,
    authenticate,
    identify,
    internal_date,
    login,
    on_mailbox,
    sendable,
    to_mailbox,
    uid_fetch,
    uid_search_header,
    uid_store,
)
from tuimail.wire.imap_errors import Unsendable
from tuimail.wire.utf7 import encode_utf7

NASTY = [
    "a\r\nA2 DELETE x",
    'q"uote',
    "back\\slash",
    "{3+}",
    "{3}",
    "Größe",
    "a\nb",
    "x" * 5000,
    "",
]


def sent(command: Command, unasked: int = -1) -> list[bytes]:
    return [b"".join(parts) for parts in command.chunks("A1", unasked)]


def count_of_commands(chunks: list[bytes]) -> int:
    """How many commands a server sees that takes literals by their counts."""
    data, commands, position = b"".join(chunks), 0, 0
    while position < len(data):
        end = data.index(b"\r\n", position)
        line = data[position:end]
        position = end + 2
        if line.endswith(b"}"):
            position += int(line[line.rindex(b"{") + 1 : -1].rstrip(b"+"))
        else:
            commands += 1
    return commands


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("unasked", [-1, 4096])
def test_one_command_leaves_whatever_the_argument(text: str, unasked: int) -> None:
    commands = [
        login(text, text),
        on_mailbox("CREATE", text.encode()),
        to_mailbox("UID MOVE", "1:3", encode_utf7(text)),
        uid_search_header("1:*", "MESSAGE-ID", text),
        append(text.encode(), [SEEN], datetime.now(UTC), text.encode()),
    ]
    for command in commands:
        chunks = sent(command, unasked)
        assert count_of_commands(chunks) == 1
        assert all(chunk.endswith(b"\r\n") for chunk in chunks)


@given(st.text(max_size=30), st.text(max_size=30))
def test_log_in_is_one_command_or_refused(user: str, password: str) -> None:
    try:
        user.encode(), password.encode()
        command = login(user, password)
    except (Unsendable, UnicodeEncodeError):
        assert "\0" in user + password or not (user + password).isprintable()
        return
    assert count_of_commands(sent(command)) == 1


@pytest.mark.parametrize("text", ["\0", "a\0b"])
def test_nul_is_refused(text: str) -> None:
    with pytest.raises(Unsendable):
        astring(text.encode())
    with pytest.raises(Unsendable):
        login(text, "x")


@pytest.mark.parametrize(
    "flag", ["a b", "", "(", "x)", 'a"', "ä", "a\r\nb", "\\Own", "a]b", "%", "*"]
)
def test_what_is_no_keyword_is_refused(flag: str) -> None:
    assert not sendable(Flag(flag))
    with pytest.raises(Unsendable):
        uid_store("1", "+", [Flag(flag)])


def test_strings_are_quoted_where_that_serves() -> None:
    assert astring(b'say "hi" \\') == b'"say \\"hi\\" \\\\"'
    assert astring(b"") == b'""'
    assert astring("ü".encode()) == Literal("ü".encode())
    assert astring(b"a\nb") == Literal(b"a\nb")


def test_a_literal_waits_unless_the_server_needs_not_be_asked() -> None:
    command = login("ü", "ö")
    asked = [b"A1 LOGIN {2}\r\n", "ü {2}\r\n".encode(), "ö\r\n".encode()]
    assert sent(command) == asked
    assert sent(command, 1) == asked
    assert sent(command, 2) == ["A1 LOGIN {2+}\r\nü {2+}\r\nö\r\n".encode()]


def test_append_sends_the_bytes_as_they_are() -> None:
    content = bytes(range(1, 256)) + b"\r\n.\r\n\r\n"
    moment = datetime(2024, 2, 9, 1, 2, 3, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    first, second = sent(append(b"Sent", [SEEN, Flag("$X")], moment, content))
    assert first == (
        b'A1 APPEND "Sent" ($X \\Seen) "08-Feb-2024 19:32:03 +0000" {%d}\r\n' % len(content)
    )
    assert second == content + b"\r\n"


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(2, 1, 1)))
def test_dates_are_told_in_utc(moment: datetime) -> None:
    told = datetime.strptime(internal_date(moment)[:20], "%d-%b-%Y %H:%M:%S").replace(tzinfo=UTC)
    assert told == moment.astimezone(UTC).replace(microsecond=0)


def test_a_first_response_goes_with_the_command_or_waits_to_be_asked_for() -> None:
    def respond(challenge: bytes) -> bytes:
        return b"to " + challenge

    now = authenticate("PLAIN", respond, b"AGFubmE=")
    assert sent(now) == [b"A1 AUTHENTICATE PLAIN AGFubmE=\r\n"]
    later = authenticate("XOAUTH2", respond)
    assert sent(later) == [b"A1 AUTHENTICATE XOAUTH2\r\n"]
    assert later.answers is not None
    assert later.answers(b"you") == b"to you"


def test_we_say_who_we_are_in_quotes() -> None:
    assert sent(identify(name="tuimail", version="1.0")) == [
        b'A1 ID ("name" "tuimail" "version" "1.0")\r\n'
    ]


def test_what_a_log_may_hold_has_no_secret_name_or_text() -> None:
    commands = [
        login("anna", "hunter2"),
        authenticate("PLAIN", bytes, base64.b64encode(b"\0anna\0hunter2")),
        on_mailbox("SELECT", b"hunter2", "(CONDSTORE)"),
        to_mailbox("UID COPY", "1:3", b"hunter2"),
        uid_search_header("1:*", "MESSAGE-ID", "hunter2"),
        append(b"hunter2", [], datetime.now(UTC), b"hunter2"),
        uid_fetch("1:3", "(FLAGS)"),
    ]
    shown = " ".join(command.shown for command in commands)
    for secret in ("hunter2", "anna", base64.b64encode(b"\0anna\0hunter2").decode()):
        assert secret not in shown
