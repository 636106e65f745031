"""A mailto: link as a draft: whom, about what and what to say; nothing else (security.md M7)."""

from dataclasses import replace
from urllib.parse import unquote

from tuimail.mime.addresses import addresses
from tuimail.model.address import Address, BadAddress, check_sendable
from tuimail.model.draft import Draft, LinkDraft
from tuimail.model.safe_text import safe_line, safe_prose

_SCHEME = "mailto:"
_LINK_CHARACTERS = 100_000
_BODY_CHARACTERS = 50_000
_SUBJECT_CHARACTERS = 1_000


def draft_of(link: str, sender: Address) -> LinkDraft:
    """Total: any text gives a draft, which the user still has to send (RFC 6068)."""
    cut = link[:_LINK_CHARACTERS]
    bare = cut[len(_SCHEME) :] if cut[: len(_SCHEME)].lower() == _SCHEME else cut
    path, _, query = bare.partition("?")
    draft = Draft(sender, to=_people(path))
    dropped = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        known = _with(draft, unquote(name).lower(), value)
        if known is not None:
            draft = known
        elif name:
            dropped.append(safe_line(unquote(name), 40))
    return LinkDraft(draft, tuple(dict.fromkeys(dropped)))


def _with(draft: Draft, name: str, value: str) -> Draft | None:
    match name:
        case "to":
            return replace(draft, to=(*draft.to, *_people(value)))
        case "cc":
            return replace(draft, cc=(*draft.cc, *_people(value)))
        case "subject":
            return replace(draft, subject=safe_line(unquote(value), _SUBJECT_CHARACTERS))
        case "body":
            lines = unquote(value)[:_BODY_CHARACTERS].replace("\r\n", "\n").split("\n")
            return replace(draft, text="\n".join(map(safe_prose, lines)))
        case "in-reply-to":
            id = safe_line(unquote(value).strip().strip("<>"), 500)
            return replace(draft, in_reply_to=id, references=(id,) if id else ())
        case _:
            return None


def _people(text: str) -> tuple[Address, ...]:
    """Those that mail can be sent to; each piece was escaped by itself."""
    found = [person for piece in text.split(",") for person in addresses(unquote(piece))]
    return tuple(person for person in found if _is_sendable(person))


def _is_sendable(person: Address) -> bool:
    try:
        check_sendable(person.address)
    except BadAddress:
        return False
    return True
