"""What was recorded for one message under two keys, before it was known to be one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tuimail.model.mail import MailboxName, MessageKey
from tuimail.store.database import Database
from tuimail.store.entries import EXPUNGE, MOVE

_RECORDED = """
  SELECT e.id, e.kind, e.mailbox, e.target, f.key, f.source
  FROM main.effect f JOIN main.entry e ON e.id = f.entry AND e.state = 'recorded'
  WHERE f.gone = 0 AND (f.key IN (:one, :other) OR f.source IN (:one, :other)) ORDER BY e.id
"""


@dataclass(frozen=True, slots=True)
class _Effect:
    entry: int
    kind: str
    mailbox: MailboxName
    target: MailboxName
    key: MessageKey
    source: MessageKey | None

    def concerns(self, key: MessageKey) -> bool:
        return key in (self.key, self.source)


def conflicting(
    journal: Database, one: MessageKey, other: MessageKey, mailbox: MailboxName
) -> dict[int, set[MessageKey]]:
    """What to give up of `one` if the message in `mailbox` turned out to be `other` too.

    Entries of both follow each other as they were recorded. Where one would take the message
    away from under the next, those of `one` give way: `other` was seen where it is.
    """
    effects = [_Effect(*row) for row in journal.rows(_RECORDED, {"one": one, "other": other})]
    if _follow_each_other(effects, mailbox):
        return {}
    found: defaultdict[int, set[MessageKey]] = defaultdict(set)
    for effect in effects:
        if effect.concerns(one):
            found[effect.entry].add(effect.key)
    return dict(found)


def _follow_each_other(effects: Sequence[_Effect], start: MailboxName) -> bool:
    place: MailboxName | None = start
    for effect in effects:
        if effect.mailbox != place:
            return False
        if effect.kind == MOVE:
            place = effect.target
        if effect.kind == EXPUNGE:
            place = None
    return True
