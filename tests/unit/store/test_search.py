"""What a query finds: words, parts of headers, CJK; whatever is typed is only looked for."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.store.worlds import ACCOUNT, ARCHIVE, World, delivery
from tuimail.model.body import Attachment, Body
from tuimail.model.mail import ANSWERED, FLAGGED, INBOX, SEEN, Flag, MessageKey, Order
from tuimail.model.operation import Copy, Expunge, Move, StoreFlags
from tuimail.model.query import Field, HasId, In, InThread, Phrase, Word
from tuimail.model.safe_text import SafeText
from tuimail.store.shown import Wish


def find(world: World, query: str) -> list[MessageKey]:
    return world.shown(None, query)


def text_of(*lines: str, files: tuple[str, ...] = ()) -> Body:
    parts = tuple(
        Attachment(at, SafeText(name), SafeText("application/pdf"), 10)
        for at, name in enumerate(files)
    )
    return Body(lines=tuple(map(SafeText, lines)), attachments=parts)


SUBJECTS = {
    "plain": "Quarterly budget figures",
    "accents": "Réunion à Zürich",
    "polish": "Łódź i Józef",
    "chinese": "关于东京会议的通知",
    "japanese": "東京タワーのチケット",
    "korean": "내일 회의 안내",
    "wide": "ＡＢＣ ﾃｽﾄ",
    "marks": 'C++ && [tuimail] 100% "done" x_y',
    "emoji": "party 🎉🎉🎉",
}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("budget", "plain"),
        ("BUDG", "plain"),
        ("udge", "plain"),
        ("bu", "plain"),
        ("subject:figures", "plain"),
        ('"budget figures"', "plain"),
        ('"figures budget"', None),
        ("from:budget", None),
        ("reunion", "accents"),
        ("zurich", "accents"),
        ("ZÜRICH", "accents"),
        ("ürich", "accents"),
        ("łódź", "polish"),
        ("东京", "chinese"),
        ("会议", "chinese"),
        ("会议的通知", "chinese"),
        ("subject:通知", "chinese"),
        ("知", "chinese"),
        ("议会", None),
        ("東京", "japanese"),
        ("タワー", "japanese"),
        ("회의", "korean"),
        ("abc", "wide"),
        ("テスト", "wide"),
        ("tuimail", "marks"),
        ("C++", "marks"),
        ("100%", "marks"),
        ("x_y", "marks"),
        ("🎉🎉🎉", "emoji"),
    ],
)
def test_a_subject_is_found(world: World, query: str, found: str | None) -> None:
    names = list(SUBJECTS)
    keys = world.hold([delivery(uid, SUBJECTS[name]) for uid, name in enumerate(names, 1)])
    expected = [keys[names.index(found)]] if found else []
    assert find(world, query) == expected


def test_people_are_found_by_name_address_and_part_of_it(world: World) -> None:
    anna, _ = world.hold(
        [
            delivery(1, sender=("Anna Meyer", "anna.meyer@mail.example.org")),
            delivery(2, sender=("Bob", "bob@example.net"), to=("Carol", "carol@example.com")),
        ]
    )
    for query in ("meyer", "from:anna.meyer@mail", "from:mail.example.org", "eyer", "from:Meyer"):
        assert find(world, query) == [anna], query
    assert find(world, "to:meyer") == []
    assert find(world, "to:jozef") == [anna]


def test_bodies_and_attachment_names_are_found_when_they_are_here(world: World) -> None:
    plain, filed = world.hold([delivery(1, "one"), delivery(2, "two")])
    assert find(world, "elephant") == []
    world.store.keep_raw([(plain, b"x"), (filed, b"y")])
    world.store.keep_bodies(
        [(plain, text_of("An elephant,", "明日の天気")), (filed, text_of(files=("Invoice_7.pdf",)))]
    )
    assert find(world, "elephant") == find(world, "body:eleph") == [plain]
    assert find(world, "天気") == find(world, "body:天気") == [plain]
    assert find(world, "subject:elephant") == []
    for query in ("invoice", "filename:invoice", "filename:voice_7", "has:attachment", "pdf"):
        assert find(world, query) == [filed], query
    world.store.keep_bodies([(plain, text_of("A giraffe"))])
    assert find(world, "elephant") == []
    assert find(world, "giraffe") == [plain]


def test_states_sizes_dates_and_keywords(world: World) -> None:
    hour = timedelta(hours=1)
    new, old = world.hold(
        [
            delivery(1, flags=[FLAGGED, Flag("$todo")], received=world.now - hour, size=5000),
            delivery(2, flags=[SEEN, ANSWERED], received=world.now - 100 * 24 * hour, size=10),
        ]
    )
    for query in ("is:unread", "is:flagged", "larger:1k", "newer:2d", "tag:$todo", "tag:$TODO",
                  "after:2024-05-01", "-is:read", "NOT is:answered"):  # fmt: skip
        assert find(world, query) == [new], query
    for query in ("is:read", "is:answered", "smaller:1k", "older:2d", "before:2024-05-01"):
        assert find(world, query) == [old], query
    assert find(world, "is:read OR is:flagged") == [new, old]
    assert find(world, "is:read is:flagged") == []
    assert find(world, "(is:read OR is:flagged) larger:1k") == [new]


def test_mailboxes_accounts_threads_and_ids(world: World) -> None:
    (here,) = world.hold([delivery(1, message_id="a@x")])
    (there,) = world.hold([delivery(1, message_id="b@x", references=("a@x",))], ARCHIVE)
    assert find(world, "in:inbox") == [here]
    assert find(world, "in:ARCHIVE") == [there]
    assert find(world, "in:nowhere") == []
    assert sorted(find(world, f"account:{ACCOUNT}")) == sorted([here, there])
    assert find(world, "account:other") == []
    assert sorted(find(world, f"thread:{world.message(here).thread}")) == sorted([here, there])
    assert find(world, f"id:{world.message(there).id}") == [there]


def test_a_search_sees_what_is_pending(world: World) -> None:
    first, second, third = world.hold([delivery(uid, "Budget") for uid in (1, 2, 3)])
    (copy,) = map(MessageKey, world.store.allot_keys(1))
    world.record(StoreFlags(INBOX, frozenset({first}), frozenset({SEEN, Flag("$todo")})))
    world.record(Move(INBOX, frozenset({second}), ARCHIVE))
    world.record(Expunge(INBOX, frozenset({third})))
    world.record(Copy(ARCHIVE, (second,), (copy,), ARCHIVE))
    assert sorted(find(world, "budget")) == sorted([first, second, copy])
    assert find(world, "budget is:read") == find(world, "tag:$todo") == [first]
    assert sorted(find(world, "budget in:archive")) == sorted([second, copy])
    assert world.shown(INBOX, "budget") == [first]


def test_roles_name_mailboxes(world: World) -> None:
    (key,) = world.hold([delivery(1)], ARCHIVE)
    assert list(world.store.keys(None, In("archive"), Order.NEWEST)) == [key]


TRICKS = [
    *('"', '""', "*", "a*", "NEAR(a b)", "subject : x", "{subject}: a", "^a", "a AND", "-", "("),
    *("%", "_", "'; DROP TABLE message; --", "\\", "a\0b", "x" * 4000, "+", "é" * 300, " "),
]


@pytest.mark.parametrize("text", TRICKS)
@pytest.mark.parametrize("field", list(Field))
def test_whatever_is_typed_is_only_looked_for(world: World, text: str, field: Field) -> None:
    world.hold([delivery(1)])
    for query in (Word(text, field), Phrase(text, field)):
        world.store.keys(None, query, Order.NEWEST)
    for other in (In(text), InThread(text), HasId(text)):
        assert len(world.store.keys(None, other, Order.NEWEST)) == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(text=st.text(min_size=1), field=st.sampled_from(Field))
def test_any_text_can_be_looked_for(world: World, text: str, field: Field) -> None:
    text = text.encode("utf-8", "replace").decode()
    world.store.keys(None, Word(text, field), Order.NEWEST)
    world.store.keys(None, Phrase(text, field), Order.NEWEST)


words = st.text(st.characters(codec="utf-8", categories=("Ll", "Lu", "Nd")), min_size=3, max_size=9)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(word=words, before=words, after=words)
def test_every_word_of_a_subject_and_every_part_of_it_is_found(
    world: World, word: str, before: str, after: str
) -> None:
    uid = max([0, *world.store.known(INBOX)]) + 1
    (key,) = world.store.deliver(INBOX, [delivery(uid, f"{before} {word} {after}")])
    for query in (Word(word), Word(word[1:]), Word(word[:2]), Phrase(f"{word} {after}")):
        if len(query.text) > 2 or query.text == word[:2]:
            assert key in world.store.keys(INBOX, query, Order.NEWEST)


def test_the_first_page_of_a_mailbox_is_read_from_the_index_without_sorting(world: World) -> None:
    keys = world.hold([delivery(uid) for uid in range(1, 50)])
    world.record(Move(INBOX, frozenset(keys[:10]), ARCHIVE))
    sql, values = world.store._shown._list(Wish(INBOX, None, Order.NEWEST, 60))
    plan = world.store._journal.rows(f"EXPLAIN QUERY PLAN {sql}", values)
    steps = " | ".join(row[3] for row in plan)
    assert "TEMP B-TREE" not in steps
    assert "message_date" in steps
    assert "pending_shown" in steps
