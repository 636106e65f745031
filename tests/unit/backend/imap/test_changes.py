"""What a pull makes of servers that count badly."""

from collections.abc import Collection
from datetime import UTC, datetime

import pytest

from tests.unit.backend.imap.evil_server import Peer, Script, account
from tuimail.backend.base import Busy, Refused, Withheld
from tuimail.backend.imap.backend import ImapBackend
from tuimail.model.mail import INBOX, SEEN, Flag, MailboxName
from tuimail.model.operation import StoreFlags
from tuimail.model.sync import Bookmark, Part

PLAIN = "IMAP4rev1 AUTH=PLAIN SASL-IR"
COUNTING = PLAIN + " CONDSTORE ESEARCH"


def answering(
    *rows: str,
    capabilities: str = PLAIN,
    selected: tuple[str, ...] = ("* OK [UIDNEXT 10] ok",),
    total: int = 3,
) -> Script:
    """A server whose mailbox has UIDVALIDITY 7 and says `rows` to every UID FETCH."""

    async def script(peer: Peer) -> None:
        await peer.greet(capabilities)
        while command := await peer.hear():
            if command.startswith(b"SELECT"):
                told = f"* {total} EXISTS", "* OK [UIDVALIDITY 7] ok", *selected
                await peer.say(*told, "{tag} OK")
            elif command.startswith(b"UID SEARCH RETURN (COUNT)"):
                await peer.say('* ESEARCH (TAG "x") UID COUNT 1', "{tag} OK")
            elif command.startswith(b"UID FETCH"):
                await peer.say(*rows, "{tag} OK")
            else:
                await peer.say("{tag} OK")

    return script


SEEN_ROWS = tuple(f"* {n} FETCH (UID {n} FLAGS (\\Seen))" for n in (1, 2, 3))


async def test_rows_without_uid_are_no_messages() -> None:
    rows = ("* 1 FETCH (FLAGS (\\Deleted))", *SEEN_ROWS, "* 9 FETCH (FLAGS ())", "* 2 EXPUNGE")
    async with account(answering(*rows)) as backend:
        changes = await backend.changes(INBOX, Bookmark(7, 4), [1, 2, 3])
        assert changes.flags == dict.fromkeys((1, 2, 3), frozenset({SEEN}))
        assert (changes.arrived, changes.vanished) == ((), ())


async def test_a_message_whose_row_cannot_be_read_has_not_vanished() -> None:
    rows = (*SEEN_ROWS[:2], "* 3 FETCH (UID 0 FLAGS ())")
    async with account(answering(*rows)) as backend:
        changes = await backend.changes(INBOX, Bookmark(7, 4), [1, 2, 3])
        assert changes.unreadable == 1
        assert changes.vanished == ()


async def test_a_row_without_flags_names_a_message_nevertheless() -> None:
    rows = (*SEEN_ROWS[:2], "* 3 FETCH (UID 3 FLAGS")
    async with account(answering(*rows)) as backend:
        changes = await backend.changes(INBOX, Bookmark(7, 4), [1, 2, 3])
        assert (changes.unreadable, changes.vanished) == (0, ())
        assert changes.flags == dict.fromkeys((1, 2), frozenset({SEEN}))


async def test_a_uid_told_twice_is_one_message() -> None:
    async with account(answering(*SEEN_ROWS, *SEEN_ROWS)) as backend:
        assert (await backend.changes(INBOX, Bookmark(7, 4), [])).arrived == (1, 2, 3)


@pytest.mark.parametrize(
    "selected",
    [
        ("* OK [UIDNEXT 3] ok", "* OK [HIGHESTMODSEQ 50] ok"),
        ("* OK [UIDNEXT 10] ok", "* OK [HIGHESTMODSEQ 5] ok"),
        ("* OK [UIDNEXT 10] ok", "* OK [NOMODSEQ] ok"),
        ("* OK [HIGHESTMODSEQ 50] ok",),
        (),
    ],
    ids=["UIDNEXT runs back", "MODSEQ runs back", "no MODSEQ", "no UIDNEXT", "nothing"],
)
async def test_a_server_that_counts_backwards_is_read_whole(selected: tuple[str, ...]) -> None:
    script = answering(*SEEN_ROWS[1:], capabilities=COUNTING, selected=selected, total=2)
    async with account(script) as backend:
        changes = await backend.changes(INBOX, Bookmark(7, 9, modseq=20), [1, 2])
        assert (changes.arrived, changes.vanished) == ((3,), (1,))
        assert changes.flags == {2: frozenset({SEEN})}


async def test_another_uidvalidity_is_a_reset() -> None:
    async with account(answering(*SEEN_ROWS)) as backend:
        changes = await backend.changes(INBOX, Bookmark(6, 9), [1, 2])
        assert changes.reset
        assert changes.arrived == (1, 2, 3)
        assert changes.bookmark.validity == 7


async def test_a_mailbox_whose_uids_do_not_last_is_refused() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet(PLAIN)
        await peer.hear()
        await peer.say("* 3 EXISTS", "* NO [UIDNOTSTICKY] oh", "{tag} OK")
        await peer.hang()

    async with account(script) as backend:
        with pytest.raises(Refused, match="localhost does not number the messages in INBOX"):
            await backend.changes(INBOX, None, [])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("NO [NONEXISTENT] gone", Refused),
        ("NO [NOPERM] no", Refused),
        ("BAD what", Refused),
        ("NO [UNAVAILABLE] later", Busy),
        ("NO [INUSE] later", Busy),
        ("NO [SERVERBUG] later", Busy),
        ("NO [LIMIT] too large", Refused),
    ],
)
async def test_a_mailbox_that_cannot_be_opened_is_told_apart(
    answer: str, error: type[Exception]
) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet(PLAIN)
        await peer.hear()
        await peer.say(f"{{tag}} {answer}")
        await peer.hang()

    async with account(script) as backend:
        with pytest.raises(error, match="localhost refused to open a b") as refusal:
            await backend.changes(MailboxName("a b"), None, [])
        assert type(refusal.value) is error


