"""Operations meet servers that refuse, forget and lie; nothing but UIDs is ever used."""

from datetime import UTC, datetime

import pytest

from tests.unit.backend.imap.evil_server import Peer, Script, backend_for, closing, serving
from tuimail.backend.base import Busy, InDoubt, NotKept, Refused
from tuimail.backend.imap import transfer
from tuimail.model.mail import INBOX, SEEN, Flag, MailboxName, MessageKey
from tuimail.model.operation import Append, Copy, Expunge, Move, Operation, StoreFlags
from tuimail.model.sync import ServerId

RICH = "IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE"
ARCHIVE = MailboxName("Archive")
KEYS = frozenset(map(MessageKey, (1, 2)))
IDS = {key: ServerId(7, 10 + key) for key in KEYS}
MOVE = Move(INBOX, KEYS, ARCHIVE)
COPY = Copy(INBOX, (MessageKey(1), MessageKey(2)), (MessageKey(8), MessageKey(9)), ARCHIVE)
STORE = StoreFlags(INBOX, KEYS, add=frozenset({SEEN}))
EXPUNGE = Expunge(INBOX, KEYS)
APPEND = Append(ARCHIVE, MessageKey(1), frozenset({SEEN}), datetime(2024, 1, 2, tzinfo=UTC), "a@b")
CHECKPOINT = ServerId(3, 5)
CONTENT = b"Message-ID: <a@b>\r\n\r\nhi\r\n"

Answers = dict[str, list[str]]


def playing(answers: Answers, commands: list[str], capabilities: str = RICH) -> Script:
    """A mailbox with UIDs 11 and 12; `answers` by a command's first words, once each."""

    async def script(peer: Peer) -> None:
        await peer.greet(capabilities)
        left = {name: list(lines) for name, lines in answers.items()}
        while command := (await peer.hear()).decode():
            if command != "LOGOUT":
                commands.append(command)
            name = next((name for name in left if command.startswith(name)), None)
            if name is not None:
                await peer.say(*left.pop(name))
            elif command.startswith("SELECT"):
                await peer.say(
                    "* 2 EXISTS", "* OK [UIDVALIDITY 7] x", "* OK [UIDNEXT 13] x", "{tag} OK"
                )
            elif command.startswith("STATUS"):
                await peer.say(
                    '* STATUS "Archive" (MESSAGES 1 UIDNEXT 5 UIDVALIDITY 3 UNSEEN 0)', "{tag} OK"
                )
            elif command.startswith("UID FETCH 11:12 (UID)"):
                await peer.say("* 1 FETCH (UID 11)", "* 2 FETCH (UID 12)", "{tag} OK")
            else:
                await peer.say("{tag} OK")

    return script


async def perform(
    operation: Operation,
    answers: Answers,
    commands: list[str],
    *,
    capabilities: str = RICH,
    ids: dict[MessageKey, ServerId] | None = None,
    again: bool = False,
    checkpoint: ServerId = CHECKPOINT,
) -> dict[MessageKey, ServerId | None]:
    script = playing(answers, commands, capabilities)
    async with serving(script) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        told = await backend.perform(
            operation,
            IDS if ids is None else ids,
            checkpoint=checkpoint,
            again=again,
            content=CONTENT,
        )
        return dict(told)


DESTRUCTIVE = ("STORE", "EXPUNGE", "COPY", "MOVE", "CLOSE", "DELETE")


def assert_by_uid_only(commands: list[str]) -> None:
    assert not any(command.startswith(DESTRUCTIVE) for command in commands)


def assert_harmless(commands: list[str]) -> None:
    assert_by_uid_only(commands)
    assert not any(word in command for command in commands for word in DESTRUCTIVE)


@pytest.mark.parametrize(
    "operation", [MOVE, COPY, STORE, EXPUNGE], ids=lambda op: type(op).__name__
)
async def test_ids_of_another_uidvalidity_touch_nothing(operation: Operation) -> None:
    commands: list[str] = []
    stale = {**IDS, MessageKey(2): ServerId(6, 12)}
    with pytest.raises(Refused, match="localhost has numbered the messages in INBOX anew"):
        await perform(operation, {}, commands, ids=stale)
    assert_harmless(commands)


READ_ONLY = ["* 2 EXISTS", "* OK [UIDVALIDITY 7] x", "{tag} OK [READ-ONLY] look, don't touch"]


