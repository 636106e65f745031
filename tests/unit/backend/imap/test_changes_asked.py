"""What a pull asks a server for, so that it asks for little and misses nothing."""

import re
from collections.abc import Mapping, Sequence

import pytest

from tests.unit.backend.imap.evil_server import Peer, backend_for, closing, serving
from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.imap import listing
from tuimail.model.mail import INBOX, SEEN, Flag
from tuimail.model.sync import Bookmark, Changes

COUNTING = "IMAP4rev1 AUTH=PLAIN SASL-IR CONDSTORE ESEARCH"
PLAIN = "IMAP4rev1 AUTH=PLAIN SASL-IR"

ROWS = "UID FETCH 1:* (UID FLAGS)"
SINCE = "UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 20)"
UNSEEN = "UID SEARCH RETURN (COUNT) UNSEEN"
SEARCH = "UID SEARCH RETURN (ALL) UID 1:*"

SEEN_ONLY, NONE = frozenset({SEEN}), frozenset[Flag]()
FLAGS: Mapping[int, frozenset[Flag]] = {1: SEEN_ONLY, 2: NONE, 3: SEEN_ONLY, 5: NONE, 8: SEEN_ONLY}


class Counting:
    """A mailbox with some of `FLAGS`, and what changed in it after MODSEQ 20."""

    def __init__(
        self,
        uids: Sequence[int] = (1, 2, 3),
        *,
        capabilities: str = COUNTING,
        modseq: int = 20,
        next_uid: int = 4,
        changed: Sequence[int] = (),
    ) -> None:
        self.uids = uids
        self.capabilities = capabilities
        self.modseq = modseq
        self.next_uid = next_uid
        self.changed = changed
        self.total: int | None = len(uids)
        self.refuses: tuple[str, ...] = ()
        self.beside: list[str] = []
        self.heard: list[str] = []

    async def serve(self, peer: Peer) -> None:
        await peer.greet(self.capabilities)
        while command := (await peer.hear()).decode():
            if command.startswith(("SELECT", "EXAMINE")):
                await peer.say(
                    "* FLAGS ()" if self.total is None else f"* {self.total} EXISTS",
                    "* OK [UIDVALIDITY 7] ok",
                    f"* OK [UIDNEXT {self.next_uid}] ok",
                    f"* OK [HIGHESTMODSEQ {self.modseq}] ok" if self.modseq else "* OK ok",
                    "{tag} OK",
                )
                continue
            if command.startswith(("UID ", "NOOP")):
                self.heard.append(command)
            refused = self.refuses and command.startswith(self.refuses)
            no = f"{{tag}} NO no {command.split()[1]}" if refused else ""
            await peer.say(*([] if refused else self._answer(command)), no or "{tag} OK")

    def _answer(self, command: str) -> list[str]:
        if command == ROWS:
            return [self._row(uid) for uid in self.uids] + self.beside
        if command == UNSEEN:
            return [f'* ESEARCH (TAG "x") UID COUNT {len(self._unseen)}']
        if command == "UID SEARCH UNSEEN":
            return [f"* SEARCH {' '.join(map(str, self._unseen))}"]
        if command == "UID SEARCH ALL":
            return [f"* SEARCH {' '.join(map(str, self.uids))}"]
        if not command.startswith("UID"):
            return []
        if command.startswith("UID SEARCH"):
            return [f"* ESEARCH UID ALL {','.join(map(str, self._between(command))) or 99}"]
        uids = self.changed if "CHANGEDSINCE" in command else self._between(command)
        return [self._row(uid) for uid in uids]

    @property
    def _unseen(self) -> list[int]:
        return [uid for uid in self.uids if SEEN not in FLAGS[uid]]

    def _between(self, command: str) -> list[int]:
        found = re.search(r"(\d+):(\d+|\*)", command)
        assert found is not None
        last = self.uids[-1] if found[2] == "*" else int(found[2])
        return [uid for uid in self.uids if int(found[1]) <= uid <= last]

    def _row(self, uid: int) -> str:
        return f"* 1 FETCH (UID {uid} FLAGS ({' '.join(FLAGS[uid])}))"

    async def changes(self, since: Bookmark | None, *known: int) -> Changes:
        self.heard.clear()
        async with serving(self.serve) as evil, closing(backend_for(evil)) as backend:
            await backend.connect()
            return await backend.changes(INBOX, since, known)


