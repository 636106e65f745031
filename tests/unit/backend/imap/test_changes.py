"""What a pull makes of servers that count badly."""

import pytest

from tests.unit.backend.imap.evil_server import Peer, Script, account
from tuimail.backend.base import Busy, Refused
from tuimail.model.mail import INBOX, SEEN, Flag, MailboxName
from tuimail.model.operation import StoreFlags
from tuimail.model.sync import Bookmark, Part

PLAIN = "IMAP4rev1 AUTH=PLAIN SASL-IR"
COUNTING = PLAIN + " CONDSTORE ESEARCH"


def answering(
    *rows: str, capabilities: str = PLAIN, selected: tuple[str, ...] = ("* OK [UIDNEXT 10] ok",)
) -> Script:
    """A server whose mailbox has UIDVALIDITY 7 and says `rows` to every UID FETCH."""

    async def script(peer: Peer) -> None:
        await peer.greet(capabilities)
        while command := await peer.hear():
            if command.startswith(b"SELECT"):
                await peer.say("* 3 EXISTS", "* OK [UIDVALIDITY 7] ok", *selected, "{tag} OK")
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
    rows = (*SEEN_ROWS[:2], "* 3 FETCH (UID 3 FLAGS", "* 4 FETCH (UID 0 FLAGS ())")
    async with account(answering(*rows)) as backend:
        changes = await backend.changes(INBOX, Bookmark(7, 4), [1, 2, 3])
        assert changes.unreadable == 2
        assert changes.vanished == ()


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
    script = answering(*SEEN_ROWS[1:], capabilities=COUNTING, selected=selected)
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


async def test_a_message_whose_row_cannot_be_read_comes_as_an_empty_one() -> None:
    rows = (
        "* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 2 BODY[] {2}",
        "hi)",
        "* 2 FETCH (UID 2 FLAGS () RFC822.SIZE x BODY[] {2}",
        "hi)",
    )
    async with account(answering(*rows)) as backend:
        stream = backend.fetch(INBOX, 7, range(1, 20), Part.FULL)
        messages = {each.uid: each.content async for each in stream}
        assert messages == {1: b"hi", 2: b""}


async def test_rows_that_do_not_even_tell_their_uid_are_looked_for_one_by_one() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.select(total=2, next_uid=3)
        while command := await peer.hear():
            rows = []
            if command.startswith((b"UID FETCH 2 ", b"UID FETCH 1:3 ")):
                rows = ["* 2 FETCH (((("]
            await peer.say(*rows, "{tag} OK")

    async with account(script) as backend:
        messages = [each async for each in backend.fetch(INBOX, 7, [1, 2, 3], Part.HEADERS)]
        assert [(each.uid, each.content) for each in messages] == [(2, b"")]


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
        assert [each async for each in backend.fetch(INBOX, 7, range(1, 20), Part.FULL)] == []


async def test_messages_of_another_uidvalidity_are_not_fetched() -> None:
    async with account(answering()) as backend:
        with pytest.raises(Refused, match="localhost has numbered the messages in INBOX anew"):
            _ = [each async for each in backend.fetch(INBOX, 8, range(1, 20), Part.FULL)]
