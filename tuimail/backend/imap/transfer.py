"""Move and copy: UID MOVE where there is one; a repeat finds what the first try did."""

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping

from tuimail.backend.base import Refused, check_target_numbers
from tuimail.backend.imap.answers import MISSING, check
from tuimail.backend.imap.asking import Looks, create, looks_of, present, run_all, status_of
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.names import MailboxNames
from tuimail.backend.imap.performing import removals
from tuimail.backend.imap.session import Session
from tuimail.model.mail import MailboxName
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import ServerId
from tuimail.wire.imap_commands import to_mailbox
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_responses import Code, Status, Untagged
from tuimail.wire.uid_set import MAX_UID, expand, parse_uid, parse_uid_set, uid_sets

log = logging.getLogger(__name__)

# What became of each UID of the source: its id in the target, None if that was not told.
Placed = dict[int, ServerId | None]


class Transfer:
    """One Move or Copy out of a mailbox that the caller keeps selected meanwhile."""

    def __init__(self, line: Line, names: MailboxNames, target: MailboxName) -> None:
        self._line = line
        self._target = target
        self._target_wire = names.wire(target)

    async def move(self, uids: Collection[int], earlier: "Earlier") -> Placed:
        """Take to the target those of `uids` that are there."""
        there = await present(self._line, uids)
        if "MOVE" in self._line.capabilities:
            placed = await self._send("UID MOVE", there)
        else:
            placed = await self._copy(there, earlier)
            await self._remove(placed.keys())
        if earlier.any:
            # Whether the first try took the missing ones is not told.
            placed = dict.fromkeys(uids) | placed
        return placed

    async def copy(self, uids: Collection[int], earlier: "Earlier") -> Placed:
        """Copy to the target those of `uids` that are there."""
        return await self._copy(await present(self._line, uids), earlier)

    async def _copy(self, uids: Collection[int], earlier: "Earlier") -> Placed:
        twins = await self._twins(uids, earlier)
        return twins | await self._send("UID COPY", set(uids) - twins.keys())

    async def _twins(self, uids: Collection[int], earlier: "Earlier") -> Placed:
        """What the first try copied already; each copy stands for one original."""
        twins: Placed = {}
        if not earlier.any:
            return twins
        for piece in uid_sets(uids):
            for uid, looks in (await looks_of(self._line, piece)).items():
                if uid in uids and (twin := earlier.take(looks)) is not None:
                    twins[uid] = twin
        return twins

    async def _remove(self, uids: Collection[int]) -> None:
        """Take copied messages out of the source; without UIDPLUS they stay, marked."""
        by_uid = "UIDPLUS" in self._line.capabilities
        if uids and not by_uid:
            log.warning("%s: %d moved messages stay, marked as deleted", self._line.host, len(uids))
        try:
            await run_all(self._line, removals(uids, expunge=by_uid), "to delete what was moved")
        except Refused as refusal:
            # The copies are made: they are not to be made again.
            refusal.begun = True
            raise

    async def _send(self, command: str, uids: Collection[int]) -> Placed:
        placed: Placed = {}
        for piece in uid_sets(uids):
            try:
                placed |= await self._send_piece(command, piece)
            except Refused as refusal:
                refusal.begun = bool(placed)
                raise
        return placed

    async def _send_piece(self, command: str, piece: str) -> Placed:
        sent = expand(parse_uid_set(piece), MAX_UID)
        told: Placed = {}

        def hear(response: Untagged | Status) -> None:
            if isinstance(response, Status):
                told.update(copied(response.code, sent))

        words = to_mailbox(command, piece, self._target_wire)
        status = await self._line.run(words, hear)
        if status.condition == "NO" and await self._create_if_missing(status):
            status = await self._line.run(words, hear)
        check(status, self._line.host, f"to put messages into {safe_line(self._target, 100)}")
        hear(status)
        return told or dict.fromkeys(sent)

    async def _create_if_missing(self, status: Status) -> bool:
        missing = status.code.name in MISSING or not status.code.name
        if not missing or await status_of(self._line, self._target_wire) is not None:
            return False
        await create(self._line, self._target, self._target_wire)
        return True


class Earlier:
    """What came to the target since the checkpoint and may be the first try's work."""

    def __init__(self, validity: int = 0, found: Mapping[int, Looks] | None = None) -> None:
        self._validity = validity
        self._uids: defaultdict[Looks, list[int]] = defaultdict(list)
        for uid, looks in (found or {}).items():
            self._uids[looks].append(uid)

    @property
    def any(self) -> bool:
        return bool(self._uids)

    def take(self, looks: Looks) -> ServerId | None:
        """One message that looks so; it is not given again."""
        uids = self._uids.get(looks)
        return ServerId(self._validity, uids.pop(0)) if uids else None


async def arrived_since(
    session: Session, names: MailboxNames, target: MailboxName, checkpoint: ServerId
) -> Earlier:
    """What came to `target` since `checkpoint`; nothing if it is not there."""
    wire_name = names.wire(target)
    before = await status_of(session.line, wire_name)
    if before is None or not before.total:
        return Earlier()
    check_target_numbers(target, checkpoint, before.validity)
    if 0 < before.next_uid <= checkpoint.uid:
        return Earlier()
    async with session.mailbox(target, wire_name, fresh=True) as selected:
        found = await looks_of(session.line, f"{max(checkpoint.uid, 1)}:*")
    # "n:*" names the last message even where its UID is below n.
    return Earlier(selected.validity, {uid: found[uid] for uid in found if uid >= checkpoint.uid})


def copied(code: Code, sent: Collection[int]) -> Placed:
    """COPYUID, if it makes sense for `sent`; a server that miscounts is not believed."""
    words = code.argument.split(" ")
    if code.name != "COPYUID" or len(words) != 3:
        return {}
    try:
        validity = parse_uid(words[0])
        old, new = (expand(parse_uid_set(word), len(sent)) for word in words[1:])
    except ProtocolError:
        return {}
    if len(old) != len(new) or not set(sent).issuperset(old):
        return {}
    return {uid: ServerId(validity, copy) for uid, copy in zip(old, new, strict=True)}