def bookmark(*, next_uid: int = 4, modseq: int = 20, total: int = 3, unseen: int = 1) -> Bookmark:
    return Bookmark(7, next_uid, modseq, total, unseen)


@pytest.mark.parametrize("modseq", [1, 20])
async def test_where_nothing_happened_nothing_is_asked(modseq: int) -> None:
    server = Counting(modseq=modseq)
    since = bookmark(unseen=2, modseq=modseq)
    changes = await server.changes(since, 1, 2, 3)
    assert server.heard == []
    assert changes == Changes(since, arrived=(), vanished=(), flags={})


async def test_counts_of_changes_and_uids_may_begin_at_one() -> None:
    server = Counting()
    changes = await server.changes(bookmark(next_uid=1, modseq=1, total=0))
    since = SINCE.replace("20", "1")
    assert server.heard == [UNSEEN, "UID SEARCH RETURN (ALL) UID 1:3", since]
    assert changes.arrived == (1, 2, 3)


async def test_where_no_total_is_told_nothing_is_taken_for_gone() -> None:
    server = Counting()
    server.total = None
    with pytest.raises(Refused, match="does not say how many messages are in INBOX"):
        await server.changes(bookmark(), 1, 2, 3)
    assert server.heard == []


@pytest.mark.parametrize("known", [(1, 2), (1, 2, 3, 5)])
async def test_where_others_are_known_than_are_there_they_are_listed(known: Sequence[int]) -> None:
    server = Counting()
    changes = await server.changes(bookmark(), *known)
    assert server.heard == [UNSEEN, SEARCH]
    assert changes.arrived == tuple(sorted({1, 2, 3} - {*known}))
    assert changes.vanished == tuple(sorted({*known} - {1, 2, 3}))
    assert changes.flags == {}
    assert changes.bookmark == bookmark()


async def test_where_flags_changed_only_these_are_asked_for() -> None:
    server = Counting(modseq=25, changed=(2, 3))
    changes = await server.changes(bookmark(), 1, 2, 3)
    assert server.heard == [UNSEEN, SINCE]
    assert changes.flags == {2: NONE, 3: SEEN_ONLY}
    assert (changes.arrived, changes.vanished, changes.reset) == ((), (), False)
    assert changes.bookmark == bookmark(modseq=25)


async def test_what_arrived_is_asked_for_from_the_bookmark_on() -> None:
    server = Counting((1, 2, 3, 5, 8), modseq=25, next_uid=9, changed=(2, 5, 8))
    changes = await server.changes(bookmark(), 1, 2, 3)
    assert server.heard == [UNSEEN, "UID SEARCH RETURN (ALL) UID 4:8", SINCE]
    assert changes.arrived == (5, 8)
    assert changes.vanished == ()
    # Of what is not here yet the flags come with its header.
    assert changes.flags == {2: NONE}
    assert changes.bookmark == bookmark(modseq=25, next_uid=9, total=5, unseen=2)


async def test_where_the_search_is_refused_what_arrived_is_asked_for_by_rows() -> None:
    server = Counting((1, 2, 3, 5, 8), modseq=25, next_uid=9)
    server.refuses = ("UID SEARCH RETURN (ALL)",)
    changes = await server.changes(bookmark(), 1, 2, 3)
    assert server.heard[1:] == [
        "UID SEARCH RETURN (ALL) UID 4:8",
        "UID FETCH 4:8 (UID FLAGS)",
        SINCE,
    ]
    assert changes.arrived == (5, 8)


async def test_what_arrived_after_the_mailbox_was_opened_comes_next() -> None:
    server = Counting((1, 2, 3, 5, 8), modseq=25, next_uid=8)
    server.total = 4
    changes = await server.changes(bookmark(), 1, 2, 3)
    assert changes.arrived == (5,)
    assert changes.bookmark.next_uid == 8