@pytest.mark.parametrize("operation", [MOVE, EXPUNGE], ids=lambda op: type(op).__name__)
async def test_a_mailbox_that_is_read_only_is_left_alone(operation: Operation) -> None:
    commands: list[str] = []
    with pytest.raises(Refused, match="localhost lets nothing be changed in INBOX") as refusal:
        await perform(operation, {"SELECT": READ_ONLY}, commands)
    assert refusal.value.wholly
    assert_harmless(commands)


@pytest.mark.parametrize("answer", ["{tag} NO [INUSE] Wait", "{tag} NO [CANNOT] No"])
@pytest.mark.parametrize("refused", ["UID STORE", "UID EXPUNGE"])
async def test_after_the_copy_a_refused_move_says_that_it_was_begun(
    refused: str, answer: str
) -> None:
    commands: list[str] = []
    capabilities = RICH.removesuffix(" MOVE")
    with pytest.raises(Refused) as refusal:
        await perform(MOVE, {refused: [answer]}, commands, capabilities=capabilities)
    assert refusal.value.begun
    assert isinstance(refusal.value, Busy) == ("INUSE" in answer)


@pytest.mark.parametrize("operation", [MOVE, COPY], ids=lambda op: type(op).__name__)
@pytest.mark.parametrize("number", [0, 1])
async def test_a_set_that_is_refused_in_its_second_piece_was_begun(
    operation: Operation, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "uid_sets", lambda uids: map(str, sorted(uids)))
    commands: list[str] = []
    command = f"UID {type(operation).__name__.upper()} {11 + number}"
    with pytest.raises(Busy) as refusal:
        await perform(operation, {command: ["{tag} NO [INUSE] Wait"]}, commands)
    assert refusal.value.begun == bool(number)


async def test_a_copy_can_be_made_of_what_can_only_be_read() -> None:
    commands: list[str] = []
    told = await perform(COPY, {"SELECT": READ_ONLY}, commands)
    assert told == {MessageKey(8): None, MessageKey(9): None}
    assert 'UID COPY 11:12 "Archive"' in commands


@pytest.mark.parametrize("next_uid", [0, 1, 4])
async def test_a_repetition_looks_at_all_that_came_since(next_uid: int) -> None:
    """A target that was empty, or not there, when it was first tried has the copy under UID 1."""
    commands: list[str] = []
    status = '* STATUS "Archive" (MESSAGES 9 UIDNEXT 12 UIDVALIDITY 3 UNSEEN 0)'
    answers = {"STATUS": [status, "{tag} OK"]}
    await perform(COPY, answers, commands, again=True, checkpoint=ServerId(3, next_uid))
    assert f"UID FETCH {next_uid or 1}:* (UID RFC822.SIZE BODY.PEEK[HEADER])" in commands


@pytest.mark.parametrize("operation", [COPY, MOVE], ids=lambda op: type(op).__name__)
async def test_into_a_target_that_was_numbered_anew_nothing_is_repeated(
    operation: Operation,
) -> None:
    commands: list[str] = []
    with pytest.raises(InDoubt, match="Archive was numbered anew"):
        await perform(operation, {}, commands, again=True, checkpoint=ServerId(2, 5))
    assert_harmless(commands)


@pytest.mark.parametrize(
    "status",
    [
        ["{tag} NO [NONEXISTENT] there is none"],
        ['* STATUS "Archive" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 9 UNSEEN 0)', "{tag} OK"],
    ],
    ids=["missing", "empty"],
)
async def test_where_the_target_holds_nothing_nothing_came_of_the_first_try(
    status: list[str],
) -> None:
    commands: list[str] = []
    told = await perform(COPY, {"STATUS": status}, commands, again=True)
    assert told == {MessageKey(8): None, MessageKey(9): None}
    assert [each for each in commands if "BODY" in each] == []


def looking_so(uid: int, size: int) -> str:
    return f"* 1 FETCH (UID {uid} RFC822.SIZE {size} BODY[HEADER] {{6}}\r\nA: b\r\n)"


