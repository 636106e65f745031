"""A letter while it is written: as a sheet of text to edit, as a draft to send. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tuimail.model.address import Address, BadAddress
from tuimail.model.draft import Draft, Enclosure
from tuimail.model.mail import AccountName, MessageKey
from tuimail.ui.letters.people import format_people, parse_people

Own = Mapping[AccountName, Sequence[Address]]

_FIELD = re.compile(r"(From|To|Cc|Bcc|Subject):(.*)", re.IGNORECASE)
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
    program ended.
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
    open: bool = True
    enclosures: tuple[Enclosure, ...] = ()


def begin(account: AccountName, draft: Draft, author: str = "") -> Writing:
    return Writing(
        account=account,
        sender=format_people([draft.sender]),
        to=format_people(draft.to),
        cc=format_people(draft.cc),
        bcc=format_people(draft.bcc),
        subject=draft.subject,
        text=draft.text,
        in_reply_to=draft.in_reply_to,
        references=draft.references,
        answers=draft.answers,
        forwards=draft.forwards,
        author=author,
        enclosures=draft.enclosures,
    )


def is_same(writing: Writing, other: Writing) -> bool:
    """Whether a reader could not tell them apart."""
    return sheet(writing).split() == sheet(other).split() and (
        writing.enclosures == other.enclosures
    )


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
        text=writing.text,
        in_reply_to=writing.in_reply_to,
        references=writing.references,
        enclosures=writing.enclosures,
        answers=writing.answers,
        forwards=writing.forwards,
    )


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
    """Fields to edit, an empty line, the text."""
    fields = {"From": writing.sender, "To": writing.to, "Cc": writing.cc}
    if writing.bcc:
        fields["Bcc"] = writing.bcc
    fields["Subject"] = writing.subject
    head = [f"{name}: {_one_line(value)}" for name, value in fields.items()]
    return "\n".join([*head, "", writing.text])


def read_sheet(text: str, writing: Writing) -> Writing:
    """`writing` with what the sheet says; a field left out is empty, From stays as it was."""
    lines = text.replace("\r\n", "\n").split("\n")
    found: dict[str, str] = {}
    last = ""
    for place, line in enumerate(lines):
        field = _FIELD.fullmatch(line)
        if field is not None:
            last = field[1].lower()
            found[last] = ", ".join(filter(None, (found.get(last), field[2].strip())))
        elif last and line[:1] in {" ", "\t"} and line.strip():
            found[last] = f"{found[last]} {line.strip()}".strip()
        else:
            lines = lines[place + 1 if found and not line.strip() else place :]
            break
    else:
        lines = []
    changed = replace(writing, text="\n".join(lines))
    if not found:
        return changed
    return replace(
        changed,
        sender=found.get("from") or writing.sender,
        to=found.get("to", ""),
        cc=found.get("cc", ""),
        bcc=found.get("bcc", ""),
        subject=found.get("subject", ""),
    )


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
