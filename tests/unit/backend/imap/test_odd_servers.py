"""Servers that refuse what is a comfort, count in their own way, or tell where mailboxes are."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from tests.servers.scripted import Conversation, letter
from tests.servers.scripted_imap import Box, ScriptedImap, Session
from tuimail.backend.base import Refused, Withheld
from tuimail.backend.imap import optional
from tuimail.backend.imap.backend import ImapBackend, ImapSettings
from tuimail.model.mail import INBOX, MailboxName, MessageKey, Role
from tuimail.model.operation import Move
from tuimail.model.sync import Changes, Fetched, Part, ServerId, ServerMailbox

CAPABLE = (
    "IMAP4rev1 UIDPLUS MOVE LITERAL+ SPECIAL-USE LIST-EXTENDED LIST-STATUS ESEARCH NAMESPACE"
    " CONDSTORE UNSELECT AUTH=PLAIN SASL-IR"
)
PLAIN = "IMAP4rev1 NAMESPACE AUTH=PLAIN SASL-IR"
ODD = "* OK [X-ODD] what is that supposed to mean"


@asynccontextmanager
async def connected(server: ScriptedImap, *, pipeline: int = 0) -> AsyncIterator[ImapBackend]:
    async def secret() -> str:
        return "pw"

    settings = ImapSettings("localhost", server.port, "none", "u1", pipeline=pipeline)
    backend = ImapBackend(settings, secret)
    try:
        await backend.connect()
        yield backend
    finally:
        await backend.close()


def with_letters(count: int, capabilities: str = CAPABLE) -> ScriptedImap:
    server = ScriptedImap()
    server.capabilities = capabilities
    for number in range(1, count + 1):
        server.inbox.add(letter(number), ("\\Seen",) if number == 1 else ())
    return server


def answers(server: ScriptedImap, name: str, pattern: bytes, *lines: str) -> None:
    """Every command `name` with `pattern` in it is answered by these lines; none: by silence."""

    @server.hook(name)
    def answer(session: Session, tag: str, _name: str, arguments: bytes) -> bool:
        if pattern not in arguments:
            return False
        session.say(*(line.replace("TAG", tag) for line in lines))
        return True


async def looked(backend: ImapBackend) -> tuple[dict[MailboxName, ServerMailbox], Changes]:
    """What a first pull asks, in its order."""
    listed = {mailbox.name: mailbox for mailbox in await backend.mailboxes()}
    changes = await backend.changes(INBOX, None, ())
    again = await backend.mailboxes()
    assert [mailbox.name for mailbox in again] == [*listed]
    return listed, changes


async def fetched(backend: ImapBackend, *uids: int, part: Part = Part.HEADERS) -> list[Fetched]:
    validity = (await backend.changes(INBOX, None, ())).bookmark.validity
    found = [each async for each in backend.fetch(INBOX, validity, uids, part)]
    return sorted(found, key=lambda each: each.uid)


OPTIONAL = [
    ("NAMESPACE", b""),
    ("LSUB", b""),
    ("LIST", b"RETURN"),
    ("LIST", b"STATUS"),
    ("LIST", b"SPECIAL-USE"),
    ("STATUS", b""),
    ("STATUS", b"HIGHESTMODSEQ"),
    ("SELECT", b"CONDSTORE"),
    ("UID SEARCH", b"RETURN"),
    ("UID SEARCH", b"COUNT"),
    ("UID SEARCH", b""),
    ("UNSELECT", b""),
    ("UID FETCH", b"1:* (UID FLAGS)"),
]


@pytest.mark.parametrize("capabilities", [CAPABLE, PLAIN], ids=["able", "plain"])
@pytest.mark.parametrize("answer", ["TAG NO no", "TAG BAD what", "TAG OK", f"{ODD}|TAG OK"])
@pytest.mark.parametrize(("name", "pattern"), OPTIONAL)
async def test_a_question_that_is_refused_costs_what_it_would_have_brought(
    name: str, pattern: bytes, answer: str, capabilities: str
) -> None:
    with with_letters(3, capabilities) as server:
        answers(server, name, pattern, *answer.split("|"))
        async with connected(server) as backend:
            listed, changes = await looked(backend)
    assert {*listed} >= {"INBOX", "Sent", "Trash", "Drafts", "Archive"}
    assert changes.arrived == (1, 2, 3)
    assert changes.unreadable == 0
    assert changes.bookmark.unseen in {2, 0 if name == "UID SEARCH" else 2}


@pytest.mark.parametrize("name", ["NAMESPACE", "LSUB", "UID SEARCH"])
async def test_a_question_that_is_not_answered_is_given_up_and_not_asked_again(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optional, "GRACE", 0.1)
    with with_letters(3, PLAIN + " ESEARCH") as server:
        answers(server, name, b"COUNT" if name == "UID SEARCH" else b"")
        async with connected(server) as backend:
            listed, changes = await looked(backend)
            assert all(mailbox.subscribed for mailbox in listed.values())
            assert changes.bookmark.unseen == 2
            await looked(backend)
        wanted = f"{name} RETURN .COUNT" if name == "UID SEARCH" else name
        assert len(server.said(wanted)) == 1


async def test_the_status_of_the_selected_mailbox_is_not_asked() -> None:
    with with_letters(3, PLAIN) as server:

        @server.hook("STATUS")
        def refuse(session: Session, tag: str, _name: str, arguments: bytes) -> bool:
            if session.selected and session.selected.encode() in arguments:
                session.say(f"{tag} BAD not of the selected one")
                return True
            return False

        async with connected(server) as backend:
            await looked(backend)
            await looked(backend)
        assert "BAD not of" not in server.transcript()


async def test_a_refusal_names_its_mailbox() -> None:
    with with_letters(3, PLAIN) as server:
        answers(server, "UID FETCH", b"", "TAG NO not today")
        answers(server, "UID SEARCH", b"", "TAG NO not today")
        async with connected(server) as backend:
            with pytest.raises(Refused, match="refused to list the messages in INBOX: not today"):
                await backend.changes(INBOX, None, ())


@pytest.mark.parametrize("answer", ["BAD no", "OK"])
async def test_where_status_is_refused_a_missing_target_is_made_nevertheless(answer: str) -> None:
    with with_letters(2, PLAIN + " UIDPLUS MOVE") as server:
        answers(server, "STATUS", b"", f"TAG {answer}")

        @server.hook("LIST")
        def of_one(session: Session, tag: str, _name: str, arguments: bytes) -> bool:
            name = arguments.split()[-1].strip(b'"').decode()
            if name == "*":
                return False
            session.say(*([f"* LIST () / {name}"] * (name in server.boxes)), f"{tag} OK")
            return True

        async with connected(server) as backend:
            for target in ("Projects", "Projects", "Sent"):
                key = MessageKey(1)
                server.inbox.add(letter(9), uid=9)
                move = Move(INBOX, frozenset({key}), MailboxName(target))
                checkpoint = await backend.checkpoint(move)
                ids = {key: ServerId(1000, 9)}
                moved = await backend.perform(move, ids, checkpoint=checkpoint, again=True)
                assert moved[key] is not None
        assert len(server.boxes["Projects"].messages) == 2
        assert len(server.said("CREATE")) == 1


# --- what a server counts, and what it lists


@pytest.mark.parametrize("capabilities", [CAPABLE, PLAIN], ids=["able", "plain"])
async def test_what_is_counted_and_not_listed_has_not_vanished(capabilities: str) -> None:
    with with_letters(5, capabilities) as server:
        answers(server, "UID SEARCH", b"", "* SEARCH 1 2", "TAG OK")
        answers(server, "UID FETCH", b"", "* 3 FETCH (UID 3 FLAGS ())", "TAG OK")
        async with connected(server) as backend:
            changes = await backend.changes(INBOX, None, (4, 5, 9))
    assert (changes.arrived, changes.vanished, changes.unreadable) == ((1, 2, 3), (), 2)


@pytest.mark.parametrize("capabilities", [CAPABLE, PLAIN], ids=["able", "plain"])
async def test_what_goes_while_it_is_listed_is_not_missed(capabilities: str) -> None:
    with with_letters(5, capabilities) as server:

        @server.hook("NOOP")
        @server.hook("UID FETCH")
        @server.hook("UID SEARCH")
        def remove(session: Session, _tag: str, name: str, _arguments: bytes) -> bool:
            if name == "NOOP":
                session.say("* 1 EXPUNGE")
                server.hooks.clear()
            server.inbox.messages.pop(1, None)
            return False

        async with connected(server) as backend:
            changes = await backend.changes(INBOX, None, (1, 2))
    assert (changes.arrived, changes.vanished, changes.unreadable) == ((3, 4, 5), (1,), 0)


@pytest.mark.parametrize("part", Part)
async def test_an_ok_without_messages_does_not_pass_for_an_answer(part: Part) -> None:
    with with_letters(5) as server:
        answers(server, "UID FETCH", b"BODY", "TAG OK")
        async with connected(server) as backend:
            with pytest.raises(Withheld, match="localhost lists messages") as refusal:
                await fetched(backend, *range(1, 8), part=part)
    assert refusal.value.uids == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("part", Part)
async def test_nil_is_no_empty_letter(part: Part) -> None:
    with with_letters(3) as server:

        @server.hook("UID FETCH")
        def nil(session: Session, _tag: str, _name: str, arguments: bytes) -> bool:
            if b"BODY" in arguments:
                section = "" if b"[]" in arguments else "HEADER"
                session.say(f"* 2 FETCH (UID 2 FLAGS () BODY[{section}] NIL)")
                del server.inbox.messages[2]
                server.hooks.clear()
                answers(server, "UID FETCH", b" (UID)", "* 2 FETCH (UID 2)", "TAG OK")
            return False

        async with connected(server) as backend:
            stream = backend.fetch(INBOX, 1000, (1, 2, 3), part)
            assert [(await anext(stream)).uid, (await anext(stream)).uid] == [1, 3]
            with pytest.raises(Withheld, match="lists it and does not give it out") as refusal:
                await anext(stream)
    assert refusal.value.uids == {2}


async def test_an_empty_letter_may_be_nil() -> None:
    with with_letters(0) as server:
        server.inbox.add(b"")
        row = "* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 0 BODY[] NIL)"
        answers(server, "UID FETCH", b"BODY", row, "TAG OK")
        async with connected(server) as backend:
            (message,) = await fetched(backend, 1, part=Part.FULL)
    assert (message.content, message.size) == (b"", 0)


@pytest.mark.parametrize("told", [0, 1, 150_000, 1 << 40, -1, 1 << 63, 1 << 70])
async def test_a_letter_comes_whole_whatever_size_was_told(told: int) -> None:
    large = letter(2, body=("z" * 76 + "\r\n") * 4000)
    with with_letters(1) as server:
        server.inbox.add(large)
        right = server.row

        def row(session: Session, uid: int, items: bytes) -> bytes:
            size = len(server.inbox.messages[uid].content)
            return right(session, uid, items).replace(b"SIZE %d" % size, b"SIZE %d" % told)

        server.row = row  # type: ignore[method-assign]
        async with connected(server) as backend:
            messages = await fetched(backend, 1, 2, part=Part.FULL)
    assert [message.content for message in messages] == [letter(1), large]
    assert messages[1].size == (told if 0 <= told < 1 << 63 else len(large))


# --- numbers


@pytest.mark.parametrize("validity", [0, -1, -7, 1666390893380, (1 << 63) - 1])
async def test_a_uidvalidity_is_kept_as_it_was_sent(validity: int) -> None:
    with with_letters(2) as server:
        server.inbox.validity = validity
        async with connected(server) as backend:
            listed, changes = await looked(backend)
            status = listed[INBOX].status
            assert status is not None
            assert status.validity == changes.bookmark.validity == validity
            assert len(await fetched(backend, 1, 2)) == 2
            server.inbox.validity = validity + 1 if validity < 1 << 62 else validity - 1
            assert (await backend.changes(INBOX, changes.bookmark, (1, 2))).reset
            with pytest.raises(Refused, match="numbered the messages in INBOX anew"):
                _ = [each async for each in backend.fetch(INBOX, validity, [1], Part.FULL)]


async def test_a_mailbox_that_was_numbered_anew_is_opened_anew() -> None:
    with with_letters(1) as server:
        async with connected(server) as backend:
            for validity in (1000, 2000, 2001):
                server.inbox.validity = validity
                for part in Part:
                    stream = backend.fetch(INBOX, validity, [1], part)
                    assert [each.uid async for each in stream] == [1]
                pieces = [each async for each in backend.pieces(INBOX, validity, 1)]
                assert b"".join(pieces) == letter(1)


async def test_nil_in_pieces_is_no_message_that_is_gone() -> None:
    with with_letters(1) as server:
        answers(server, "UID FETCH", b"<", "* 1 FETCH (UID 1 BODY[]<0> NIL)", "TAG OK")
        async with connected(server) as backend:
            with pytest.raises(Refused, match="lists it and does not give it out"):
                _ = [each async for each in backend.pieces(INBOX, 1000, 1)]


@pytest.mark.parametrize("validity", [1 << 63, 1 << 70, -(1 << 64)])
async def test_a_uidvalidity_that_cannot_be_held_is_refused_in_words(validity: int) -> None:
    with with_letters(2) as server:
        server.inbox.validity = validity
        async with connected(server) as backend:
            assert len(await backend.mailboxes()) == 5
            with pytest.raises(Refused, match="does not number the messages in INBOX: it gives no"):
                await backend.changes(INBOX, None, ())
            assert (await backend.changes(MailboxName("Sent"), None, ())).arrived == ()


@pytest.mark.parametrize("uid", [1 << 31, 1 << 32, (1 << 63) - 2])
@pytest.mark.parametrize("capabilities", [CAPABLE, PLAIN], ids=["able", "plain"])
async def test_large_uids_name_messages_like_others(uid: int, capabilities: str) -> None:
    with with_letters(1, capabilities) as server:
        server.inbox.add(letter(2), uid=uid)
        async with connected(server) as backend:
            changes = await backend.changes(INBOX, None, ())
            assert changes.arrived == (1, uid)
            assert [each.uid for each in await fetched(backend, 1, uid)] == [1, uid]
            assert changes.bookmark.next_uid == uid + 1


async def test_uids_that_cannot_be_held_are_counted() -> None:
    with with_letters(2) as server:
        server.inbox.add(letter(3), uid=1 << 64)
        async with connected(server) as backend:
            changes = await backend.changes(INBOX, None, ())
    assert (changes.arrived, changes.unreadable) == ((1, 2), 1)


@pytest.mark.parametrize("total", [1 << 63, 1 << 80])
async def test_a_number_of_messages_that_cannot_be_is_refused_in_words(total: int) -> None:
    with with_letters(2) as server:
        told = ("* OK [UIDVALIDITY 1] v", f"* {total} EXISTS", "TAG OK")
        answers(server, "SELECT", b"INBOX", *told)
        async with connected(server) as backend:
            with pytest.raises(Refused, match="does not say how many messages are in INBOX"):
                await backend.changes(INBOX, None, ())


async def test_a_hundred_thousand_scattered_uids_are_listed() -> None:
    with with_letters(0) as server:
        content = letter(1)
        for number in range(125_000):
            server.inbox.add(content, uid=10_000_000 + 3 * number)
        async with connected(server) as backend:
            changes = await backend.changes(INBOX, None, ())
    assert changes.arrived == tuple(range(10_000_000, 10_000_000 + 375_000, 3))


# --- slips of every line


class Slipping(ScriptedImap):
    """All its untagged lines are changed."""

    def __init__(self, change: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self._change = change

    def converse(self, conversation: Conversation) -> None:
        def say(*lines: str | bytes) -> None:
            for line in lines:
                whole = (line.encode() if isinstance(line, str) else line) + b"\r\n"
                conversation.send(self._change(whole) if whole.startswith(b"* ") else whole)

        conversation.say = say  # type: ignore[method-assign]
        super().converse(conversation)


SLIPS: dict[str, Callable[[bytes], bytes]] = {
    "two blanks": lambda line: line.replace(b"* ", b"*  ", 1),
    "a tab": lambda line: line.replace(b"* ", b"*\t", 1),
    "trailing blanks": lambda line: line.replace(b"\r\n", b"  \r\n"),
    "bare LF": lambda line: line.replace(b"\r\n", b"\n"),
    "two CR": lambda line: line.replace(b"\r\n", b"\r\r\n"),
    "small letters": lambda line: line.lower() if b"EXISTS" in line else line,
}


@pytest.mark.parametrize("slip", SLIPS)
async def test_slips_of_a_line_harm_nobody(slip: str) -> None:
    with Slipping(SLIPS[slip]) as server:
        server.inbox.add(letter(1))
        server.inbox.add(letter(2))
        async with connected(server) as backend:
            listed, changes = await looked(backend)
            assert len(listed) == 5
            assert changes.arrived == (1, 2)
            assert len(await fetched(backend, 1, 2)) == 2


@pytest.mark.parametrize("line", ["", "*", "* ", "*  522 EXISTS", "* 3", "* OK [ALERT]"])
async def test_lines_between_the_answers_harm_nobody(line: str) -> None:
    with with_letters(2) as server:

        @server.hook()
        def interrupt(session: Session, _tag: str, name: str, _arguments: bytes) -> bool:
            if name not in {"CAPABILITY", "AUTHENTICATE", "SELECT"}:
                session.say(line)
            return False

        async with connected(server) as backend:
            listed, changes = await looked(backend)
    assert len(listed) == 5
    assert changes.arrived == (1, 2)


async def test_a_name_with_a_line_feed_is_a_name() -> None:
    with with_letters(1) as server:

        @server.hook("LIST")
        def add(session: Session, _tag: str, _name: str, _arguments: bytes) -> bool:
            session.conversation.send(b'* LIST () "/" {3}\r\na\nb\r\n')
            return False

        async with connected(server) as backend:
            assert "a\nb" in {mailbox.name for mailbox in await backend.mailboxes()}


# --- whose mailboxes


def roles(listed: Sequence[ServerMailbox]) -> dict[str, Role]:
    return {mailbox.name: mailbox.role for mailbox in listed}


@pytest.mark.parametrize(
    ("namespace", "names", "own", "prefix"),
    [
        ('(("" "/")) NIL NIL', "Sent", "Sent", ""),
        ('(("INBOX." ".")) NIL NIL', "INBOX.Sent", "INBOX.Sent", "INBOX."),
        ('(("Inbox/" "/")) NIL NIL', "Inbox/Sent", "Inbox/Sent", "INBOX/"),
        ('(("INBOX." ".")) NIL (("Public." "."))', "INBOX.A Public Public.B", "INBOX.A", "INBOX."),
        # Cyrus: what is shared has no prefix at all.
        ('(("INBOX." ".")) (("user." ".")) (("" "."))', "INBOX.A user.b C", "INBOX.A", "INBOX."),
        ('(("" "/") ("#mh/" "/")) (("~" "/")) (("#n." "."))', "A #mh/B ~bo/C #n.d", "A #mh/B", ""),
        ("NIL NIL NIL", "A", "A", None),
    ],
)  # fmt: skip
async def test_namespaces_tell_whose_a_mailbox_is(
    namespace: str, names: str, own: str, prefix: str | None
) -> None:
    with with_letters(1, PLAIN) as server:
        server.namespace = namespace
        server.boxes = {"INBOX": server.inbox} | {name: Box() for name in names.split()}
        answers(server, "LSUB", b"", '* LSUB () "/" INBOX', "TAG OK")
        async with connected(server) as backend:
            listed = await backend.mailboxes()
    assert {mailbox.name for mailbox in listed} == {"INBOX", *own.split()}
    assert {mailbox.prefix for mailbox in listed if mailbox.name == INBOX} == {prefix}


async def test_what_is_subscribed_of_others_is_listed_and_serves_no_purpose_of_ones_own() -> None:
    with with_letters(1, PLAIN) as server:
        server.namespace = '(("" "/")) (("Users/" "/")) NIL'
        server.boxes["Users/bo/Sent"] = Box(r"\Sent")
        async with connected(server) as backend:
            found = roles(await backend.mailboxes())
    assert found["Sent"] is Role.SENT
    assert found["Users/bo/Sent"] is Role.NONE


@pytest.mark.parametrize("capabilities", [CAPABLE, PLAIN], ids=["able", "plain"])
async def test_where_nothing_is_subscribed_nothing_of_others_is_listed(capabilities: str) -> None:
    with with_letters(1, capabilities) as server:
        server.namespace = '(("" "/")) NIL (("Public/" "/"))'
        server.boxes["Public/News"] = Box()
        answers(server, "LSUB", b"", "TAG OK")
        async with connected(server) as backend:
            assert "Public/News" not in roles(await backend.mailboxes())


@pytest.mark.parametrize("answer", ["NO", "BAD"])
async def test_where_the_server_does_not_say_it_everything_is_listed(answer: str) -> None:
    with with_letters(1, PLAIN) as server:
        server.namespace = '(("" "/")) NIL (("Public/" "/"))'
        server.boxes["Public/News"] = Box()
        answers(server, "LSUB", b"", f"TAG {answer} no")
        async with connected(server) as backend:
            assert "Public/News" in roles(await backend.mailboxes())


async def test_one_command_at_a_time_waits_for_each_answer() -> None:
    with with_letters(3) as server:
        async with connected(server, pipeline=1) as backend, asyncio.timeout(10):
            listed, changes = await looked(backend)
    assert (len(listed), changes.arrived) == (5, (1, 2, 3))
