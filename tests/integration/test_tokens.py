"""Access tokens at a real server that takes nothing else."""

from collections.abc import Iterator

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_software import Software
from tests.servers.dovecot_tokens import token, token_dovecot
from tuimail.backend.base import NotAuthorized, Refused
from tuimail.backend.imap.login import open_session as open_imap
from tuimail.backend.imap.settings import ImapSettings, Patience
from tuimail.backend.pop3.opening import open_session as open_pop3
from tuimail.backend.server import Auth, Server

PATIENCE = Patience()
WAYS = ["XOAUTH2", "OAUTHBEARER"]


@pytest.fixture(scope="module")
def server(dovecot_software: Software) -> Iterator[Dovecot]:
    if dovecot_software.version >= (2, 4):
        pytest.skip("its settings for tokens are in the words of Dovecot 2.3")
    with token_dovecot(dovecot_software) as server:
        yield server


async def log_in(
    server: Dovecot, protocol: str, secret: str, *, sasl: str = "", auth: Auth = "oauth2"
) -> None:
    async def known() -> str:
        return secret

    if protocol == "imap":
        settings = ImapSettings("localhost", server.imap, "none", "anna", auth=auth, sasl=sasl)
        line = await open_imap(settings, known, PATIENCE, lambda _: None)
        assert "IDLE" in line.capabilities
        await line.close()
    else:
        plain = Server("localhost", server.pop3, "none", "anna", auth=auth, sasl=sasl)
        session = await open_pop3(plain, known)
        assert await session.quit()


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
@pytest.mark.parametrize("sasl", ["", *WAYS])
async def test_a_token_lets_in(server: Dovecot, protocol: str, sasl: str) -> None:
    await log_in(server, protocol, token("anna"), sasl=sasl)


@pytest.mark.parametrize(
    ("protocol", "sasl", "wrong"),
    [
        ("imap", "XOAUTH2", token("anna", -60)),
        ("imap", "OAUTHBEARER", token("anna")[:-4] + "AAAA"),
        ("pop3", "XOAUTH2", token("anna", -60)),
    ],
)
async def test_a_token_that_has_expired_or_was_not_given_out_is_refused(
    server: Dovecot, protocol: str, sasl: str, wrong: str
) -> None:
    with pytest.raises(NotAuthorized, match="refused the access token") as refusal:
        await log_in(server, protocol, wrong, sasl=sasl)
    assert wrong not in str(refusal.value)


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
async def test_where_tokens_only_are_taken_no_password_is_sent(
    server: Dovecot, protocol: str
) -> None:
    with pytest.raises((Refused, NotAuthorized)) as refusal:
        await log_in(server, protocol, "secret", sasl="PLAIN", auth="password")
    assert "offers no log-in by PLAIN" in str(refusal.value)


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
async def test_where_no_tokens_are_taken_none_is_sent(dovecot: Dovecot, protocol: str) -> None:
    with pytest.raises(Refused, match="offers no log-in with an access token"):
        await log_in(dovecot, protocol, token("anna"))
