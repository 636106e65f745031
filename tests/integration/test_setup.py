"""The log-in of a new account is tried on real servers, and what is there is counted."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace

import pytest

from tests.integration.cli_program import letter
from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_software import Software
from tests.servers.mail_user import MailUser
from tuimail.cli.setup import ServerSetup
from tuimail.config.load import load_accounts
from tuimail.config.paths import Paths
from tuimail.config.schema import ServerConfig
from tuimail.engine.setup import Closed, Draft, Fault, ImapNumbers, Keep, Pop3Numbers, Probe
from tuimail.model.mail import AccountName

LIMIT = 2 << 20

_QUOTA_2_3 = (
    "mail_plugins = quota",
    *("protocol imap {", "  mail_plugins = quota imap_quota", "}"),
    *("plugin {", "  quota = maildir:User", "  quota_rule = *:storage=2M", "}"),
)
_QUOTA_2_4 = (
    *("mail_plugins {", "  quota = yes", "}"),
    *("protocol imap {", "  mail_plugins {", "    imap_quota = yes", "  }", "}"),
    *("quota User {", "  storage_size = 2M", "}"),
)


@pytest.fixture(scope="module")
def small_dovecot(dovecot_software: Software) -> Iterator[Dovecot]:
    """A server that gives everybody 2 MB."""
    lines = _QUOTA_2_4 if dovecot_software.version >= (2, 4) else _QUOTA_2_3
    with Dovecot(dovecot_software, lines=lines) as server:
        yield server


def draft_of(user: MailUser, password: str | None = None) -> Draft:
    """Both servers of `user`, over TLS."""

    def server(port: int) -> ServerConfig:
        return ServerConfig(host="localhost", port=port, username=user.name, ca_file=user.ca_file)

    return Draft(
        name=AccountName("work"),
        email="anna@example.org",
        real_name="Anna",
        imap=server(user.server.imaps),
        pop3=server(user.server.pop3s),
        smtp=None,
        password=user.password if password is None else password,
        delete_after_days=0,
    )


async def probe(draft: Draft) -> Probe:
    return await ServerSetup(Paths.from_environment()).probe(draft, nullcontext)


async def test_both_ways_are_counted_and_nothing_is_touched(small_dovecot: Dovecot) -> None:
    user = MailUser(small_dovecot, small_dovecot.new_user())
    for number in range(3):
        user.deliver(letter(number, "x" * 100_000))
    user.deliver(letter(9), "Archive")
    before = user.letters()
    found = await probe(draft_of(user))
    assert isinstance(found.imap, ImapNumbers)
    assert (found.imap.inbox, found.imap.elsewhere, found.imap.others) == (3, 1, 1)
    assert found.imap.quota is not None
    assert found.imap.quota.limit == LIMIT
    assert 300_000 < found.imap.quota.used < 310_000
    assert isinstance(found.pop3, Pop3Numbers)
    assert found.pop3.messages == 3
    assert 300_000 < found.pop3.size < 310_000
    assert found.pop3.ids
    assert user.letters() == before
    assert not Paths.from_environment().config.exists()


async def test_a_server_without_quota_says_nothing_of_room(mail_user: MailUser) -> None:
    found = await probe(draft_of(mail_user))
    assert found.imap == ImapNumbers(0, 0, 0, None)
    assert found.ways == ("imap", "pop3")


async def test_a_refused_password_is_not_tried_on_the_other_server(
    mail_user: MailUser, dovecot: Dovecot
) -> None:
    before = dovecot.log().count("auth failed")
    found = await probe(draft_of(mail_user, "wrong"))
    assert isinstance(found.imap, Closed)
    assert found.imap.fault is Fault.PASSWORD
    assert found.pop3 is None
    assert not found.ways
    assert dovecot.log().count("auth failed") - before <= 1


async def test_one_way_may_be_closed(mail_user: MailUser) -> None:
    draft = draft_of(mail_user)
    assert draft.pop3 is not None
    found = await probe(replace(draft, pop3=replace(draft.pop3, port=1)))
    assert found.ways == ("imap",)
    assert isinstance(found.pop3, Closed)
    assert found.pop3.later


async def test_a_strange_certificate_is_told_with_its_fingerprint(mail_user: MailUser) -> None:
    draft = draft_of(mail_user)
    assert draft.imap is not None
    found = await probe(replace(draft, imap=replace(draft.imap, ca_file=None), pop3=None))
    assert isinstance(found.imap, Closed)
    assert "sha256:" in found.imap.sentence


async def test_a_way_out_that_is_closed_is_told_and_hinders_nothing(mail_user: MailUser) -> None:
    out = ServerConfig(host="localhost", port=1, username=mail_user.name)
    found = await probe(replace(draft_of(mail_user), smtp=out))
    assert found.ways == ("imap", "pop3")
    assert isinstance(found.smtp, Closed)


async def test_a_command_that_fails_is_no_password(mail_user: MailUser) -> None:
    draft = draft_of(mail_user)
    assert draft.imap is not None
    server = replace(draft.imap, password_command=(sys.executable, "-c", "exit(3)"))
    found = await probe(replace(draft, imap=server, pop3=None, keep=Keep.COMMAND))
    assert isinstance(found.imap, Closed)
    assert found.imap.fault is Fault.PASSWORD
    assert "exit status 3" in found.imap.sentence


@pytest.mark.parametrize("keep", [Keep.FILE, Keep.MEMORY])
async def test_a_password_stands_in_the_file_only_if_it_shall(
    keep: Keep, mail_user: MailUser
) -> None:
    paths = Paths.from_environment()
    draft = replace(draft_of(mail_user), keep=keep, delete_after_days=None)
    saved = await ServerSetup(paths).save(draft, "pop3")
    [account] = load_accounts(paths)
    assert account == saved
    assert account.incoming.password == (mail_user.password if keep is Keep.FILE else None)
    assert 'delete_after_days = "never"' in paths.account_file(account.name).read_text()
