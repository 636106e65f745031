"""The IMAP backend on a real Dovecot: what its contract does not say of every server."""

import asyncio
import base64
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.integration.imap_accounts import connected, settings_of
from tests.servers.dovecot import Dovecot
from tests.servers.mail_user import MailUser
from tests.servers.proxy import Direction, Fault, Kind, Proxy
from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.imap.backend import ImapBackend, Patience
from tuimail.backend.imap.settings import Security
from tuimail.model.mail import DELETED, FLAGGED, INBOX, SEEN, MailboxName, MessageKey
from tuimail.model.operation import Append, Move, StoreFlags
from tuimail.model.sync import Part, ServerId

LETTER = b"Subject: hello\r\nMessage-ID: <%d@example.org>\r\n\r\nto you\r\n"
ARCHIVE = MailboxName("Archive")


async def ids_in(backend: ImapBackend, mailbox: MailboxName = INBOX) -> dict[MessageKey, ServerId]:
    changes = await backend.changes(mailbox, None, [])
    return {MessageKey(uid): ServerId(changes.bookmark.validity, uid) for uid in changes.arrived}


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
@pytest.mark.parametrize("pipeline", [0, 1])
async def test_mail_comes_by_every_way(
    security: Security, pipeline: int, mail_user: MailUser
) -> None:
    for number in range(3):
        mail_user.deliver(LETTER % number)
    async with connected(mail_user, security, pipeline=pipeline) as backend:
        assert INBOX in {mailbox.name for mailbox in await backend.mailboxes()}
        ids = await ids_in(backend)
        validity = ids[MessageKey(1)].validity
        for part in Part:
            messages = [each async for each in backend.fetch(INBOX, validity, list(ids), part)]
            assert len(messages) == 3
        await backend.perform(Move(INBOX, frozenset(ids), ARCHIVE), ids)
    assert {letter.mailbox for letter in mail_user.letters()} == {"Archive"}


@pytest.mark.parametrize("pipeline", [0, 1])
async def test_what_came_into_the_selected_mailbox_counts(
    pipeline: int, mail_user: MailUser
) -> None:
    async with connected(mail_user, "none", pipeline=pipeline) as backend:
        for number in range(1, 5):
            mail_user.deliver(LETTER % number)
            inbox = next(box for box in await backend.mailboxes() if box.name == INBOX)
            assert inbox.status is not None
            assert (inbox.status.total, inbox.status.next_uid) == (number, number + 1)
            assert len(await ids_in(backend)) == number


async def test_a_wrong_password_is_said_and_tried_once(
    mail_user: MailUser, dovecot: Dovecot
) -> None:
    async def wrong() -> str:
        return "wrong"

    before = dovecot.log().count("auth failed")
    with pytest.raises(NotAuthorized, match="localhost refused the user name or password"):
        await ImapBackend(settings_of(mail_user), wrong).connect()
    await asyncio.sleep(0.1)
    assert dovecot.log().count("auth failed") <= before + 1


async def test_a_pinned_certificate_is_enough(mail_user: MailUser) -> None:
    async def secret() -> str:
        return mail_user.password

    pin = mail_user.server.certificates.fingerprint
    settings = replace(settings_of(mail_user, "tls"), ca_file=None, fingerprint=pin)
    backend = ImapBackend(settings, secret)
    await backend.connect()
    await backend.close()
    with pytest.raises(Refused, match=pin):
        await ImapBackend(replace(settings, fingerprint=None), secret).connect()


