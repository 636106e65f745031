"""The query language of search, limit, splits and rules: text to a frozen tree."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import NoReturn

from tuimail.model.nearest import nearest
from tuimail.model.query_fields import FIELDS, Value
from tuimail.model.query_names import Names
from tuimail.model.query_patterns import (
    LOOKS_LIKE_ONE,
    PATTERN,
    takes_value,
    unknown,
    with_value,
    without_value,
)
from tuimail.model.query_tree import (
    EVERYTHING,
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
    QueryError,
    Since,
    Smaller,
    State,
    Tag,
    Word,
    reads_texts,
)

__all__ = [
    "FIELDS",
    "And",
    "Before",
    "Field",
    "HasAttachment",
    "HasId",
    "In",
    "InAccount",
    "InThread",
    "Is",
    "Larger",
    "Names",
    "Not",
    "Or",
    "Phrase",
    "Query",
    "QueryError",
    "Since",
    "Smaller",
    "State",
    "Tag",
    "Word",
    "parse_query",
    "reads_texts",
]

MAX_LENGTH = 4000
MAX_DEPTH = 30
MAX_TERMS = 200


def parse_query(text: str, now: datetime, names: Names | None = None) -> Query:
    """What `text` asks for; ages count from `now`, days begin at midnight in its zone.

    An account or a mailbox has to be among `names`; None believes every name.
    Raises QueryError and nothing else.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"a query has at most {MAX_LENGTH} characters", MAX_LENGTH)
    if unfit := re.search("[\0\ud800-\udfff]", text):
        raise QueryError("this character is no text", unfit.start())
    return _Parser(text, now, names).parse()


_FIELD = re.compile(r"([A-Za-z][A-Za-z_-]*):(?!//)")
_PLAIN = re.compile(r'[^\s()"]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BLANK = re.compile(r"\s*")
# "|" by itself is mutt's OR.
_OPERATOR = re.compile(r'(OR|AND|NOT|\|)(?=[\s()"]|$)')


class _Parser:
    """Recursive descent over `text`; `_at` is the next character not yet read."""

    def __init__(self, text: str, now: datetime, names: Names | None) -> None:
        self._text = text
        self._now = now
        self._names = names
        self._at = 0
        self._depth = 0
        self._terms = 0

    def parse(self) -> Query:
        self._skip_blanks()
        if self._at == len(self._text):
            raise QueryError("the query is empty", 0)
        query = self._alternatives()
        if self._at < len(self._text):
            raise QueryError('this ")" closes nothing', self._at)
        return query

    def _alternatives(self) -> Query:
        found = [self._conjunction()]
        while self._operator("OR"):
            found.append(self._conjunction())
        return found[0] if len(found) == 1 else Or(tuple(found))

    def _conjunction(self) -> Query:
        found = [self._operand()]
        while self._operator("AND") or self._more():
            found.append(self._operand())
        return found[0] if len(found) == 1 else And(tuple(found))

    def _more(self) -> bool:
        if self._at == len(self._text) or self._text[self._at] == ")":
            return False
        return self._ahead() != "OR"

    def _operand(self) -> Query:
        start = self._at
        if self._operator("NOT") or self._minus():
            return self._nested(start, lambda: Not(self._operand()))
        if self._at == len(self._text) or self._text[self._at] == ")" or self._ahead():
            self._fail_missing(start)
        if self._text[self._at] == "(":
            return self._nested(start, self._group)
        return self._term()

    def _fail_missing(self, start: int) -> NoReturn:
        if operator := self._ahead():
            raise QueryError(f"{operator} needs something on its left", start)
        raise QueryError("something is missing here", start)

    def _nested(self, start: int, parse: Callable[[], Query]) -> Query:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise QueryError(f"nested more than {MAX_DEPTH} deep", start)
        query = parse()
        self._depth -= 1
        return query

    def _group(self) -> Query:
        opened = self._at
        self._advance(1)
        query = self._alternatives()
        if self._at == len(self._text):
            raise QueryError('this "(" is never closed', opened)
        self._advance(1)
        return query

    def _term(self) -> Query:
        start = self._at
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise QueryError(f"a query has at most {MAX_TERMS} terms", start)
        if field := _FIELD.match(self._text, self._at):
            return self._field_term(field[1].lower(), start, field.end())
        if pattern := PATTERN.match(self._text, self._at):
            return self._pattern_term(pattern[1], start, pattern.end())
        if strange := LOOKS_LIKE_ONE.match(self._text, self._at):
            raise unknown(strange[0], start)
        text, quoted = self._value()
        if not text.strip():
            raise QueryError("there is nothing between these quotation marks", start)
        if text == "*" and not quoted:
            return EVERYTHING
        return Phrase(text) if quoted else Word(text)

    def _field_term(self, name: str, start: int, value_at: int) -> Query:
        make = FIELDS.get(name)
        if make is None:
            known = " ".join(f"{field}:" for field in FIELDS)
            meant = f"the nearest is {nearest(name, FIELDS)[0]}:"
            message = (
                f'there is no field "{name}:"; {meant} (quote the text to look for it as it is)'
            )
            raise QueryError(f"{message}; the fields are {known}", start)
        self._at = value_at
        text, quoted = self._value()
        if not text.strip():
            raise QueryError(f"{name}: needs a value right after the colon", value_at)
        return make(self._value_of(name, text, quoted, value_at))

    def _pattern_term(self, letter: str, start: int, end: int) -> Query:
        """What stands after `~f` and a blank, as mutt has it."""
        wants_value = takes_value(letter, start)
        self._at = end
        self._skip_blanks()
        if not wants_value:
            return without_value(letter)
        value_at = self._at
        text, quoted = ("", False) if self._ahead() else self._value()
        if not text.strip():
            raise QueryError(f"~{letter} needs a value after it", value_at)
        return with_value(letter, self._value_of(f"~{letter}", text, quoted, value_at))

    def _value_of(self, field: str, text: str, quoted: bool, at: int) -> Value:
        return Value(field, text, quoted, at, self._now, self._names)

    def _value(self) -> tuple[str, bool]:
        """The text that follows, and whether it stood between quotation marks."""
        if self._text.startswith('"', self._at):
            quoted = _QUOTED.match(self._text, self._at)
            if quoted is None:
                raise QueryError("this quotation mark is never closed", self._at)
            self._advance(len(quoted[0]))
            return re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL), True
        plain = _PLAIN.match(self._text, self._at)
        if plain is None:
            return "", False
        self._advance(len(plain[0]))
        return plain[0], False

    def _minus(self) -> bool:
        """Read a "-" that stands right before what it negates, or mutt's "!" before a pattern."""
        after = self._text[self._at + 1 : self._at + 2]
        if self._text.startswith("!~", self._at):
            self._at += 1
            return True
        if not self._text.startswith("-", self._at) or not after or after == ")" or after.isspace():
            return False
        self._at += 1
        return True

    def _operator(self, word: str) -> bool:
        if self._ahead() != word:
            return False
        self._advance(1 if self._text[self._at] == "|" else len(word))
        return True

    def _ahead(self) -> str:
        operator = _OPERATOR.match(self._text, self._at)
        return operator[1].replace("|", "OR") if operator else ""

    def _advance(self, count: int) -> None:
        self._at += count
        self._skip_blanks()

    def _skip_blanks(self) -> None:
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
