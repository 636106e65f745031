"""A letter while it is written."""

from dataclasses import dataclass, field
from enum import StrEnum

from tuimail.model.address import Address
from tuimail.model.mail import MessageKey
from tuimail.model.safe_text import SafeText


class Kind(StrEnum):
    """What a new letter is made from."""

    REPLY = "reply"
    REPLY_ALL = "reply all"
    REPLY_LIST = "reply to list"
    FORWARD = "forward"
    EDIT = "edit as new"
    GO_ON = "go on with a draft"


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with it; `message/rfc822` is enclosed byte by byte."""

    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the user writes; ids are bare, without angle brackets.

    `answers` and `forwards` are the messages that will be marked so once it is sent. `notices`
    are sentences on what the letter it was made from has and this has not.
    """

    sender: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    answers: MessageKey | None = None
    forwards: MessageKey | None = None
    notices: tuple[SafeText, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkDraft:
    """What a mailto: link wants written; `dropped` names what else it wanted and does not get."""

    draft: Draft
    dropped: tuple[SafeText, ...] = ()
