"""Synthetic mail that resembles a mailbox: threads, CJK, emoji, a few large attachments."""

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime

from tuimail.model.address import Address
from tuimail.model.mail import SEEN, Envelope, Flag
from tuimail.model.safe_text import safe_line

PEOPLE = (
    "Alice Müller",
    "Bob Jones",
    "Chloé Dupont",
    "Дмитрий Иванов",
    "山田太郎",
    "김민준",
    "Eve O'Neill",
    "Józef Kowalski",
    "Inés García",
    "Lars Ångström",
    "Mia Li",
    "Newsletter Team 🚀",
)
SUBJECTS = (
    "Budget for the third quarter",
    "Vertragsentwurf, zweite Fassung",
    "会議の議事録について",
    "Deploy finished ✅ all green",
    "项目进度报告",
    "Rückfrage zur Rechnung",
    "[kernel] mm: fix a race in the page cache",
    "Photos from the weekend 📷🎉",
    "회의 일정 변경 안내",
    "Your ticket was updated",
)
PROSE = (
    "the figures you asked for are attached and we should talk about clause four before "
    "Friday because the customer wants an answer größer schneller 次の会議 deploy server "
    "patch review schedule thread mailbox contract draft minutes agenda release"
)
LINE = 72
NEWEST = datetime(2026, 6, 1, 12, tzinfo=UTC)
LARGE = 730_000
ONE_IN_LARGE = 2_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One letter as its sender wrote it, and what a mailbox knows of it."""

    number: int
    name: str
    subject: str
    references: tuple[str, ...]
    received: datetime
    text: str
    attachment: bytes
    read: bool

    @property
    def address(self) -> str:
        return f"person{self.number % 97}@example.org"

    @property
    def message_id(self) -> str:
        return f"{self.number}@tests.example.org"

    @property
    def flags(self) -> frozenset[Flag]:
        return frozenset({SEEN}) if self.read else frozenset()

    def envelope(self) -> Envelope:
        """What parsing `raw` gives."""
        return Envelope(
            subject=safe_line(self.subject),
            from_=(Address(safe_line(self.name), safe_line(self.address)),),
            to=(Address(safe_line(""), safe_line("anna@example.org")),),
            date=self.received,
            message_id=self.message_id,
            in_reply_to=self.references[-1:],
            references=self.references,
        )

    def raw(self) -> bytes:
        """The bytes on the wire."""
        references = [f"<{reference}>" for reference in self.references]
        head = [
            f"From: {_encoded(self.name)} <{self.address}>",
            "To: anna@example.org",
            f"Subject: {_encoded(self.subject)}",
            f"Date: {format_datetime(self.received)}",
            f"Message-ID: <{self.message_id}>",
            *(f"In-Reply-To: {reference}" for reference in references[-1:]),
            *([f"References: {' '.join(references)}"] if references else []),
            "MIME-Version: 1.0",
        ]
        return "\r\n".join([*head, *self._content(), ""]).encode()

    def _content(self) -> list[str]:
        text = ["Content-Type: text/plain; charset=utf-8", "", self.text]
        if not self.attachment:
            return text
        return [
            'Content-Type: multipart/mixed; boundary="=_part"',
            "",
            "--=_part",
            *text,
            "--=_part",
            "Content-Type: application/octet-stream",
            "Content-Transfer-Encoding: base64",
            'Content-Disposition: attachment; filename="data.bin"',
            "",
            base64.encodebytes(self.attachment).decode().replace("\n", "\r\n"),
            "--=_part--",
        ]


def samples(count: int, seed: int = 1) -> Iterator[Sample]:
    """`count` letters, oldest first, the same ones for the same seed."""
    chance = random.Random(seed)
    prose = " ".join(chance.choices(PROSE.split(), k=20_000))
    lines = [prose[at : at + LINE] for at in range(0, len(prose), LINE)]
    blob = chance.randbytes(LARGE)
    recent: list[Sample] = []
    for number in range(count):
        answered = chance.choice(recent) if recent and chance.random() < 0.45 else None
        start = chance.randrange(len(lines) // 2)
        length = 8 + int(min(600.0, chance.expovariate(1 / 30)))
        sample = Sample(
            number=number,
            name=chance.choice(PEOPLE),
            subject=_subject(answered, chance),
            references=_references(answered),
            received=NEWEST - timedelta(minutes=7 * (count - number)),
            text="\r\n".join(lines[start : start + length]),
            attachment=blob if number % ONE_IN_LARGE == ONE_IN_LARGE // 2 else b"",
            read=chance.random() < 0.7,
        )
        recent = [*recent[-60:], sample]
        yield sample


def _encoded(text: str) -> str:
    return Header(text, "utf-8").encode(linesep="\r\n")


def _subject(answered: Sample | None, chance: random.Random) -> str:
    if answered is None:
        return f"{chance.choice(SUBJECTS)} {chance.randrange(1000)}"
    return answered.subject if answered.subject.startswith("Re: ") else "Re: " + answered.subject


def _references(answered: Sample | None) -> tuple[str, ...]:
    return () if answered is None else (*answered.references[-11:], answered.message_id)
