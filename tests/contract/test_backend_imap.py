"""The backend's contract, kept by IMAP on a real Dovecot, rich and poor."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from tests.contract.checking import Check
from tests.contract.dovecot_world import DovecotWorld, features_of
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


def checks_for(capabilities: Sequence[str] | None) -> list[Check]:
    return [check for check in CHECKS if check.fits(features_of(capabilities))]


@pytest.mark.parametrize("check", checks_for(None), ids=lambda check: check.name)
async def test_imap_keeps_the_contract(check: Check, dovecot: Dovecot) -> None:
    await run(check, dovecot, None)


@pytest.mark.parametrize(
    ("poverty", "check"),
    [
        pytest.param(poverty, check, id=f"{poverty}-{check.name}")
        for poverty, capabilities in POORER.items()
        for check in checks_for(capabilities)
    ],
)
async def test_imap_on_a_poorer_server_keeps_the_contract(
    poverty: str,
    check: Check,
    poorer_dovecot: Callable[[Sequence[str]], Dovecot],
    dovecot_software: Software,
) -> None:
    await run(check, poorer_dovecot(POORER[poverty]), POORER[poverty])


async def run(check: Check, dovecot: Dovecot, capabilities: Sequence[str] | None) -> None:
    world = await DovecotWorld.open(dovecot, capabilities)
    try:
        async with asyncio.timeout(PATIENCE):
            await check.run(world)
    finally:
        await world.close()
