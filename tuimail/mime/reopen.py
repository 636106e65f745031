"""A letter as a draft again: one that did not leave, or any other to be written anew."""

from collections.abc import Sequence
from dataclasses import replace

from tuimail.mime.addresses import as_compared
from tuimail.mime.header import envelope, hidden_recipients
from tuimail.mime.parse import attachment, parse
from tuimail.mime.recipients import with_address
from tuimail.mime.tree import Node, read_tree
from tuimail.model.address import Address, plain
from tuimail.model.body import Body
from tuimail.model.draft import Draft, Enclosure
from tuimail.model.mail import Message
from tuimail.model.outbox import Letter


def reopen(letter: Letter, content: bytes) -> Draft:
    """What was written, as far as plain text and files go; any bytes give a draft."""
    known = envelope(content)
    sender = known.from_[0] if known.from_ else plain(letter.sender)
    return Draft(
        sender=sender,
        to=with_address(known.to),
        cc=with_address(known.cc),
        bcc=_hidden(letter.recipients, (*known.to, *known.cc)),
        subject=known.subject,
        text="".join(f"{line}\n" for line in parse(content).lines),
        in_reply_to=next(iter(known.in_reply_to), ""),
        references=known.references,
        enclosures=tuple(_enclosure(content, node) for node in _files(content)),
        answers=letter.answers,
        forwards=letter.forwards,
    )


def as_new(message: Message, body: Body, mine: Sequence[Address], original: bytes) -> Draft:
    """The same letter once more, from me: people, subject, text as it is shown, and files."""
    envelope = message.envelope
    own = {each.address.lower(): each for each in mine}
    authors = [own[each.address.lower()] for each in envelope.from_ if each.address.lower() in own]
    return Draft(
        sender=authors[0] if authors else mine[0],
        to=with_address(envelope.to),
        cc=with_address(envelope.cc),
        bcc=hidden_recipients(original),
        subject=envelope.subject,
        text="".join(f"{line}\n" for line in body.lines),
        enclosures=tuple(_enclosure(original, node) for node in _files(original)),
    )


def gone_on_with(message: Message, body: Body, mine: Sequence[Address], original: bytes) -> Draft:
    """A draft that this or another program left in a mailbox: what it answers stays answered."""
    draft = as_new(message, body, mine, original)
    return replace(
        draft,
        in_reply_to=next(iter(message.envelope.in_reply_to), ""),
        references=message.envelope.references,
    )


def _hidden(recipients: Sequence[str], named: Sequence[Address]) -> tuple[Address, ...]:
    """Who gets it without being named: they were Bcc."""
    known = {as_compared(person.address) for person in named}
    return tuple(plain(each) for each in recipients if as_compared(each) not in known)


def _files(content: bytes) -> list[Node]:
    """The parts after the first, which is the text."""
    root = read_tree(content).root
    if root.content_type != "multipart/mixed":
        return []
    return [node for node in root.children[1:] if not node.is_multipart]


def _enclosure(content: bytes, node: Node) -> Enclosure:
    name, data = attachment(content, node.index)
    return Enclosure(name, node.content_type, data)
