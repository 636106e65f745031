"""What is shown: the index overlaid with what is pending, one query for every list."""

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from tuimail.model.mail import (
    AccountName,
    Mailbox,
    MailboxName,
    Message,
    MessageKey,
    Order,
    Role,
)
from tuimail.model.safe_text import SafeText
from tuimail.store.codec import envelope_from_text, strings_from_text
from tuimail.store.database import Row
from tuimail.store.flags import DELETED_BIT, flags_of, overlaid
from tuimail.store.journal_file import JournalFile
from tuimail.store.thread_names import thread_number, thread_text
from tuimail.store.values import from_micros

if TYPE_CHECKING:
    from tuimail.model.query import Query

# The index's row of a shown key: its own, or its source's while a copy is not settled.
_ROW_OF_PENDING = """
  m.key = CASE
    WHEN p.copy_of IS NULL OR EXISTS (SELECT 1 FROM idx.message x WHERE x.key = p.key)
    THEN p.key ELSE p.copy_of END
"""

# Messages marked \Deleted are held, but not shown (RFC 8621 4.1.1). The mark is of the place
# that the server has: what the user moves elsewhere is shown until that is settled.
_VISIBLE = f"m.flags & {DELETED_BIT} = 0"
_PENDING_VISIBLE = f"""
  p.added & {DELETED_BIT} = 0 AND (
    m.flags & ~p.removed & {DELETED_BIT} = 0
    OR p.mailbox <> (SELECT b.name FROM idx.mailbox b WHERE b.id = m.mailbox))
"""

_FROM_INDEX = """
  SELECT m.received AS date, m.key AS key{sort} FROM idx.message m {join}
  WHERE {mailbox} AND {condition}
    AND NOT EXISTS (SELECT 1 FROM main.pending p WHERE p.key = m.key)
"""
_FROM_PENDING = f"""
  SELECT p.received AS date, p.key AS key{{sort}} FROM main.pending p
  CROSS JOIN idx.message m ON {_ROW_OF_PENDING} {{join}}
  WHERE {{mailbox}} AND m.mailbox > 0 AND {{condition}}
"""

_SORTS = {
    Order.NEWEST: ("", "date DESC, key DESC"),
    Order.OLDEST: ("", "date, key"),
    Order.SUBJECT: (", l.by_subject AS sort", "sort, date DESC, key DESC"),
    Order.SENDER: (", l.by_sender AS sort", "sort, date DESC, key DESC"),
    Order.SIZE: (", m.size AS sort", "sort DESC, date DESC, key DESC"),
}
_LETTER = "CROSS JOIN idx.letter l ON l.key = m.key"

_MESSAGES = f"""
  SELECT c.value, m.key, m.name, b.name, p.mailbox, p.key IS NOT NULL, p.copy_of,
    m.flags, coalesce(p.added, 0), coalesce(p.removed, 0),
    m.words, coalesce(p.added_words, ''), coalesce(p.removed_words, ''),
    m.received, m.size, l.envelope, m.thread, m.uid, l.snippet, l.attachments, m.body
  FROM json_each(?) c
  LEFT JOIN main.pending p ON p.key = c.value
  CROSS JOIN idx.message m ON {_ROW_OF_PENDING.replace("p.key", "c.value")}
  CROSS JOIN idx.mailbox b ON b.id = m.mailbox
  CROSS JOIN idx.letter l ON l.key = m.key
  WHERE p.key IS NULL OR p.mailbox IS NOT NULL
"""

_TAKEN = f"""
  SELECT b.name, count(*), sum(m.flags & 1 = 0), sum(m.size)
  FROM main.pending p CROSS JOIN idx.message m ON m.key = p.key AND {_VISIBLE}
  JOIN idx.mailbox b ON b.id = m.mailbox GROUP BY m.mailbox
"""
_GIVEN = f"""
  SELECT p.mailbox, count(*), sum(((m.flags & ~p.removed) | p.added) & 1 = 0), sum(m.size)
  FROM main.pending p CROSS JOIN idx.message m ON {_ROW_OF_PENDING}
  WHERE p.mailbox IS NOT NULL AND m.mailbox > 0 AND {_PENDING_VISIBLE} GROUP BY p.mailbox
"""
_MAILBOXES = """
  SELECT name, total, unread, size, role, on_server, selectable, subscribed, delimiter, deleted,
    (SELECT reason FROM idx.trouble t WHERE t.key = -b.id AND t.tries > 0)
  FROM idx.mailbox b ORDER BY name
"""
_PREFIX = "SELECT value FROM idx.fact WHERE name = 'prefix'"
_MAILBOXES_OF = """
  SELECT DISTINCT coalesce(p.mailbox, b.name)
  FROM json_each(?) c CROSS JOIN idx.message m ON m.key = c.value
  CROSS JOIN idx.mailbox b ON b.id = m.mailbox
  LEFT JOIN main.pending p ON p.key = m.key
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which list is asked for; `mailbox` None is all of them."""

    mailbox: MailboxName | None
    query: "Query | None"
    order: Order
    limit: int | None = None


