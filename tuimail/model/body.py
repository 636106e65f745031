"""A message's content as it may be shown."""

from dataclasses import dataclass

from tuimail.model.mail import MessageKey
from tuimail.model.safe_text import SafeText


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not shown as text; `index` counts the leaf parts from 0."""

    index: int
    name: SafeText
    content_type: SafeText
    size: int


@dataclass(frozen=True, slots=True)
class Link:
    """A link of an HTML part, by the number it bears in the text."""

    number: int
    target: SafeText
    host: SafeText


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
    snippet: SafeText = SafeText("")


@dataclass(frozen=True, slots=True)
class NotHere:
    """The body is not on this machine; submit `Fetch` and wait for `BodiesArrived`."""

    key: MessageKey
