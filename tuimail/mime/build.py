"""From a draft to the bytes that leave; header fields are written by EmailMessage alone."""

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from email import policy
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage, Message
from email.utils import format_datetime
from io import BytesIO

from tuimail.mime.flowed import flowed
from tuimail.mime.seven_bit import CannotEncode, has_long_line, in_seven_bits
from tuimail.mime.transfer import base64_lines, crlf_lines
from tuimail.model.address import Address, BadAddress, check_sendable
from tuimail.model.draft import Draft, Enclosure
from tuimail.model.outbox import Posting
from tuimail.model.safe_text import safe_line

# No 8-bit bytes, which a server without 8BITMIME would refuse; our own folding stays.
_POLICY = policy.SMTP.clone(cte_type="7bit", refold_source="none")
_ID = re.compile(r"[!-;=?-~]{1,900}@?[!-;=?-~]{0,90}")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")
_REFERENCES = 30
_FILE_NAME_CHARACTERS = 200
_LARGE = 1_000_000


class NotReady(ValueError):
    """The draft cannot be sent as it is; the text is a sentence for the user."""


def build(draft: Draft, now: datetime) -> Posting:
    """The letter and its envelope; `now` has the zone that the Date field will show.

    Raises NotReady. The bytes name no Bcc.
    """
    recipients = _envelope([*draft.to, *draft.cc, *draft.bcc])
    sender = _checked(draft.sender)
    message_id = f"{secrets.token_hex(16)}@{_ascii(sender).rpartition('@')[2]}"
    letter = _letter(draft, now, message_id)
    return Posting(
        sender=sender,
        recipients=recipients,
        message_id=message_id,
        subject=safe_line(_one_line(draft.subject)),
        content=_with_contents(letter, draft.enclosures),
        answers=draft.answers,
        forwards=draft.forwards,
    )


def build_kept(name: str, draft: Draft, now: datetime) -> tuple[str, bytes]:
    """A letter that is not finished: its Message-ID, which begins with `name.`, and its bytes.

    It names Bcc (RFC 5322 3.6.3); addresses that are none yet stand there as they were typed.
    """
    message_id = f"{name}.{secrets.token_hex(8)}@{_host(draft.sender)}"
    letter = _letter(draft, now, message_id)
    if draft.bcc:
        letter["Bcc"] = _people(draft.bcc)
    return message_id, _with_contents(letter, draft.enclosures)


def _host(sender: Address) -> str:
    try:
        return _ascii(_checked(sender)).rpartition("@")[2]
    except NotReady:
        return "localhost"


def _envelope(people: Sequence[Address]) -> tuple[str, ...]:
    if not people:
        raise NotReady("The letter has no recipient.")
    return tuple({_ascii(each).lower(): each for each in map(_checked, people)}.values())


def _checked(person: Address) -> str:
    try:
        return check_sendable(person.address)
    except BadAddress as bad:
        raise NotReady(f"{bad}.") from bad


