"""Which list is shown: a mailbox, what matches in it, a search; and what lies beneath."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tuimail.engine.mail import CommandFailed, View
from tuimail.model.mail import (
    INBOX,
    AccountName,
    Mailbox,
    MailboxId,
    MailboxName,
    Message,
    MessageKey,
    Role,
)
from tuimail.model.query import And, Is, Names, Query, QueryError, State, parse_query, reads_texts
from tuimail.model.query_names import known_names
from tuimail.model.safe_text import safe_line
from tuimail.ui.cells import settle
from tuimail.ui.choices import Choice, Choices, place_points
from tuimail.ui.folders import (
    accounts_of,
    inboxes_line,
    inboxes_title,
    nothing_in,
    ordered,
    role_of,
    serving,
    shown_name,
)
from tuimail.ui.parts.announcing import Announcer, counts_of
from tuimail.ui.parts.desk import Desk
from tuimail.ui.prompts import Prompt
from tuimail.ui.widgets.message_list import NO_ROWS

_OUTGOING = {Role.SENT, Role.DRAFTS}
_RECENT = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A list to be in; `mailbox` is None where it spans several."""

    title: str
    view: View
    mailbox: MailboxId | None = None
    role: Role = Role.NONE
    limit: str = ""

    @property
    def spans_mailboxes(self) -> bool:
        return self.view.mailbox is None


