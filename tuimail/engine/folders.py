"""Folders that are ours alone."""

from pathlib import Path


def make_private(folder: Path) -> None:
    """Make it and what is missing above it, each 0700, whatever the umask."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
