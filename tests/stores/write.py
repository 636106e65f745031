"""Writes a home with all that a store may hold, with the code of this tree."""

import json
import os
import shutil
import sys
import tarfile
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.builders import letter
from tests.servers.in_background import in_background
from tests.servers.pop3_server import PASSWORD, Letter, Pop3Server
from tests.stores.home import STORES, Home
from tests.unit.store.worlds import ACCOUNT, ARCHIVE, TRASH, World
from tuimail.model.body import Body
from tuimail.model.mail import FLAGGED, INBOX, SEEN, AccountName, MessageKey
from tuimail.model.operation import Copy, Expunge, Move, StoreFlags
from tuimail.model.outbox import Letter as Outgoing
from tuimail.model.outbox import Posting
from tuimail.model.safe_text import SafeText
from tuimail.store.outbox import Accepted, Outbox, OwnCopy
from tuimail.ui.letters.drafts import Drafts
from tuimail.ui.letters.writing import Writing

POST = AccountName("post")
FAR_AWAY = datetime(2090, 1, 1, tzinfo=UTC)

SERVERS = """\
email = "anna@example.org"
name = "Anna Meyer"
protocol = "{protocol}"

[incoming]
host = "127.0.0.1"
port = {port}
security = "none"
username = "anna"
password = '{password}'

[outgoing]
host = "127.0.0.1"
port = 9
security = "none"

[pop3]
delete_after_days = 36500
max_size = "20 kB"
"""


def imap_history(world: World) -> None:
    """Entries in every state; the server is left as the store believes it to be."""
    for number in range(12):
        world.server.receive(INBOX, {SEEN} if number % 3 == 0 else ())
    for _ in range(3):
        world.server.receive(ARCHIVE, {SEEN})
    world.pull()
    keys = world.shown(INBOX)
    _keep_bodies(world, keys)
    _settle_some(world, keys)
    _leave_some_open(world, keys)


def _keep_bodies(world: World, keys: list[MessageKey]) -> None:
    contents = [(key, letter(f"letter {key % 1000}", message_id=f"<{key}@x>")) for key in keys[:5]]
    world.store.keep_raw(contents)
    words = [SafeText("The figures of"), SafeText("this year")]
    bodies = [(key, Body(lines=(*words, SafeText(str(key % 1000))))) for key in keys[:4]]
    world.store.keep_bodies(bodies)


def _settle_some(world: World, keys: list[MessageKey]) -> None:
    world.record(StoreFlags(INBOX, frozenset(keys[:2]), frozenset({FLAGGED})))
    world.record(Move(INBOX, frozenset({keys[2]}), ARCHIVE))
    world.record(Move(INBOX, frozenset({keys[3]}), TRASH))
    world.push()
    world.record(Expunge(TRASH, frozenset({keys[3]})))
    copies = tuple(map(MessageKey, world.store.allot_keys(1)))
    world.record(Copy(INBOX, (keys[4],), copies, ARCHIVE))
    world.push()
    world.now += timedelta(minutes=1)
    world.record(Move(INBOX, frozenset({keys[5]}), ARCHIVE))
    world.push()
    world.store.undo()
    world.push()
    world.pull()


def _leave_some_open(world: World, keys: list[MessageKey]) -> None:
    store = world.store
    world.now += timedelta(minutes=1)
    world.record(StoreFlags(INBOX, frozenset({keys[6]}), frozenset({FLAGGED})))
    store.undo()
    (parked,) = world.record(Move(INBOX, frozenset({keys[6]}), ARCHIVE))
    world.record(Move(ARCHIVE, frozenset({keys[6]}), TRASH))
    store.park(parked, SafeText("Permission denied."))
    (claimed,) = world.record(Move(INBOX, frozenset({keys[7]}), ARCHIVE))
    world.claim(claimed)
    world.now += timedelta(minutes=1)
    world.record(StoreFlags(INBOX, frozenset(keys[8:10]), frozenset({SEEN, FLAGGED})))
    world.record(Move(INBOX, frozenset({keys[10]}), ARCHIVE))
    store.record([Expunge(INBOX, frozenset({keys[11]}))], not_before=FAR_AWAY)
    _fill_outbox(store.outbox, world.now)