@pytest.mark.parametrize(
    ("sizes", "copied"), [((100, 200), "12"), ((200, 200), "12"), ((300, 200), "11:12")]
)
async def test_a_copy_is_known_by_its_header_and_its_size(
    sizes: tuple[int, int], copied: str
) -> None:
    """One is in the target that looks like the first, or else like none; it stands for one."""
    first, second = sizes
    there = looking_so(5, 200 if first == 200 else 100)
    answers = {
        "UID FETCH 5:*": [there, "{tag} OK"],
        "UID FETCH 11:12 (UID RFC822": [looking_so(11, first), looking_so(12, second), "{tag} OK"],
        "STATUS": [
            '* STATUS "Archive" (MESSAGES 9 UIDNEXT 12 UIDVALIDITY 3 UNSEEN 0)',
            "{tag} OK",
        ],
    }
    commands: list[str] = []
    await perform(COPY, answers, commands, again=True)
    assert f'UID COPY {copied} "Archive"' in commands


# What a mailbox does not keep.


@pytest.mark.parametrize(
    "rows",
    [
        READ_ONLY,
        ["* OK [UIDVALIDITY 7] x", "* OK [PERMANENTFLAGS ()] none", "{tag} OK"],
        ["* OK [UIDVALIDITY 7] x", "* OK [PERMANENTFLAGS (\\Flagged \\*)] few", "{tag} OK"],
    ],
    ids=["read-only", "no flags", "another flag"],
)
async def test_a_flag_that_the_mailbox_does_not_keep_is_told_and_not_sent(rows: list[str]) -> None:
    commands: list[str] = []
    with pytest.raises(NotKept, match=r"localhost does not keep .Seen in INBOX") as told:
        await perform(STORE, {"SELECT": rows}, commands)
    assert told.value.flags == {SEEN}
    assert_harmless(commands)


async def test_a_flag_that_is_taken_and_forgotten_is_told() -> None:
    commands: list[str] = []
    rows = ["* 1 FETCH (UID 11 FLAGS ())", "* 2 FETCH (UID 12 FLAGS (\\Answered))", "{tag} OK"]
    with pytest.raises(NotKept) as told:
        await perform(STORE, {"UID FETCH": rows}, commands)
    assert told.value.flags == {SEEN}


@pytest.mark.parametrize("kept", ["\\seen", "\\SEEN", "\\Seen $other"])
async def test_one_message_that_has_the_flag_shows_that_it_is_kept(kept: str) -> None:
    rows = ["* 1 FETCH (UID 11 FLAGS ())", f"* 2 FETCH (UID 12 FLAGS ({kept}))", "{tag} OK"]
    assert await perform(STORE, {"UID FETCH": rows}, []) == IDS


async def test_a_flag_that_cannot_be_taken_away_is_told() -> None:
    rows = ["* 1 FETCH (UID 11 FLAGS (\\Seen))", "* 2 FETCH (UID 12 FLAGS (\\Seen))", "{tag} OK"]
    with pytest.raises(NotKept) as told:
        await perform(StoreFlags(INBOX, KEYS, remove=frozenset({SEEN})), {"UID FETCH": rows}, [])
    assert told.value.flags == {SEEN}


# Servers that refuse a set that names a message which is gone (RFC 9051 6.4.9 says otherwise).


GONE = ["{tag} BAD The specified message set is invalid."]
LEFT = ["* 1 FETCH (UID 12 FLAGS (\\Seen))", "{tag} OK"]
HALF_OF_IT = {MessageKey(2): ServerId(7, 12)}


@pytest.mark.parametrize("refusal", [GONE, ["{tag} NO [CLIENTBUG] Bad sequence"]])
@pytest.mark.parametrize(
    "listing",
    [
        {"UID FETCH 11:*": LEFT},
        {"UID FETCH 11:*": GONE, "UID SEARCH ALL": ["* SEARCH 12", "{tag} OK"]},
        {
            "UID FETCH 11:*": GONE,
            "UID SEARCH ALL": GONE,
            "UID FETCH 11 ": GONE,
            "UID FETCH 12 (UID)": LEFT,
        },
    ],
    ids=["by a range", "by a search", "singly"],
)
async def test_of_a_set_that_is_refused_for_what_is_gone_the_rest_is_done(
    refusal: list[str], listing: Answers
) -> None:
    for operation, sent in (
        (STORE, "UID STORE 12 +FLAGS.SILENT (\\Seen)"),
        (MOVE, 'UID MOVE 12 "Archive"'),
        (EXPUNGE, "UID EXPUNGE 12"),
    ):
        commands: list[str] = []
        answers = {"UID STORE 11:12": refusal, "UID FETCH 11:12": refusal, **listing}
        answers["UID FETCH 12 (UID FLAGS)"] = LEFT
        told = await perform(operation, answers, commands)
        assert told.keys() == HALF_OF_IT.keys()
        assert sent in commands


