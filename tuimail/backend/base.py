"""What an engine may ask of one account's server, and the three ways it can fail."""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from tuimail.model.mail import Flag, MailboxName, MessageKey
from tuimail.model.operation import Operation
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.model.sync import (
    NOWHERE,
    Bookmark,
    Changes,
    Fetched,
    Part,
    ServerId,
    ServerMailbox,
    Unlisted,
    numbered_anew,
)

# How much of a large message comes at once: a small one that is waited for goes in between.
PIECE = 1 << 19

# Hears what a server wants the user to read (RFC 9051 7.1, ALERT): the same words once a line.
Alert = Callable[[SafeText], None]


class Unreachable(Exception):
    """Trying again later may help; the text is a sentence for the user."""


class NotAuthorized(Exception):
    """The user must help: the password was refused, or there is none."""


class Refused(Exception):
    """Nothing will help: the server said no, or it cannot be trusted (TLS, framing).

    `wholly`: what was asked for several messages is refused for each of them. `begun`: a part
    of it was done before, so it may only be asked for again as what was asked for already.
    """

    def __init__(self, sentence: str = "", *, wholly: bool = False) -> None:
        super().__init__(sentence)
        self.wholly = wholly
        self.begun = False


class Busy(Refused):
    """The server has trouble with this one thing now: asking for it later may help.

    It says nothing of the line, nor of anything else (RFC 5530: SERVERBUG, UNAVAILABLE, INUSE).
    """


class Untrusted(Refused):
    """It shows a certificate that nobody vouches for; a user may pin it by its fingerprint.

    `reason` is the sentence without the fingerprint, which is empty if it could not be seen.
    """

    def __init__(self, reason: str, fingerprint: str) -> None:
        super().__init__(f"{reason}; its fingerprint is {fingerprint}" if fingerprint else reason)
        self.reason = reason
        self.fingerprint = fingerprint


class Withheld(Refused):
    """The server was asked for messages and refused some: `uids` are those that did not come."""

    def __init__(self, sentence: str, uids: Collection[int]) -> None:
        super().__init__(sentence)
        self.uids = frozenset(uids)


class BrokenOff(Unreachable):
    """The line was lost while messages were on their way.

    `uids` are those that did not come, in the order in which they were due.
    """

    def __init__(self, sentence: str, uids: Iterable[int]) -> None:
        super().__init__(sentence)
        self.uids = tuple(uids)


class NotKept(Refused):
    """The server does not keep `flags` in that mailbox; whether it keeps others is not told."""

    def __init__(self, sentence: str, flags: frozenset[Flag]) -> None:
        super().__init__(sentence)
        self.flags = flags


class InDoubt(Refused):
    """Nothing was done now, and whether an earlier try was carried out cannot be told."""


def check_target_numbers(target: MailboxName, checkpoint: ServerId, now: int) -> None:
    """Raise InDoubt if `checkpoint` says nothing of a target whose UIDVALIDITY is `now`."""
    if numbered_anew(checkpoint.validity, now):
        name = safe_line(target, 100)
        raise InDoubt(
            f"{name} was numbered anew meanwhile, so it cannot be told what is there already"
        )


class Backend(Protocol):
    """One account's server. Raises Unreachable if the line is of no use for now,
    NotAuthorized if the user must help, Refused about the one thing that was asked for
    (Busy if that may be had later), and nothing else.

    Calls may run side by side; a cancelled call leaves the connection usable or closed,
    never confused.
    """

    async def connect(self) -> None:
        """Open and log in; does nothing while connected."""

    async def close(self) -> None: ...
    async def mailboxes(self) -> Sequence[ServerMailbox]: ...
    async def changes(
        self, mailbox: MailboxName, since: Bookmark | None, known: Collection[int]
    ) -> Changes:
        """What arrived, vanished or changed flags; `reset` if UIDVALIDITY did.

        `known` are the UIDs the store holds under `since`; with `since` None the caller
        knows nothing of the flags, and those of all `known` come back.
        """

    def fetch(
        self, mailbox: MailboxName, validity: int, uids: Sequence[int], part: Part
    ) -> AsyncIterator[Fetched]:
        """The messages of `uids` that are still there, in any order.

        Raises Refused if the mailbox has another UIDVALIDITY. Where the server gives out some
        and not others, those come first; then Withheld is raised, or BrokenOff.
        """

    def pieces(
        self, mailbox: MailboxName, validity: int, uid: int, *, start: int = 0, size: int = PIECE
    ) -> AsyncIterator[bytes]:
        """A whole message from byte `start` on, however large, in pieces; none if it is gone.

        Raises Refused as `fetch` does, and if the message goes while it comes.
        """

    def accepts(self, operation: Operation) -> bool:
        """Whether the server keeps such state; if not, the change stays local."""

    async def checkpoint(self, operation: Operation) -> ServerId:
        """Where the target stands before the first try: its UIDVALIDITY and UIDNEXT.

        The validity is 0 where there is no target yet, both are where it is of no use.
        """

    async def perform(
        self,
        operation: Operation,
        ids: Mapping[MessageKey, ServerId],
        *,
        checkpoint: ServerId = NOWHERE,
        again: bool = False,
        content: bytes = b"",
    ) -> Mapping[MessageKey, ServerId | None]:
        """Carry it out by UID, harmlessly if it already was (`again`); return the new ids.

        `ids` names the messages (for Copy: the sources). The answer has each message that
        was there: with its id in the target (Copy: under the copy's key), with None where
        the server does not tell, with its old id for StoreFlags. What is missing in the
        answer was gone before; nothing else was touched. `content` is Append's message.
        Raises InDoubt if the target was numbered anew since `checkpoint`, and NotKept for
        flags that `accepts` did not know of yet.
        """

    async def listen(self, mailbox: MailboxName, tell: Callable[[], None]) -> None:
        """Call `tell` whenever `changes` may have news: IDLE if offered, else pauses.

        Whatever came since `mailboxes` or `changes` was last asked is told, too. Ends only
        by an exception.
        """


@runtime_checkable
class ListsInPart(Protocol):
    """An ability of backends: to tell how much of the last list of mailboxes made no sense."""

    @property
    def unlisted(self) -> Unlisted: ...
