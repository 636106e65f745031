"""What is in a Maildir's folders, read anew only where their times say that it changed."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tuimail.backend.maildir.maildir import SUBFOLDERS, regular_files
from tuimail.backend.maildir.names import FileName, digest_of

# How fine the times of a folder are: in some file systems they are whole seconds.
_FINE = 50_000_000
_WHOLE_SECONDS = 2_100_000_000


@dataclass(frozen=True, slots=True)
class Listing:
    """The letters of each message by its UID; `digest` is another one after whatever change."""

    letters: Mapping[int, str]
    digest: int


class Listings:
    """Remembers what it read."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, Listing]] = {}

    def of(self, folder: Path) -> Listing:
        """All of a mailbox; what moves from new/ to cur/ meanwhile is in one of them."""
        parts = [self._read(folder / name) for name in SUBFOLDERS if name != "tmp"]
        letters = {uid: each for part in parts for uid, each in part.letters.items()}
        return Listing(letters, digest_of(str(part.digest) for part in parts))

    def _read(self, subfolder: Path) -> Listing:
        now, changed = time.time_ns(), subfolder.stat().st_mtime_ns
        known = self._known.pop(subfolder, None)
        if known is None or known[0] != changed:
            names = [entry.name for entry in regular_files(subfolder)]
            read = [FileName.read(name) for name in names]
            known = changed, Listing({each.uid: each.letters for each in read}, digest_of(names))
        if is_past(changed, now):
            self._known[subfolder] = known
        return known[1]


def is_past(changed: int, now: int) -> bool:
    """Whether a later change would bear another time than `changed`; both in nanoseconds."""
    return changed + (_FINE if changed % 1_000_000_000 else _WHOLE_SECONDS) < now
