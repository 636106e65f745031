"""A message as lines of text with a place in them; only what is in sight is wrapped.

The place is (line, row of that line), so that no step depends on how long the text is.
Our own lines and the body's differ in their first cells: the body stands behind a gutter
that no text of a stranger can draw or leave (security.md M13).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tuimail.model.address import Address
from tuimail.model.body import Body, NotHere
from tuimail.model.local_time import LOCAL
from tuimail.model.mail import KEPT, Message
from tuimail.model.safe_text import SafeText
from tuimail.model.sizes import size_words
from tuimail.ui.cells import cut, fit, settle, width, wrap
from tuimail.ui.dates import sent_date
from tuimail.ui.rows import Span, is_doubtful
from tuimail.ui.theme import Glyphs, Tone

WIDEST = 88
_LABEL = 8

Fields = Sequence[tuple[SafeText, SafeText]]
_BEFORE_TITLE = 2
_QUOTE_MARKS = re.compile(r" ?(?:> ?)+")


@dataclass(frozen=True, slots=True)
class Line:
    """One line before wrapping; `ours` ones have no gutter, `label` stands before the text.

    `link` is where it leads.
    """

    text: str
    tone: Tone = Tone.PLAIN
    label: str = ""
    ours: bool = True
    link: str = ""


class Document:
    """A message to read: what we say about it, its text, its links.

    Its title stands above all of that and does not scroll away; where it is cut, the whole
    subject is the first of the fields.
    """

    def __init__(
        self,
        message: Message,
        body: Body | NotHere | None,
        glyphs: Glyphs,
        *,
        note: str = "",
        fields: Fields | None = None,
    ) -> None:
        self.key = message.key
        self.glyphs = glyphs
        self.subject = settle(message.envelope.subject) or "(no subject)"
        self.head = _head(message, body, note, fields)
        self.body: Sequence[str] = body.lines if isinstance(body, Body) else ()
        self.tail = _tail(body) if isinstance(body, Body) else []
        self.width = WIDEST
        self.line = 0
        self.row = 0
        self._title_cut = False
        self._says_subject = fields is None

    def __len__(self) -> int:
        return len(self.head) + len(self.body) + len(self.tail)

    def resize(self, cells: int) -> None:
        """Wrap to `cells` cells from now on, never wider than 88."""
        self.width = max(10, min(cells - 3, WIDEST))
        self._tell_subject(is_cut=width(self.subject) > self._room_for_title)
        self.row = min(self.row, len(self._rows(self.line)) - 1)

    def title(self) -> str:
        """The subject in one line."""
        return cut(self.subject, self._room_for_title, self.glyphs.ellipsis)

    @property
    def _room_for_title(self) -> int:
        return self.width - _BEFORE_TITLE

    def _tell_subject(self, *, is_cut: bool) -> None:
        """Have the whole subject among the fields if the title is not all of it."""
        if is_cut == self._title_cut or not self._says_subject:
            return
        self._title_cut = is_cut
        if is_cut:
            self.head.insert(0, Line(self.subject, Tone.STRONG, label="Subject"))
            self.line += self.line > 0
        else:
            del self.head[0]
            self.line -= self.line > 0

    def window(self, height: int) -> list[list[Span]]:
        """The rows in sight."""
        return [spans for spans, _ in self.linked_window(height)]

    def linked_window(self, height: int) -> list[tuple[list[Span], str]]:
        """The rows in sight, each with where it leads."""
        shown: list[tuple[list[Span], str]] = []
        line, row = self.line, self.row
        while line < len(self) and len(shown) < height:
            rows, link = self._rows(line), self._line(line).link
            shown += [(spans, link) for spans in rows[row : row + height - len(shown)]]
            line, row = line + 1, 0
        return shown

    def move(self, rows: int, height: int) -> bool:
        """Scroll by `rows`, not beyond the end; whether anything moved."""
        before = (self.line, self.row)
        if rows < 0:
            self._up(-rows)
        else:
            self._down(rows)
            self._stay_full(height)
            self.line, self.row = max((self.line, self.row), before)
        return (self.line, self.row) != before

    def to_start(self) -> None:
        self.line = self.row = 0

    def to_end(self, height: int) -> None:
        self.line, self.row = len(self) - 1, len(self._rows(len(self) - 1)) - 1
        self._up(height - 1)

    def at_end(self, height: int) -> bool:
        """Whether the last row is in sight."""
        return self._first_below(height) == len(self)

    def share(self, height: int) -> int:
        """How much has come into sight, in percent, by lines."""
        return 100 * self._first_below(height) // len(self)

    def _first_below(self, height: int) -> int:
        """The first line that is not wholly in sight or above."""
        left, line, row = height, self.line, self.row
        while line < len(self):
            left -= len(self._rows(line)) - row
            if left < 0:
                return line
            line, row = line + 1, 0
        return line

    def _up(self, rows: int) -> None:
        while rows > self.row and self.line > 0:
            rows -= self.row + 1
            self.line -= 1
            self.row = len(self._rows(self.line)) - 1
        self.row = max(0, self.row - rows)

    def _down(self, rows: int) -> None:
        while self.line < len(self) - 1:
            left = len(self._rows(self.line)) - 1 - self.row
            if rows <= left:
                break
            rows -= left + 1
            self.line, self.row = self.line + 1, 0
        self.row = min(self.row + rows, len(self._rows(self.line)) - 1)

    def _stay_full(self, height: int) -> None:
        """Go back as far as the window would be emptier than it needs."""
        missing = height - len(self.window(height))
        if missing > 0:
            self._up(missing)

    def _line(self, index: int) -> Line:
        if index < len(self.head):
            return self.head[index]
        index -= len(self.head)
        if index < len(self.body):
            return _body_line(self.body[index])
        return self.tail[index - len(self.body)]

    def _rows(self, index: int) -> list[list[Span]]:
        return _drawn(self._line(index), self.width, self.glyphs)


@lru_cache(maxsize=2048)
def _drawn(line: Line, cells: int, glyphs: Glyphs) -> list[list[Span]]:
    """The rows of one line, each with its gutter or label."""
    text = settle(line.text)
    if not line.ours:
        gutter = Span(glyphs.gutter, Tone.GUTTER)
        marks = _marks(text, cells)
        rows = wrap(text[len(marks) :], cells - len(marks))
        return [[gutter, Span(f" {marks}{row}", line.tone)] for row in rows]
    if line.label:
        first, *more = wrap(text, max(10, cells - _LABEL))
        label = Span(" " + fit(line.label, _LABEL), Tone.DIM)
        blank = Span(" " * (_LABEL + 1), Tone.PLAIN)
        return [[label, Span(first, line.tone)], *([blank, Span(row, line.tone)] for row in more)]
    return [[Span(" " + row, line.tone)] for row in wrap(text, cells)]


def _marks(text: str, cells: int) -> str:
    """What says that a line is quoted: every row of it does, unless that leaves it no room."""
    marks = _QUOTE_MARKS.match(text)
    return marks[0] if marks is not None and 3 * len(marks[0]) < cells else ""


def _body_line(text: str) -> Line:
    quoted = text.lstrip(" ").startswith(">")
    return Line(text, Tone.QUOTE if quoted else Tone.PLAIN, ours=False)


def _head(
    message: Message, body: Body | NotHere | None, note: str, fields: Fields | None
) -> list[Line]:
    lines = _few_fields(message) if fields is None else _all_fields(fields)
    if KEPT in message.flags:
        lines.append(Line("it is kept there", label="Server"))
    if isinstance(body, Body):
        lines += [
            Line(
                f"{part.name or 'unnamed'}  {size_words(part.size)}  {part.content_type}",
                Tone.PLAIN,
                label="File " + str(number),
            )
            for number, part in enumerate(body.attachments, 1)
        ]
        lines += [Line(text, Tone.WARN, label="Note") for text in body.notes]
    lines.append(Line(""))
    if note:
        lines += [Line(note, Tone.WARN), Line("")]
    return lines


def _few_fields(message: Message) -> list[Line]:
    envelope = message.envelope
    lines = _people("From", envelope.from_, Tone.STRONG)
    if envelope.reply_to and envelope.reply_to != envelope.from_:
        lines += _people("Reply", envelope.reply_to)
    lines += _people("To", envelope.to)
    lines += _people("Cc", envelope.cc)
    return [*lines, Line(_date(message), label="Date")]


def _date(message: Message) -> str:
    """When it was written; where that cannot be read, that it cannot, and when it came."""
    if message.envelope.date is None:
        return f"unknown; it came {sent_date(message.received, LOCAL)}"
    return sent_date(message.envelope.date, LOCAL)


def _all_fields(fields: Fields) -> list[Line]:
    """As the letter has them: a stranger's words, names included, so behind the gutter."""
    return [Line(f"{name}: {value}", Tone.DIM, ours=False) for name, value in fields]


def _people(label: str, people: Sequence[Address], tone: Tone = Tone.PLAIN) -> list[Line]:
    if not people:
        return []
    tone = Tone.WARN if any(map(is_doubtful, people)) else tone
    return [Line(", ".join(map(full_address, people)), tone, label=label)]


def full_address(person: Address) -> str:
    """Name and real address; a name that looks like an address is put in quotes."""
    if not person.name or not person.address:
        return str(person.shown)
    name = f'"{person.name}"' if is_doubtful(person) else person.name
    return f"{name} <{person.address}>"


def _tail(body: Body) -> list[Line]:
    if not body.links:
        return []
    lines = [Line(""), Line("Links", Tone.DIM)]
    for link in body.links:
        words, label = f"{link.host}  {link.target}", f"[{link.number}]"
        lines.append(Line(words, Tone.LINK, label, link=link.target))
    return lines
