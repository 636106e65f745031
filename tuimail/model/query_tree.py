"""What a query can say: a frozen tree of closed cases."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class QueryError(ValueError):
    """The query means nothing; `position` is the index of the character that is at fault."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position

    def marked(self, text: str, mark: str) -> str:
        """The sentence, and `text` with a mark before what is at fault."""
        before, after = text[: self.position], text[self.position :]
        return f"{self}: {before}{mark}{after}"


class Field(StrEnum):
    """Where a text is looked for."""

    ANYWHERE = ""
    FROM = "from"
    TO = "to"
    CC = "cc"
    SUBJECT = "subject"
    BODY = "body"
    FILENAME = "filename"
    LIST = "list"


class State(StrEnum):
    """What `is:` may ask."""

    UNREAD = "unread"
    READ = "read"
    FLAGGED = "flagged"
    ANSWERED = "answered"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or a part of an address or name, without blanks."""

    text: str
    field: Field = Field.ANYWHERE


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand together, as they stood between quotation marks."""

    text: str
    field: Field = Field.ANYWHERE


@dataclass(frozen=True, slots=True)
class In:
    """In the mailbox of that name or role, whatever its case."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class Is:
    state: State


@dataclass(frozen=True, slots=True)
class HasAttachment:
    pass


@dataclass(frozen=True, slots=True)
class Tag:
    """Bears that keyword (RFC 9051 2.3.2)."""

    keyword: str


@dataclass(frozen=True, slots=True)
class Larger:
    """More bytes than `size`."""

    size: int


@dataclass(frozen=True, slots=True)
class Smaller:
    """Fewer bytes than `size`."""

    size: int


@dataclass(frozen=True, slots=True)
class Before:
    """Received earlier than `moment`."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class Since:
    """Received at `moment` or later."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class InAccount:
    name: str


@dataclass(frozen=True, slots=True)
class InThread:
    thread: str


@dataclass(frozen=True, slots=True)
class HasId:
    """The one message with that public id."""

    id: str


@dataclass(frozen=True, slots=True)
class Not:
    query: "Query"


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more."""

    queries: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more."""

    queries: tuple["Query", ...]


Query = (
    Word
    | Phrase
    | In
    | Is
    | HasAttachment
    | Tag
    | Larger
    | Smaller
    | Before
    | Since
    | InAccount
    | InThread
    | HasId
    | Not
    | And
    | Or
)

# No message has fewer bytes than none.
EVERYTHING: Query = Larger(-1)


def reads_texts(query: Query) -> bool:
    """Whether it asks for what only a message's content says: its text or its files."""
    match query:
        case Word(field=field) | Phrase(field=field):
            return field in {Field.ANYWHERE, Field.BODY, Field.FILENAME}
        case HasAttachment():
            return True
        case Not(inner):
            return reads_texts(inner)
        case And(queries) | Or(queries):
            return any(map(reads_texts, queries))
        case _:
            return False
