"""The engine of `tuimail demo`: sample mail on a server in memory, in a folder that goes away."""

import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from tuimail.config.paths import Paths
from tuimail.engine.account import AccountSetup
from tuimail.engine.outbox import Sending
from tuimail.model.mail import AccountName
from tuimail.store.store import AccountFolders

DEMO_ACCOUNT = AccountName("demo")
SANDBOX_PREFIX = "tuimail-demo-"


def demo_setup(paths: Paths) -> AccountSetup:
    from tuimail.backend.demo.backend import DemoBackend  # noqa: PLC0415 (a hundred letters)
    from tuimail.backend.demo.letters import OWNER_ADDRESS, demo_server  # noqa: PLC0415
    from tuimail.backend.demo.postman import DemoPostman  # noqa: PLC0415

    server = demo_server(datetime.now().astimezone())
    return AccountSetup(
        name=DEMO_ACCOUNT,
        folders=AccountFolders(paths.account_data(DEMO_ACCOUNT), paths.account_cache(DEMO_ACCOUNT)),
        open_backend=lambda secret, _: DemoBackend(server, secret=secret),
        find_secret=_no_secret,
        sending=Sending(lambda _: DemoPostman(server, OWNER_ADDRESS)),
    )


def remove_sandbox(folder: Path) -> None:
    """Remove what `tuimail demo` made, and nothing else."""
    resolved = folder.resolve()
    ours = resolved.name.startswith(SANDBOX_PREFIX)
    if ours and resolved.parent == Path(tempfile.gettempdir()).resolve():
        shutil.rmtree(resolved, ignore_errors=True)


async def _no_secret() -> str | None:
    return ""
