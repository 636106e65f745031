"""`search`, `show`, `mailboxes`: what is there."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tuimail.cli.failure import Exit, Failure
from tuimail.cli.messages import message_line, message_object, message_page
from tuimail.cli.output import complain
from tuimail.cli.run import Run
from tuimail.cli.session import open_mail
from tuimail.cli.troubles import sure_troubles
from tuimail.engine.commands import Fetch
from tuimail.engine.events import BodiesArrived, BodiesFailed, EngineGone, Event
from tuimail.engine.mail import CommandFailed, Mail, Texts, View
from tuimail.mime.worker import Parser
from tuimail.model.body import Body, NotHere
from tuimail.model.mail import AccountName, Mailbox, Message, MessageKey
from tuimail.model.query import Query, QueryError, parse_query, reads_texts
from tuimail.model.query_names import known_names
from tuimail.model.safe_text import safe_line

if TYPE_CHECKING:
    from tuimail.cli.not_kept import NotKept

FETCH_SECONDS = 60.0
LARGE_SECONDS = 3600.0
NOTHING_CAME = (
    "its content did not come, although the server gave no reason:"
    " `tuimail sync` looks whether the message is still there"
)
_PAGE = 500
_OPTIONS = ("--account", "--limit", "--json-status", "--json", "--quiet")


async def search(run: Run) -> Exit:
    arguments = run.arguments
    account = run.account_name(arguments.account)
    _tell_misplaced(arguments.rest)
    async with open_mail(run) as mail:
        query = await _query(run, mail, " ".join(arguments.rest), account)
        view = View(account=account, query=query)
        keys = (await mail.keys(view))[: arguments.limit]
        for start in range(0, len(keys), _PAGE):
            for message in await mail.messages(keys[start : start + _PAGE]):
                _print_row(run, message)
        texts = [each for each in await mail.texts() if account in (None, each.account)]
        _tell_unseen(run, texts, matters=reads_texts(query))
    return Exit.DONE


def _tell_misplaced(words: Sequence[str]) -> None:
    """Options stand before the first word; after it they are searched for (contract.md)."""
    if found := [word for word in words if word in _OPTIONS]:
        complain(f"{found[0]} is a part of the query here: options stand before its first word")


def _tell_unseen(run: Run, texts: Sequence[Texts], *, matters: bool) -> None:
    """What was asked for and could not be looked into, since it is not here."""
    unseen = [each for each in texts if matters and each.here < each.messages]
    for each in unseen:
        if not run.output.quiet:
            complain(_unseen_words(run, each))
    if run.arguments.json_status:
        accounts = [
            {"account": each.account, "messages": each.messages, "texts_here": each.here}
            for each in texts
        ]
        run.output.row({"complete": not unseen, "accounts": accounts})


def _unseen_words(run: Run, texts: Texts) -> str:
    missing = texts.messages - texts.here
    bodies = run.account(texts.account).imap.bodies
    kept = "`tuimail sync` brings it" if bodies == "all" else f'imap.bodies is "{bodies}"'
    verb = "was" if missing == 1 else "were"
    return (
        f"{texts.account}: {missing} of {texts.messages} messages {verb} searched by their"
        f" headers only: their text is not here ({kept})"
    )


async def _query(run: Run, mail: Mail, text: str, account: AccountName | None) -> Query:
    """What is asked for, in words that this account has, or any account; raises Failure."""
    accounts = await mail.accounts()
    mailboxes = await mail.mailboxes()
    names = replace(
        known_names([account] if account else accounts, mailboxes), accounts=tuple(accounts)
    )
    try:
        return parse_query(text, run.clock(), names)
    except QueryError as error:
        raise Failure(error.marked(text, ">>>"), Exit.USAGE) from error


def _print_row(run: Run, message: Message) -> None:
    if run.output.as_json or run.arguments.json_status:
        run.output.row(message_object(message))
    else:
        run.output.line(message_line(message, run.clock()))


async def show(run: Run) -> Exit:
    if run.arguments.raw and sys.stdout.isatty() and not run.arguments.force:
        raise Failure("--raw to a terminal may do it harm; --force does it anyway", Exit.USAGE)
    async with open_mail(run) as mail:
        message = await find_message(mail, run.arguments.id)
        if run.arguments.raw:
            run.output.raw(await _raw(mail, message.key))
        else:
            await _print_page(run, mail, message)
    return Exit.DONE


async def find_message(mail: Mail, public_id: str) -> Message:
    """The message that `public_id` names; raises Failure."""
    key = await mail.resolve(public_id)
    found: Sequence[Message] = await mail.messages([key]) if key is not None else ()
    if not found:
        raise Failure(f"there is no message {public_id}")
    return found[0]


async def _raw(mail: Mail, key: MessageKey) -> bytes:
    raw = await mail.raw(key)
    if isinstance(raw, NotHere):
        await _fetch(mail, key, large=True)
        raw = await mail.raw(key)
    if isinstance(raw, NotHere):
        raise Failure(NOTHING_CAME, Exit.LATER)
    return raw


async def _print_page(run: Run, mail: Mail, message: Message) -> None:
    body = await mail.body(message.key)
    if isinstance(body, NotHere):
        await _fetch(mail, message.key)
        body = await mail.body(message.key)
    if isinstance(body, NotHere):
        raise Failure(NOTHING_CAME, Exit.LATER)
    if run.arguments.hidden:
        body = await _with_what_is_hidden(await _raw(mail, message.key))
    if run.output.as_json:
        links = [{"number": link.number, "target": link.target} for link in body.links]
        more = {"text": "\n".join(body.lines), "links": links, "notes": list(body.notes)}
        run.output.row(message_object(message) | more)
        return
    for line in message_page(message, body, run.clock()):
        run.output.line(line)


async def _with_what_is_hidden(raw: bytes) -> Body:
    """Read anew, for this once, in a process of its own."""
    parser = Parser()
    try:
        (body,) = await parser.bodies([raw], everything=True)
    finally:
        await parser.close()
    return body


async def _fetch(mail: Mail, key: MessageKey, *, large: bool = False) -> None:
    """Bring the message's content here; raises Failure with LATER if it does not come."""
    async with mail.subscribe() as events:
        try:
            await mail.submit(Fetch(frozenset({key}), large=large))
            async with asyncio.timeout(LARGE_SECONDS if large else FETCH_SECONDS):
                async for event in events:
                    if _has_come(event, key):
                        return
        except CommandFailed as error:
            raise Failure(f"its content is not on this machine: {error}", Exit.LATER) from error
        except TimeoutError as error:
            raise Failure("its content did not come in time", Exit.LATER) from error


