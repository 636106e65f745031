"""Writing: from a key to the editor, to the review, to the outbox, and back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.events import Key

from tuimail.engine.commands import Fetch, Send
from tuimail.engine.events import BodiesArrived, BodiesFailed, EngineGone
from tuimail.engine.mail import CommandFailed, Done
from tuimail.model.body import NotHere
from tuimail.model.draft import Draft, Kind
from tuimail.model.mail import DRAFT, AccountName, Message, MessageKey, Role
from tuimail.model.safe_text import safe_line
from tuimail.ui.choices import Choice, Choices
from tuimail.ui.held_keys import HeldKeys
from tuimail.ui.letters.drafts import DraftFile, Drafts
from tuimail.ui.letters.writing import (
    Own,
    Writing,
    addressed,
    begin,
    digest,
    draft_of,
    read_moved_sheet,
    read_sheet,
    sheet,
    title,
)
from tuimail.ui.parts.desk import Desk, Task
from tuimail.ui.parts.kept_drafts import KeptDrafts
from tuimail.ui.parts.outgoing import Outgoing
from tuimail.ui.parts.places import Places
from tuimail.ui.prompts import Prompt
from tuimail.ui.screens.review import ReviewScreen, Verdict, Wish

if TYPE_CHECKING:
    from tuimail.ui.screens.sheet import SheetScreen

log = logging.getLogger(__name__)

BETWEEN_KEEPS = 10.0


@dataclass(frozen=True, slots=True)
class Workshop:
    """What writing needs besides mail; `edit` runs the user's editor on a file, and is None
    where there is none."""

    drafts: Drafts
    edit: Callable[[Path], Awaitable[None]] | None = None


class Composer:
    """One letter at a time; `review` and `write` show a screen until the user leaves it.

    `ended` is called when no other one follows. `ahead` holds what is typed until there is a
    screen to type into: not one key of a letter may act on the list.
    """

    def __init__(
        self,
        desk: Desk,
        places: Places,
        outgoing: Outgoing,
        workshop: Workshop,
        ahead: HeldKeys[Key],
        *,
        review: Callable[[ReviewScreen], Awaitable[Verdict]],
        write: Callable[["SheetScreen"], Awaitable[str]],
        ended: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._outgoing = outgoing
        self._kept = KeptDrafts(desk, workshop.drafts)
        outgoing.sent = self._kept.forget
        self._places = places
        self._edit_outside = workshop.edit
        self._ahead = ahead
        self._waiting: asyncio.Task[Draft | CommandFailed] | None = None
        self._review_with = review
        self._write_with = write
        self._ended = ended

    # --- what the keys do

    def compose(self) -> None:
        """A new letter, or a draft that was kept."""
        self._open(self._choose)

    def answer(self, kind: Kind) -> None:
        message = self._desk.list.current
        if message is None:
            self._desk.say("There is no message here.")
            return
        if kind is Kind.EDIT and self._is_draft(message):
            kind = Kind.GO_ON
        self._open(partial(self._answer, kind, message))

    def _is_draft(self, message: Message) -> bool:
        return DRAFT in message.flags or self._places.place.role is Role.DRAFTS

    def recall(self, done: Done) -> None:
        """A letter was called back: open it again."""
        if done.account is not None and done.letter is not None:
            self._open(partial(self._recall, done.account, done.letter))

    def give_up(self) -> bool:
        """Stop waiting for the text of a message, if that is what is waited for."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.cancel()
        return waiting is not None

    async def tell_recovered(self) -> None:
        """Say so if a letter was being written when the program ended."""
        lost = [each for _, each in await self._kept.all() if each.open and each.letter is None]
        if lost:
            key = self._desk.keymap.first_key("compose")
            self._desk.mention(f"A letter that you were writing was kept; {key} opens it.")

    # --- beginning

    def _open(self, job: Task) -> None:
        async def opening() -> None:
            try:
                await job()
            finally:
                self._ahead.drop()

        self._ahead.hold()
        self._desk.run(opening, "compose")

    async def _choose(self) -> None:
        account = await self._account()
        kept = await self._kept.unsent()
        offered: list[Choice[Task]] = [Choice("New letter", partial(self._begin, account))]
        offered += [
            Choice(title(writing.subject), partial(self._go_on, file, writing), addressed(writing))
            for file, writing in kept
        ]
        message = self._desk.list.current
        if message is not None and self._is_draft(message):
            here = [n for n, (_, each) in enumerate(kept, 1) if each.origin == message.key]
            job = partial(self._answer, Kind.GO_ON, message)
            looked_at: Choice[Task] = Choice(title(message.envelope.subject), job)
            offered.insert(0, offered.pop(here[0]) if here else looked_at)
        if len(offered) == 1:
            await self._begin(account)
            return
        self._desk.prompts.ask(
            Prompt("Write:", self._open, choices=Choices(offered), title="New, or a draft")
        )
        self._ahead.release()

    async def _account(self) -> AccountName:
        """The account we are in, if it can send, else the first that can."""
        accounts = list(await self._desk.mail.accounts())
        here = self._places.place.view.account
        wanted = accounts if here is None else [here]
        for account in wanted:
            if await self._desk.mail.identities(account):
                return account
        raise CommandFailed(_cannot_send(wanted[0]))

    async def _begin(self, account: AccountName) -> None:
        mine = await self._desk.mail.identities(account)
        await self._start(begin(account, Draft(mine[0])), untouched=True)

    async def _answer(self, kind: Kind, message: Message) -> None:
        mine = await self._desk.mail.identities(message.account)
        if not mine:
            raise CommandFailed(_cannot_send(message.account))
        if kind is Kind.REPLY_LIST and not message.envelope.list_id:
            raise CommandFailed("This message came over no mailing list.")
        if kind is Kind.GO_ON and (kept := await self._kept.of_message(message)):
            await self._go_on(*kept)
            return
        draft = await self._draft(kind, message.key)
        own = {each.address.lower() for each in mine}
        authors = [each.address for each in message.envelope.from_]
        direct = kind in {Kind.REPLY, Kind.REPLY_ALL}
        author = authors[0] if direct and authors and authors[0].lower() not in own else ""
        writing = begin(message.account, draft, author)
        if kind is Kind.GO_ON:
            writing = replace(writing, origin=message.key, copied=digest(writing))
        await self._start(writing, edit_first=kind is not Kind.GO_ON)

    async def _draft(self, kind: Kind, key: MessageKey) -> Draft:
        """Fetches the text first if it is not here."""
        draft = await self._desk.mail.reply(kind, key)
        if isinstance(draft, NotHere):
            self._desk.say("Fetching the text of this message first; Esc stops")
            return await self._wait_for(kind, key)
        return draft

    async def _wait_for(self, kind: Kind, key: MessageKey) -> Draft:
        """Until it is here, or cannot be had now, or the user gives up."""
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(self._outcome(kind, key), name="fetch for an answer")
            self._waiting = waiting
            await asyncio.wait([waiting])
        self._waiting = None
        if waiting.cancelled():
            raise CommandFailed("Stopped; nothing was begun.")
        found = waiting.result()
        if isinstance(found, CommandFailed):
            raise found
        return found

    async def _outcome(self, kind: Kind, key: MessageKey) -> Draft | CommandFailed:
        try:
            return await self._fetched(kind, key)
        except CommandFailed as failure:
            return failure

    async def _fetched(self, kind: Kind, key: MessageKey) -> Draft:
        async with self._desk.mail.subscribe() as news:
            await self._desk.mail.submit(Fetch(frozenset({key})))
            async for event in news:
                match event:
                    case BodiesArrived(keys=keys) if key in keys:
                        draft = await self._desk.mail.reply(kind, key)
                        if not isinstance(draft, NotHere):
                            return draft
                    case BodiesFailed(keys=keys, reason=reason) if key in keys:
                        raise CommandFailed(f"The text of this message is not here: {reason}")
                    case EngineGone(reason=reason):
                        raise CommandFailed(f"The text of this message is not here: {reason}")
                    case _:
                        pass
        raise CommandFailed("The text of this message is not here and did not come.")

    async def _start(
        self, writing: Writing, *, edit_first: bool = True, untouched: bool = False
    ) -> None:
        file = await self._kept.begin(writing)
        await self._at(file, writing, edit_first=edit_first, untouched=untouched)

    async def _go_on(self, file: DraftFile, writing: Writing) -> None:
        if not await asyncio.to_thread(file.take):
            raise CommandFailed("This draft is open in another window.")
        notice = await self._kept.notice(writing)
        going_on = replace(writing, letter=None, open=True)
        await self._at(file, going_on, edit_first=False, notice=notice)

    async def _recall(self, account: AccountName, letter: int) -> None:
        """As it was written here, else as the outbox has it."""
        if kept := await self._kept.queued(account, letter):
            await self._go_on(*kept)
            return
        draft = await self._desk.mail.reopen(account, letter)
        if draft is not None:
            await self._start(begin(account, draft), edit_first=False)

    # --- editor and review, by turns

    async def _at(
        self,
        file: DraftFile,
        writing: Writing,
        *,
        edit_first: bool,
        untouched: bool = False,
        notice: str = "",
    ) -> None:
        """`untouched`: nothing of it is the user's yet."""
        begun = writing if untouched else None
        try:
            own = await self._own()
            verdict = Verdict(Wish.EDIT, writing)
            if not edit_first:
                verdict = await self._review(file, writing, own, begun, notice)
            while verdict.wish is Wish.EDIT:
                writing, notice = await self._edit(file, verdict.writing)
                verdict = await self._review(file, writing, own, begun, notice)
            await self._end(file, verdict, own)
        finally:
            self._ended()
            file.release()

    async def _review(
        self,
        file: DraftFile,
        writing: Writing,
        own: Own,
        begun: Writing | None,
        notice: str = "",
    ) -> Verdict:
        turn = asyncio.Lock()

        async def save(changed: Writing) -> None:
            async with turn:
                await asyncio.to_thread(file.save, changed)

        desk = self._desk
        screen = ReviewScreen(
            writing,
            own,
            keymap=desk.keymap,
            looks=desk.looks,
            save=save,
            begun=begun,
            notice=notice,
        )
        verdict = await self._review_with(screen)
        if verdict.wish is not Wish.DISCARD:
            await save(verdict.writing)
        return verdict

    async def _edit(self, file: DraftFile, writing: Writing) -> tuple[Writing, str]:
        """What the user made of it, and what went wrong."""
        if self._edit_outside is None:

            def save(text: str) -> None:
                file.save(read_sheet(text, writing))

            from tuimail.ui.screens.sheet import SheetScreen  # noqa: PLC0415  seldom used

            text = await self._write_with(SheetScreen(sheet(writing), self._desk.looks, save))
            return read_moved_sheet(text, writing)
        notice = ""
        # Programs cannot be typed ahead for each other.
        self._ahead.forget()
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(_keep(file), name="keep the draft")
            try:
                await self._edit_outside(file.sheet)
            except CommandFailed as failure:
                notice = str(failure)
            finally:
                keeping.cancel()
        edited, word = await asyncio.to_thread(file.load_edited)
        return edited, notice or word

    async def _end(self, file: DraftFile, verdict: Verdict, own: Own) -> None:
        writing = verdict.writing
        match verdict.wish:
            case Wish.SEND:
                await self._send(file, writing, own)
            case Wish.DISCARD:
                self._desk.tell(await self._kept.throw_away(file, writing))
            case Wish.KEEP | Wish.EDIT:
                await self._kept.keep(file, writing)
                key = self._desk.keymap.first_key("compose")
                self._desk.say(f"Kept as a draft; {key} opens it")

    async def _send(self, file: DraftFile, writing: Writing, own: Own) -> None:
        """Queue it; the draft stays until the letter is sent."""
        account, draft = draft_of(writing, own)
        kept = replace(writing, account=account, open=False)
        with self._desk.hand.full():
            try:
                done = await self._desk.mail.submit(Send(account, draft))
            except CommandFailed:
                await asyncio.to_thread(file.save, kept)
                raise
            await asyncio.to_thread(file.save, replace(kept, letter=done.letter))
        self._desk.tell(done)
        self._outgoing.count_down(done)

    # --- helpers

    async def _own(self) -> Own:
        mail = self._desk.mail
        return {account: await mail.identities(account) for account in await mail.accounts()}


async def _keep(file: DraftFile) -> None:
    """Now and then, while an editor has it (security.md L2)."""
    while True:
        await asyncio.sleep(BETWEEN_KEEPS)
        try:
            await asyncio.to_thread(file.keep)
        except CommandFailed as failure:
            log.warning("%s", failure)


def _cannot_send(account: AccountName) -> str:
    name = safe_line(account)
    return f"Account {name} has no outgoing server in its settings, so it cannot send."
