"""What is done once in a while: forgetting, copying the journal, looking for faults."""

from datetime import timedelta

from tuimail.store.cache import Cache
from tuimail.store.entries import Entries
from tuimail.store.files import private_file, private_folder, remove_companions
from tuimail.store.journal_file import JournalFile
from tuimail.store.values import to_micros

REMEMBERED = timedelta(days=30)
COPIES = 3


def forget_old(journal: JournalFile, entries: Entries) -> None:
    """Forget what ended 30 days ago, and places and names that nothing needs any more."""
    before = to_micros(entries.moment() - REMEMBERED)
    ended = "SELECT id FROM entry WHERE state IN ('settled', 'withdrawn') AND changed < ?"
    with journal.writing():
        for table in ("effect", "content"):
            journal.run(f"DELETE FROM {table} WHERE entry IN ({ended})", (before,))
        journal.run(f"DELETE FROM entry WHERE id IN ({ended})", (before,))
        journal.run(
            "DELETE FROM command WHERE recorded < ? AND id NOT IN (SELECT command FROM entry)",
            (before,),
        )
        journal.run(
            "DELETE FROM place WHERE key NOT IN (SELECT key FROM effect)"
            " AND key NOT IN (SELECT key FROM own_flags)"
            " AND key NOT IN (SELECT source FROM effect WHERE source IS NOT NULL)"
        )
        journal.run("DELETE FROM alias WHERE made < ?", (before,))


def copy_journal(journal: JournalFile, entries: Entries) -> None:
    """Keep a copy of today's journal, and those of the two days before that had one."""
    folder = journal.path.parent / "backups"
    private_folder(folder)
    today = folder / f"journal-{entries.moment():%Y-%m-%d}.db"
    if not today.exists():
        new = folder / "journal.new"
        new.unlink(missing_ok=True)
        private_file(new)
        journal.copy_to(new)
        remove_companions(new)
        new.replace(today)
    for old in sorted(folder.glob("journal-*.db"))[:-COPIES]:
        old.unlink()


_OF_INDEX = "the index is damaged: "


def is_of_index(fault: str) -> bool:
    return fault.startswith(_OF_INDEX)


def faults(journal: JournalFile, cache: Cache | None) -> list[str]:
    """What is wrong with the files, one sentence each."""
    found = [f"{journal.path} is damaged: {fault}" for fault in journal.faults()]
    index = [f"{_OF_INDEX}{fault}" for fault in journal.faults(schema="idx")]
    if cache is not None:
        found += [f"{cache.bodies.path} is damaged: {fault}" for fault in cache.bodies.faults()]
    return found + (index or _miscounted(journal))


def _miscounted(journal: JournalFile) -> list[str]:
    rows = journal.rows(
        "SELECT b.name, b.total + b.deleted, b.on_server, b.unreadable, b.next_uid IS NOT NULL,"
        " (SELECT count(*) FROM idx.message m WHERE m.mailbox = b.id) FROM idx.mailbox b"
    )
    found = []
    for name, total, on_server, unreadable, pulled, counted in rows:
        if total != counted:
            found.append(f"{name!r}: {counted} messages are here, but {total} are counted")
        if pulled and on_server is not None and on_server != counted:
            found.append(f"{name!r}: {counted} messages are here, {on_server} on the server")
        if unreadable:
            found.append(f"{name!r}: the server does not list {unreadable} messages that it counts")
    return found
