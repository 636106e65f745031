"""What a server does not give out: remembered in the index, and when to ask for it again."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tuimail.model.mail import MailboxName, MessageKey
from tuimail.model.safe_text import SafeText
from tuimail.model.trouble import Trouble
from tuimail.store.codec import envelope_from_text
from tuimail.store.database import Database, Row
from tuimail.store.mailboxes import row_of
from tuimail.store.parcels import Failed
from tuimail.store.values import from_micros, to_micros

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
# A whole mailbox is looked at as often as any other where the server tells no news.
LONGEST_FOR_MAILBOX = timedelta(minutes=5)

_OF_MAILBOXES = """
  SELECT b.name, t.reason, t.again, t.tries, t.broke, t.bare, NULL, 0, 0, NULL
  FROM idx.trouble t CROSS JOIN idx.mailbox b ON b.id = -t.key WHERE t.key < 0 ORDER BY b.name
"""
# No mailbox has this number.
_LIST = 0
_OF_LIST = f"""
  SELECT '', reason, again, tries, broke, bare, NULL, 0, 0, NULL
  FROM idx.trouble WHERE key = {_LIST}
"""
_OF_MESSAGES = """
  SELECT b.name, t.reason, t.again, t.tries, t.broke, t.bare, t.key, m.validity, m.uid, l.envelope
  FROM idx.trouble t CROSS JOIN idx.message m ON m.key = t.key
  CROSS JOIN idx.mailbox b ON b.id = m.mailbox LEFT JOIN idx.letter l ON l.key = t.key
  WHERE t.key > 0 AND m.uid IS NOT NULL ORDER BY b.name, m.uid
"""


def pause_after(tries: int, longest: timedelta = LONGEST_PAUSE) -> timedelta:
    """How long something is left alone that could not be had so many times in a row."""
    if not tries:
        return timedelta(0)
    return min(FIRST_PAUSE * (1 << min(tries - 1, 16)), longest)


def note(index: Database, key: int, failed: Failed, now: datetime) -> None:
    """Once more it could not be had.

    A placeholder stays one until its header comes, whatever else was asked for meanwhile.
    """
    before = index.row("SELECT tries, bare FROM trouble WHERE key = ?", (key,))
    tries, bare = (int(failed.sure), False) if before is None else (before[0] + 1, before[1])
    index.run(
        "INSERT OR REPLACE INTO trouble (key, tries, broke, bare, again, reason)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            key,
            tries,
            int(failed.broke),
            int(failed.bare or bare),
            to_micros(now + pause_after(tries, LONGEST_PAUSE if key > 0 else LONGEST_FOR_MAILBOX)),
            failed.reason,
        ),
    )


def note_mailbox(index: Database, mailbox: MailboxName, failed: Failed, now: datetime) -> None:
    note(index, -row_of(index, mailbox).id, failed, now)


def forget_mailbox(index: Database, mailbox: MailboxName) -> None:
    """It can be had."""
    index.run(
        "DELETE FROM trouble WHERE key = -(SELECT id FROM mailbox WHERE name = ?)", (mailbox,)
    )


def note_list(index: Database, reason: SafeText, now: datetime) -> None:
    """Why the list of mailboxes could not be had in full; "" if it could."""
    before = index.value("SELECT reason FROM trouble WHERE key = ?", (_LIST,))
    if (before or "") == reason:
        return
    if reason:
        note(index, _LIST, Failed(reason), now)
    else:
        index.run("DELETE FROM trouble WHERE key = ?", (_LIST,))


def follow(index: Database, old: MessageKey, new: MessageKey) -> None:
    """What is wrong with a row is wrong with the one that was made of it."""
    index.run(
        "INSERT OR REPLACE INTO trouble (key, tries, broke, bare, again, reason)"
        " SELECT ?, tries, broke, bare, again, reason FROM trouble WHERE key = ?",
        (new, old),
    )


def forget(index: Database, keys: Iterable[MessageKey]) -> None:
    index.run_many("DELETE FROM trouble WHERE key = ?", ((key,) for key in keys))


def hurry(index: Database) -> None:
    """Somebody wants to know: let no pause keep us from asking."""
    index.run("UPDATE trouble SET again = 0")


def remove_orphans(index: Database) -> None:
    index.run("DELETE FROM trouble WHERE key > 0 AND key NOT IN (SELECT key FROM message)")


def all_of(journal: Database) -> list[Trouble]:
    """Everything, the list of mailboxes first, then these."""
    rows = [row for sql in (_OF_LIST, _OF_MAILBOXES, _OF_MESSAGES) for row in journal.rows(sql)]
    return [_trouble(row) for row in rows]


def _trouble(row: Row) -> Trouble:
    name, reason, again, tries, broke, bare, key, validity, uid, envelope = row
    return Trouble(
        mailbox=MailboxName(name),
        reason=SafeText(reason),
        again=from_micros(again),
        tries=tries,
        broke=bool(broke),
        bare=bool(bare),
        key=None if key is None else MessageKey(key),
        validity=validity,
        uid=uid,
        subject=envelope_from_text(envelope).subject if envelope else SafeText(""),
    )