class Ranked(NamedTuple):
    """Keys, and the number of each by which it comes the sooner, the smaller it is.

    They are when the messages were received, in microseconds, backwards for the newest first.
    """

    ranks: "array[int]"
    keys: "array[int]"


class Shown:
    """Reads lists, counts and rows as they are shown."""

    def __init__(self, account: AccountName, journal: JournalFile) -> None:
        self._account = account
        self._journal = journal
        self._last: tuple[object, Ranked] | None = None

    def keys(self, wish: Wish) -> "array[int]":
        with self._journal.reading():
            sql, values = self._list(wish)
            return self._journal.columns(["key"], sql, values)[0]

    def ranked_keys(self, wish: Wish) -> Ranked:
        """Remembers the last answer: mail for one account changes nothing in the others."""
        with self._journal.reading():
            asked = (wish, self._journal.state())
            if self._last is None or self._last[0] != asked:
                sql, values = self._list(wish)
                rank = "-date" if wish.order is Order.NEWEST else "date"
                found = Ranked(*self._journal.columns([rank, "key"], sql, values))
                self._last = (asked, found)
            return self._last[1]

    def _list(self, wish: Wish) -> tuple[str, list[Any]]:
        sort, order = _SORTS[wish.order]
        halves, values = [], []
        for half, pending in self._halves():
            where, bound = self._in_mailbox(wish.mailbox, pending=pending)
            visible = _PENDING_VISIBLE if pending else _VISIBLE
            asked, more = self._condition(wish.query, visible, pending=pending)
            join = _LETTER if ", l." in sort else ""
            halves.append(half.format(sort=sort, join=join, mailbox=where, condition=asked))
            values += [*bound, *more]
        limit = -1 if wish.limit is None else wish.limit
        return f"{' UNION ALL '.join(halves)} ORDER BY {order} LIMIT ?", [*values, limit]

    def _halves(self) -> list[tuple[str, bool]]:
        """What the index shows and what is pending, the latter only if there is any."""
        if self._journal.row("SELECT 1 FROM main.pending LIMIT 1") is None:
            return [(_FROM_INDEX, False)]
        return [(_FROM_INDEX, False), (_FROM_PENDING, True)]

    def _in_mailbox(self, mailbox: MailboxName | None, *, pending: bool) -> tuple[str, list[Any]]:
        if pending:
            if mailbox is None:
                return "p.mailbox IS NOT NULL", []
            return "p.mailbox = ?", [mailbox]
        if mailbox is None:
            return "m.mailbox > 0", []
        number = self._journal.value("SELECT id FROM idx.mailbox WHERE name = ?", (mailbox,))
        return "m.mailbox = ?", [number or 0]

    def _condition(
        self, query: "Query | None", visible: str, *, pending: bool
    ) -> tuple[str, list[Any]]:
        if query is None:
            return visible, []
        from tuimail.store import search  # noqa: PLC0415  a first screen searches nothing

        terms = search.Terms(self._account, self._mailboxes_called, self.resolve, self._thread)
        side = search.PENDING if pending else search.INDEXED
        asked, values = search.condition(query, side, terms)
        if search.asks_for_deleted(query):
            return asked, values
        return f"{visible} AND {asked}", values

    def _mailboxes_called(self, name: str) -> list[tuple[int, MailboxName]]:
        from tuimail.model.nearest import folded  # noqa: PLC0415  as `search`
        from tuimail.model.query_names import is_called  # noqa: PLC0415

        wanted = folded(name)
        known = self._journal.rows("SELECT id, name, role FROM idx.mailbox")
        found = [
            (number, MailboxName(spelt))
            for number, spelt, role in known
            if is_called(wanted, spelt, role)
        ]
        targets = self._journal.rows("SELECT DISTINCT mailbox FROM main.pending")
        spelt_known = {spelt for _, spelt, _ in known}
        return found + [
            (0, MailboxName(spelt))
            for (spelt,) in targets
            if spelt is not None and spelt not in spelt_known and is_called(wanted, spelt)
        ]

    def _thread(self, text: str) -> int | None:
        number = thread_number(text)
        if number is None:
            return None
        sql = "SELECT thread FROM idx.link WHERE identity = ?"
        thread = self._journal.value(sql, (number,))
        return number if thread is None else int(thread)

    def resolve(self, public_id: str) -> MessageKey | None:
        account, _, name = public_id.rpartition(":")
        if account != self._account:
            return None
        sql = """
          SELECT key FROM idx.message WHERE name = ? AND mailbox > 0
          UNION ALL SELECT key FROM main.alias WHERE name = ? LIMIT 1
        """
        key = self._journal.value(sql, (name, name))
        return None if key is None else MessageKey(key)

    def messages(self, keys: Sequence[MessageKey]) -> list[Message]:
        rows = self._journal.rows(_MESSAGES, (json.dumps(list(keys)),))
        found = {row[0]: row for row in rows}
        return [self._message(found[key]) for key in keys if key in found]

    def _message(self, row: Row) -> Message:
        (
            key, row_key, name, indexed_mailbox, pending_mailbox, pending, _,
            bits, added, removed, words, added_words, removed_words,
            received, size, envelope, thread, uid, snippet, attachments, body,
        ) = row  # fmt: skip
        mailbox = pending_mailbox or indexed_mailbox
        there = key == row_key and mailbox == indexed_mailbox
        if added_words or removed_words:
            words = overlaid(words, added_words, removed_words)
        return Message(
            key=MessageKey(key),
            id=f"{self._account}:{name if key == row_key else _copy_name(key)}",
            account=self._account,
            mailbox=MailboxName(mailbox),
            flags=flags_of(bits & ~removed | added, words),
            received=from_micros(received),
            size=size,
            envelope=envelope_from_text(envelope),
            thread=thread_text(thread),
            uid=uid if there else None,
            snippet=SafeText(snippet),
            attachments=strings_from_text(attachments),
            has_body=body == 2,
            pending=bool(pending),
        )

    def texts(self) -> tuple[int, int]:
        """How many messages the index has, and how many of them were read whole."""
        sql = "SELECT count(*), coalesce(sum(body = 2), 0) FROM idx.message WHERE mailbox > 0"
        messages, here = self._journal.rows(sql)[0]
        return messages, here

    def row_key(self, key: MessageKey) -> MessageKey:
        """Whose content is shown under `key`: a copy's source until the copy is settled."""
        sql = f"""
          SELECT m.key FROM main.pending p CROSS JOIN idx.message m ON {_ROW_OF_PENDING}
          WHERE p.key = ? AND p.copy_of IS NOT NULL
        """
        return MessageKey(self._journal.value(sql, (key,)) or key)

    def uids(self, keys: Sequence[MessageKey]) -> dict[MessageKey, int]:
        """The UIDs of these where the server last had them, also while a move is pending."""
        rows = self._journal.rows(
            "SELECT m.key, m.uid FROM json_each(?) c CROSS JOIN idx.message m ON m.key = c.value"
            " WHERE m.uid IS NOT NULL",
            (json.dumps(list(keys)),),
        )
        return {MessageKey(key): uid for key, uid in rows}

    def file_of(self, row: MessageKey) -> tuple[MailboxName, int] | None:
        """Mailbox and UID of a message that is a file here, as far as the index knows."""
        found = self._journal.row(
            "SELECT b.name, m.uid FROM idx.message m JOIN idx.mailbox b ON b.id = m.mailbox"
            " WHERE m.key = ? AND m.local AND m.uid IS NOT NULL",
            (row,),
        )
        return None if found is None else (MailboxName(found[0]), found[1])

    def mailboxes_of(self, keys: Sequence[MessageKey]) -> frozenset[MailboxName]:
        """Where these messages are shown."""
        rows = self._journal.rows(_MAILBOXES_OF, (json.dumps(list(keys)),))
        return frozenset(MailboxName(name) for (name,) in rows)

    def mailboxes(self) -> list[Mailbox]:
        with self._journal.reading():
            taken = {row[0]: row[1:] for row in self._journal.rows(_TAKEN)}
            given = {row[0]: row[1:] for row in self._journal.rows(_GIVEN)}
            rows = self._journal.rows(_MAILBOXES)
            prefix = next((value for (value,) in self._journal.rows(_PREFIX)), None)
        new = given.keys() - {row[0] for row in rows}
        rows += [(name, 0, 0, 0, "", None, 1, 1, "/", 0, None) for name in sorted(new)]
        nothing = (0, 0, 0)
        return [
            self._mailbox(row, taken.get(row[0], nothing), given.get(row[0], nothing), prefix)
            for row in rows
        ]

    def _mailbox(self, row: Row, taken: Row, given: Row, prefix: str | None) -> Mailbox:
        name, *counts, role, on_server, selectable, subscribed, delimiter, deleted, trouble = row
        total, unread, size = (
            kept - less + more for kept, less, more in zip(counts, taken, given, strict=True)
        )
        return Mailbox(
            account=self._account,
            name=MailboxName(name),
            role=Role(role),
            total=total,
            unread=unread,
            size=size,
            on_server=on_server,
            selectable=bool(selectable),
            subscribed=bool(subscribed),
            delimiter=delimiter,
            deleted=deleted,
            trouble=SafeText(trouble or ""),
            prefix=prefix,
        )


def _copy_name(key: int) -> str:
    from tuimail.store.names import copy_name  # noqa: PLC0415  hashes take time to load

    return copy_name(key)
