"""Over a line that ends after so many bytes, again and again, all mail comes in the end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.builders import letter
from tests.servers.scripted_imap import ScriptedImap, Session
from tests.unit.engine.world import World, shown, synced
from tuimail.backend.imap.backend import ImapBackend, ImapSettings
from tuimail.engine.account import AccountSetup
from tuimail.engine.bodies import EVERYTHING
from tuimail.model.body import NotHere
from tuimail.model.mail import AccountName

A_LINE = 100_000


class ImapWorld(World):
    """One account on a scripted server, by the real backend."""

    def __init__(self, folder: Path, server: ScriptedImap) -> None:
        super().__init__(folder)
        self.imap = server

    def _setup(self, name: AccountName) -> AccountSetup:
        async def password() -> str | None:
            return "pw"

        settings = ImapSettings("localhost", self.imap.port, "none", "u1")
        return AccountSetup(
            name=name,
            folders=self.folders(name),
            open_backend=lambda secret, alert: ImapBackend(settings, secret, alert=alert),
            find_secret=password,
            policy=EVERYTHING,
        )


@pytest.fixture
def server() -> Iterator[ScriptedImap]:
    with ScriptedImap() as scripted:
        yield scripted


def garble(row: bytes) -> bytes:
    return row.replace(b"FETCH (UID", b"FETCH (FLAGS {99999999999}\r\n", 1)


def end_in_the_middle(row: bytes) -> bytes:
    return row[: len(row) // 2]


@pytest.mark.parametrize("spoil", [garble, end_in_the_middle])
async def test_a_letter_whose_answer_spoils_the_line_is_named_and_the_others_come(
    tmp_path: Path, server: ScriptedImap, spoil: Callable[[bytes], bytes]
) -> None:
    for number in range(1, 21):
        server.deliver(letter(f"Letter {number}"))

    @server.hook("UID FETCH")
    def _(session: Session, _tag: str, _name: str, arguments: bytes) -> bool:
        wanted, _, items = arguments.partition(b" ")
        if b"BODY.PEEK[]" not in items or 7 not in session.uids(wanted):
            return False
        for uid in session.uids(wanted):
            row = server.row(session, uid, items)
            session.conversation.send(spoil(row) if uid == 7 else row)
            if uid == 7 and spoil is end_in_the_middle:
                session.conversation.hang_up()
        return False

    async with ImapWorld(tmp_path, server) as world:
        world.start()
        mail = await world.mail()
        (finished,) = await synced(mail)
        assert finished.exit == 1
        assert 'message 7 ("Letter 7") of INBOX cannot be had' in finished.error
        bare = [each for each in await shown(mail) if isinstance(await mail.raw(each.key), NotHere)]
        assert [each.envelope.subject for each in bare] == ["Letter 7"]
        server.hooks.clear()
        (finished,) = await synced(mail)
        assert finished.exit == 0


def lose_lines(server: ScriptedImap) -> None:
    @server.hook("AUTHENTICATE")
    def _(session: Session, _tag: str, _name: str, _arguments: bytes) -> bool:
        session.conversation.cut_after(A_LINE)
        return False


@pytest.mark.parametrize("largest", [0, 350_000], ids=["small letters", "one larger than a line"])
async def test_all_letters_come_whole_and_none_is_blamed(
    tmp_path: Path, server: ScriptedImap, largest: int
) -> None:
    contents = {
        f"Letter {number}": letter(f"Letter {number}", "x" * 20_000) for number in range(30)
    }
    if largest:
        contents["Large"] = letter("Large", "y" * largest)
    for content in contents.values():
        server.deliver(content)
    lose_lines(server)
    async with ImapWorld(tmp_path, server) as world:
        world.start()
        mail = await world.mail()
        (finished,) = await synced(mail)
        assert (finished.exit, finished.error) == (0, "")
        came = {each.envelope.subject: await mail.raw(each.key) for each in await shown(mail)}
    assert came == contents
    # What is lost with a line is little.
    assert server.connections <= 6 + 1.5 * sum(map(len, contents.values())) / A_LINE