class Places:
    """Knows the mailboxes, the place we are in and the places to go back to."""

    def __init__(self, desk: Desk, changed: Callable[[], None]) -> None:
        self._desk = desk
        self._changed = changed
        self._beneath: list[tuple[Place, MessageKey | None]] = []
        self._again = False
        self._loading = False
        self._focus: MessageKey | None = None
        self.place = Place("Inbox", View(mailbox=INBOX), role=Role.INBOX)
        self.mailboxes: Sequence[Mailbox] = ()
        self.recent: list[MailboxId] = []
        self.accounts: list[AccountName] = []
        self._names: Names | None = None
        self.unread = 0
        self.loaded = False
        self._known = False
        self._ticket = 0
        self._announcer = Announcer(desk)
        self._refusals: dict[AccountName, str] = {}
        self.broken = False

    # --- reading again

    def refused(self, account: AccountName, reason: str) -> None:
        """The account's server gives some of its mail not out; "" once it does."""
        if self._refusals.get(account, "") != reason:
            self._refusals[account] = reason
            self.refresh()

    async def start(self) -> None:
        """Both at once, the mailboxes shown first: all is told when the rows come."""
        place, rest = self.place, self._desk.hand.rest
        try:
            keys, _ = await asyncio.gather(self._desk.mail.keys(place.view), self._load_mailboxes())
            self._show_keys(place, rest, keys)
        except CommandFailed:
            self.broken = True
            raise
        finally:
            self.loaded = True

    def refresh(self, *, focus: MessageKey | None = None) -> None:
        """Read again what is shown; requests while one is under way are merged."""
        self._focus = focus if focus is not None else self._focus
        if self._loading:
            self._again = True
            return
        self._loading = True
        self._desk.run(self._load, "places")

    async def _load(self) -> None:
        try:
            self._again = True
            while self._again:
                self._again = False
                await self._load_keys()
                await self._load_mailboxes()
                self.broken = False
                self._desk.bottom.over("lists")
        finally:
            self._loading = False

    async def _load_keys(self) -> None:
        place, rest = self.place, self._desk.hand.rest
        keys = await self._with_shown(place, await self._desk.mail.keys(place.view))
        coming = await self._desk.list.coming(keys, focus=self._focus)
        self._show_keys(place, rest, keys, coming)

    async def _with_shown(self, place: Place, keys: Sequence[MessageKey]) -> Sequence[MessageKey]:
        """A message that is open stays in the list though it does not match any more.

        Else reading in a list of what is unread would open, and so read, one after the other.
        """
        shown, before = self._desk.shown, self._desk.list.listing.keys
        if place.view.query is None or shown is None or shown in keys or shown not in before:
            return keys
        found = await self._desk.mail.messages([shown])
        if not found or place.view.mailbox not in {None, found[0].mailbox}:
            return keys
        above = set(before[: before.index(shown)])
        last = max((index for index, key in enumerate(keys) if key in above), default=-1)
        return [*keys[: last + 1], shown, *keys[last + 1 :]]

    def _show_keys(
        self,
        place: Place,
        rest: int | None,
        keys: Sequence[MessageKey],
        coming: Mapping[MessageKey, Message] = NO_ROWS,
    ) -> None:
        """List what was read in `place`, unless the hand has not rested since then."""
        if place != self.place:
            self._again = True
            return
        if rest is None or rest != self._desk.hand.rest:
            return
        focus, self._focus = self._focus, None
        self._desk.list.explain(self._nothing())
        self._desk.list.show(keys, coming, focus=focus)
        self._changed()

    def _nothing(self) -> str:
        """What an empty list says."""
        if self.place.limit:
            return "Nothing matches."
        shown = self._shown_mailboxes()
        refusals = filter(None, map(self._refusals.get, accounts_of(shown)))
        return next(refusals, nothing_in(shown) if self._known else "")

    @property
    def known_empty(self) -> bool:
        """Whether an empty list will stay so: the server has nothing, or it cannot be read."""
        counts = [mailbox.on_server for mailbox in self._shown_mailboxes()]
        return self.loaded and (self.broken or (0 in counts and not any(counts)))

    async def _load_mailboxes(self) -> None:
        before = counts_of(self.mailboxes) if self._known else None
        self.mailboxes = await self._desk.mail.mailboxes()
        self._names = known_names(await self._desk.mail.accounts(), self.mailboxes)
        ticket, self._ticket = self._ticket, self._desk.hand.count
        # What the user did here meanwhile brings no mail, whatever it counts.
        if before is not None and ticket == self._ticket:
            self._announcer.announce(before, counts_of(self.mailboxes))
        self._known = True
        self.accounts = accounts_of(self.mailboxes)
        self._show_places()
        self._desk.mailboxes.show(self.mailboxes, opened=self._listed_as)
        self._desk.list.explain(self._nothing())
        self.unread = self._count_unread()
        self._changed()

    # --- facts about mailboxes

    def find(self, mailbox: MailboxId) -> Mailbox | None:
        return next((known for known in self.mailboxes if known.id == mailbox), None)

    def home_of(self, message: Message) -> Mailbox | None:
        return self.find(MailboxId(message.account, message.mailbox))

    def place_name(self, message: Message) -> str:
        """The mailbox of a message, as a list that spans several shows it, or its account."""
        if self._is_unified:
            return settle(safe_line(message.account))
        mailbox = self.home_of(message)
        return shown_name(mailbox) if mailbox else settle(safe_line(message.mailbox))

    @property
    def title(self) -> str:
        """What the place is called, given how many accounts there are; "" while unknown."""
        if not self._known:
            return ""
        return inboxes_title(len(self.accounts)) if self._is_unified else self.place.title

    @property
    def _is_unified(self) -> bool:
        return self.place.view.account is None and self.place.view.mailbox == INBOX

    @property
    def _listed_as(self) -> MailboxId | None:
        """Which line of the mailbox list we are in; one account's inbox stands for all."""
        return inboxes_line(self.accounts) if self._is_unified else self.place.mailbox

    def _count_unread(self) -> int:
        """Unread messages in the shown mailboxes; 0 in a limited list or a search."""
        if self.place.view.query is not None:
            return 0
        return sum(mailbox.unread for mailbox in self._shown_mailboxes())

    def _shown_mailboxes(self) -> list[Mailbox]:
        view = self.place.view
        return [
            mailbox
            for mailbox in self.mailboxes
            if mailbox.name == view.mailbox and view.account in {None, mailbox.account}
        ]

    # --- going

    def go(self, target: MailboxId | None, role: Role | None = None) -> None:
        """Go to a mailbox, or to the inboxes of all accounts."""
        if target is None:
            self._beneath.clear()
            self._enter(Place("Inbox", View(mailbox=INBOX), role=Role.INBOX))
            return
        mailbox = self.find(target)
        if mailbox is None:
            return
        view = View(account=mailbox.account, mailbox=mailbox.name)
        self._beneath.clear()
        self._enter(Place(shown_name(mailbox), view, mailbox.id, role or role_of(mailbox)))

    def go_role(self, role: Role) -> None:
        """Go to the mailbox with that role, of the account we are in if it has one."""
        if role == Role.INBOX and self.place.view.account is None:
            self.go(None)
            return
        found = serving(role, self.mailboxes)
        mine = [mailbox for mailbox in found if mailbox.account == self.place.view.account]
        if not found:
            self._desk.say(f"There is no {role} mailbox.")
            return
        self.go((mine or found)[0].id, role)

    def limit(self, text: str) -> None:
        """Show only what matches; an empty text shows all again."""
        base = self._beneath[0][0] if self._is_limited() else self.place
        if not text.strip():
            if self._is_limited():
                self.leave()
            return
        query = self.parse(text)
        if query is None:
            return
        if not self._is_limited():
            self._beneath.append((self.place, self._desk.list.listing.current))
        both = And((base.view.query, query)) if base.view.query is not None else query
        self._enter(replace(base, view=replace(base.view, query=both), limit=settle(text)))
        self._tell_unseen(query)

    def search(self, text: str) -> None:
        """List what matches in all mailboxes."""
        query = self.parse(text) if text.strip() else None
        if query is None:
            return
        if not (self._beneath and self.place.spans_mailboxes):
            self._beneath.append((self.place, self._desk.list.listing.current))
        self._enter(Place("Search", View(query=query), limit=settle(text)))
        self._tell_unseen(query)

    def _tell_unseen(self, query: Query) -> None:
        """Say of how many messages nothing but the header is here to be searched."""
        account = self.place.view.account

        async def job() -> None:
            texts = [
                each for each in await self._desk.mail.texts() if account in {None, each.account}
            ]
            missing = sum(each.messages - each.here for each in texts)
            if missing:
                total = sum(each.messages for each in texts)
                self._desk.mention(f"Of {missing} of {total} messages only headers were searched")

        if reads_texts(query):
            self._desk.run(job, "texts")

    def leave(self) -> bool:
        """Back from a limited list or a search, to the message left there; False if in none."""
        if not self._beneath:
            return False
        place, self._focus = self._beneath.pop()
        self._enter(place)
        return True

    async def next_unread(self) -> int | None:
        """Where the next unread message after the cursor is; the rows in sight know best."""
        listing, rows = self._desk.list.listing, self._desk.list.rows
        view = self.place.view
        unread = Is(State.UNREAD)
        both = unread if view.query is None else And((view.query, unread))
        wanted: frozenset[MessageKey] | None = None
        for index in range(listing.cursor + 1, len(listing)):
            key = MessageKey(listing.keys[index])
            known = rows.get(key)
            if known is not None:
                if known.unread:
                    return index
                continue
            if wanted is None:
                wanted = frozenset(await self._desk.mail.keys(replace(view, query=both)))
            if key in wanted:
                return index
        return None

    def _is_limited(self) -> bool:
        return bool(self._beneath) and bool(self.place.limit) and not self.place.spans_mailboxes

    def parse(self, text: str) -> Query | None:
        """What `text` asks for; None, with a sentence on the last line, if it means nothing."""
        try:
            return parse_query(text, self._desk.now(), self._names)
        except QueryError as error:
            self._desk.warn(error.marked(text, " >> ").removesuffix(" >> "))
            return None

    def _enter(self, place: Place) -> None:
        self.place = place
        rows = self._desk.list
        rows.start_afresh()
        rows.outgoing = place.role in _OUTGOING
        self._show_places()
        self._desk.mailboxes.open(self._listed_as)
        self.unread = self._count_unread()
        self.refresh()

    def _show_places(self) -> None:
        several = self._is_unified and len(self.accounts) > 1
        spans = several or self.place.spans_mailboxes
        self._desk.list.show_places(self.place_name if spans else None)

    # --- picking a mailbox

    def pick_place(self, done: Callable[[MailboxId | None], None]) -> None:
        """Ask where to go; None means all inboxes."""
        offered: list[Choice[MailboxId | None]] = []
        if len(self.accounts) > 1:
            offered.append(Choice("All inboxes", None))
        offered += [self._choice(m) for m in ordered(self.mailboxes) if m.selectable]
        choices = Choices(offered, points=place_points)
        self._desk.prompts.ask(Prompt("Go to:", done, choices=choices, title="Mailboxes"))

    def pick(
        self,
        label: str,
        title: str,
        done: Callable[[MailboxId], None],
        account: AccountName | None,
    ) -> None:
        """Ask for a mailbox by a few letters, recent ones first, or a new one of `account`."""
        first = [mailbox for target in self.recent if (mailbox := self.find(target))]
        others = [m for m in ordered(self.mailboxes) if m.selectable and m not in first]
        others.sort(key=lambda mailbox: account is not None and mailbox.account != account)
        offered = [self._choice(mailbox) for mailbox in [*first, *others]]

        def picked(target: MailboxId) -> None:
            self._remember(target)
            done(target)

        def new(name: str) -> Choice[MailboxId | None] | None:
            if account is None or self.find(mailbox := MailboxId(account, MailboxName(name))):
                return None
            return Choice(f'create "{settle(name)}"', mailbox)

        choices = Choices(offered, otherwise=new, points=place_points)
        self._desk.prompts.ask(Prompt(label, picked, choices=choices, title=title))

    def _choice(self, mailbox: Mailbox) -> Choice[MailboxId | None]:
        account = settle(safe_line(mailbox.account)) if len(self.accounts) > 1 else ""
        return Choice(shown_name(mailbox), mailbox.id, account)

    def _remember(self, target: MailboxId) -> None:
        self.recent = [target, *(other for other in self.recent if other != target)][:_RECENT]