def _has_come(event: Event, key: MessageKey) -> bool:
    match event:
        case BodiesArrived(keys=keys):
            return key in keys
        case BodiesFailed(keys=keys, reason=reason) if key in keys:
            raise Failure(f"its content cannot be fetched now: {reason}", Exit.LATER)
        case EngineGone(reason=reason):
            raise Failure(f"its content cannot be fetched now: {reason}", Exit.LATER)
        case _:
            return False


async def mailboxes(run: Run) -> Exit:
    account = run.account_name(run.arguments.account)
    async with open_mail(run) as mail:
        found = [each for each in await mail.mailboxes() if account in (None, each.account)]
    others = await _not_kept(run, account, found) if run.arguments.all else []
    _tell_list(run, account)
    if run.output.as_json:
        for mailbox in found:
            run.output.row(_mailbox_object(mailbox))
        for other in others:
            run.output.row(other.as_object())
        return Exit.DONE
    head = ("ACCOUNT", "MAILBOX", "TOTAL", "UNREAD", "BYTES")
    rows = [(each.account, each.name, each.total, each.unread, each.size) for each in found]
    run.output.table(head, [*rows, *(other.as_row() for other in others)])
    for each in found:
        if each.deleted and not run.output.quiet:
            _tell_deleted(each)
        if each.trouble:
            complain(f"{each.account}: {safe_line(each.name, 100)} cannot be read: {each.trouble}")
    return Exit.DONE


def _tell_list(run: Run, name: AccountName | None) -> None:
    """What is missing in the list itself has no row there."""
    for account in run.accounts:
        if name in (None, account.name):
            for each in sure_troubles(run, account):
                if each.is_of_list:
                    complain(f"{account.name}: {each.sentence}")


def _tell_deleted(mailbox: Mailbox) -> None:
    """What is held and not shown: tuimail removes none of it, since that would take all of it."""
    name = safe_line(mailbox.name, 100)
    complain(
        f"{mailbox.account}: {mailbox.deleted} in {name} are marked as deleted and not shown;"
        " `tuimail search is:deleted` lists them, `tuimail flag ID -deleted` takes the mark off"
    )


async def _not_kept(
    run: Run, account: AccountName | None, kept: Sequence[Mailbox]
) -> "list[NotKept]":
    from tuimail.cli.not_kept import not_kept  # noqa: PLC0415 (protocols are heavy)

    return await not_kept(run, account, kept)


def _mailbox_object(mailbox: Mailbox) -> dict[str, object]:
    return {
        "account": mailbox.account,
        "mailbox": mailbox.name,
        "role": mailbox.role,
        "total": mailbox.total,
        "unread": mailbox.unread,
        "bytes": mailbox.size,
        "deleted": mailbox.deleted,
        "on_server": mailbox.on_server,
        "subscribed": mailbox.subscribed,
        "trouble": mailbox.trouble or None,
    }
