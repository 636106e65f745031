"""What a server does not give out: noted where it is met, and said in one sentence."""

from collections.abc import Sequence
from dataclasses import replace

from tuimail.backend.base import ListsInPart, Refused, Unreachable
from tuimail.engine.gathering import Missed
from tuimail.engine.link import Link
from tuimail.model.mail import INBOX, MailboxName, MessageKey
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.model.sync import NONE_UNLISTED, ServerMailbox
from tuimail.model.trouble import Trouble
from tuimail.store.store import Failed, Store

_ALL = "`tuimail doctor` names them all"


async def note_missed(link: Link, key: MessageKey, missed: Missed) -> None:
    await link.disk(Store.note_failed, {key: failure(missed)})


def failure(missed: Missed, *, bare: bool = False) -> Failed:
    reason = _told(missed.reason, broke=missed.broke)
    return Failed(reason, broke=missed.broke, bare=bare)


async def note_mailbox(link: Link, mailbox: MailboxName, trouble: Refused | Unreachable) -> None:
    """Once the line was lost there, it may have been by chance."""
    broke = isinstance(trouble, Unreachable)
    failed = Failed(_told(str(trouble), broke=broke), sure=not broke, broke=broke)
    await link.disk(Store.note_mailbox_failed, mailbox, failed)


async def mailboxes_in_trouble(link: Link) -> dict[MailboxName, Trouble]:
    return {
        each.mailbox: each
        for each in await link.disk(Store.troubles)
        if each.key is None and not each.is_of_list
    }


async def listed_in_full(link: Link) -> Sequence[ServerMailbox]:
    """The server's list; where a row of it cannot be read, with what was there before.

    No mailbox is gone for that. What is gone is refused when it is asked for, and named then.
    """
    listed = await link.backend.mailboxes()
    unlisted = link.backend.unlisted if isinstance(link.backend, ListsInPart) else NONE_UNLISTED
    kept: list[ServerMailbox] = []
    if unlisted.count:
        there = {mailbox.name for mailbox in listed}
        before = await link.disk(Store.listed_before)
        kept = [mailbox for mailbox in before if mailbox.name not in there]
    missing = replace(unlisted, count=max(0, unlisted.count - len(kept)))
    words = safe_line(missing.words, 500) if missing.count else SafeText("")
    await link.disk(Store.note_list, words)
    return [*listed, *kept]


def _told(reason: str, *, broke: bool) -> SafeText:
    words = f"the connection ends whenever it is asked for ({reason})" if broke else reason
    return safe_line(words, 500)


def in_words(troubles: Sequence[Trouble]) -> SafeText:
    """What is sure to be missing now; "" if nothing is."""
    sure = [each for each in troubles if each.tries]
    lists = [each.sentence for each in sure if each.is_of_list]
    mailboxes = [each for each in sure if each.key is None and not each.is_of_list]
    mailboxes.sort(key=lambda each: each.mailbox != INBOX)
    messages = [each for each in sure if each.key is not None]
    told = [*lists, _first_of(mailboxes, "mailboxes"), _first_of(messages, "messages")]
    return safe_line("; ".join(words for words in told if words), 500)


def _first_of(troubles: Sequence[Trouble], what: str) -> str:
    if not troubles:
        return ""
    first = troubles[0].sentence
    return first if len(troubles) == 1 else f"{first} (1 of {len(troubles)} {what}; {_ALL})"
