"""Letters for the tests: our own strange ones, and a larger collection where there is one."""

from collections.abc import Iterator
from pathlib import Path

from tuimail.model.body import Body
from tuimail.model.mail import Envelope

OWN = Path(__file__).parents[2] / "corpus"
LARGE = Path(__file__).parents[4] / "shared" / "corpus"


def letter(name: str) -> bytes:
    """One of the letters in tests/corpus."""
    return (OWN / f"{name}.eml").read_bytes()


def own_letters() -> list[Path]:
    return sorted(OWN.glob("*.eml"))


def all_letters() -> list[Path]:
    return own_letters() + sorted(path for path in LARGE.rglob("*") if path.is_file())


def message(text: str, content_type: str = "text/plain; charset=utf-8") -> bytes:
    """A letter of one part."""
    return f"From: anna@example.org\nContent-Type: {content_type}\n\n{text}".encode()


def html(text: str) -> bytes:
    return message(text, "text/html; charset=utf-8")


def shown_texts(body: Body) -> Iterator[str]:
    """All of a body that reaches a terminal."""
    for header in body.headers:
        yield from header
    yield from body.lines
    for link in body.links:
        yield from (link.target, link.host, link.claims)
    for part in body.attachments:
        yield from (part.name, part.content_type)
    yield from body.notes
    yield body.snippet


def envelope_texts(envelope: Envelope) -> Iterator[str]:
    yield from (envelope.subject, envelope.list_id, envelope.message_id)
    yield from (*envelope.in_reply_to, *envelope.references)
    for people in (envelope.from_, envelope.to, envelope.cc, envelope.reply_to):
        for address in people:
            yield from (address.name, address.address)