async def test_which_flags_a_mailbox_keeps_is_known_once_it_was_opened() -> None:
    script = answering(selected=("* OK [PERMANENTFLAGS (\\Seen \\flagged $Junk)] limited",))

    def store(*flags: str) -> StoreFlags:
        return StoreFlags(INBOX, frozenset(), add=frozenset(map(Flag, flags)))

    async with account(script) as backend:
        assert backend.accepts(store("\\Seen", "$Other"))
        assert not backend.accepts(store("no keyword"))
        changes = await backend.changes(INBOX, None, [1])
        assert not changes.keywords_kept
        assert backend.accepts(store("\\Seen", "$Junk", "\\Flagged"))
        assert not backend.accepts(store("\\Seen", "$Other"))
        assert not backend.accepts(store("\\Draft"))


# --- messages


async def test_a_size_that_cannot_be_read_costs_no_message() -> None:
    rows = (
        "* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 2 BODY[] {2}",
        "hi)",
        "* 2 FETCH (UID 2 FLAGS () RFC822.SIZE x BODY[] {2}",
        "ho)",
    )
    async with account(answering(*rows)) as backend:
        stream = backend.fetch(INBOX, 7, range(1, 20), Part.FULL)
        messages = {each.uid: each.content async for each in stream}
        assert messages == {1: b"hi", 2: b"ho"}


async def withheld(backend: ImapBackend, *uids: int, part: Part = Part.HEADERS) -> Collection[int]:
    with pytest.raises(Withheld, match=r"localhost lists .*") as refusal:
        _ = [each async for each in backend.fetch(INBOX, 7, uids, part)]
    return refusal.value.uids


def once_there(rows: Collection[str], search: str = "") -> Script:
    """A server with the messages 2 and 3, which answers `rows` for the content of 2."""

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.select(total=2, next_uid=4)
        while command := await peer.hear():
            if command.startswith(b"UID SEARCH"):
                await peer.say(search or "* SEARCH", "{tag} OK")
            elif command.startswith((b"UID FETCH 2 ", b"UID FETCH 1:3 ")) and b"BODY" in command:
                await peer.say(*rows, "{tag} OK")
            else:
                await peer.say("{tag} OK")

    return script


async def test_rows_that_do_not_even_tell_their_uid_are_asked_for_one_by_one() -> None:
    async with account(once_there(["* 2 FETCH (((("])) as backend:
        assert await withheld(backend, 1, 2, 3) == {2}
        assert await withheld(backend, 2) == {2}
        assert [each async for each in backend.fetch(INBOX, 7, [1], Part.HEADERS)] == []


@pytest.mark.parametrize("rows", [(), ("* 2 FETCH (UID 2 BODY[HEADER] NIL)",)])
async def test_what_is_there_and_does_not_come_is_withheld(rows: Collection[str]) -> None:
    async with account(once_there(rows, "* SEARCH 2 3 9")) as backend:
        assert await withheld(backend, 1, 2, 3) == {2, 3}


async def test_a_row_without_uid_is_the_message_that_was_asked_for_alone() -> None:
    row = "* 2 FETCH (FLAGS (\\Seen) RFC822.SIZE 9 BODY[HEADER] {2}\r\nhi)"
    async with account(once_there([row])) as backend:
        (message,) = [each async for each in backend.fetch(INBOX, 7, [2], Part.HEADERS)]
        assert (message.uid, message.flags, message.content) == (2, frozenset({SEEN}), b"hi")
        stream = backend.fetch(INBOX, 7, (1, 2, 3), Part.HEADERS)
        assert [each async for each in stream] == [message]


@pytest.mark.parametrize("date", ["NIL", '"00-Jan-0000 00:00:00 +0000"', '""', "(x)"])
async def test_a_date_that_cannot_be_read_is_taken_from_the_header(date: str) -> None:
    header = "Date: Mon, 02 Nov 2026 10:00:00 +0000\r\n\r\n"
    row = f"* 2 FETCH (UID 2 INTERNALDATE {date} BODY[HEADER] {{{len(header)}}}\r\n{header})"
    async with account(once_there([row])) as backend:
        (message,) = [each async for each in backend.fetch(INBOX, 7, [2], Part.HEADERS)]
        assert message.received == datetime(2026, 11, 2, 10, tzinfo=UTC)
        assert message.content == header.encode()


async def test_what_was_not_asked_for_is_not_taken() -> None:
    rows = (
        "* 1 FETCH (UID 99 FLAGS () RFC822.SIZE 2 BODY[] {2}",
        "no)",
        "* 2 FETCH (UID 1 FLAGS () RFC822.SIZE 2 BODY[HEADER] {2}",
        "no)",
        "* 3 FETCH (FLAGS () RFC822.SIZE 2 BODY[] {2}",
        "no)",
        "* 4 FETCH (UID 2 FLAGS (\\Seen))",
    )
    async with account(answering(*rows)) as backend:
        assert [each async for each in backend.fetch(INBOX, 7, (7, 8), Part.FULL)] == []
        assert await withheld(backend, 1, 2, part=Part.FULL) == {1, 2}


async def test_messages_of_another_uidvalidity_are_not_fetched() -> None:
    async with account(answering()) as backend:
        with pytest.raises(Refused, match="localhost has numbered the messages in INBOX anew"):
            _ = [each async for each in backend.fetch(INBOX, 8, range(1, 20), Part.FULL)]
