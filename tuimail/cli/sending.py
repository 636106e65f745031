"""`send` and `outbox`: letters of other programs on their way out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime

from tuimail.cli.failure import Exit, Failure
from tuimail.cli.patience import tell_wait
from tuimail.cli.run import Run
from tuimail.cli.session import open_mail
from tuimail.cli.when import read_time
from tuimail.config.schema import AccountConfig
from tuimail.engine.commands import UNDO_SEND, CancelSending, Send, SendAgain
from tuimail.engine.events import (
    Connection,
    ConnectionChanged,
    EngineGone,
    Event,
    JournalChanged,
    MailboxChanged,
    OutboxChanged,
)
from tuimail.engine.mail import Mail
from tuimail.mime.submission import NotALetter, senders, submission
from tuimail.model.mail import AccountName, MailboxId
from tuimail.model.operation import Entry, EntryState
from tuimail.model.outbox import Letter, LetterState, copy_of
from tuimail.model.safe_text import safe_line

LARGEST_LETTER = 100_000_000
# A server that files what it sends is given time; what takes longer goes on without us.
_COPY_SECONDS = 45.0
_LOOK_SECONDS = 2.0
_AWAY = (Connection.OFFLINE, Connection.NEEDS_SECRET, Connection.NEEDS_TOKEN)


async def send(run: Run) -> Exit:
    arguments = run.arguments
    at = None if arguments.at is None else read_time(arguments.at, run.clock())
    try:
        raw = _letter(run)
        account, sender = _sender(run, senders(raw))
        posting = submission(raw, sender, run.clock())
    except NotALetter as reason:
        raise Failure(str(reason), Exit.USAGE) from reason
    # Who waits for the outcome wants no time to think again.
    hold = UNDO_SEND * (not arguments.wait)
    async with open_mail(run) as mail, mail.subscribe() as news:
        done = await mail.submit(Send(account.name, posting, hold, at))
        assert done.letter is not None  # noqa: S101 (Send names its letter)
        number = f"{account.name}:{done.letter}"
        if not arguments.wait:
            run.output.say(f"{done.words}: letter {number}", letter=number)
            return Exit.DONE
        return await _outcome(run, mail, news, account.name, done.letter)


def _letter(run: Run) -> bytes:
    if run.stdin.isatty():
        raise Failure("send reads a letter from its standard input", Exit.USAGE)
    raw = run.stdin.buffer.read(LARGEST_LETTER + 1)
    if len(raw) > LARGEST_LETTER:
        raise Failure(f"the letter has more than {LARGEST_LETTER} bytes")
    return raw


def _sender(run: Run, written: Sequence[str]) -> tuple[AccountConfig, str]:
    """The account that sends, and the address on the envelope."""
    wanted = run.arguments.account
    accounts = [run.account(wanted)] if wanted else [each for each in run.accounts if each.outgoing]
    known = [address.lower() for address in written]
    for account in accounts:
        for own in (account.email, *account.aliases):
            if own.lower() in known:
                return account, own
    if len(accounts) != 1:
        raise Failure("say which account sends it: --account NAME", Exit.USAGE)
    if not written:
        raise NotALetter("the letter has no From field")
    return accounts[0], accounts[0].email


async def _outcome(
    run: Run, mail: Mail, news: AsyncIterator[Event], account: AccountName, number: int
) -> Exit:
    """Wait until it is sent and its copy is in Sent, or it is known that it is not, or not yet."""
    name, away = f"{account}:{number}", False
    delayed: set[AccountName] = set()
    async for event in news:
        if isinstance(event, EngineGone):
            return _left(f"letter {name} is in the outbox, but: {event.reason}")
        if isinstance(event, ConnectionChanged) and event.account == account:
            away = event.connection in _AWAY
            tell_wait(event, delayed)
        if event != OutboxChanged(account):
            continue
        letter = await _letter_of(mail, account, number)
        if letter is None or letter.state is LetterState.CANCELLED:
            raise Failure(f"letter {name} was cancelled")
        if letter.is_over:
            return await _ended(run, mail, news, letter, away=away)
        if letter.state is LetterState.QUEUED and letter.reason:
            return _left(f"letter {name} stays in the outbox and is tried again: {letter.reason}")
    return _left(f"letter {name} is in the outbox")


async def _letter_of(mail: Mail, account: AccountName, number: int) -> Letter | None:
    """Each account numbers its own letters."""
    for letter in await mail.outbox():
        if (letter.account, letter.id) == (account, number):
            return letter
    return None


def _left(sentence: str) -> Exit:
    raise Failure(safe_line(sentence), Exit.PARTLY)


async def _ended(
    run: Run, mail: Mail, news: AsyncIterator[Event], letter: Letter, *, away: bool
) -> Exit:
    """`away`: the server that would take the copy is not there now."""
    name = f"{letter.account}:{letter.id}"
    if letter.state is LetterState.UNKNOWN:
        raise Failure(f"letter {name} may have been sent or not: {letter.reason}")
    if letter.state is not LetterState.SENT:
        raise Failure(f"letter {name} was not sent: {letter.reason}")
    run.output.say(f"Sent: letter {name}", letter=name)
    complaints = [f"letter {name} did not reach everybody. {letter.reason}"] * bool(letter.reason)
    if not away and (refusal := await _refused_copy(mail, news, letter)):
        complaints.append(f"letter {name} was sent, but there is no copy in Sent: {refusal}")
    return _left("; ".join(complaints)) if complaints else Exit.DONE


async def _refused_copy(mail: Mail, news: AsyncIterator[Event], letter: Letter) -> str:
    """Why its copy is not put into Sent; empty once it is there, or while the server is away."""
    entry = copy_of(letter, await mail.pending())
    if entry is None:
        return ""
    with suppress(TimeoutError):
        async with asyncio.timeout(_COPY_SECONDS):
            ended = await _end_of(mail, news, letter, entry)
            if ended is not None:
                return ended.reason if ended.state is EntryState.PARKED else ""
    # The copy is there; a search finds it once it was looked at.
    there = MailboxChanged(MailboxId(letter.account, entry.operation.mailbox))
    with suppress(TimeoutError):
        async with asyncio.timeout(_LOOK_SECONDS):
            async for event in news:
                if event == there:
                    break
    return ""


async def _end_of(
    mail: Mail, news: AsyncIterator[Event], letter: Letter, entry: Entry
) -> Entry | None:
    """None once it is done; the entry if it was refused, or has to wait."""
    waiting: Entry | None = entry
    while waiting is not None and waiting.state is not EntryState.PARKED:
        event = await anext(news, None)
        match event:
            case JournalChanged(account=letter.account):
                waiting = copy_of(letter, await mail.pending())
            case ConnectionChanged(account=letter.account, connection=state) if state in _AWAY:
                break
            case EngineGone() | None:
                break
            case _:
                pass
    return waiting


async def outbox(run: Run) -> Exit:
    action, number = run.arguments.action, run.arguments.number
    async with open_mail(run) as mail:
        letters = await mail.outbox()
        if action is None:
            _print_letters(run, letters, await mail.pending())
            return Exit.DONE
        if number is None:
            raise Failure(f"outbox {action} needs the number of a letter", Exit.USAGE)
        letter = _named(letters, number)
        kind = CancelSending if action == "cancel" else SendAgain
        done = await mail.submit(kind(letter.account, letter.id))
        run.output.say(done.words, letter=f"{letter.account}:{letter.id}")
    return Exit.DONE


def _named(letters: Sequence[Letter], number: str) -> Letter:
    """The letter with that number, as `outbox` prints it."""
    account, _, id_ = number.rpartition(":")
    found = [each for each in letters if str(each.id) == id_ and account in ("", each.account)]
    if not found:
        raise Failure(f"there is no letter {number} in the outbox")
    if len(found) > 1:
        raise Failure(f"several accounts have a letter {id_}; say ACCOUNT:{id_}", Exit.USAGE)
    return found[0]


def _print_letters(run: Run, letters: Sequence[Letter], entries: Sequence[Entry]) -> None:
    refused = [each for each in entries if each.state is EntryState.PARKED]
    if run.output.as_json:
        for letter in letters:
            run.output.row(_object(letter, copy_of(letter, refused)))
        return
    if not letters and not run.output.quiet:
        run.output.line("The outbox is empty")
    zone = run.clock().tzinfo
    rows = [
        (
            f"{letter.account}:{letter.id}",
            letter.state,
            f"{_time(letter).astimezone(zone):%Y-%m-%d %H:%M}",
            ", ".join(letter.recipients),
            letter.subject,
            _reason(letter, copy_of(letter, refused)),
        )
        for letter in letters
    ]
    run.output.table(("LETTER", "STATE", "TIME", "TO", "SUBJECT", "REASON"), rows)


def _reason(letter: Letter, refused: Entry | None) -> str:
    if refused is None:
        return letter.reason
    again = f"tuimail pending retry {refused.account}:{refused.id}"
    without = f"No copy in Sent: {refused.reason} ({again})"
    return f"{letter.reason} {without}".strip()


def _time(letter: Letter) -> datetime:
    """When it goes, or went."""
    return letter.not_before if letter.state is LetterState.QUEUED else letter.changed


def _object(letter: Letter, refused: Entry | None) -> dict[str, object]:
    return {
        "letter": f"{letter.account}:{letter.id}",
        "account": letter.account,
        "state": letter.state,
        "queued": letter.queued.isoformat(),
        "changed": letter.changed.isoformat(),
        "not_before": letter.not_before.isoformat(),
        "attempts": letter.attempt,
        "from": letter.sender,
        "to": list(letter.recipients),
        "delivered": list(letter.delivered),
        "message_id": letter.message_id,
        "subject": letter.subject,
        "size": letter.size,
        "reason": letter.reason,
        "copy_refused": None if refused is None else refused.reason,
    }
