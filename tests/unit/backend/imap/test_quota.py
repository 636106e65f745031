"""How full a mailbox is, as servers tell it or not."""

import pytest

from tests.unit.backend.imap.evil_server import Peer, backend_for, closing, serving
from tuimail.model.quota import Quota

KB = 1024


async def quota(capabilities: str, *lines: str) -> tuple[Quota | None, list[bytes]]:
    """What is made of `lines`, and what was asked."""
    asked: list[bytes] = []

    async def script(peer: Peer) -> None:
        await peer.greet(capabilities)
        while command := await peer.hear():
            if command.startswith(b"GETQUOTA"):
                asked.append(command)
                await peer.say(*lines)
            else:
                await peer.say("{tag} OK")

    async with serving(script) as server, closing(backend_for(server)) as backend:
        await backend.connect()
        return await backend.quota(), asked


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['* QUOTAROOT "INBOX" ""', '* QUOTA "" (STORAGE 10 512)'], Quota(10 * KB, 512 * KB)),
        (
            ['* QUOTA "a" (STORAGE 10 512)', '* QUOTA "b" (MESSAGE 1 2 STORAGE 9 10)'],
            Quota(9 * KB, 10 * KB),
        ),
        (['* QUOTA "" (MESSAGE 1 2)'], None),
        (['* QUOTA "" (STORAGE 10 0)'], None),
        (['* QUOTA "" (STORAGE ten 5)'], None),
        ([], None),
    ],
)
async def test_the_fullest_storage_counts(lines: list[str], expected: Quota | None) -> None:
    found, asked = await quota("IMAP4rev1 AUTH=PLAIN SASL-IR QUOTA", *lines, "{tag} OK")
    assert found == expected
    assert asked == [b'GETQUOTAROOT "INBOX"']


async def test_a_refusal_is_no_quota() -> None:
    assert await quota("IMAP4rev1 AUTH=PLAIN SASL-IR QUOTA", "{tag} NO never") == (
        None,
        [b'GETQUOTAROOT "INBOX"'],
    )


async def test_a_server_without_quotas_is_not_asked() -> None:
    assert await quota("IMAP4rev1 AUTH=PLAIN SASL-IR") == (None, [])