async def test_where_some_are_gone_all_are_listed_and_their_flags_are_not() -> None:
    server = Counting((1, 3), modseq=25, changed=(1,))
    changes = await server.changes(bookmark(), 1, 2, 3)
    assert server.heard == [UNSEEN, SEARCH, SINCE]
    assert (changes.arrived, changes.vanished, changes.flags) == ((), (2,), {1: SEEN_ONLY})


async def test_what_came_and_what_went_are_told_apart() -> None:
    server = Counting((1, 3, 5), modseq=25, next_uid=6, changed=(2, 3, 5))
    changes = await server.changes(bookmark(), 1, 2, 3)
    assert server.heard == [UNSEEN, "UID SEARCH RETURN (ALL) UID 4:5", SEARCH, SINCE]
    assert (changes.arrived, changes.vanished, changes.flags) == ((5,), (2,), {3: SEEN_ONLY})


async def test_where_changed_flags_are_not_told_all_are_read() -> None:
    server = Counting((1, 3, 5), modseq=25, next_uid=6)
    server.refuses = ("UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE",)
    changes = await server.changes(bookmark(), 1, 2, 3)
    assert server.heard[-2:] == [SINCE, ROWS]
    assert (changes.arrived, changes.vanished) == ((5,), (2,))
    assert changes.flags == {1: SEEN_ONLY, 3: SEEN_ONLY}
    assert changes.bookmark.unseen == 1


@pytest.mark.parametrize(
    "since",
    [bookmark(modseq=0), bookmark(next_uid=0), bookmark(modseq=21), bookmark(next_uid=5)],
    ids=["no MODSEQ", "no UIDNEXT", "MODSEQ runs back", "UIDNEXT runs back"],
)
async def test_where_a_bookmark_cannot_be_trusted_all_flags_are_read(since: Bookmark) -> None:
    server = Counting((1, 2, 3))
    changes = await server.changes(since, 1, 2, 3)
    assert server.heard == [UNSEEN, ROWS]
    assert changes.flags == {1: SEEN_ONLY, 2: NONE, 3: SEEN_ONLY}
    assert changes.bookmark == bookmark()


async def test_a_first_pull_lists_without_flags_and_takes_the_unread_as_counted() -> None:
    server = Counting((1, 2, 3, 5), next_uid=6)
    changes = await server.changes(None)
    assert server.heard == [UNSEEN, SEARCH]
    assert (changes.arrived, changes.reset, changes.flags) == ((1, 2, 3, 5), False, {})
    assert changes.bookmark == bookmark(next_uid=6, total=4, unseen=2)


async def test_without_a_bookmark_what_is_known_is_compared() -> None:
    server = Counting((1, 2, 3))
    changes = await server.changes(None, 2, 8)
    assert server.heard == [UNSEEN, ROWS]
    assert (changes.arrived, changes.vanished) == ((1, 3), (8,))
    assert changes.flags == {2: NONE}


async def test_after_another_uidvalidity_nothing_known_counts() -> None:
    server = Counting((1, 2, 3), modseq=25)
    changes = await server.changes(Bookmark(6, 4, 20, 3, 0), 1, 2, 9)
    assert server.heard == [UNSEEN, SEARCH]
    assert changes.reset
    assert (changes.arrived, changes.vanished, changes.flags) == ((1, 2, 3), (), {})


async def test_a_plain_server_tells_the_unread_by_their_rows() -> None:
    server = Counting((1, 2, 3, 5), capabilities=PLAIN, modseq=0, next_uid=6)
    changes = await server.changes(None)
    assert server.heard == [ROWS]
    assert changes.arrived == (1, 2, 3, 5)
    assert changes.bookmark == bookmark(next_uid=6, modseq=0, total=4, unseen=2)
    empty = Counting((), capabilities=PLAIN, modseq=0, next_uid=6)
    changes = await empty.changes(bookmark(modseq=0), 1, 2)
    assert empty.heard == []
    assert (changes.arrived, changes.vanished, changes.bookmark.unseen) == ((), (1, 2), 0)


