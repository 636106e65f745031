"""A message's content as it may be shown."""

import json
from dataclasses import dataclass

from tuimail.model.mail import MessageKey
from tuimail.model.safe_text import EMPTY, SafeText


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that may be saved; `index` counts all parts but multiparts from 0.

    `inline` is what belongs to the text, such as the pictures in its HTML: it may be saved too,
    but the letter does not count as one with attachments for it.
    """

    index: int
    name: SafeText
    content_type: SafeText
    size: int
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A link of an HTML part, by the number it bears in the text.

    `host` is where it really leads; `claims` is another host that the link's text names,
    empty if it names none.
    """

    number: int
    target: SafeText
    host: SafeText
    claims: SafeText = EMPTY


@dataclass(frozen=True, slots=True)
class Body:
    """Header fields and text, every line safe for a terminal and not yet wrapped.

    `notes` are our own words on what could not be read or was left out. `snippet` is one
    line for the list.
    """

    headers: tuple[tuple[SafeText, SafeText], ...] = ()
    lines: tuple[SafeText, ...] = ()
    links: tuple[Link, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    notes: tuple[SafeText, ...] = ()
    snippet: SafeText = EMPTY

    @property
    def files(self) -> tuple[SafeText, ...]:
        """The names of what a person would save."""
        return tuple(part.name for part in self.attachments if not part.inline)


@dataclass(frozen=True, slots=True)
class NotHere:
    """The body is not on this machine; submit `Fetch` and wait for `BodiesArrived`."""

    key: MessageKey


def body_to_json(body: Body) -> str:
    """One line that `body_from_json` reads back into an equal value."""
    document = {
        "headers": body.headers,
        "lines": body.lines,
        "links": [(link.number, link.target, link.host, link.claims) for link in body.links],
        "attachments": [
            (part.index, part.name, part.content_type, part.size, part.inline)
            for part in body.attachments
        ],
        "notes": body.notes,
        "snippet": body.snippet,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def body_from_json(text: str | bytes) -> Body:
    """The value that `body_to_json` wrote; raises ValueError for anything else."""
    try:
        return _body(json.loads(text))
    except (KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError("this is not a stored message body") from error


def _body(document: dict[str, list[list[str]]]) -> Body:
    return Body(
        headers=tuple((_text(name), _text(value)) for name, value in document["headers"]),
        lines=tuple(map(_text, document["lines"])),
        links=tuple(
            Link(_number(number), _text(target), _text(host), _text(claims))
            for number, target, host, claims in document["links"]
        ),
        attachments=tuple(
            Attachment(
                _number(index), _text(name), _text(content_type), _number(size), inline=any(inline)
            )
            for index, name, content_type, size, *inline in document["attachments"]
        ),
        notes=tuple(map(_text, document["notes"])),
        snippet=_text(document["snippet"]),
    )


def _number(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value < 2**63:
        raise TypeError("number expected")
    return value


def _text(value: object) -> SafeText:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return SafeText(value)
