"""A query's tree as SQL, once for what the index says and once for what is pending."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, assert_never

from tuimail.model.mail import AccountName, Flag, MailboxName, MessageKey
from tuimail.model.nearest import folded
from tuimail.model.query import (
    And,
    Before,
    Field,
    HasAttachment,
    HasId,
    In,
    InAccount,
    InThread,
    Is,
    Larger,
    Not,
    Or,
    Phrase,
    Query,
    Since,
    Smaller,
    State,
    Tag,
    Word,
)
from tuimail.store.flags import ANSWERED_BIT, DELETED_BIT, FLAGGED_BIT, SEEN_BIT, bits_of, words_of
from tuimail.store.tokens import part_term, word_terms
from tuimail.store.values import to_micros

Condition = tuple[str, list[Any]]

ALWAYS: Condition = ("1", [])
NEVER: Condition = ("0", [])


@dataclass(frozen=True, slots=True)
class Side:
    """How one half of the shown list spells a row's columns; `m` is the index's row."""

    key: str
    flags: str
    has_word: str
    mailbox: str
    mailbox_of: Callable[[tuple[int, MailboxName]], Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a query's names mean in this account."""

    account: AccountName
    mailboxes: Callable[[str], list[tuple[int, MailboxName]]]
    resolve: Callable[[str], MessageKey | None]
    thread: Callable[[str], int | None]


INDEXED = Side(
    key="m.key",
    flags="m.flags",
    has_word="instr(' ' || lower(m.words) || ' ', ?1) > 0",
    mailbox="m.mailbox",
    mailbox_of=lambda mailbox: mailbox[0],
)
PENDING = Side(
    key="p.key",
    flags="((m.flags & ~p.removed) | p.added)",
    has_word=(
        "instr(' ' || lower(words_overlaid(m.words, p.added_words, p.removed_words)) || ' ', ?1)"
        " > 0"
    ),
    mailbox="p.mailbox",
    mailbox_of=lambda mailbox: mailbox[1],
)


def condition(query: Query, side: Side, terms: Terms) -> Condition:
    """A condition on the rows of `side`; all that the user wrote is bound, not spelt."""
    match query:
        case Not(inner):
            sql, values = condition(inner, side, terms)
            return f"NOT {sql}", values
        case And(queries):
            return _joined(" AND ", [condition(part, side, terms) for part in queries])
        case Or(queries):
            return _joined(" OR ", [condition(part, side, terms) for part in queries])
        case Word() | Phrase():
            return _text(query)
        case In() | InAccount() | InThread() | HasId():
            return _named(query, side, terms)
        case _:
            return _property(query, side)


def asks_for_deleted(query: Query) -> bool:
    """Whether it speaks of the messages that are marked as deleted, which are else not shown."""
    match query:
        case Is(State.DELETED):
            return True
        case Not(inner):
            return asks_for_deleted(inner)
        case And(queries) | Or(queries):
            return any(map(asks_for_deleted, queries))
        case _:
            return False


def _joined(operator: str, parts: list[Condition]) -> Condition:
    values = [value for _, bound in parts for value in bound]
    return f"({operator.join(sql for sql, _ in parts)})", values


def _named(query: In | InAccount | InThread | HasId, side: Side, terms: Terms) -> Condition:
    match query:
        case In(name):
            values = [side.mailbox_of(mailbox) for mailbox in terms.mailboxes(name)]
            return f"({side.mailbox} IN ({', '.join('?' * len(values))}))", values
        case InAccount(name):
            return ALWAYS if folded(name) == folded(terms.account) else NEVER
        case InThread(text):
            thread = terms.thread(text)
            return NEVER if thread is None else ("(m.thread = ?)", [thread])
        case HasId(public_id):
            key = terms.resolve(public_id)
            return NEVER if key is None else (f"({side.key} = ?)", [key])
        case _:
            assert_never(query)


_Property = Is | HasAttachment | Tag | Larger | Smaller | Before | Since


def _property(query: _Property, side: Side) -> Condition:
    match query:
        case Is(state):
            return _state(state, side), []
        case Tag(keyword):
            return _tag(Flag(keyword), side)
        case HasAttachment():
            return "(m.attached = 1)", []
        case _:
            return _comparison(query)


def _comparison(query: Larger | Smaller | Before | Since) -> Condition:
    match query:
        case Larger(size):
            return "(m.size > ?)", [size]
        case Smaller(size):
            return "(m.size < ?)", [size]
        case Before(moment):
            return "(m.received < ?)", [to_micros(moment)]
        case Since(moment):
            return "(m.received >= ?)", [to_micros(moment)]
        case _:
            assert_never(query)


def _state(state: State, side: Side) -> str:
    match state:
        case State.UNREAD:
            return f"({side.flags} & {SEEN_BIT} = 0)"
        case State.READ:
            return f"({side.flags} & {SEEN_BIT} != 0)"
        case State.FLAGGED:
            return f"({side.flags} & {FLAGGED_BIT} != 0)"
        case State.ANSWERED:
            return f"({side.flags} & {ANSWERED_BIT} != 0)"
        case State.DELETED:
            return f"({side.flags} & {DELETED_BIT} != 0)"
        case _:
            assert_never(state)


def _tag(keyword: Flag, side: Side) -> Condition:
    if bits := bits_of({keyword}):
        return f"({side.flags} & {bits} != 0)", []
    return f"({side.has_word.replace('?1', '?')})", [f" {words_of({keyword}).lower()} "]


# Which columns of which search table a field means.
_HEAD = {
    Field.ANYWHERE: "",
    Field.FROM: "sender",
    Field.TO: "recipients",
    Field.CC: "copied",
    Field.SUBJECT: "subject",
    Field.LIST: "list",
}
_PART = {**_HEAD, Field.FILENAME: "names"}
_TEXT = {Field.ANYWHERE: "", Field.BODY: "body", Field.FILENAME: "names"}


def _text(query: Word | Phrase) -> Condition:
    words = word_terms(query.text, whole=isinstance(query, Phrase))
    part = part_term(query.text)
    tables = [("text", _TEXT, words), ("part", _PART, part)]
    # Every word that begins with three letters or more is found as a part, too.
    if not (part and isinstance(query, Word) and query.text.isalnum()):
        tables.append(("head", _HEAD, words))
    lookups, values = [], []
    for table, columns, terms in tables:
        if terms and query.field in columns:
            column = columns[query.field]
            lookups.append(f"SELECT rowid FROM idx.{table} WHERE {table} MATCH ?")
            values.append(f"{{{column}}} : ({terms})" if column else terms)
    if not lookups:
        return NEVER
    return f"(m.key IN ({' UNION ALL '.join(lookups)}))", values
