"""A server that is only numbers: mailboxes, UIDs, flags; for tests of the store alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import assert_never

from tuimail.model.address import Address
from tuimail.model.mail import Envelope, Flag, MailboxName, MessageKey
from tuimail.model.operation import Append, Copy, Expunge, Move, Operation, StoreFlags
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import NOWHERE, Bookmark, Changes, ServerId, numbered_anew
from tuimail.store.store import Delivery


class InDoubt(Exception):
    """As the backends' own: whether a first try was carried out cannot be told."""


EPOCH = datetime(2024, 5, 17, 12, 0, tzinfo=UTC)

# What a message is, wherever it lies; no two are the same, though they may look the same.
Token = int


@dataclass
class Box:
    validity: int = 1
    next_uid: int = 1
    messages: dict[int, Token] = field(default_factory=dict)


@dataclass
class Server:
    """Keeps what a message is apart from where it lies, so that a test can tell twins."""

    boxes: dict[MailboxName, Box] = field(default_factory=dict)
    flags: dict[Token, frozenset[Flag]] = field(default_factory=dict)
    looks: dict[Token, int] = field(default_factory=dict)
    made_of: dict[Token, Token | None] = field(default_factory=dict)
    ever_at: dict[tuple[MailboxName, int, int], Token] = field(default_factory=dict)
    tells_new_uids: bool = True
    _tokens: "count[int]" = field(default_factory=lambda: count(1))

    def box(self, name: MailboxName) -> Box:
        return self.boxes.setdefault(name, Box())

    def new_token(self, like: Token | None = None) -> Token:
        token = next(self._tokens)
        self.looks[token] = token if like is None else self.looks[like]
        self.made_of[token] = like
        return token

    def receive(
        self, name: MailboxName, flags: Iterable[Flag] = (), like: Token | None = None
    ) -> Token:
        token = self.new_token(like)
        self.flags[token] = frozenset(flags)
        self.put(name, token)
        return token

    def put(self, name: MailboxName, token: Token) -> ServerId:
        box = self.box(name)
        uid = box.next_uid
        box.next_uid += 1
        box.messages[uid] = token
        self.ever_at[name, box.validity, uid] = token
        return ServerId(box.validity, uid)

    def where(self, token: Token) -> tuple[MailboxName, int] | None:
        for name, box in self.boxes.items():
            for uid, other in box.messages.items():
                if other == token:
                    return name, uid
        return None

    def remove(self, token: Token) -> None:
        place = self.where(token)
        if place:
            del self.boxes[place[0]].messages[place[1]]

    def number_anew(self, name: MailboxName) -> None:
        old = self.box(name)
        self.boxes[name] = Box(validity=old.validity + 1, next_uid=1)
        for token in old.messages.values():
            self.put(name, token)

    def checkpoint(self, operation: Operation) -> ServerId:
        match operation:
            case Move(target=target) | Copy(target=target) | Append(mailbox=target):
                return self.bookmark(target).next_id
            case StoreFlags() | Expunge():
                return NOWHERE
            case _:
                assert_never(operation)

    def bookmark(self, name: MailboxName) -> Bookmark:
        box = self.box(name)
        return Bookmark(box.validity, box.next_uid, 0, len(box.messages))

    def changes(self, name: MailboxName, since: Bookmark | None, known: Iterable[int]) -> Changes:
        box = self.box(name)
        if since is not None and since.validity != box.validity:
            return Changes(self.bookmark(name), reset=True, arrived=sorted(box.messages))
        known = set(known)
        return Changes(
            self.bookmark(name),
            arrived=sorted(box.messages.keys() - known),
            vanished=sorted(known - box.messages.keys()),
            flags={uid: self.flags[box.messages[uid]] for uid in known & box.messages.keys()},
        )

    def delivery(self, name: MailboxName, uid: int) -> Delivery:
        box = self.box(name)
        token = box.messages[uid]
        look = self.looks[token]
        return Delivery(
            uid=uid,
            validity=box.validity,
            flags=self.flags[token],
            received=EPOCH + timedelta(minutes=look),
            size=1000 + look,
            envelope=Envelope(
                subject=SafeText(f"letter {look}"),
                from_=(Address(SafeText("Anna"), SafeText("anna@example.org")),),
                message_id=f"{look}@example.org",
            ),
        )

    def perform(
        self,
        operation: Operation,
        ids: Mapping[MessageKey, ServerId],
        copies: Mapping[MessageKey, Token],
        *,
        checkpoint: ServerId,
        again: bool,
    ) -> dict[MessageKey, ServerId | None]:
        """As `Backend.perform`; `copies` says which token each copy is to be."""
        if again:
            self._check_target(operation, checkpoint)
        source = self.box(operation.mailbox)
        here = {
            key: place.uid
            for key, place in ids.items()
            if place.validity == source.validity and place.uid in source.messages
        }
        match operation:
            case StoreFlags(add=add, remove=remove):
                for uid in here.values():
                    token = source.messages[uid]
                    self.flags[token] = self.flags[token] - remove | add
                return {key: ids[key] for key in here}
            case Expunge():
                for uid in here.values():
                    del source.messages[uid]
                return dict.fromkeys(here)
            case Move(target=target):
                earlier = again and any(uid >= checkpoint.uid for uid in self.box(target).messages)
                moved = {key: self._move(source, uid, target) for key, uid in here.items()}
                told = {key: self._told(place) for key, place in moved.items()}
                # Whether the first try took the missing ones is not told.
                return dict.fromkeys(ids) | told if earlier else told
            case Copy():
                return self._copy(operation, source, here, copies, checkpoint, again)
            case Append():
                raise NotImplementedError

    def _check_target(self, operation: Operation, checkpoint: ServerId) -> None:
        if isinstance(operation, Move | Copy):
            now = self.box(operation.target).validity
            if numbered_anew(checkpoint.validity, now):
                raise InDoubt(f"{operation.target} was numbered anew")

    def _move(self, source: Box, uid: int, target: MailboxName) -> ServerId:
        return self.put(target, source.messages.pop(uid))

    def _copy(
        self,
        operation: Copy,
        source: Box,
        here: Mapping[MessageKey, int],
        copies: Mapping[MessageKey, Token],
        checkpoint: ServerId,
        again: bool,
    ) -> dict[MessageKey, ServerId | None]:
        target = self.box(operation.target)
        found: dict[MessageKey, ServerId | None] = {}
        earlier = {uid: token for uid, token in target.messages.items() if uid >= checkpoint.uid}
        for original, copy in zip(operation.sources, operation.copies, strict=True):
            if original not in here:
                continue
            token = source.messages[here[original]]
            twins = [uid for uid in earlier if self.looks[earlier[uid]] == self.looks[token]]
            if again and twins:
                found[copy] = ServerId(target.validity, twins[0])
                del earlier[twins[0]]
            else:
                self.flags[copies[copy]] = self.flags[token]
                found[copy] = self._told(self.put(operation.target, copies[copy]))
        return found

    def _told(self, place: ServerId) -> ServerId | None:
        return place if self.tells_new_uids else None
