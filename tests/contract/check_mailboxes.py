"""What a backend promises about the list of mailboxes."""

from tests.builders import letter
from tests.contract.checking import ARCHIVE, assert_in_step, check, ids_of, left_in, perform, pull
from tests.contract.world import Feature, World
from tuimail.model.mail import INBOX, SEEN, MailboxName, Role
from tuimail.model.operation import Move
from tuimail.model.sync import ServerMailbox

AWKWARD_NAMES = [
    MailboxName(name)
    for name in (
        "two words",
        'so-called "friends"',
        "Söhne & Töchter",
        "&",
        "a&b-c",
        "日本語/灯台",
        "🏮",
        "a* b",
        "100 % sure",
        "(brackets) [too] {5}",
        "back\\slash",
        "NIL",
        "Inbox of others",
    )
]

ROLES = {
    MailboxName("Archive"): Role.ARCHIVE,
    MailboxName("Drafts"): Role.DRAFTS,
    MailboxName("Junk"): Role.JUNK,
    MailboxName("Sent"): Role.SENT,
    MailboxName("Trash"): Role.TRASH,
}


async def listed(world: World) -> dict[MailboxName, ServerMailbox]:
    mailboxes = await world.backend.mailboxes()
    by_name = {mailbox.name: mailbox for mailbox in mailboxes}
    assert len(by_name) == len(mailboxes)
    return by_name


@check()
async def the_inbox_is_listed_in_capitals_with_its_role(world: World) -> None:
    inbox = (await listed(world))[INBOX]
    assert inbox.role is Role.INBOX
    assert inbox.selectable
    assert inbox.delimiter == "/"


@check(Feature.SPECIAL_USE)
async def roles_are_what_the_server_says(world: World) -> None:
    mailboxes = await listed(world)
    assert {name: mailboxes[name].role for name in ROLES} == ROLES


@check()
async def the_status_tells_what_is_in_each_mailbox(world: World) -> None:
    await world.deliver(letter())
    await world.deliver(letter(), flags=[SEEN])
    last = await world.deliver(letter())
    status = (await listed(world))[INBOX].status
    assert status is not None
    assert (status.total, status.unseen, status.next_uid) == (3, 2, last + 1)
    bookmark = (await pull(world)).bookmark
    assert bookmark.validity == status.validity
    assert (bookmark.total, bookmark.unseen, bookmark.next_uid) == (3, 2, last + 1)


@check()
async def a_mailbox_comes_goes_and_is_renamed(world: World) -> None:
    old, new = MailboxName("Old name"), MailboxName("New name")
    await world.create(old)
    assert (await listed(world))[old].selectable
    await world.rename(old, new)
    names = (await listed(world)).keys()
    assert new in names
    assert old not in names
    await world.delete(new)
    assert new not in await listed(world)


@check()
async def a_mailbox_inside_another_has_a_path_for_a_name(world: World) -> None:
    await world.create(MailboxName("Lists/python-dev"))
    mailboxes = await listed(world)
    assert mailboxes[MailboxName("Lists/python-dev")].selectable
    parent = mailboxes.get(MailboxName("Lists"))
    assert parent is None or not parent.selectable
    assert parent is None or parent.status is None


@check()
async def every_name_is_spelt_as_on_the_server_and_serves_for_everything(world: World) -> None:
    for name in AWKWARD_NAMES:
        await world.create(name)
        uid = await world.deliver(letter(f"in {name}"), name)
        mailbox = (await listed(world)).get(name)
        assert mailbox is not None, name
        assert mailbox.status is not None
        assert mailbox.status.total == 1
        await assert_in_step(world, name)
        ids = await ids_of(world, uid, mailbox=name)
        await perform(world, Move(name, frozenset(ids), ARCHIVE), ids)
        assert await left_in(world, name) == {}
    assert len(await world.truth(ARCHIVE)) == len(AWKWARD_NAMES)


@check()
async def a_target_with_an_awkward_name_is_created(world: World) -> None:
    for name in AWKWARD_NAMES:
        uid = await world.deliver(letter(f"to {name}"))
        ids = await ids_of(world, uid)
        await perform(world, Move(INBOX, frozenset(ids), name), ids)
        assert len(await world.truth(name)) == 1
        assert name in await listed(world)