def _fill_outbox(outbox: Outbox, now: datetime) -> None:
    """A letter in every state; none of them may go before 2090."""

    def queued(words: str, when: datetime = now) -> Outgoing:
        content = letter(words, message_id=f"<{words}@example.org>")
        to = ("bert@example.net",)
        posting = Posting("anna@example.org", to, f"{words}@example.org", SafeText(words), content)
        return outbox.queue(posting, when)

    queued("sent")
    going = outbox.claim()
    assert going is not None
    outbox.data_sent(going.letter.id)
    outbox.accept(going, Accepted(going.recipients), OwnCopy(ARCHIVE, going.content))
    for words, end in (("unknown", Outbox.doubt), ("refused", Outbox.refuse)):
        doubted = queued(words)
        outbox.claim()
        outbox.data_sent(doubted.id)
        end(outbox, doubted.id, SafeText(f"The server was {words}."))
    outbox.cancel(queued("cancelled", FAR_AWAY).id)
    postponed = queued("postponed")
    outbox.claim()
    outbox.postpone(postponed.id, FAR_AWAY, SafeText("The server is busy."))
    queued("later", FAR_AWAY)
    sent = queued("data-sent")
    outbox.claim()
    outbox.data_sent(sent.id)
    queued("sending")
    outbox.claim()


def post_letters() -> list[Letter]:
    """What the POP3 server of the account "post" holds, under UIDLs that stay."""
    contents = [letter(f"post {number}", message_id=f"<p{number}@x>") for number in range(6)]
    contents.append(letter("large", "0123456789" * 4000, message_id="<large@x>"))
    return [Letter(content, f"post-{number}") for number, content in enumerate(contents)]


def _pop3_history(home: Home) -> None:
    with in_background(Pop3Server(letters=post_letters()).open()) as server:
        write_post(home, server.port)
        home.run("sync", "post", engine=True)
        ids = [row["id"] for row in home.objects("search", "account:post")]
        home.run("flag", ids[0], "+seen", "+flagged", engine=True)
        home.run("archive", ids[1], engine=True)
        home.run("delete", ids[2], engine=True)
        home.run("pop", "keep", ids[3], engine=True)
        home.run("sync", "post", engine=True)
        home.run("engine", "stop", engine=True)
    home.run("archive", ids[4])
    home.run("flag", ids[4], "+answered")
    home.run("archive", ids[5])
    home.run("undo")


def write_post(home: Home, port: int) -> None:
    """The settings of the account "post", whose server is at that port now."""
    home.write_account("post", SERVERS.format(protocol="pop3", port=port, password=PASSWORD))


def _write_draft(home: Home) -> None:
    writing = Writing(ACCOUNT, "anna@example.org", to="bert@example.net", subject="A draft")
    Drafts(home.paths.account_data).begin(writing).release()


def _fill(home: Home, folder: Path) -> None:
    # First: the engine of this account must not go on with the other one.
    _pop3_history(home)
    world = World(folder / "world")
    imap_history(world)
    world.store.expire()
    world.store.close()
    for made, place in (
        (world.folders.data, home.paths.account_data(ACCOUNT)),
        (world.folders.cache, home.paths.account_cache(ACCOUNT)),
    ):
        made.rename(place)
    home.write_account("work", SERVERS.format(protocol="imap", port=9, password="secret"))
    _write_draft(home)


def main(version: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="tmhome-", dir="/tmp"))
    os.umask(0o077)
    (folder / "runtime").mkdir()
    home = Home(folder / "home", folder / "runtime")
    _fill(home, folder)
    answers = json.dumps(home.answers(), indent=1, sort_keys=True)
    (folder / "expected.json").write_text(answers)
    shutil.rmtree(home.root / "state")
    with tarfile.open(STORES / f"{version}.tar.xz", "w:xz", format=tarfile.PAX_FORMAT) as archive:
        for name in ("home", "expected.json"):
            archive.add(folder / name, name)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(sys.argv[1])
