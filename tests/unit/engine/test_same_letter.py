"""A known UIDL whose letter changed: the same letter is listed once, another one beside it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import letter
from tests.servers.pop3_server import Letter, Pop3Server, Uidls
from tests.unit.engine.test_drain import Machine
from tuimail.engine.leaving import note_removed
from tuimail.engine.same_letter import Print, head_print
from tuimail.model.uid import uid_of
from tuimail.store.maildrop import Drop

FIRST, SECOND, THIRD = (letter(f"No. {number}", "x" * 400 + "\r\n") for number in range(3))


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    async with Pop3Server().open() as server:
        server.letters = [Letter(FIRST, "first"), Letter(SECOND, "second")]
        made = Machine(tmp_path, server, days=None)
        yield made
        await made.close()


def noted(content: bytes, *fields: bytes) -> bytes:
    """As an mbox server gives it once it was read."""
    return content.replace(b"\r\n\r\n", b"\r\n" + b"".join(fields) + b"\r\n", 1)


NOTES = [
    (b"Status: RO\r\n",),
    (b"status: O\r\n", b"X-Status: AF\r\n"),
    (b"X-UID: 7\r\n", b"Status: RO\r\n"),
    (b"X-Keywords: $Forwarded\r\n\tNonJunk\r\n \tmore\r\n",),
    (b"X-IMAPbase: 1117 12\r\n", b"X-UIDL: abc\r\n", b"Content-Length: 402\r\n"),
    (b"X-Mozilla-Status: 0001\r\n", b"X-Mozilla-Status2: 00000000\r\n"),
]


@pytest.mark.parametrize("notes", NOTES)
async def test_what_a_server_notes_in_a_letter_makes_no_other_one(
    machine: Machine, notes: tuple[bytes, ...]
) -> None:
    await machine.drain()
    for each in machine.server.letters:
        each.content = noted(each.content, *notes)
    for _ in range(2):
        assert await machine.drain() == []
    assert machine.contents == sorted([FIRST, SECOND])
    assert machine.server.heard["RETR"] == 4
    there = {Print.of(each.content).whole for each in machine.server.letters}
    assert {drop.sha256 for drop in await machine.drops()} == there


async def test_notes_that_come_and_change_and_go_make_no_other_letter(machine: Machine) -> None:
    await machine.drain()
    for notes in NOTES:
        machine.server.letters[0].content = noted(FIRST, *notes)
        await machine.drain()
    machine.server.letters[0].content = FIRST
    machine.days = 0
    await machine.drain()
    assert machine.contents == sorted([FIRST, SECOND])
    assert machine.server.letters == []


@pytest.mark.parametrize("uidls", [Uidls.NONE, Uidls.TWINS, Uidls.CHANGING])
async def test_where_uidls_say_nothing_notes_make_no_other_letter_either(
    machine: Machine, uidls: Uidls
) -> None:
    machine.server.uidls = uidls
    await machine.drain()
    for each in machine.server.letters:
        each.content = noted(each.content, *NOTES[0])
    await machine.drain()
    assert machine.contents == sorted([FIRST, SECOND])


async def test_a_note_added_while_the_journal_did_not_know_doubles_nothing(
    machine: Machine,
) -> None:
    """Stored, and dead before it was noted; meanwhile the server wrote into its mbox."""
    machine.server.letters[0].content = noted(FIRST, b"Status: O\r\n")
    await machine.drain()
    await machine.disk(lambda store: store.maildrop.begin_anew([]))
    machine.server.letters[0].content = noted(FIRST, b"Status: RO\r\n")
    await machine.drain()
    assert len(machine.contents) == 2


async def test_a_size_that_wavers_is_looked_at_twice_and_then_by_the_header(
    machine: Machine,
) -> None:
    for size in (400, 500, 600, 700, 800, 900):
        machine.server.letters[0].listed_size = size
        assert await machine.drain() == []
    assert machine.contents == sorted([FIRST, SECOND])
    assert machine.server.heard["RETR"] == 4
    assert machine.server.heard["TOP"] == 3


async def test_a_steady_size_that_is_wrong_is_looked_at_once(machine: Machine) -> None:
    await machine.drain()
    for each in machine.server.letters:
        each.listed_size = len(each.content) + 12
    for _ in range(3):
        await machine.drain()
    assert machine.server.heard["RETR"] == 4
    assert machine.server.heard["TOP"] == 0


async def test_only_what_changed_counts_as_unsteady(machine: Machine) -> None:
    machine.server.uidls = Uidls.CHANGING
    for _ in range(3):
        await machine.drain()
    assert {drop.unsteady for drop in await machine.drops() if drop.on_server} == {0}
    machine.server.letters[0].listed_size = 7
    machine.server.letters[1].content = noted(SECOND, *NOTES[0])
    machine.server.letters[1].listed_size = len(SECOND)
    await machine.drain()
    assert {drop.unsteady for drop in await machine.drops() if drop.on_server} == {1}


async def test_another_letter_under_a_size_that_wavers_comes_too(machine: Machine) -> None:
    for size in (400, 500, 600, 700):
        machine.server.letters[0].listed_size = size
        await machine.drain()
    machine.server.letters[0] = Letter(THIRD, "first", 800)
    await machine.drain()
    assert machine.contents == sorted([FIRST, SECOND, THIRD])


@pytest.mark.parametrize("size", [None, len(FIRST), 7])
async def test_a_uidl_that_is_used_for_another_letter_hides_and_loses_nothing(
    machine: Machine, size: int | None
) -> None:
    await machine.drain()
    other = letter("Another one, of another length", "y" * 900 + "\r\n")
    machine.server.letters[0] = Letter(other, "first", size)
    for days in (None, 0, 0):
        machine.days = days
        await machine.drain()
    assert machine.contents == sorted([FIRST, SECOND, other])
    assert machine.server.letters == []


async def test_the_days_of_another_letter_begin_anew(machine: Machine) -> None:
    machine.days = 10
    await machine.drain()
    other = letter("Another one", "y" * 900 + "\r\n")
    machine.server.letters[0] = Letter(other, "first", len(FIRST))
    machine.ahead = timedelta(days=11)
    for _ in range(2):
        await machine.drain()
        assert machine.contents == sorted([FIRST, SECOND, other])
        assert other in machine.server.contents
    machine.ahead = timedelta(days=22)
    await machine.drain()
    assert machine.server.letters == []


@pytest.mark.parametrize(
    "change", [(b"xxx", b"xyx"), (b"No. 0", b"No. 9"), (b"Date: F", b"Date: S")]
)
async def test_a_letter_of_the_same_size_with_other_bytes_is_not_deleted_unseen(
    machine: Machine, change: tuple[bytes, bytes]
) -> None:
    """Also without TOP where the UIDL is a number."""
    machine.server.tops = change[0] != b"xxx"
    machine.server.letters[0].uidl = "1"
    machine.days = 10
    await machine.drain()
    other = FIRST.replace(*change, 1)
    assert len(other) == len(FIRST)
    assert other != FIRST
    machine.server.letters[0].content = other
    machine.ahead = timedelta(days=11)
    await machine.drain()
    assert machine.contents == sorted([FIRST, SECOND, other])
    assert other in machine.server.contents


async def test_one_uidl_that_was_used_again_makes_the_others_be_looked_at(
    machine: Machine,
) -> None:
    """A server that counts its messages anew: most have the size that their place had."""
    machine.server.uidls = Uidls.NUMBERS
    same = [letter(f"{number:04}", "x" * 300, message_id=f"<{number:04}@a>") for number in range(8)]
    machine.server.letters = [Letter(each, "") for each in (FIRST, *same)]
    await machine.drain()
    fresh = [letter(f"{n:04}", "x" * 300, message_id=f"<{n:04}@a>") for n in range(20, 28)]
    machine.server.letters = [Letter(each, "") for each in (SECOND + b"more\r\n", *fresh)]
    await machine.drain()
    assert machine.contents == sorted([FIRST, *same, SECOND + b"more\r\n", *fresh])


async def test_a_letter_that_the_user_deleted_here_does_not_come_back_for_a_note(
    machine: Machine,
) -> None:
    await machine.drain()
    for path in (machine.maildir.root / "new").iterdir():
        path.unlink()
    for each in machine.server.letters:
        each.content = noted(each.content, *NOTES[0])
    await machine.drain()
    assert machine.contents == []


async def test_a_twin_that_takes_its_sisters_place_in_the_journal_is_stored(
    machine: Machine,
) -> None:
    """The new one is listed first, while the known one has got another size."""
    machine.server.letters = [Letter(FIRST, "first")]
    await machine.drain()
    machine.server.letters = [Letter(FIRST, "new"), Letter(FIRST, "first", 77)]
    machine.days = 0
    await machine.drain()
    assert machine.contents == [FIRST, FIRST]


async def test_what_an_older_version_noted_is_compared_with_its_file(machine: Machine) -> None:
    await machine.drain()

    def forget(store: object) -> None:
        assert hasattr(store, "_journal")
        store._journal.run("UPDATE maildrop SET core = x'', head = x'', seen_at = NULL")

    await machine.disk(forget)
    machine.server.letters[0].content = noted(FIRST, *NOTES[2])
    await machine.drain()
    assert machine.contents == sorted([FIRST, SECOND])
    assert machine.server.heard["RETR"] == 3
    machine.days = 0
    await machine.drain()
    assert machine.server.letters == []
    assert machine.server.heard["RETR"] == 3


@pytest.mark.parametrize("tops", [True, False])
async def test_only_what_is_the_same_leaves_the_server_in_a_later_session(
    machine: Machine, tops: bool
) -> None:
    """Without TOP the UIDL is believed (RFC 1939 7)."""
    machine.server.tops = tops
    await machine.drain()
    machine.days = 0
    await machine.drain()
    assert machine.server.letters == []
    assert machine.server.heard["RETR"] == 2


async def test_a_header_that_top_gives_otherwise_costs_a_second_look(machine: Machine) -> None:
    await machine.drain()
    machine.server.head_of = lambda content: b"X-Made-Up: yes\r\n" + content
    machine.days = 0
    await machine.drain()
    assert machine.server.letters == []
    assert machine.contents == sorted([FIRST, SECOND])
    assert machine.server.heard["RETR"] == 4


async def test_a_size_that_changed_holds_up_no_other_letter(machine: Machine) -> None:
    await machine.drain()
    machine.server.letters[1].listed_size = 7
    machine.days = 0
    await machine.drain()
    assert machine.server.letters == []


async def test_uidls_that_change_let_only_leave_what_was_seen_again(machine: Machine) -> None:
    """One of them changed: it is not known how many others did (security.md P4)."""
    machine.days = 10
    await machine.drain()
    machine.server.letters[1].uidl = "changed"
    machine.ahead = timedelta(days=11)
    await machine.drain()
    assert machine.server.contents == [FIRST]
    await machine.drain()
    assert machine.server.letters == []


def test_notes_are_left_out_of_the_core_and_of_the_header() -> None:
    plain = b"From: a@b\r\nSubject: x\r\n\r\nStatus: of the body\r\n"
    print_ = Print.of(plain)
    assert print_.whole == print_.core
    for notes in NOTES:
        other = Print.of(noted(plain, *notes))
        assert other.whole != print_.whole
        assert (other.core, other.head) == (print_.core, print_.head)
    front = Print.of(b"Status: RO\r\n" + plain)
    assert (front.core, front.head) == (print_.core, print_.head)


@pytest.mark.parametrize(
    "other",
    [
        b"From: a@b\r\nSubject: x\r\n\r\nAnother body\r\n",
        b"From: a@b\r\nSubject: y\r\n\r\nStatus: of the body\r\n",
        b"From: a@b\r\nSubject: x\r\n\r\n",
        b"From: a@b\r\nSubject: x\r\nX-Statuses: 1\r\n\r\nStatus: of the body\r\n",
        b"From: a@b\r\nSubject: x\r\nMy-Status: RO\r\n\r\nStatus: of the body\r\n",
    ],
)
def test_whatever_else_differs_makes_another_core(other: bytes) -> None:
    assert (
        Print.of(other).core
        != Print.of(b"From: a@b\r\nSubject: x\r\n\r\nStatus: of the body\r\n").core
    )


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\r\n\r\n", b"\r\n\r\nThe body\r\n"])
def test_a_header_alone_is_known_however_it_ends(end: bytes) -> None:
    whole = b"From: a@b\r\nStatus: RO\r\nSubject: x\r\n\r\nThe body\r\n"
    assert head_print(b"From: a@b\r\nSubject: x" + end) == Print.of(whole).head


async def test_beginning_anew_keeps_what_is_to_be_kept_and_nothing_else(machine: Machine) -> None:
    await machine.drain()
    first, second = sorted(await machine.drops(), key=lambda drop: drop.uidl)
    await machine.disk(lambda store: store.maildrop.keep([first.uidl], kept=True))
    now = datetime.now(UTC)
    anew = [
        Drop(f"copied {n}", drop.sha256, drop.name, drop.size, now)
        for n, drop in enumerate((first, second), 1)
    ]
    await machine.disk(lambda store: store.maildrop.begin_anew(anew))
    assert {drop.uidl: drop.kept for drop in await machine.drops()} == {
        "copied 1": True,
        "copied 2": False,
    }
    machine.days = 0
    await machine.drain()
    assert machine.server.contents == [FIRST]
    assert machine.contents == sorted([FIRST, SECOND])


async def test_what_left_the_server_is_noted_when_the_server_has_confirmed_it(
    machine: Machine,
) -> None:
    machine.days = 0
    await machine.drain()
    assert [drop.on_server for drop in await machine.drops()] == [False, False]


@pytest.mark.parametrize(
    ("tops", "changed", "stays"), [(True, False, 0), (True, True, 1), (False, False, 0)]
)
async def test_a_placeholder_that_was_deleted_takes_only_its_own_letter_along(
    machine: Machine, tops: bool, changed: bool, stays: int
) -> None:
    machine.server.tops = tops
    machine.max_size, machine.with_local = 300, True
    machine.server.letters = [Letter(FIRST, "first")]
    await machine.drain()
    (drop,) = await machine.drops()
    await machine.disk(note_removed, [uid_of(drop.name)], datetime.now(UTC))
    (path,) = (machine.placeholders.root / "new").iterdir()
    path.unlink()
    if changed:
        machine.server.letters[0].content = FIRST.replace(b"No. 0", b"No. 7")
    await machine.drain()
    assert len(machine.server.letters) == stays


async def test_who_says_in_the_last_moment_that_a_letter_is_to_stay_is_heard(
    machine: Machine,
) -> None:
    await machine.drain()
    machine.days = 0
    saying: list[asyncio.Task[None]] = []

    def keep(content: bytes) -> bytes:
        """While the header is looked at, before DELE."""
        if not saying:
            done = machine.disk(lambda store: store.maildrop.keep(["first"], kept=True))
            saying.append(asyncio.ensure_future(done))
        return content

    machine.server.head_of = keep
    await machine.drain()
    assert machine.server.contents == [FIRST]


@pytest.mark.parametrize(
    ("uidl", "fetched"), [("17", 2), ("0001", 2), ("20041129", 1), ("ab", 1), ("a1b2c3", 1)]
)
async def test_without_top_a_uidl_is_believed_that_is_more_than_a_number(
    machine: Machine, uidl: str, fetched: int
) -> None:
    machine.server.tops = False
    machine.server.letters = [Letter(FIRST, uidl)]
    await machine.drain()
    machine.days = 0
    await machine.drain()
    assert machine.server.letters == []
    assert machine.server.heard["RETR"] == fetched


async def test_what_cannot_be_looked_at_again_stays_there_and_is_named(machine: Machine) -> None:
    await machine.drain()
    machine.server.head_of = lambda content: b"X-Made-Up: yes\r\n" + content
    machine.server.letters[0].refused = True
    machine.days = 0
    (sentence,) = await machine.drain()
    assert "not this one" in sentence
    assert machine.server.contents == [FIRST]
    assert machine.contents == sorted([FIRST, SECOND])