async def test_in_a_mailbox_that_is_empty_by_now_nothing_is_refused() -> None:
    """Some answer BAD to any set there, and 1:* is one."""
    answers = {
        "UID STORE": GONE,
        "UID FETCH 11:12": GONE,
        "UID FETCH 11:*": GONE,
        "UID SEARCH ALL": ["* SEARCH", "{tag} OK"],
    }
    assert await perform(STORE, answers, []) == {}


async def test_messages_that_nobody_can_list_are_not_taken_for_gone() -> None:
    commands: list[str] = []
    asked = ("UID FETCH 11:12", "UID FETCH 11:*", "UID SEARCH", "UID FETCH 11 ", "UID FETCH 12 ")
    with pytest.raises(Refused, match="to list messages"):
        await perform(MOVE, dict.fromkeys(asked, GONE), commands)
    assert_harmless(commands)


async def test_what_is_refused_of_messages_that_are_there_stays_refused() -> None:
    answers = {"UID STORE": ["{tag} NO [CANNOT] not these"]}
    with pytest.raises(Refused, match="not these"):
        await perform(STORE, answers, [])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("NO [OVERQUOTA] full", Refused),
        ("NO [NOPERM] no", Refused),
        ("NO [CANNOT] no", Refused),
        ("NO nothing said", Refused),
        ("BAD what", Refused),
        ("NO [LIMIT] too many flags", Refused),
        ("NO [UNAVAILABLE] later", Busy),
        ("NO [SERVERBUG] later", Busy),
    ],
)
@pytest.mark.parametrize(
    ("operation", "command"),
    [(MOVE, "UID MOVE"), (COPY, "UID COPY"), (STORE, "UID STORE"), (APPEND, "APPEND")],
    ids=["move", "copy", "store", "append"],
)
async def test_a_refusal_is_told_with_the_servers_words(
    operation: Operation, command: str, answer: str, error: type[Exception]
) -> None:
    commands: list[str] = []
    with pytest.raises(error, match=r"localhost refused .*: \w+") as refusal:
        await perform(operation, {command: [f"{{tag}} {answer}"]}, commands)
    assert type(refusal.value) is error
    assert sum(sent.startswith(command) for sent in commands) == 1
    assert "CREATE" not in " ".join(commands)


@pytest.mark.parametrize(
    "code",
    [
        "COPYUID 3 11:12 5",
        "COPYUID 3 11 5:6",
        "COPYUID 3 1:4294967295 1:4294967295",
        "COPYUID 3 13:14 5:6",
        "COPYUID 3 11:12 0:1",
        "COPYUID 0 11:12 5:6",
        "COPYUID 3 11:12",
        "COPYUID",
        "APPENDUID 3 5",
    ],
)
@pytest.mark.parametrize("operation", [MOVE, COPY], ids=["move", "copy"])
async def test_a_copyuid_that_makes_no_sense_is_not_believed(
    operation: Operation, code: str
) -> None:
    command = "UID MOVE" if operation is MOVE else "UID COPY"
    told = await perform(operation, {command: [f"{{tag}} OK [{code}] done"]}, [])
    assert told == dict.fromkeys(operation.keys)


async def test_copyuid_tells_the_new_ids_in_any_order() -> None:
    answers = {"UID MOVE": ["* OK [COPYUID 3 12,11 5:6] moved", "* 1 EXPUNGE", "{tag} OK"]}
    told = await perform(MOVE, answers, [])
    assert told == {MessageKey(2): ServerId(3, 5), MessageKey(1): ServerId(3, 6)}


@pytest.mark.parametrize(
    "code", ["APPENDUID 3 0", "APPENDUID x 5", "APPENDUID 3", "APPENDUID 3 1:2"]
)
async def test_an_appenduid_that_makes_no_sense_is_not_believed(code: str) -> None:
    told = await perform(APPEND, {"APPEND": [f"{{tag}} OK [{code}] done"]}, [])
    assert told == {MessageKey(1): None}


