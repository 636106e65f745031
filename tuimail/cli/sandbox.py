"""The throw-away folders of `tuimail demo`."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tuimail.config.paths import Paths
from tuimail.engine.process import Place
from tuimail.model.mail import AccountName

# What the engine of the demo goes by too; its own module would load the whole engine here.
DEMO_ACCOUNT = AccountName("demo")
SANDBOX_PREFIX = "tuimail-demo-"

_FOLDERS = {
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_CACHE_HOME": "cache",
    "XDG_STATE_HOME": "state",
    # Short: the path of a socket has its limits.
    "XDG_RUNTIME_DIR": "",
}

# Who has the demo's letters; what she writes goes nowhere.
OWNER = ("Mira Lindqvist", "mira@lindqvist.example")

_ACCOUNT = f"""\
name = "{OWNER[0]}"
email = "{OWNER[1]}"

[incoming]
host = "demo.invalid"

[outgoing]
host = "demo.invalid"
"""


@contextmanager
def sandbox() -> Iterator[tuple[Paths, Place]]:
    """Folders of our own for this process and those it starts.

    They go away at the end; should this process be killed, the engine removes them.
    """
    root = Path(tempfile.mkdtemp(prefix=SANDBOX_PREFIX))
    before = dict(os.environ)
    os.environ.update({name: str(root / folder) for name, folder in _FOLDERS.items()})
    paths = Paths.from_environment()
    socket_folder = paths.socket.parent
    try:
        paths.accounts.mkdir(mode=0o700, parents=True)
        paths.account_file(DEMO_ACCOUNT).write_text(_ACCOUNT)
        command = (sys.executable, "-m", "tuimail.engine.run", "--demo", str(root))
        yield paths, Place(paths.lock, paths.socket, paths.log, command)
    finally:
        os.environ.clear()
        os.environ.update(before)
        for folder in (root, socket_folder):
            shutil.rmtree(folder, ignore_errors=True)
