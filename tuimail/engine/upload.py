"""From a Maildir to an IMAP server: what only we hold goes there, and nothing goes twice.

May be interrupted anywhere: a repeat counts what is there by content and adds the rest.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from itertools import count

from tuimail.backend.base import Backend, Refused
from tuimail.backend.maildir.performing import VALIDITY
from tuimail.engine.copies import Held, Matching, Tell, match, survey, survey_like
from tuimail.engine.purposes import as_mailboxes
from tuimail.engine.roles import mailbox_for, personal_prefix
from tuimail.model.mail import INBOX, Flag, MailboxName, MessageKey, Role
from tuimail.model.operation import Append, Move, StoreFlags
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import Part, ServerId, ServerMailbox
from tuimail.store.failpoint import failpoint

ROLES = (Role.ARCHIVE, Role.SENT, Role.TRASH, Role.DRAFTS, Role.JUNK)

_keys = count(1)


class Upload:
    """`on_server` are the UIDs here of messages that the server's INBOX still holds.

    One of those that was moved here is moved there too, instead of coming there twice.
    """

    def __init__(
        self,
        source: Backend,
        target: Backend,
        chosen: Mapping[Role, MailboxName],
        on_server: Collection[int],
        tell: Tell,
    ) -> None:
        self._source = source
        self._target = target
        self._chosen = chosen
        self._on_server = frozenset(on_server)
        self._tell = tell
        self._there: set[MailboxName] = set()
        self._validity: dict[MailboxName, int] = {}
        self._proven = False

    async def run(self) -> int:
        """Returns how many messages are there now for sure. Refused if some are not."""
        wanted = await self._wanted()
        undrained: list[Held] = []
        for mailbox, held in wanted.items():
            moved = self._moved(wanted) if mailbox == INBOX else []
            matching = await self._compare(mailbox, held, moved)
            missing = matching.missing
            if mailbox == INBOX:
                undrained = matching.surplus
            else:
                missing = await self._move(mailbox, missing, undrained)
            await self._append(mailbox, missing)
        await self._verify(wanted)
        return sum(map(len, wanted.values()))

    async def _wanted(self) -> dict[MailboxName, list[Held]]:
        """What has to be there, by the mailbox there; INBOX first, also if it is empty."""
        local = await self._source.mailboxes()
        server = await self._target.mailboxes()
        self._there = {box.name for box in server if box.selectable}
        places = targets(local, server, self._chosen)
        wanted: dict[MailboxName, list[Held]] = {INBOX: []}
        for box in local:
            held = await survey(self._source, box.name, self._tell)
            if held:
                wanted.setdefault(places[box.name], []).extend(held)
        return wanted

    def _moved(self, wanted: Mapping[MailboxName, Sequence[Held]]) -> list[Held]:
        """What is elsewhere here and in the INBOX there."""
        elsewhere = (held for name in wanted.keys() - {INBOX} for held in wanted[name])
        return [held for held in elsewhere if held.uid in self._on_server]

    async def _compare(
        self, mailbox: MailboxName, held: Sequence[Held], also: Sequence[Held] = ()
    ) -> Matching:
        """Match `held` with what is there; `also` are not asked for, but told as surplus."""
        if mailbox not in self._there:
            return match(held, ())
        validity, found = await survey_like(self._target, mailbox, [*held, *also], self._tell)
        self._validity[mailbox] = validity
        return match(held, found)

    async def _set_flags(self, mailbox: MailboxName, matching: Matching) -> None:
        """Let what was there already have the flags that it has here."""
        changed: dict[tuple[frozenset[Flag], frozenset[Flag]], set[int]] = defaultdict(set)
        for mine, theirs in matching.pairs:
            add = self._accepted(mailbox, mine.flags - theirs.flags)
            remove = self._accepted(mailbox, theirs.flags - mine.flags)
            if add or remove:
                changed[add, remove].add(theirs.uid)
        for (add, remove), uids in changed.items():
            ids = self._ids(mailbox, uids)
            await self._target.perform(StoreFlags(mailbox, frozenset(ids), add, remove), ids)

    def _accepted(self, mailbox: MailboxName, flags: Iterable[Flag]) -> frozenset[Flag]:
        return frozenset(
            flag
            for flag in flags
            if self._target.accepts(StoreFlags(mailbox, frozenset(), frozenset({flag})))
        )

    def _ids(self, mailbox: MailboxName, uids: Iterable[int]) -> dict[MessageKey, ServerId]:
        validity = self._validity[mailbox]
        return {MessageKey(uid): ServerId(validity, uid) for uid in uids}

    async def _move(
        self, mailbox: MailboxName, missing: Sequence[Held], undrained: list[Held]
    ) -> list[Held]:
        """Take from the server's INBOX what was moved here; returns what is still missing."""
        moved = match((held for held in missing if held.uid in self._on_server), undrained)
        if not moved.pairs:
            return list(missing)
        ids = self._ids(INBOX, (theirs.uid for _, theirs in moved.pairs))
        await self._target.perform(Move(INBOX, frozenset(ids), mailbox), ids)
        failpoint("after_convert_move")
        undrained[:] = moved.surplus
        done = {mine for mine, _ in moved.pairs}
        return [held for held in missing if held not in done]

    async def _append(self, mailbox: MailboxName, missing: Sequence[Held]) -> None:
        done = 0
        async for held, content in self._contents(missing):
            append = Append(
                mailbox,
                MessageKey(next(_keys)),
                self._accepted(mailbox, held.flags),
                held.received,
                held.message_id,
            )
            await self._target.perform(append, {}, content=content)
            failpoint("after_convert_append")
            done += 1
            self._tell("uploaded", done, len(missing))
            if not self._proven:
                await self._prove(held, mailbox)

    async def _contents(self, missing: Sequence[Held]) -> AsyncIterator[tuple[Held, bytes]]:
        for held in missing:
            async for fetched in self._source.fetch(held.mailbox, VALIDITY, [held.uid], Part.FULL):
                yield held, fetched.content

    async def _prove(self, held: Held, mailbox: MailboxName) -> None:
        """The first message tells whether the server keeps what it is given."""
        _, found = await survey_like(self._target, mailbox, [held], self._tell)
        if match([held], found).missing:
            raise Refused("the server changes the messages that it is given; nothing was switched")
        self._proven = True

    async def _verify(self, wanted: Mapping[MailboxName, Sequence[Held]]) -> None:
        self._there = {box.name for box in await self._target.mailboxes() if box.selectable}
        for mailbox, held in wanted.items():
            matching = await self._compare(mailbox, held)
            if matching.missing:
                raise Refused(
                    f"{len(matching.missing)} messages are not in {safe_line(mailbox, 100)} "
                    "on the server; nothing was switched: convert again"
                )
            await self._set_flags(mailbox, matching)


def targets(
    local: Sequence[ServerMailbox],
    server: Sequence[ServerMailbox],
    chosen: Mapping[Role, MailboxName],
) -> dict[MailboxName, MailboxName]:
    """For each mailbox here the one there: by its role, else by its name."""
    there = as_mailboxes(server)
    names = {mailbox.name for mailbox in there}
    delimiter = next((box.delimiter for box in server if box.delimiter), "/")
    prefix = personal_prefix(there)
    found: dict[MailboxName, MailboxName] = {}
    for box in local:
        if box.role in ROLES:
            found[box.name] = mailbox_for(box.role, there, chosen)
        elif box.name == INBOX or box.name in names:
            found[box.name] = box.name
        else:
            found[box.name] = MailboxName(prefix + box.name.replace("/", delimiter))
    return found