async def test_the_log_of_a_whole_session_has_no_secret(
    mail_user: MailUser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mail_user.deliver(LETTER % 1)
    for security in ("none", "starttls"):
        async with connected(mail_user, "tls" if security == "none" else "starttls") as backend:
            await backend.mailboxes()
            ids = await ids_in(backend)
            validity = ids[MessageKey(1)].validity
            _ = [each async for each in backend.fetch(INBOX, validity, [1], Part.FULL)]
    plain = f"\0{mail_user.name}\0{mail_user.password}".encode()
    for secret in (mail_user.password, base64.b64encode(plain).decode(), "hello", "to you"):
        assert secret not in caplog.text
    assert "AUTHENTICATE PLAIN" in caplog.text


async def test_ten_thousand_messages_are_listed_moved_and_flagged(mail_user: MailUser) -> None:
    count = 10_000
    folder = mail_user.maildir() / "cur"
    sample = LETTER.replace(b"\r\n", b"\n")
    mail_user.deliver(LETTER % 0)
    owner = folder.stat()
    for number in range(1, count):
        file = folder / f"1700000000.{number:05}.tests:2,{'S' if number % 2 else ''}"
        file.write_bytes(sample % number)
        if os.geteuid() == 0:
            os.chown(file, owner.st_uid, owner.st_gid)
    async with connected(mail_user) as backend:
        first = await backend.changes(INBOX, None, [])
        assert len(first.arrived) == count
        ids = {MessageKey(n): ServerId(first.bookmark.validity, n) for n in first.arrived}
        some = frozenset(list(ids)[::2])
        await backend.perform(StoreFlags(INBOX, some, add=frozenset({FLAGGED})), ids)
        second = await backend.changes(INBOX, first.bookmark, first.arrived)
        assert {uid for uid, flags in second.flags.items() if FLAGGED in flags} == some
        moved = await backend.perform(Move(INBOX, some, ARCHIVE), ids)
        assert len({id for id in moved.values() if id}) == len(some)
        third = await backend.changes(INBOX, second.bookmark, first.arrived)
        assert set(third.vanished) == some
        validity = third.bookmark.validity
        left = sorted(set(first.arrived) - some)
        stream = backend.fetch(INBOX, validity, left, Part.HEADERS)
        assert sorted([each.uid async for each in stream]) == left


# --- lines that break


QUICK = Patience(silence=1.0, handshake=1.0, opening=2.0, probe=0.5)


def through(proxy: Proxy, user: MailUser) -> ImapBackend:
    """A backend of little patience whose line goes through `proxy`."""

    async def secret() -> str:
        return user.password

    settings = replace(settings_of(user), host=proxy.host, port=proxy.port)
    return ImapBackend(settings, secret, patience=QUICK)


async def first_sync(backend: ImapBackend) -> dict[int, bytes]:
    await backend.connect()
    await backend.mailboxes()
    changes = await backend.changes(INBOX, None, [])
    stream = backend.fetch(INBOX, changes.bookmark.validity, changes.arrived, Part.FULL)
    return {each.uid: each.content async for each in stream}


async def test_a_first_sync_cut_at_any_byte_fails_plainly_and_then_succeeds(
    mail_user: MailUser,
) -> None:
    letters = [LETTER % number for number in range(12)]
    for letter in letters:
        mail_user.deliver(letter)
    async with Proxy(mail_user.host, mail_user.server.imap) as proxy:
        backend = through(proxy, mail_user)
        whole = await first_sync(backend)
        await backend.close()
        length = proxy.passed[Direction.TO_CLIENT]
        assert sorted(whole.values()) == sorted(letters)
    for at in range(0, length - 200, 61):
        fault = Fault(Kind.CUT, Direction.TO_CLIENT, at)
        async with Proxy(mail_user.host, mail_user.server.imap, faults=[fault]) as proxy:
            backend = through(proxy, mail_user)
            with pytest.raises(Unreachable):
                await first_sync(backend)
            assert await first_sync(backend) == whole
            await backend.close()


@pytest.mark.parametrize("at", [0, 10, 500, 1200])
async def test_a_line_that_stalls_is_left_and_opened_anew(at: int, mail_user: MailUser) -> None:
    for number in range(12):
        mail_user.deliver(LETTER % number)
    fault = Fault(Kind.STALL, Direction.TO_CLIENT, at)
    async with Proxy(mail_user.host, mail_user.server.imap, faults=[fault]) as proxy:
        backend = through(proxy, mail_user)
        with pytest.raises(Unreachable, match="did not answer"):
            await first_sync(backend)
        proxy.resume()
        assert len(await first_sync(backend)) == 12
        await backend.close()


async def test_a_large_message_goes_up_and_comes_down_as_it_is(mail_user: MailUser) -> None:
    content = b"Subject: large\r\n\r\n" + bytes(range(1, 10)) * 999_999 + b"\r\n"
    operation = Append(ARCHIVE, MessageKey(1), frozenset({SEEN}), datetime.now(UTC), "x@y")
    async with connected(mail_user, "starttls") as backend:
        answer = await backend.perform(operation, {}, content=content)
        id = answer[MessageKey(1)]
        assert id is not None
        stream = backend.fetch(ARCHIVE, id.validity, [id.uid], Part.FULL)
        assert [each.content async for each in stream] == [content]


async def test_a_read_message_does_not_wait_for_a_long_sync(mail_user: MailUser) -> None:
    for number in range(300):
        mail_user.deliver(LETTER % number + b"x" * 20_000)
    async with connected(mail_user) as backend:
        ids = await ids_in(backend)
        validity = ids[MessageKey(1)].validity
        sync = backend.fetch(INBOX, validity, range(1, 300), Part.FULL)
        assert (await anext(sync)).content
        urgent = backend.fetch(INBOX, validity, [300], Part.FULL)
        assert [each.uid async for each in urgent] == [300]
        assert len([each async for each in sync]) == 298


async def test_a_long_sync_gives_way_to_another_mailbox(mail_user: MailUser) -> None:
    for number in range(400):
        mail_user.deliver(LETTER % number)
    mail_user.deliver(LETTER % 1000, "Archive")
    async with connected(mail_user) as backend:
        validity = (await ids_in(backend))[MessageKey(1)].validity
        taken = 0
        other: asyncio.Task[dict[MessageKey, ServerId]] | None = None
        async for _ in backend.fetch(INBOX, validity, range(1, 401), Part.FULL):
            taken += 1
            if other is None:
                other = asyncio.create_task(ids_in(backend, ARCHIVE))
                await asyncio.sleep(0)
            if other.done():
                break
        assert taken < 400
        assert other is not None
        assert len(await other) == 1


async def test_moved_mail_stays_marked_where_a_server_can_do_no_better(
    poorer_dovecot: Callable[[Sequence[str]], Dovecot],
) -> None:
    server = poorer_dovecot(["IMAP4rev1"])
    user = MailUser(server, server.new_user())
    user.deliver(LETTER % 1)
    user.deliver(LETTER % 2, flags="T")
    async with connected(user) as backend:
        ids = await ids_in(backend)
        await backend.perform(Move(INBOX, frozenset({MessageKey(1)}), ARCHIVE), ids)
    marked = {(letter.mailbox, letter.uid): DELETED in letter.flags for letter in user.letters()}
    assert marked == {("INBOX", 1): True, ("INBOX", 2): True, ("Archive", 1): False}