@pytest.mark.parametrize("code", ["[TRYCREATE] ", "[NONEXISTENT] ", ""])
@pytest.mark.parametrize(
    ("operation", "command"), [(MOVE, "UID MOVE"), (COPY, "UID COPY"), (APPEND, "APPEND")]
)
async def test_a_missing_target_is_created_once(
    operation: Operation, command: str, code: str
) -> None:
    commands: list[str] = []
    answers = {command: [f"{{tag}} NO {code}no"], "STATUS": ["{tag} NO no such mailbox"]}
    told = await perform(operation, answers, commands)
    assert told.keys() == operation.keys
    sent = [sent for sent in commands if sent.startswith((command, "CREATE", "SUBSCRIBE"))]
    assert [words.split()[0] for words in sent] == [
        command.split(maxsplit=1)[0],
        "CREATE",
        "SUBSCRIBE",
        command.split(maxsplit=1)[0],
    ]


async def test_a_target_that_cannot_be_created_is_a_refusal() -> None:
    answers = {
        "UID MOVE": ["{tag} NO [TRYCREATE] no"],
        "STATUS": ["{tag} NO no"],
        "CREATE": ["{tag} NO [NOPERM] not here"],
    }
    with pytest.raises(Refused, match="localhost refused to create Archive: not here"):
        await perform(MOVE, answers, [])


@pytest.mark.parametrize("operation", [MOVE, EXPUNGE], ids=["move", "expunge"])
async def test_nothing_is_ever_expunged_but_by_uid(operation: Operation) -> None:
    for capabilities in (RICH, "IMAP4rev1 UIDPLUS", "IMAP4rev1 MOVE"):
        commands: list[str] = []
        if operation is EXPUNGE and "UIDPLUS" not in capabilities:
            with pytest.raises(Refused, match="localhost cannot delete single messages"):
                await perform(operation, {}, commands, capabilities=capabilities)
            assert_harmless(commands)
        else:
            await perform(operation, {}, commands, capabilities=capabilities)
        assert_by_uid_only(commands)


async def test_without_move_and_uidplus_the_originals_stay_marked() -> None:
    commands: list[str] = []
    told = await perform(MOVE, {}, commands, capabilities="IMAP4rev1")
    assert told == dict.fromkeys(KEYS)
    assert_by_uid_only(commands)
    assert "EXPUNGE" not in " ".join(commands)
    assert commands[-1:] == ["UID STORE 11:12 +FLAGS.SILENT (\\Deleted)"]


async def test_originals_are_removed_only_once_the_copy_is_there() -> None:
    commands: list[str] = []
    answers = {"UID COPY": ["{tag} NO [OVERQUOTA] full"]}
    with pytest.raises(Refused):
        await perform(MOVE, answers, commands, capabilities="IMAP4rev1 UIDPLUS")
    assert not any(word in " ".join(commands) for word in ("STORE", "EXPUNGE"))


async def test_messages_that_are_gone_are_left_out_and_not_asked_for() -> None:
    commands: list[str] = []
    answers = {"UID FETCH 11:12 (UID)": ["* 1 FETCH (UID 12)", "* 2 FETCH (UID 13)", "{tag} OK"]}
    told = await perform(MOVE, answers, commands)
    assert told == {MessageKey(2): None}
    assert 'UID MOVE 12 "Archive"' in commands


async def test_an_empty_operation_says_nothing() -> None:
    commands: list[str] = []
    for operation in (MOVE, COPY, STORE, EXPUNGE):
        assert await perform(operation, {}, commands, ids={}) == {}
    assert commands == []


async def test_a_keyword_that_cannot_be_said_is_refused() -> None:
    commands: list[str] = []
    nasty = StoreFlags(INBOX, KEYS, add=frozenset({Flag("a) \r\nA9 DELETE INBOX")}))
    with pytest.raises(Refused, match="localhost"):
        await perform(nasty, {}, commands)
    assert_harmless(commands)


async def test_a_target_with_awkward_characters_is_one_command() -> None:
    commands: list[str] = []
    target = MailboxName('x"\\ {3}\r\nA9 DELETE INBOX')
    await perform(Move(INBOX, KEYS, target), {}, commands)
    assert_by_uid_only(commands)
    assert [command.split(" ")[0] for command in commands] == ["SELECT", "UID", "UID"]


