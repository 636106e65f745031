"""A letter while it is written: as a sheet of text to edit, as a draft to send. Pure."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tuimail.model.address import Address, BadAddress, plain
from tuimail.model.draft import Draft, Enclosure
from tuimail.model.mail import AccountName, MessageKey
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.ui.cells import settle
from tuimail.ui.letters.people import format_people, parse_people, people_so_far
from tuimail.ui.letters.repair import FIELD, gather

Own = Mapping[AccountName, Sequence[Address]]

MOVED = "What stood above the fields is in the text now."

_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")
_SPEAKS_OF_FILES = re.compile(
    r"\b(attach(ed|ment|ments|ing)?|enclosed|anhang|angeh.ngt|beigef.gt|ci-joint|adjunto)\b",
    re.IGNORECASE,
)
_FORWARDED = "---------- Forwarded message"


class NotReady(ValueError):
    """It cannot be sent as it stands; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What the user typed so far; addresses are text, for they may still be wrong.

    `author` is who wrote the message that this answers; `letter` its number in the outbox
    of `account` once it is queued. `open` tells that somebody is at it, or was when the
    program ended. `origin` is the message in a mailbox of drafts that this goes on with: our own
    copy there, or another program's. `copied` tells what that said when it was made.
    """

    account: AccountName
    sender: str
    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    text: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    answers: MessageKey | None = None
    forwards: MessageKey | None = None
    author: str = ""
    letter: int | None = None
    origin: MessageKey | None = None
    copied: str = ""
    open: bool = True
    enclosures: tuple[Enclosure, ...] = ()
    notices: tuple[SafeText, ...] = ()


def begin(account: AccountName, draft: Draft, author: str = "") -> Writing:
    return Writing(
        account=account,
        sender=format_people([draft.sender]),
        to=format_people(draft.to),
        cc=format_people(draft.cc),
        bcc=format_people(draft.bcc),
        subject=draft.subject,
        text=_with_room(draft.text) if draft.answers is not None else draft.text,
        in_reply_to=draft.in_reply_to,
        references=draft.references,
        answers=draft.answers,
        forwards=draft.forwards,
        author=author,
        enclosures=draft.enclosures,
        notices=draft.notices,
    )


def title(subject: str) -> str:
    """By what a kept letter is offered."""
    return settle(safe_line(subject, 200)) or "(no subject)"


def addressed(writing: Writing) -> str:
    return settle(safe_line(f"to {writing.to}" if writing.to else "to nobody yet", 200))


def is_same(writing: Writing, other: Writing) -> bool:
    """Whether a reader could not tell them apart."""
    return sheet(writing).split() == sheet(other).split() and (
        writing.enclosures == other.enclosures
    )


def digest(writing: Writing) -> str:
    """Another one for whatever a reader would see another letter in."""
    found = hashlib.sha256(sheet(writing).strip().encode("utf-8", "replace"))
    for each in writing.enclosures:
        found.update(f"\n{each.name}\n{each.content_type}\n".encode("utf-8", "replace"))
        found.update(hashlib.sha256(each.content).digest())
    return found.hexdigest()


def _with_room(quotation: str) -> str:
    """A line to answer on above what is quoted."""
    return quotation if quotation.startswith("\n") else f"\n\n{quotation.rstrip()}\n"


def draft_of(writing: Writing, own: Own) -> tuple[AccountName, Draft]:
    """The draft, and the account that sends it. Raises NotReady."""
    account, sender = _identity(writing, own)
    to, cc, bcc = (
        _people(field, text)
        for field, text in (("To", writing.to), ("Cc", writing.cc), ("Bcc", writing.bcc))
    )
    if not (to or cc or bcc):
        raise NotReady("There is no recipient yet.")
    return account, Draft(
        sender=sender,
        to=to,
        cc=cc,
        bcc=bcc,
        subject=writing.subject,
        text=_without_blank_beginning(writing.text),
        in_reply_to=writing.in_reply_to,
        references=writing.references,
        enclosures=writing.enclosures,
        answers=writing.answers,
        forwards=writing.forwards,
    )


def draft_so_far(writing: Writing, own: Own) -> Draft:
    """The same of a letter that may not be finished; whatever was typed gives one."""
    sender = next(iter(people_so_far(writing.sender) or own.get(writing.account, ())), plain(""))
    return Draft(
        sender=sender,
        to=people_so_far(writing.to),
        cc=people_so_far(writing.cc),
        bcc=people_so_far(writing.bcc),
        subject=writing.subject,
        text=writing.text,
        in_reply_to=writing.in_reply_to,
        references=writing.references,
        enclosures=writing.enclosures,
    )


def _without_blank_beginning(text: str) -> str:
    """Who answers below the quotation does not send the room above it."""
    blank = _BLANK_LINES.match(text)
    return text[blank.end() :] if blank else text


def _identity(writing: Writing, own: Own) -> tuple[AccountName, Address]:
    people = _people("From", writing.sender)
    if len(people) != 1:
        raise NotReady("A letter is from one address.")
    wanted = people[0].address.lower()
    accounts = [writing.account, *(name for name in own if name != writing.account)]
    for account in accounts:
        if any(each.address.lower() == wanted for each in own.get(account, ())):
            return account, people[0]
    raise NotReady(f"{people[0].address} is none of your addresses.")


def _people(field: str, text: str) -> tuple[Address, ...]:
    try:
        return parse_people(text)
    except BadAddress as bad:
        raise NotReady(f"{field}: {bad}.") from bad


# --- the sheet that an editor shows


def sheet(writing: Writing) -> str:
    """Fields to edit, an empty line, the text: at least a line to begin it on."""
    head = [f"{name.capitalize()}: {value}" for name, value in _fields(writing).items()]
    return "\n".join([*head, "", writing.text or "\n"])


def _fields(writing: Writing) -> dict[str, str]:
    fields = {"from": writing.sender, "to": writing.to, "cc": writing.cc}
    if writing.bcc:
        fields["bcc"] = writing.bcc
    fields["subject"] = writing.subject
    return {name: _one_line(value) for name, value in fields.items()}


def read_sheet(text: str, writing: Writing) -> Writing:
    """`writing` with what the sheet says; a field left out is empty, From stays as it was."""
    return read_moved_sheet(text, writing)[0]


def read_moved_sheet(text: str, writing: Writing) -> tuple[Writing, str]:
    """The same, and a word if lines had to change their places: they stood above the fields."""
    found, lines = _top_fields(text.replace("\r\n", "\n").split("\n"))
    written = _fields(writing)
    gathered = gather(lines, {name: written[name] for name in written if name not in found})
    found |= gathered.fields
    own = "\n".join(gathered.lines)
    changed = replace(writing, text=own if own.strip() else "")
    if not found:
        return changed, ""
    moved = any(line.strip() for line in gathered.typed)
    return (
        replace(
            changed,
            sender=found.get("from") or writing.sender,
            to=found.get("to", ""),
            cc=found.get("cc", ""),
            bcc=found.get("bcc", ""),
            subject=found.get("subject", ""),
        ),
        MOVED if moved else "",
    )


def _top_fields(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    """The fields at the top, folded or repeated ones too, and the lines of the text."""
    found: dict[str, str] = {}
    last = ""
    for place, line in enumerate(lines):
        field = FIELD.fullmatch(line)
        if field is not None:
            last = field[1].lower()
            found[last] = ", ".join(filter(None, (found.get(last), field[2].strip())))
        elif last and line[:1] in {" ", "\t"} and line.strip():
            found[last] = f"{found[last]} {line.strip()}".strip()
        else:
            return found, lines[place + 1 if found and not line.strip() else place :]
    return found, []


def first_line_of_text(text: str) -> int:
    """Where the text of a sheet begins, counted from 1."""
    lines = text.split("\n")
    return lines.index("") + 2 if "" in lines else 1


def _one_line(text: str) -> str:
    return " ".join(text.split())


# --- what is odd


def warnings(writing: Writing, own: Own) -> list[str]:
    """What the user may have overlooked, a sentence each, the worst first."""
    found = []
    try:
        draft = draft_of(writing, own)[1]
    except NotReady as reason:
        found.append(str(reason))
    else:
        found += _goes_elsewhere(writing, draft)
    found += writing.notices
    if not writing.subject.strip():
        found.append("There is no subject.")
    if not writing.text.strip() and not writing.enclosures:
        found.append("There is no text.")
    elif not writing.enclosures and _SPEAKS_OF_FILES.search(_own_text(writing.text)):
        found.append("The text speaks of an attachment, but there is no file.")
    return found


def _goes_elsewhere(writing: Writing, draft: Draft) -> list[str]:
    addresses = [each.address.lower() for each in (*draft.to, *draft.cc)]
    if not writing.author or writing.author.lower() in addresses or not draft.to:
        return []
    return [f"This goes to {draft.to[0].address}, not to {writing.author}, who wrote."]


def _own_text(text: str) -> str:
    """What is neither quoted nor forwarded."""
    own = text.partition(_FORWARDED)[0]
    return "\n".join(line for line in own.splitlines() if not line.startswith(">"))
