"""Large messages that somebody asked for: from the POP3 server, or noticed to be here."""

from collections.abc import Callable, Collection

from tuimail.engine.events import BodiesFailed
from tuimail.engine.link import Link
from tuimail.engine.maildrop import Maildrop
from tuimail.engine.trouble import words_of
from tuimail.model.mail import INBOX, MailboxName, MessageKey
from tuimail.model.safe_text import SafeText
from tuimail.store.store import Store

Originals = Callable[[MailboxName, int], bytes | None]

_NOT_THERE = SafeText("The message is not on the server any more.")


class Bringing:
    """What is `asked` for and was left on the server for its size."""

    def __init__(self, link: Link, maildrop: Maildrop, originals: Originals) -> None:
        self._link = link
        self._maildrop = maildrop
        self._originals = originals
        self.asked: set[MessageKey] = set()

    async def bring(self, keys: frozenset[MessageKey]) -> frozenset[MessageKey]:
        """Those of `keys` that were asked for; tells of what did not come, and returns it."""
        asked = self.asked & keys
        self.asked -= asked
        left = await self._left(asked)
        if not left:
            return frozenset()
        uids = await self._link.disk(Store.uids, sorted(left))
        trouble = await self._maildrop.bring(uids.values())
        missing = await self._left(left)
        if missing:
            reason = _NOT_THERE if trouble is None else words_of(trouble)
            self._link.publish(BodiesFailed(missing, reason))
        return missing

    async def _left(self, keys: Collection[MessageKey]) -> frozenset[MessageKey]:
        """Those that are not here."""
        if not keys:
            return frozenset()
        uids = await self._link.disk(Store.uids, sorted(keys))
        await self._link.disk(_know_again, set(uids.values()), self._originals)
        return frozenset(keys) - await self._link.disk(Store.files, sorted(keys))


def _know_again(store: Store, uids: Collection[int], read: Originals) -> None:
    """A power failure may have made the index forget that these are files here."""
    for uid in uids:
        content = read(INBOX, uid)
        if content is not None:
            store.came_whole(uid, len(content))
