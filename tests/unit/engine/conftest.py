"""A world for tests of the engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.engine.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """One account; the engine is not started yet."""
    async with World(tmp_path) as made:
        yield made