async def test_a_message_above_the_servers_limit_is_not_sent() -> None:
    commands: list[str] = []
    with pytest.raises(Refused, match="localhost takes no message larger than 10 bytes"):
        await perform(APPEND, {}, commands, capabilities=RICH + " APPENDLIMIT=10")
    assert commands == []


async def test_a_literal_that_the_server_refuses_is_not_sent() -> None:
    heard: list[bytes] = []

    async def script(peer: Peer) -> None:
        await peer.greet(RICH)
        line = await peer.line()
        heard.append(line)
        await peer.say(line.split()[0] + b" NO [OVERQUOTA] full")
        await peer.hang()

    async with serving(script) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        with pytest.raises(Refused, match="full"):
            await backend.perform(APPEND, {}, content=CONTENT)
        assert CONTENT not in evil.sent


# --- repeats


async def test_a_repeated_move_says_of_what_is_gone_that_its_place_is_unknown() -> None:
    answers = {
        "UID FETCH 5:*": ["* 1 FETCH (UID 5 RFC822.SIZE 9 BODY[HEADER] {2}", "\r\n)", "{tag} OK"],
        "UID FETCH 11:12 (UID)": ["* 1 FETCH (UID 12)", "{tag} OK"],
        "STATUS": ['* STATUS "Archive" (MESSAGES 3 UIDNEXT 7 UIDVALIDITY 3)', "{tag} OK"],
    }
    told = await perform(MOVE, answers, [], again=True)
    assert told == dict.fromkeys(KEYS)


async def test_a_repeated_move_to_where_nothing_came_knows_what_is_gone() -> None:
    commands: list[str] = []
    answers = {"UID FETCH 11:12 (UID)": ["* 1 FETCH (UID 12)", "{tag} OK"]}
    told = await perform(MOVE, answers, commands, again=True)
    assert told == {MessageKey(2): None}
    assert 'SELECT "Archive"' not in commands


async def test_a_repeated_move_by_copy_takes_its_first_copies_for_its_own() -> None:
    def header(uid: int, name: str) -> list[str]:
        head = f"Message-ID: <{name}>\r\n\r\n"
        return [f"* 1 FETCH (UID {uid} RFC822.SIZE 99 BODY[HEADER] {{{len(head)}}}", f"{head})"]

    commands: list[str] = []
    answers = {
        "STATUS": ['* STATUS "Archive" (MESSAGES 3 UIDNEXT 7 UIDVALIDITY 3)', "{tag} OK"],
        "UID FETCH 5:*": [*header(4, "two"), *header(5, "one"), *header(6, "other"), "{tag} OK"],
        "UID FETCH 11:12 (UID RFC822": [*header(11, "one"), *header(12, "two"), "{tag} OK"],
        "UID COPY": ["{tag} OK [COPYUID 3 12 8] copied"],
    }
    told = await perform(MOVE, answers, commands, capabilities="IMAP4rev1 UIDPLUS", again=True)
    assert told == {MessageKey(1): ServerId(7, 5), MessageKey(2): ServerId(3, 8)}
    assert 'UID COPY 12 "Archive"' in commands
    assert "UID EXPUNGE 11:12" in commands


async def test_a_repeated_append_that_came_is_not_sent_again() -> None:
    commands: list[str] = []
    head = "Message-ID: <a@b>\r\n\r\n"
    answers = {
        "STATUS": ['* STATUS "Archive" (MESSAGES 3 UIDNEXT 7 UIDVALIDITY 3)', "{tag} OK"],
        "UID SEARCH": ["* SEARCH 4 6", "{tag} OK"],
        "UID FETCH 6 ": [
            f"* 1 FETCH (UID 6 RFC822.SIZE 25 BODY[HEADER] {{{len(head)}}}",
            f"{head})",
            "{tag} OK",
        ],
    }
    told = await perform(APPEND, answers, commands, again=True)
    assert told == {MessageKey(1): ServerId(7, 6)}
    assert not any(command.startswith("APPEND") for command in commands)
    assert 'UID SEARCH UID 5:* HEADER MESSAGE-ID "<a@b>"' in commands


async def test_a_repeated_append_that_did_not_come_is_sent() -> None:
    commands: list[str] = []
    told = await perform(APPEND, {"APPEND": ["{tag} OK [APPENDUID 3 5] x"]}, commands, again=True)
    assert told == {MessageKey(1): ServerId(3, 5)}
