"""How a demo letter is written down, and how it becomes the bytes of a mail."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from textwrap import dedent, indent, wrap

from tuimail.backend.demo.letters.people import OWNER, Person
from tuimail.model.mail import INBOX, SEEN, Flag, MailboxName

_DAY = re.compile(r"\{day([+-]\d+)\}")
_LONG_LINE_END = re.compile(r"(?<=[^\n]{55})\n(?=[^\n])")
_TRANSIT = timedelta(seconds=7)
SENT = MailboxName("Sent")


class _Wire(EmailPolicy):
    """Folds subjects by `Header`; the policy's own refolding adds spaces to some of them."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name != "Subject":
            return super().fold_binary(name, value)
        charset = "us-ascii" if value.isascii() else "utf-8"
        folded = Header(value, charset, header_name=name).encode(linesep=self.linesep)
        return f"{name}: {folded}{self.linesep}".encode()


_WIRE = _Wire(linesep="\r\n", max_line_length=78)


@dataclass(frozen=True, slots=True)
class Moment:
    """So many days before now at `clock`, or so many minutes before now."""

    days: int = 0
    clock: str = ""
    minutes: int = 0

    def before(self, now: datetime) -> datetime:
        if not self.clock:
            return (now - timedelta(minutes=self.minutes)).replace(microsecond=0)
        hour, minute = self.clock.split(":")
        day = now - timedelta(days=self.days)
        return day.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)


def ago(minutes: int) -> Moment:
    return Moment(minutes=minutes)


def on(days: int, clock: str) -> Moment:
    """`days` days ago, at `clock` ("14:05")."""
    return Moment(days, clock)


@dataclass(frozen=True, slots=True)
class File:
    """An attachment; `media_type` is written "application/pdf"."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One demo letter. In `subject`, `text` and `html`, `{day+3}` stands for the date in three
    days; in `text`, `{wrote}` stands for the line that introduces a quotation of `answers`.

    `quotes` puts the whole answered letter below the text. `raw` makes the bytes by itself from
    the Date field; everything else is then only for the mailbox.
    """

    id: str
    sender: Person
    at: Moment
    subject: str
    text: str = ""
    to: tuple[Person, ...] = (OWNER,)
    cc: tuple[Person, ...] = ()
    mailbox: MailboxName = INBOX
    flags: frozenset[Flag] = frozenset({SEEN})
    html: str = ""
    files: tuple[File, ...] = ()
    answers: "Letter | None" = None
    quotes: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    charset: str = "utf-8"
    flowed: bool = False
    calendar: str = ""
    digest: "tuple[Letter, ...]" = ()
    raw: Callable[[str], bytes] | None = None

    @property
    def message_id(self) -> str:
        return f"<{self.id}@{self.sender.domain}>"

    def received(self, now: datetime) -> datetime:
        return self.at.before(now) + _TRANSIT

    def sent(self, now: datetime) -> datetime:
        """The Date field, in the sender's own time zone."""
        return self.at.before(now).astimezone(timezone(timedelta(hours=self.sender.zone)))


def reply(answered: Letter, sender: Person, at: Moment, text: str, **changes: object) -> Letter:
    """An answer to all, where the owner finds it; `changes` are fields of `Letter`."""
    subject = answered.subject if answered.subject.startswith("Re: ") else f"Re: {answered.subject}"
    audience = dict.fromkeys((answered.sender, *answered.to))
    above = [answered, *ancestors(answered)]
    answer = Letter(
        id=f"{above[-1].id}.{len(above)}-{sender.first_name}",
        sender=sender,
        at=at,
        subject=subject,
        text=text,
        to=tuple(person for person in audience if person != sender),
        cc=tuple(person for person in answered.cc if person != sender),
        mailbox=_place_of_answer(answered, sender),
        headers=answered.headers,
        answers=answered,
    )
    return replace(answer, **changes)  # type: ignore[arg-type]  # names checked by replace


def _place_of_answer(answered: Letter, sender: Person) -> MailboxName:
    if sender == OWNER:
        return SENT
    return INBOX if answered.mailbox == SENT else answered.mailbox


def ancestors(letter: Letter) -> Iterator[Letter]:
    """What this letter answers, newest first."""
    while letter.answers is not None:
        letter = letter.answers
        yield letter


def render(letter: Letter, now: datetime) -> bytes:
    """The letter as it lies on the server: CRLF, and the same bytes for the same `now`."""
    if letter.raw is not None:
        return letter.raw(format_datetime(letter.sent(now)))
    mail = EmailMessage(policy=_WIRE)
    _put_trace(mail, letter, now)
    _put_header(mail, letter, now)
    _put_text(mail, letter, now)
    for file in letter.files:
        main_type, _, subtype = file.media_type.partition("/")
        mail.add_attachment(file.content, main_type, subtype, filename=file.name)
    if letter.digest:
        _put_digest(mail, letter, now)
    _name_boundaries(mail, letter.id)
    return mail.as_bytes()


