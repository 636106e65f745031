"""What a backend promises about fetching messages."""

from email import message_from_bytes

import pytest

from tests.builders import NOON, letter
from tests.contract.checking import (
    ARCHIVE,
    LABEL,
    assert_in_step,
    check,
    fetch,
    steadily,
    validity_of,
)
from tests.contract.world import World
from tuimail.backend.base import Refused
from tuimail.model.mail import FLAGGED, INBOX, SEEN
from tuimail.model.sync import Part

AWKWARD_CONTENTS = {
    "no body": b"Subject: nothing\r\n\r\n",
    "no header": b"\r\nonly a body\r\n",
    "no last line end": b"Subject: abrupt\r\n\r\nthe end",
    "8-bit header and body": "Subject: Grüße aus Łódź\r\n\r\nÄpfel und Öl\r\n".encode(),
    "not even UTF-8": b"Subject: \xe4\xf6\xfc\r\n\r\n\xff\xfe\xfd\r\n",
    "a long line": b"Subject: long\r\n\r\n" + b"x" * 70_000 + b"\r\n",
    "many header lines": b"X-Line: y\r\n" * 2_000 + b"Subject: far down\r\n\r\nbody\r\n",
    "lines that look like answers": (
        b"Subject: {5}\r\n\r\n* 1 FETCH (FLAGS (\\Deleted))\r\nA0001 OK done\r\n+ go on\r\n"
        b"* BYE\r\n)\r\n{3}\r\n.\r\n..\r\nUID 4294967295)\r\n"
    ),
    "folded and odd fields": b"Subject: one\r\n two\r\n\tthree\r\nx_y: \r\n: no name\r\n\r\nb\r\n",
    "big": b"Subject: big\r\n\r\n" + b"0123456789abcdef" * 4 * 16_000 + b"\r\n",
}


@check()
async def a_full_message_is_the_exact_bytes_with_flags_date_and_size(world: World) -> None:
    content = letter()
    uid = await world.deliver(content, flags=[SEEN, LABEL], received=NOON)
    fetched = (await fetch(world, [uid]))[uid]
    assert fetched.content == content
    assert fetched.flags == {SEEN, LABEL}
    assert fetched.received == NOON
    assert fetched.size == len(content)


ENVELOPE_FIELDS = ("Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "References")


@check()
async def headers_have_what_an_envelope_needs_and_size_is_the_whole(world: World) -> None:
    content = letter(body="One.\n\nTwo.\n", in_reply_to="<question@example.net>")
    uid = await world.deliver(content, flags=[FLAGGED], received=NOON)
    fetched = (await fetch(world, [uid], Part.HEADERS))[uid]
    assert fetched.content.index(b"\r\n\r\n") == len(fetched.content) - 4
    assert_fields_of(fetched.content, content)
    header = message_from_bytes(fetched.content)
    assert [name for name in ENVELOPE_FIELDS if name not in header] == []
    assert "text/plain" in header["Content-Type"]
    assert fetched.size == len(content)
    assert fetched.flags == {FLAGGED}
    assert fetched.received == NOON


@check()
async def awkward_contents_come_unharmed(world: World) -> None:
    uids = {await world.deliver(content): name for name, content in AWKWARD_CONTENTS.items()}
    full = await fetch(world, sorted(uids))
    for uid, name in uids.items():
        assert full[uid].content == AWKWARD_CONTENTS[name], name
        assert full[uid].size == len(AWKWARD_CONTENTS[name]), name
    headers = await fetch(world, sorted(uids), Part.HEADERS)
    assert headers.keys() == uids.keys()
    for uid, name in uids.items():
        assert_fields_of(headers[uid].content, AWKWARD_CONTENTS[name])
    await assert_in_step(world)


def assert_fields_of(part: bytes, whole: bytes) -> None:
    """All lines of `part` are in the header of `whole`, in that order, unchanged."""
    lines = iter(whole.partition(b"\r\n\r\n")[0].split(b"\r\n"))
    for line in part.removesuffix(b"\r\n\r\n").split(b"\r\n"):
        assert not line or line in lines


@check()
async def fetching_never_marks_as_read(world: World) -> None:
    uid = await world.deliver(letter())
    await fetch(world, [uid], Part.HEADERS)
    await fetch(world, [uid], Part.FULL)
    assert (await world.truth())[uid].flags == frozenset()


@check()
async def missing_uids_are_left_out(world: World) -> None:
    there, gone = await world.deliver(letter()), await world.deliver(letter())
    await world.expunge(INBOX, gone)
    for part in Part:
        assert list(await fetch(world, [gone, there, there + 1000], part)) == [there]
        assert await fetch(world, [gone], part) == {}
        assert await fetch(world, [], part) == {}


@check()
async def many_messages_come_each_once_in_whatever_order_they_are_asked(world: World) -> None:
    contents = {await world.deliver(body): body for body in (letter(f"No. {n}") for n in range(70))}
    backwards = sorted(contents, reverse=True)
    mixed = backwards[::2] + backwards[1::2]
    fetched = await fetch(world, mixed)
    assert {uid: each.content for uid, each in fetched.items()} == contents


@check()
async def another_uidvalidity_is_refused(world: World) -> None:
    uid = await world.deliver(letter())
    old = await validity_of(world, INBOX)
    await world.renumber(INBOX)

    async def fetch_by_old_name() -> None:
        with pytest.raises(Refused):
            await fetch(world, [uid], validity=old)

    await steadily(world, fetch_by_old_name)


@check()
async def a_fetch_that_is_given_up_harms_nothing(world: World) -> None:
    uids = [await world.deliver(letter(f"No. {n}", "x" * 5_000)) for n in range(30)]
    validity = await validity_of(world, INBOX)
    stream = world.backend.fetch(INBOX, validity, uids, Part.FULL)
    async for _ in stream:
        break
    close = getattr(stream, "aclose", None)
    if close is not None:
        await close()
    await world.backend.connect()
    await world.deliver(letter(), ARCHIVE)
    await assert_in_step(world, ARCHIVE)
    await assert_in_step(world)


@check()
async def a_message_that_changes_flags_between_fetches_is_fetched_anew(world: World) -> None:
    uid = await world.deliver(letter())
    assert (await fetch(world, [uid], Part.HEADERS))[uid].flags == frozenset()
    await world.set_flags(INBOX, uid, add=[SEEN])
    assert (await fetch(world, [uid], Part.HEADERS))[uid].flags == {SEEN}


@check()
async def a_message_in_pieces_is_the_same_bytes(world: World) -> None:
    big = b"Subject: big\r\n\r\n" + bytes(range(33, 113)) * 60_000 + b"\r\n"
    uids = [await world.deliver(content) for content in (big, letter())]
    validity = await validity_of(world, INBOX)
    for uid in uids:
        whole = (await fetch(world, [uid]))[uid].content
        pieces = [each async for each in world.backend.pieces(INBOX, validity, uid)]
        assert b"".join(pieces) == whole
        assert max(map(len, pieces)) <= 5_000_000
    await world.expunge(INBOX, uids[1])
    assert [each async for each in world.backend.pieces(INBOX, validity, uids[1])] == []
    with pytest.raises(Refused):
        assert [each async for each in world.backend.pieces(INBOX, validity + 1, uids[0])]
