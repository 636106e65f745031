"""What a Maildir's backend tells: changes since a bookmark, placeholders, states of folders."""

from pathlib import Path

import pytest

from tests.builders import NOON
from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.maildir.backend import MaildirBackend
from tuimail.backend.maildir.maildir import Maildir, New
from tuimail.model.mail import FLAGGED, INBOX, SEEN, MailboxName, MessageKey, Role
from tuimail.model.operation import Expunge, StoreFlags
from tuimail.model.sync import Part, ServerId
from tuimail.model.uid import uid_of

ARCHIVE = MailboxName("Archive")
HELD = "G" + "0" * 24 + ".tuimail,Z=31000"


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    made = Maildir(tmp_path / "mail")
    made.make()
    for name in ("one", "two"):
        made.deliver(INBOX, [New(name, f"Subject: {name}\n\n".encode(), NOON)])
    return made


@pytest.fixture
def held(tmp_path: Path) -> Maildir:
    made = Maildir(tmp_path / "held")
    made.make()
    made.deliver(MailboxName("Large"), [New(HELD, b"Subject: large\n\nover there\n", NOON)])
    return made


async def test_flags_are_told_again_to_whoever_has_not_heard_them(maildir: Maildir) -> None:
    backend = MaildirBackend(maildir)
    one, two = uid_of("one"), uid_of("two")
    first = await backend.changes(INBOX, None, ())
    assert first.flags == {}
    seen = StoreFlags(INBOX, frozenset({MessageKey(1)}), frozenset({SEEN}))
    await backend.perform(seen, {MessageKey(1): ServerId(1, one)})
    for _ in range(2):
        second = await backend.changes(INBOX, first.bookmark, (one, two))
        assert second.flags.get(one) == frozenset({SEEN})
        assert second.bookmark.unseen == 1
    third = await backend.changes(INBOX, second.bookmark, (one, two))
    assert third.flags == {}
    assert third.bookmark == second.bookmark
    flagged = StoreFlags(INBOX, frozenset({MessageKey(2)}), frozenset({FLAGGED}))
    await backend.perform(flagged, {MessageKey(2): ServerId(1, two)})
    fourth = await backend.changes(INBOX, third.bookmark, (one, two))
    assert fourth.flags == {two: {FLAGGED}}


async def test_a_bookmark_counts_what_is_there(maildir: Maildir) -> None:
    backend = MaildirBackend(maildir)
    bookmark = (await backend.changes(INBOX, None, ())).bookmark
    assert (bookmark.validity, bookmark.total, bookmark.unseen) == (1, 2, 2)
    assert bookmark.next_uid == max(uid_of("one"), uid_of("two")) + 1
    ids = {MessageKey(n): ServerId(1, uid_of(name)) for n, name in enumerate(("one", "two"))}
    await backend.perform(Expunge(INBOX, frozenset(ids)), ids)
    empty = (await backend.changes(INBOX, bookmark, ())).bookmark
    assert (empty.next_uid, empty.total, empty.unseen) == (1, 0, 0)
    assert empty.modseq != bookmark.modseq


async def test_a_placeholder_is_listed_with_the_size_of_what_it_stands_for(
    maildir: Maildir, held: Maildir
) -> None:
    backend = MaildirBackend(maildir, placeholders=held)
    await backend.connect()
    large = MailboxName("Large")
    assert large in {each.name for each in await backend.mailboxes()}
    changes = await backend.changes(large, None, ())
    assert changes.arrived == [uid_of(HELD)]
    (head,) = [each async for each in backend.fetch(large, 1, changes.arrived, Part.HEADERS)]
    assert (head.size, head.here) == (31_000, False)
    assert head.content == b"Subject: large\r\n\r\n"
    assert [each async for each in backend.fetch(large, 1, changes.arrived, Part.FULL)] == []
    (whole,) = [each async for each in backend.fetch(INBOX, 1, [uid_of("one")], Part.FULL)]
    assert (whole.size, whole.here) == (len(b"Subject: one\r\n\r\n"), True)


async def test_a_message_that_is_here_hides_the_state_of_its_placeholder(
    maildir: Maildir, held: Maildir
) -> None:
    held.deliver(INBOX, [New("one", b"Subject: large\n\n", NOON)], letters="S")
    backend = MaildirBackend(maildir, placeholders=held)
    bookmark = (await backend.changes(INBOX, None, ())).bookmark
    assert (bookmark.total, bookmark.unseen) == (2, 2)


async def test_a_mailbox_that_is_not_there_is_refused_and_a_maildir_that_is_away_is_for_later(
    maildir: Maildir,
) -> None:
    backend = MaildirBackend(maildir)
    with pytest.raises(Refused, match="no mailbox Nowhere"):
        await backend.changes(MailboxName("Nowhere"), None, ())
    with pytest.raises(Refused, match="numbered anew"):
        [each async for each in backend.fetch(INBOX, 2, [uid_of("one")], Part.FULL)]
    old = {MessageKey(1): ServerId(2, uid_of("one"))}
    with pytest.raises(Refused, match="numbered anew"):
        await backend.perform(Expunge(INBOX, frozenset(old)), old)
    maildir.root.rename(maildir.root.with_name("away"))
    with pytest.raises(Unreachable, match="is its disk mounted"):
        await backend.changes(INBOX, None, ())


async def test_what_went_during_a_fetch_is_left_out_of_it(
    maildir: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = MaildirBackend(maildir)
    real = maildir.find

    def going(folder: Path, uids: object) -> list[object]:
        found = [*real(folder, [uid_of("one"), uid_of("two")])]
        (maildir.root / "new" / "one").unlink()
        return [*found]

    monkeypatch.setattr(maildir, "find", going)
    uids = [uid_of("one"), uid_of("two")]
    for part in (Part.FULL, Part.HEADERS):
        got = [each async for each in backend.fetch(INBOX, 1, uids, part)]
        assert [each.uid for each in got] == [uid_of("two")]
        (maildir.root / "new" / "one").write_bytes(b"Subject: one\n\n")


async def test_the_usual_mailboxes_are_made_and_serve_their_purpose(maildir: Maildir) -> None:
    sent = MailboxName("Gesendet")
    backend = MaildirBackend(maildir, {Role.SENT: sent})
    await backend.connect()
    roles = {each.name: each.role for each in await backend.mailboxes()}
    assert roles == {
        INBOX: Role.INBOX,
        "Archive": Role.ARCHIVE,
        "Drafts": Role.DRAFTS,
        "Gesendet": Role.SENT,
        "Junk": Role.JUNK,
        "Trash": Role.TRASH,
    }


async def test_a_disk_that_cannot_be_used_is_told_with_its_place(maildir: Maildir) -> None:
    (maildir.root / ".Archive").write_text("a file")
    with pytest.raises(Unreachable, match=r"cannot be used: .*Archive: (File exists|Not a dir)"):
        await MaildirBackend(maildir).connect()
