"""What a check of the contract can do to a server behind a backend's back."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from tuimail.backend.base import Backend
from tuimail.model.mail import INBOX, Flag, MailboxName


class Feature(Enum):
    """What not every server has; a check names what it needs."""

    IDLE = auto()
    SPECIAL_USE = auto()
    TELLS_NEW_IDS = auto()
    EXPUNGES_BY_UID = auto()
    PERMANENT_FLAGS_SWITCH = auto()


@dataclass(frozen=True, slots=True)
class Truth:
    """A message as an independent client sees it; `flags` without \\Recent."""

    content: bytes
    flags: frozenset[str]
    received: datetime


class World(ABC):
    """A server, a connected `backend`, and another client who does what is asked here."""

    backend: Backend
    features: frozenset[Feature]
    cut_points: Sequence[int]

    @abstractmethod
    async def new_client(self, *, right_password: bool = True) -> Backend:
        """One more backend of the same account, not yet connected."""

    @abstractmethod
    async def deliver(
        self,
        content: bytes,
        mailbox: MailboxName = INBOX,
        flags: Collection[Flag] = (),
        received: datetime | None = None,
    ) -> int:
        """Put a message there; returns its UID."""

    @abstractmethod
    async def set_flags(
        self,
        mailbox: MailboxName,
        uid: int,
        add: Collection[Flag] = (),
        remove: Collection[Flag] = (),
    ) -> None: ...

    @abstractmethod
    async def expunge(self, mailbox: MailboxName, *uids: int) -> None: ...

    @abstractmethod
    async def move(self, mailbox: MailboxName, uid: int, target: MailboxName) -> None: ...

    @abstractmethod
    async def create(self, mailbox: MailboxName) -> None: ...

    @abstractmethod
    async def delete(self, mailbox: MailboxName) -> None: ...

    @abstractmethod
    async def rename(self, mailbox: MailboxName, new_name: MailboxName) -> None: ...

    @abstractmethod
    async def renumber(self, mailbox: MailboxName) -> None:
        """Give the mailbox another UIDVALIDITY."""

    @abstractmethod
    async def keep_keywords(self, mailbox: MailboxName, kept: bool) -> None:
        """Only with PERMANENT_FLAGS_SWITCH."""

    @abstractmethod
    async def truth(self, mailbox: MailboxName = INBOX) -> dict[int, Truth]:
        """All messages of a mailbox by UID; empty if there is no such mailbox."""

    @abstractmethod
    async def cut(self) -> None:
        """Every connection of the backends breaks; new ones can be made."""

    @abstractmethod
    async def cut_during_next_operation(self, point: int) -> None:
        """Break the line at one of `cut_points`, some before the server acts, some after."""

    @abstractmethod
    async def mend(self) -> None:
        """No cut is to come any more."""

    @abstractmethod
    async def go_down(self) -> None: ...

    @abstractmethod
    async def come_back(self) -> None: ...

    @abstractmethod
    async def close(self) -> None: ...
