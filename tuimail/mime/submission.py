"""A finished letter from another program: whom it goes to, and its bytes without Bcc."""

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import format_datetime

from tuimail.mime import bounds
from tuimail.mime.addresses import addresses, as_compared
from tuimail.mime.fields import FieldReader, split_header
from tuimail.mime.header import envelope
from tuimail.mime.transfer import crlf_lines
from tuimail.model.address import Address, BadAddress, check_sendable
from tuimail.model.outbox import Posting

_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:[^\n]*\n?(?:[ \t][^\n]*\n?)*", re.MULTILINE)
_RECIPIENTS = FieldReader("to cc bcc", bounds.HEADER_BYTES)
_SENDER = FieldReader("from", bounds.HEADER_BYTES)
_ID = re.compile(r"[!-;=?-~]{1,900}")
_BCC = b"bcc"


class NotALetter(ValueError):
    """It cannot be sent; the text is a sentence for the user."""


def senders(raw: bytes) -> tuple[str, ...]:
    """The addresses of its From fields, to find the account that sends it."""
    return tuple(_addresses(_SENDER.read(_head(crlf_lines(raw))).get("from", ())))


def submission(raw: bytes, sender: str, now: datetime) -> Posting:
    """The letter that `raw` is, from `sender`'s address; raises NotALetter.

    What it says stays as it is, but for line ends and Bcc, which goes; Date and Message-ID
    are added where they are missing.
    """
    # As SMTP will have it, so that no bare CR hides a field until then.
    raw = crlf_lines(raw)
    head = _head(raw)
    fields = _RECIPIENTS.read(head)
    recipients = _checked(
        each for name in ("to", "cc", "bcc") for each in _addresses(fields.get(name, ()))
    )
    if not recipients:
        raise NotALetter("the letter names no recipient")
    _checked([sender])
    content = _without_bcc(raw, len(head))
    known = envelope(head)
    message_id = known.message_id if _ID.fullmatch(known.message_id) else ""
    names = {match[1].lower() for match in _FIELD.finditer(head)}
    added = b""
    if b"date" not in names:
        added += b"Date: %s\r\n" % format_datetime(now).encode()
    if b"message-id" not in names:
        message_id = f"{secrets.token_hex(16)}@{sender.rpartition('@')[2]}"
        added += b"Message-ID: <%s>\r\n" % message_id.encode()
    return Posting(sender, recipients, message_id, known.subject, added + content)


def with_bcc(content: bytes, recipients: Sequence[str]) -> bytes:
    """The sender's own copy: those `recipients` named whom the letter itself does not name.

    The bytes that leave never have this field (RFC 5322 3.6.3).
    """
    end, _ = split_header(content, 0, len(content))
    fields = _RECIPIENTS.read(content[: min(end, bounds.HEADER_BYTES)])
    texts = [text for name in ("to", "cc", "bcc") for text in fields.get(name, ())]
    named = {as_compared(each.address) for text in texts for each in addresses(text)}
    hidden = [each for each in recipients if as_compared(each) not in named]
    if not hidden:
        return content
    return b"Bcc: " + ",\r\n ".join(hidden).encode() + b"\r\n" + content


def _head(raw: bytes) -> bytes:
    """All of the header, or none of the letter: a recipient must not be overlooked."""
    end, body = split_header(raw, 0, len(raw))
    if end in (0, body):
        raise NotALetter("this is no letter: it has no header, or no empty line after it")
    if end > bounds.HEADER_BYTES:
        raise NotALetter(f"the letter's header has more than {bounds.HEADER_BYTES} bytes")
    head = raw[:end]
    if sum(1 for _ in _FIELD.finditer(head)) >= bounds.FIELDS:
        raise NotALetter(f"the letter has more than {bounds.FIELDS} header fields")
    if _FIELD.sub(b"", head).strip():
        raise NotALetter("the letter's header has a line that is no field")
    return head


def _addresses(texts: Sequence[str]) -> list[str]:
    found = [address for text in texts for address in _plain(text)]
    if len(found) >= bounds.ADDRESSES:
        raise NotALetter(f"the letter has more than {bounds.ADDRESSES} recipients")
    return [each.address for each in found]


def _plain(text: str) -> Sequence[Address]:
    """A space or a line break in an address must not make it another one."""
    found = addresses(text)
    squeezed = "".join(text.split())
    for each in found:
        if each.name and "(" not in text and f"<{each.address}>" not in squeezed:
            raise NotALetter(f"{each.address} is no whole address: {each.name} stands beside it")
    return found


def _checked(recipients: Iterable[str]) -> tuple[str, ...]:
    try:
        return tuple({each.lower(): check_sendable(each) for each in recipients}.values())
    except BadAddress as bad:
        raise NotALetter(str(bad)) from bad


def _without_bcc(raw: bytes, head_end: int) -> bytes:
    def kept(match: re.Match[bytes]) -> bytes:
        return b"" if match[1].lower().removeprefix(b"resent-") == _BCC else match[0]

    return _FIELD.sub(kept, raw[:head_end]) + raw[head_end:]
