"""The backend's contract, kept by IMAP on a real Dovecot, rich and poor."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from tests.contract.checking import Check
from tests.contract.dovecot_world import DovecotWorld
from tests.contract.suite import CHECKS
from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_software import Software

PATIENCE = 60.0
COMMON = ["IMAP4rev1", "LITERAL+", "IDLE", "NAMESPACE", "UIDPLUS", "LIST-EXTENDED", "SPECIAL-USE"]
POORER = {
    "with CONDSTORE, without QRESYNC": [*COMMON, "ENABLE", "CONDSTORE", "ESEARCH", "MOVE"],
    "without CONDSTORE and MOVE": COMMON,
    "with nothing": ["IMAP4rev1"],
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
async def test_imap_keeps_the_contract(check: Check, dovecot: Dovecot) -> None:
    await run(check, dovecot, None)


@pytest.mark.parametrize("poverty", POORER)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
async def test_imap_on_a_poorer_server_keeps_the_contract(
    check: Check,
    poverty: str,
    poorer_dovecot: Callable[[Sequence[str]], Dovecot],
    dovecot_software: Software,
) -> None:
    await run(check, poorer_dovecot(POORER[poverty]), POORER[poverty])


async def run(check: Check, dovecot: Dovecot, capabilities: Sequence[str] | None) -> None:
    world = await DovecotWorld.open(dovecot, capabilities)
    try:
        if check.fits(world.features):
            async with asyncio.timeout(PATIENCE):
                await check.run(world)
    finally:
        await world.close()
