"""A real Dovecot as a world: the other client is imaplib, the line goes through a proxy."""

import asyncio
import base64
import imaplib
import re
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from tests.contract.world import Feature, Truth, World
from tests.servers.dovecot import Dovecot
from tests.servers.plain_imap import quoted
from tests.servers.proxy import Direction, Fault, Kind, Proxy
from tuimail.backend.base import Backend
from tuimail.backend.imap.backend import ImapBackend
from tuimail.backend.imap.settings import ImapSettings
from tuimail.model.mail import INBOX, Flag, MailboxName

Result = TypeVar("Result")

_NOT_PRINTABLE = re.compile(r"[^ -~]+")
_APPENDED = re.compile(rb"APPENDUID \d+ (\d+)")
_ROW = re.compile(
    rb'UID (?P<uid>\d+).*?FLAGS \((?P<flags>[^)]*)\).*?INTERNALDATE "(?P<date>[^"]*)"', re.DOTALL
)
_FEATURES = (
    ("IDLE", Feature.IDLE),
    ("SPECIAL-USE", Feature.SPECIAL_USE),
    ("UIDPLUS", Feature.TELLS_NEW_IDS),
    ("UIDPLUS", Feature.EXPUNGES_BY_UID),
)


class DovecotWorld(World):
    # Bytes that may still come to the client: nothing, part of a SELECT's answer, more.
    cut_points = (0, 60, 250, 400, 600, 900)

    def __init__(self, dovecot: Dovecot, capabilities: Sequence[str] | None) -> None:
        self.features = features_of(capabilities)
        self._dovecot = dovecot
        self._user = dovecot.new_user()
        self._proxy = Proxy(dovecot.host, dovecot.imaps)
        self._other = imaplib.IMAP4(dovecot.host, dovecot.imap, timeout=20)
        self._other.login(self._user, dovecot.password)

    @classmethod
    async def open(
        cls, dovecot: Dovecot, capabilities: Sequence[str] | None = None
    ) -> "DovecotWorld":
        world = cls(dovecot, capabilities)
        await world._proxy.open()
        world.backend = await world.new_client()
        await world.backend.connect()
        return world

    async def new_client(self, *, right_password: bool = True) -> Backend:
        async def secret() -> str:
            return self._dovecot.password if right_password else "open barley"

        settings = ImapSettings(
            host=self._proxy.host,
            port=self._proxy.port,
            security="tls",
            username=self._user,
            ca_file=self._dovecot.certificates.ca_file,
        )
        return ImapBackend(settings, secret)

    async def deliver(
        self,
        content: bytes,
        mailbox: MailboxName = INBOX,
        flags: Collection[Flag] = (),
        received: datetime | None = None,
    ) -> int:
        date = received or datetime.now(UTC)

        def append() -> int:
            stamp = imaplib.Time2Internaldate(date)
            listed = f"({' '.join(flags)})"
            rows = _asked(self._other.append(_name(mailbox), listed, stamp, content))
            found = _APPENDED.search(b"".join(rows))
            assert found, rows
            return int(found[1])

        return await asyncio.to_thread(append)

    async def set_flags(
        self,
        mailbox: MailboxName,
        uid: int,
        add: Collection[Flag] = (),
        remove: Collection[Flag] = (),
    ) -> None:
        def store() -> None:
            for sign, flags in (("+", add), ("-", remove)):
                if flags:
                    self._uid("STORE", str(uid), f"{sign}FLAGS", f"({' '.join(flags)})")

        await self._in(mailbox, store)

    async def expunge(self, mailbox: MailboxName, *uids: int) -> None:
        await self._in(mailbox, lambda: self._expunge(*uids))

    async def move(self, mailbox: MailboxName, uid: int, target: MailboxName) -> None:
        def move() -> None:
            self._uid("COPY", str(uid), _name(target))
            self._expunge(uid)

        await self._in(mailbox, move)

    async def create(self, mailbox: MailboxName) -> None:
        _asked(await asyncio.to_thread(self._other.create, _name(mailbox)))

    async def delete(self, mailbox: MailboxName) -> None:
        _asked(await asyncio.to_thread(self._other.delete, _name(mailbox)))

    async def rename(self, mailbox: MailboxName, new_name: MailboxName) -> None:
        _asked(await asyncio.to_thread(self._other.rename, _name(mailbox), _name(new_name)))

    async def renumber(self, mailbox: MailboxName) -> None:
        def update() -> None:
            arguments = ("-u", self._user, "--uid-validity", "2000000000", mailbox)
            self._dovecot.doveadm("mailbox", "update", *arguments)

        await asyncio.to_thread(update)

    async def keep_keywords(self, mailbox: MailboxName, kept: bool) -> None:
        raise NotImplementedError

    async def truth(self, mailbox: MailboxName = INBOX) -> dict[int, Truth]:
        def read() -> dict[int, Truth]:
            status, _ = self._other.select(_name(mailbox), readonly=True)
            if status != "OK":
                return {}
            rows = self._uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])")
            self._other.unselect()
            return dict(_message(*row) for row in rows if isinstance(row, tuple))

        return await asyncio.to_thread(read)

    async def cut(self) -> None:
        await self._proxy.cut()

    async def cut_during_next_operation(self, point: int) -> None:
        at = self._proxy.passed[Direction.TO_CLIENT] + point
        self._proxy.plan(Fault(Kind.CUT, Direction.TO_CLIENT, at))

    async def mend(self) -> None:
        self._proxy.plan()

    async def go_down(self) -> None:
        await self._proxy.shut()

    async def come_back(self) -> None:
        await self._proxy.open()

    async def close(self) -> None:
        await self.backend.close()
        await self._proxy.shut()
        self._other.logout()

    async def _in(self, mailbox: MailboxName, act: Callable[[], Result]) -> Result:
        def selected() -> Result:
            _asked(self._other.select(_name(mailbox)))
            try:
                return act()
            finally:
                self._other.unselect()

        return await asyncio.to_thread(selected)

    def _expunge(self, *uids: int) -> None:
        named = ",".join(map(str, uids))
        self._uid("STORE", named, "+FLAGS.SILENT", r"(\Deleted)")
        self._uid("EXPUNGE", named)

    def _uid(self, command: str, *arguments: str) -> list[object]:
        status, rows = self._other.uid(command, *arguments)
        assert status == "OK", rows
        return list(rows)


def features_of(capabilities: Sequence[str] | None) -> frozenset[Feature]:
    """What a Dovecot can do that announces these; None means everything it has."""
    return frozenset(
        feature for name, feature in _FEATURES if capabilities is None or name in capabilities
    )


def _message(head: bytes, content: bytes) -> tuple[int, Truth]:
    match = _ROW.search(head)
    assert match, head
    date = datetime.strptime(match["date"].decode().strip(), "%d-%b-%Y %H:%M:%S %z")
    flags = frozenset(match["flags"].decode().split()) - {r"\Recent"}
    return int(match["uid"]), Truth(content, flags, date)


def _name(mailbox: MailboxName) -> str:
    """Modified UTF-7 (RFC 3501 5.1.3), quoted; written anew, so as not to trust ours."""

    def shift(run: re.Match[str]) -> str:
        coded = base64.b64encode(run[0].encode("utf-16-be")).decode()
        return "&" + coded.rstrip("=").replace("/", ",") + "-"

    return quoted(_NOT_PRINTABLE.sub(shift, mailbox.replace("&", "&-")))


def _asked(answer: tuple[str, Sequence[bytes | None]]) -> list[bytes]:
    status, rows = answer
    assert status == "OK", rows
    return [row for row in rows if row is not None]
