"""The contract's checks can fail: each fault made on purpose is noticed by the one it breaks."""

import asyncio

import pytest

from tests.contract.broken import FAULTS, Fault
from tests.contract.demo_world import DemoWorld
from tests.contract.suite import CHECKS
from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.demo.backend import DemoBackend, Secret
from tuimail.backend.demo.server import DemoServer

PATIENCE = 2.0
NOTICED = (AssertionError, pytest.fail.Exception, TimeoutError, Unreachable, Refused)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_the_suite_notices(fault: Fault) -> None:
    def make(server: DemoServer, secret: Secret) -> DemoBackend:
        return fault.backend(server, secret=secret)

    (check,) = [check for check in CHECKS if check.name == fault.check]
    world = await DemoWorld.open(fault.server(), make)
    with pytest.raises(NOTICED):
        async with asyncio.timeout(PATIENCE):
            await check.run(world)
