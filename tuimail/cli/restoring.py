"""`doctor --restore`: a journal that was lost or damaged is made again from what there is."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime

from tuimail.cli.failure import Exit, Failure
from tuimail.cli.output import complain
from tuimail.cli.run import Run
from tuimail.cli.session import local_account, place_of
from tuimail.config.schema import AccountConfig
from tuimail.engine.channel import EngineUnavailable
from tuimail.engine.lock import Locked, no_engine
from tuimail.engine.process import check_data_folder, stop
from tuimail.engine.restoring import note_maildir
from tuimail.mime.submission import NotALetter, senders, submission
from tuimail.model.outbox import Posting
from tuimail.store.restoring import Restored, what_is_broken
from tuimail.store.restoring import restore as restore_journal
from tuimail.store.store import Store, StoreError


async def restore(run: Run) -> Exit:
    """Each account whose journal is broken; the others are not touched."""
    status = Exit.DONE
    async with _without_engine(run):
        for account in run.accounts:
            try:
                _restore_one(run, account)
            except (StoreError, OSError) as trouble:
                complain(f"restore: {account.name}: {trouble}")
                status = Exit.FAILED
    return status


def _restore_one(run: Run, account: AccountConfig) -> None:
    folders = local_account(run.paths, account).folders
    trouble = what_is_broken(folders)
    if trouble is None:
        run.output.say(f"{account.name}: the journal is in order", account=account.name)
        return
    now = run.clock()
    done = restore_journal(account.name, folders, lambda raw: _read_letter(raw, now), now)
    noted = 0
    if account.protocol == "pop3":
        with Store(account.name, folders, writer=False, clock=run.clock) as store:
            noted = note_maildir(store, run.paths.account_mail(account.name), now)
    run.output.say(
        " ".join(_sentences(account, done, noted)),
        account=account.name,
        copy=None if done.copy is None else str(done.copy),
        kept=None if done.kept is None else str(done.kept),
        letters=done.letters,
        parked=done.parked,
    )


def _sentences(account: AccountConfig, done: Restored, noted: int) -> Iterator[str]:
    if done.copy is None:
        yield f"{account.name}: there was no good copy of the journal, so a new one was begun."
        yield "What was done and not yet on the server is forgotten."
    else:
        yield f"{account.name}: the journal is the copy {done.copy} now."
    if done.kept is not None:
        yield f"The old file is {done.kept}."
    if done.letters:
        yield (
            f"{done.letters} letters may have left or not: see `tuimail outbox`;"
            " none of them leaves by itself."
        )
    if done.parked:
        yield f"{done.parked} changes wait for you: see `tuimail pending`."
    if noted:
        yield f"{noted} messages of the mail folder were noted by their content."


def _read_letter(raw: bytes, now: datetime) -> Posting | None:
    try:
        return submission(raw, senders(raw)[0], now)
    except (NotALetter, IndexError):
        return None


@asynccontextmanager
async def _without_engine(run: Run) -> AsyncIterator[None]:
    """Send the engine away, and keep it away."""
    place = place_of(run.paths)
    try:
        check_data_folder(place)
        await stop(place)
        with no_engine(place.lock):
            yield
    except EngineUnavailable as error:
        raise Failure(str(error)) from error
    except Locked as error:
        raise Failure("tuimail was just opened elsewhere: leave it there first") from error