@pytest.mark.parametrize("known", [(), (1, 2, 9)])
async def test_what_is_counted_and_never_listed_is_told_and_nothing_has_gone(
    known: Sequence[int],
) -> None:
    server = Counting((1, 2, 3))
    server.total = 5
    changes = await server.changes(bookmark(), *known)
    assert changes.arrived == tuple(sorted({1, 2, 3} - {*known}))
    assert (changes.vanished, changes.unreadable) == ((), 2)
    assert changes.bookmark == bookmark(total=5)


@pytest.mark.parametrize("capabilities", [COUNTING, PLAIN])
async def test_each_way_of_listing_is_tried_before_something_is_missing(capabilities: str) -> None:
    server = Counting((1, 2, 3), capabilities=capabilities, modseq=0)
    server.total = 4
    changes = await server.changes(None)
    first, second = (SEARCH, ROWS) if "ESEARCH" in capabilities else (ROWS, "UID SEARCH ALL")
    told = [command for command in server.heard if command != UNSEEN]
    assert told[:4] == [first, "NOOP", second, "NOOP"]
    assert (changes.arrived, changes.unreadable) == ((1, 2, 3), 1)


async def test_where_what_arrived_cannot_be_listed_it_is_told() -> None:
    server = Counting((1, 2, 3, 5), next_uid=6)
    server.refuses = ("UID SEARCH RETURN (ALL)", "UID FETCH 4:5")
    with pytest.raises(Refused, match=r"refused to list the new messages in INBOX.*no FETCH"):
        await server.changes(bookmark(), 1, 2, 3)


@pytest.mark.parametrize(("capabilities", "first"), [(COUNTING, "SEARCH"), (PLAIN, "FETCH")])
async def test_where_no_way_of_listing_is_granted_the_first_answer_is_told(
    capabilities: str, first: str
) -> None:
    server = Counting((1, 2, 3), capabilities=capabilities, modseq=0)
    server.refuses = ("UID SEARCH RETURN (ALL)", "UID SEARCH ALL", "UID FETCH")
    with pytest.raises(Refused, match=rf"refused to list the messages in INBOX.*no {first}"):
        await server.changes(None)


async def test_a_way_of_listing_that_was_refused_is_not_tried_again() -> None:
    server = Counting((1, 2, 3))
    server.refuses = ("UID SEARCH RETURN (ALL)",)
    async with serving(server.serve) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        for expected in ([SEARCH, "NOOP", ROWS], [ROWS]):
            server.heard.clear()
            changes = await backend.changes(INBOX, None, ())
            told = [command for command in server.heard if command != UNSEEN]
            assert told[-len(expected) :] == expected
            assert changes.arrived == (1, 2, 3)
    assert SEARCH not in server.heard


async def test_of_more_than_was_counted_what_came_later_comes_next() -> None:
    server = Counting((1, 2, 3, 5, 8), modseq=0, next_uid=5)
    server.total = 3
    changes = await server.changes(None, 1)
    assert changes.arrived == (2, 3)
    # Of a UIDNEXT that is too low nothing follows.
    server = Counting((1, 2, 3, 5, 8), modseq=0, next_uid=5)
    assert (await server.changes(None, 1)).arrived == (2, 3, 5, 8)


async def test_what_goes_while_it_is_listed_is_counted_once() -> None:
    server = Counting((1, 3), capabilities=PLAIN, modseq=0)
    server.total = 4
    server.beside = ["* 2 EXPUNGE"]
    changes = await server.changes(None, 1, 2)
    # One went, of another nothing is known: then nothing is gone for sure.
    assert (changes.unreadable, changes.vanished) == (1, ())
    server.total = 3
    changes = await server.changes(None, 1, 2)
    assert (changes.unreadable, changes.vanished) == (0, (2,))


@pytest.mark.parametrize("rows", [0, 1])
async def test_no_end_of_rows_is_believed(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(listing, "_SPARE", 0)
    server = Counting((1, 2, 3)[:2], capabilities=PLAIN, modseq=0)
    server.total = 2
    server.beside = ["* 9 FETCH (((("] * (2 + rows)
    if rows:
        with pytest.raises((Refused, Unreachable), match="more messages than it counts"):
            await server.changes(None)
    else:
        assert (await server.changes(None)).arrived == (1, 2)
