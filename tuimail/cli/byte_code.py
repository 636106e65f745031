"""Whether Python can keep the byte code; where it cannot, every start takes a second longer."""

import logging
import os
import shlex
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import ModuleType

log = logging.getLogger(__name__)

_SHARED = {"site-packages", "dist-packages"}


def advice(modules: Iterable[ModuleType], state: Path) -> str:
    """What to run for a quicker start, in a sentence; "" if it is quick, or this was said before.

    `modules` are packages, imported already; that it was said is remembered in `state`.
    """
    folders = list(dict.fromkeys(_installed_in(m) for m in modules if not _is_kept(m)))
    if not folders or not _is_first_time(state / "byte-code-told"):
        return ""
    command = shlex.join(["python3", "-m", "compileall", "-q", *map(str, folders)])
    log.warning("no byte code is kept of what is in %s", ", ".join(map(str, folders)))
    return f"For a quicker start: {command}"


def _is_kept(module: ModuleType) -> bool:
    cached = getattr(module, "__cached__", None)
    return cached is None or Path(cached).exists()


def _installed_in(module: ModuleType) -> Path:
    """The folder to compile: that of all packages, or where it stands alone its own."""
    package = Path(module.__file__ or "").parent
    return package.parent if package.parent.name in _SHARED else package


def _is_first_time(mark: Path) -> bool:
    """Whether `mark` was not there; now it is, if it can be."""
    with suppress(OSError):
        if mark.exists():
            return False
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    return True
