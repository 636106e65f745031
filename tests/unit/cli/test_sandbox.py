"""The throw-away folders of the demo."""

import os
import stat
from pathlib import Path

from tuimail.backend.demo.letters import OWNER_ADDRESS, OWNER_NAME
from tuimail.cli.sandbox import DEMO_ACCOUNT, OWNER, SANDBOX_PREFIX, sandbox
from tuimail.config.load import load_accounts
from tuimail.config.paths import Paths
from tuimail.engine import demo


def test_everything_is_inside_and_goes_away() -> None:
    before = dict(os.environ)
    with sandbox() as (paths, place):
        root = Path(place.command[-1])
        assert stat.S_IMODE(root.stat().st_mode) == 0o700
        for path in (paths.config, paths.data, paths.cache, paths.state, paths.socket, place.lock):
            assert path.is_relative_to(root)
        assert Paths.from_environment() == paths
        assert [account.name for account in load_accounts(paths)] == [DEMO_ACCOUNT]
    assert not root.exists()
    assert dict(os.environ) == before


def test_its_engine_knows_the_same_names() -> None:
    assert (demo.DEMO_ACCOUNT, demo.SANDBOX_PREFIX) == (DEMO_ACCOUNT, SANDBOX_PREFIX)
    assert (OWNER_NAME, OWNER_ADDRESS) == OWNER