def _put_trace(mail: EmailMessage, letter: Letter, now: datetime) -> None:
    if letter.sender == OWNER:
        return
    domain = letter.sender.domain
    mail["Return-Path"] = f"<{letter.sender.address}>"
    mail["Received"] = (
        f"from mail.{domain} by mx.{OWNER.domain} with ESMTPS; "
        f"{format_datetime(letter.received(now))}"
    )
    verdict = "pass" if letter.sender.honest else "fail"
    mail["Authentication-Results"] = (
        f"mx.{OWNER.domain}; spf={verdict} smtp.mailfrom={domain}; "
        f"dkim={verdict} header.d={domain}; dmarc={verdict} header.from={domain}"
    )


def _put_header(mail: EmailMessage, letter: Letter, now: datetime) -> None:
    mail["Date"] = letter.sent(now)
    mail["From"] = _address(letter.sender)
    mail["To"] = [_address(person) for person in letter.to]
    if letter.cc:
        mail["Cc"] = [_address(person) for person in letter.cc]
    mail["Subject"] = _dated(letter.subject, now)
    mail["Message-ID"] = letter.message_id
    if letter.answers is not None:
        older = [each.message_id for each in ancestors(letter)]
        mail["In-Reply-To"] = older[0]
        mail["References"] = " ".join(reversed(older))
    for name, value in letter.headers:
        mail[name] = value


def _put_text(mail: EmailMessage, letter: Letter, now: datetime) -> None:
    text = full_text(letter, now) + "\n"
    if letter.flowed:
        mail.set_content(_flowed(text), charset="utf-8", cte="8bit", params={"format": "flowed"})
    elif text.strip() or not letter.html:
        mail.set_content(text, charset=letter.charset)
    if letter.html and text.strip():
        mail.add_alternative(_dated(letter.html, now), subtype="html")
    elif letter.html:
        mail.set_content(_dated(letter.html, now), subtype="html")
    if letter.calendar:
        calendar = _calendar(letter.calendar, letter, now)
        mail.add_alternative(calendar, subtype="calendar", params={"method": "REQUEST"})


def full_text(letter: Letter, now: datetime) -> str:
    """The plain text with its quotations."""
    text = _dated(dedent(letter.text).strip("\n"), now)
    if letter.answers is None:
        return text
    text = text.replace("{wrote}", _attribution(letter.answers, now))
    if not letter.quotes:
        return text
    quoted = indent(full_text(letter.answers, now), "> ", lambda line: True)
    quoted = re.sub(r"^> >", ">>", quoted, flags=re.MULTILINE)
    return f"{text}\n\n{_attribution(letter.answers, now)}\n{quoted}"


def _attribution(letter: Letter, now: datetime) -> str:
    sent = letter.sent(now)
    return f"On {sent:%a}, {sent.day} {sent:%b %Y} at {sent:%H:%M}, {letter.sender.name} wrote:"


def _dated(text: str, now: datetime) -> str:
    def date(match: re.Match[str]) -> str:
        day = now + timedelta(days=int(match[1]))
        return f"{day:%A} {day.day} {day:%B}"

    return _DAY.sub(date, text)


def _flowed(text: str) -> str:
    """Paragraphs as soft-broken lines (RFC 3676); a short line ends where it is written."""
    joined = _LONG_LINE_END.sub(" ", text)
    return "\n".join(" \n".join(wrap(line, 70)) for line in joined.split("\n"))


def _calendar(calendar: str, letter: Letter, now: datetime) -> str:
    """Fill in the stamp; lines end in CRLF (RFC 5545 3.1)."""
    start = (now + timedelta(days=6)).replace(hour=13, minute=30, second=0)
    filled = (
        dedent(calendar)
        .strip()
        .format(
            stamp=f"{letter.at.before(now).astimezone(UTC):%Y%m%dT%H%M%SZ}",
            start=f"{start:%Y%m%dT%H%M%S}",
            end=f"{start + timedelta(minutes=90):%Y%m%dT%H%M%S}",
        )
    )
    return filled.replace("\n", "\r\n") + "\r\n"


def _put_digest(mail: EmailMessage, letter: Letter, now: datetime) -> None:
    digest = EmailMessage(policy=_WIRE)
    digest["Content-Type"] = "multipart/digest"
    for each in letter.digest:
        inner = EmailMessage(policy=_WIRE)
        _put_header(inner, each, now)
        inner.set_content(full_text(each, now) + "\n")
        part = EmailMessage(policy=_WIRE)
        part.set_content(inner)
        del part["MIME-Version"]
        digest.attach(part)
    mail.make_mixed()
    mail.attach(digest)


def _name_boundaries(mail: EmailMessage, id: str) -> None:
    parts = [part for part in mail.walk() if part.get_content_maintype() == "multipart"]
    for number, part in enumerate(parts):
        part.set_boundary(f"=_{id}_{number}")


def _address(person: Person) -> Address:
    return Address(person.name, addr_spec=person.address)
