"""Whom an answer goes to: the people of its letter, and never the one who writes it."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from tuimail.mime import bounds
from tuimail.mime.addresses import addresses
from tuimail.mime.fields import FieldReader, split_header
from tuimail.model.address import Address, BadAddress, check_sendable, plain
from tuimail.model.draft import Kind
from tuimail.model.mail import Envelope

_OF_LISTS = FieldReader("list-post list-id mail-followup-to", bounds.PART_FIELD_BYTES)
_MAILTO = re.compile(r"<mailto:([^>?]{3,300})[^>]{0,2000}>", re.IGNORECASE)

People = tuple[Address, ...]


class Mine:
    """The user's addresses, those with a detail behind a plus sign (RFC 5233) included."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._known = {_without_detail(each.address) for each in addresses}
        self._exactly = {each.address.lower() for each in addresses}

    def __contains__(self, person: Address) -> bool:
        address = person.address.lower()
        return address in self._exactly or _without_detail(address) in self._known

    def others(self, people: Iterable[Address]) -> People:
        return tuple(person for person in reachable(people) if person not in self)


def _without_detail(address: str) -> str:
    local, at, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"


def reachable(people: Iterable[Address]) -> People:
    """Those of `with_address`, each once."""
    first = {each.address.lower(): each for each in reversed(with_address(people))}
    return tuple(reversed(first.values()))


def with_address(people: Iterable[Address]) -> People:
    """Names of groups, and of people without an address, cannot be written to."""
    return tuple(person for person in people if person.address)


def without_address(people: Iterable[Address]) -> People:
    """Those who are left out, a group's name aside."""
    return tuple(each for each in people if not each.address and ":" not in each.name[-2:])


def recipients(
    kind: Kind, envelope: Envelope, mine: Sequence[Address], original: bytes
) -> tuple[People, People]:
    """To and Cc of an answer."""
    own = Mine(mine)
    lists = _list_fields(original)
    if kind is Kind.REPLY_LIST and (address := _list_post(lists)):
        return (plain(address),), ()
    to = _back(envelope, own)
    if kind is Kind.REPLY:
        return to, ()
    if followed := _followed_up(lists, envelope, own):
        return followed, ()
    known = {person.address.lower() for person in to}
    others = own.others((*envelope.to, *envelope.cc))
    return to, tuple(each for each in others if each.address.lower() not in known)


def _back(envelope: Envelope, own: Mine) -> People:
    """To whom a letter is answered: where it asks for it, else who wrote it.

    Of my own letters those I wrote to; but a form, a scanner or a ticket system writes in my name
    for somebody else, whom Reply-To names.
    """
    asked = own.others(envelope.reply_to)
    if asked:
        return asked
    authors = own.others(envelope.from_)
    if authors:
        return authors
    readers = own.others(envelope.to) or own.others(envelope.cc)
    return readers or reachable(envelope.from_) or reachable(envelope.reply_to)


def _followed_up(lists: dict[str, list[str]], envelope: Envelope, own: Mine) -> People:
    """Where a letter to a list wants all answers (Mail-Followup-To); nothing else may ask it."""
    if not (lists.get("list-id") or lists.get("list-post") or envelope.list_id):
        return ()
    texts = lists.get("mail-followup-to", ())
    return own.others(each for text in texts for each in addresses(text))


def list_post(raw: bytes) -> str:
    """Where letters to the message's list go (RFC 2369 3.4), "" if there is no such place."""
    return _list_post(_list_fields(raw))


def _list_post(lists: dict[str, list[str]]) -> str:
    for text in lists.get("list-post", ()):
        for address in _MAILTO.findall(text):
            try:
                return check_sendable(unquote(address).strip())
            except BadAddress:
                continue
    return ""


def _list_fields(raw: bytes) -> dict[str, list[str]]:
    end = split_header(raw, 0, len(raw))[0]
    return dict(_OF_LISTS.read(raw[: min(end, bounds.HEADER_BYTES)]))
