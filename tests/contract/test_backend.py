"""The backend's contract, kept by the demo."""

import asyncio

import pytest

from tests.contract.checking import Check
from tests.contract.demo_world import DemoWorld
from tests.contract.suite import CHECKS
from tests.contract.world import Feature
from tuimail.backend.demo.server import DemoServer

PATIENCE = 20.0
FORGETFUL = frozenset(Feature) - {Feature.TELLS_NEW_IDS}


@pytest.mark.parametrize(
    "check", [each for each in CHECKS if each.fits(set(Feature))], ids=lambda check: check.name
)
async def test_the_demo_keeps_the_contract(check: Check) -> None:
    await run(check, await DemoWorld.open(DemoServer()))


@pytest.mark.parametrize(
    "check", [each for each in CHECKS if each.fits(FORGETFUL)], ids=lambda check: check.name
)
async def test_the_demo_without_copyuid_keeps_the_contract(check: Check) -> None:
    server = DemoServer()
    server.tells_copyuid = False
    world = await DemoWorld.open(server)
    world.features = FORGETFUL
    await run(check, world)


async def run(check: Check, world: DemoWorld) -> None:
    async with asyncio.timeout(PATIENCE):
        await check.run(world)
    await world.close()