def _ascii(address: str) -> str:
    """With its domain as the network spells it."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise NotReady(f"{safe_line(domain, 100)} is no domain.") from error


def _letter(draft: Draft, now: datetime, message_id: str) -> EmailMessage:
    everybody = _people([draft.sender, *draft.to, *draft.cc])
    international = not all(each.addr_spec.isascii() for each in everybody if each.domain)
    letter = EmailMessage(_POLICY.clone(utf8=True) if international else _POLICY)
    letter["Date"] = format_datetime(now)
    letter["From"] = _people([draft.sender])
    if draft.to:
        letter["To"] = _people(draft.to)
    if draft.cc:
        letter["Cc"] = _people(draft.cc)
    letter["Subject"] = _one_line(draft.subject)
    letter.set_raw("Message-ID", f"<{message_id}>")
    for name, ids in (("In-Reply-To", (draft.in_reply_to,)), ("References", draft.references)):
        if folded := _ids(ids):
            letter.set_raw(name, folded)
    letter.set_content(flowed(draft.text), params={"format": "flowed"})
    for enclosure in draft.enclosures:
        _enclose(letter, enclosure)
    return letter


def _people(people: Iterable[Address]) -> tuple[HeaderAddress, ...]:
    return tuple(map(_header_address, people))


def _header_address(person: Address) -> HeaderAddress:
    """As it was typed where it is no address yet, as a draft may have it."""
    try:
        local, _, domain = _ascii(_checked(person)).rpartition("@")
    except NotReady:
        return HeaderAddress("", _one_line(person.address))
    return HeaderAddress(_one_line(person.name), local, domain)


def _one_line(text: str) -> str:
    """Without what would begin another header field (security.md N11)."""
    visible = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(visible.split())


def _ids(ids: Iterable[str]) -> str:
    """One to a line, so that no folding has to break or encode a long one."""
    known = [id for id in ids if _ID.fullmatch(id)]
    if len(known) > _REFERENCES:
        known = known[:1] + known[1 - _REFERENCES :]
    return "\r\n ".join(f"<{id}>" for id in known)


def _enclose(letter: EmailMessage, enclosure: Enclosure) -> None:
    name = _one_line(enclosure.name)[:_FILE_NAME_CHARACTERS] or "file"
    kind = enclosure.content_type.lower()
    main, _, sub = (kind if _TYPE.fullmatch(kind) else "application/octet-stream").partition("/")
    if main in ("message", "multipart"):
        # EmailMessage would write a letter's bytes anew; `_with_contents` puts them in.
        main, sub = "application", "octet-stream"
    content = b"" if _is_put_in(enclosure) else enclosure.content
    letter.add_attachment(content, main, sub, filename=name)


def _is_put_in(enclosure: Enclosure) -> bool:
    return _is_letter(enclosure) or len(enclosure.content) > _LARGE


def _is_letter(enclosure: Enclosure) -> bool:
    return enclosure.content_type.lower() == "message/rfc822"


def _with_contents(letter: EmailMessage, enclosures: Sequence[Enclosure]) -> bytes:
    """The bytes; enclosed letters are put in as they are (RFC 2046 5.2.1), large files by pieces.

    EmailMessage makes six copies of a file.
    """
    contents: dict[bytes, Iterable[bytes]] = {}
    parts = list(letter.iter_attachments()) if letter.is_multipart() else []
    for part, enclosure in zip(parts, enclosures, strict=True):
        if not _is_put_in(enclosure):
            continue
        place = f"content-{secrets.token_hex(20)}"
        contents[place.encode()] = _put_in(part, enclosure)
        part.set_payload(place)
    if any(part["Content-Transfer-Encoding"] == "8bit" for part in parts):
        # RFC 2045 6.4: whatever is around it says so, too.
        del letter["Content-Transfer-Encoding"]
        letter["Content-Transfer-Encoding"] = "8bit"
    frame = letter.as_bytes()
    whole = BytesIO()
    done = 0
    for place_bytes, pieces in contents.items():
        at = frame.index(place_bytes, done)
        whole.write(frame[done:at])
        whole.writelines(pieces)
        done = at + len(place_bytes)
    whole.write(frame[done:])
    return whole.getvalue()


def _put_in(part: Message, enclosure: Enclosure) -> Iterable[bytes]:
    """What the part will hold; its header says in which form."""
    if not _is_letter(enclosure):
        return base64_lines(enclosure.content)
    content = crlf_lines(enclosure.content)
    if has_long_line(content):
        try:
            content = in_seven_bits(content)
        except CannotEncode:
            # Nothing else bears lines that mail does not (RFC 5322 2.1.1).
            part.replace_header("Content-Transfer-Encoding", "base64")
            return base64_lines(enclosure.content)
    del part["Content-Transfer-Encoding"]
    part.replace_header("Content-Type", "message/rfc822")
    part["Content-Transfer-Encoding"] = "7bit" if content.isascii() else "8bit"
    return [content]
