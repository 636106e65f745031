"""Places where a test may kill the process: TUIMAIL_FAIL=name or name:n, the n-th time."""

import os
from collections import Counter

_passed: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Die here, as by kill -9, if the environment asks for it."""
    wanted = os.environ.get("TUIMAIL_FAIL")
    if not wanted:
        return
    place, _, count = wanted.partition(":")
    if place != name:
        return
    _passed[name] += 1
    if _passed[name] == int(count or 1):
        os._exit(137)
