"""Keywords in file names: the letters a to z, and one list of what they mean."""

import os
from collections.abc import Collection
from pathlib import Path
from string import ascii_lowercase

from tuimail.backend.maildir.maildir import sync_folder
from tuimail.backend.maildir.names import LETTERS
from tuimail.model.mail import Flag

_FLAGS = {letter: flag for flag, letter in LETTERS.items()}
_LONGEST_LIST = 20_000


class Keywords:
    """All mailboxes of a Maildir share one list, so that a move keeps the letters.

    Its form is that of Dovecot's dovecot-keywords. There is room for 26; further keywords
    are not accepted.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / "tuimail-keywords"
        self._letters: dict[Flag, str] = {}
        self._version: tuple[int, int] = (0, 0)

    def accepts(self, flags: Collection[Flag]) -> bool:
        known = self._known()
        return len(known) + len(set(flags) - known.keys() - LETTERS.keys()) <= len(ascii_lowercase)

    def letters_of(self, flags: Collection[Flag]) -> set[str]:
        """The letters for these flags; new keywords get theirs, durably, before any is used."""
        known = self._known()
        new = sorted(set(flags) - known.keys() - LETTERS.keys())
        if new:
            free = (letter for letter in ascii_lowercase if letter not in known.values())
            known |= dict(zip(new, free, strict=False))
            self._write(known)
        return {LETTERS.get(flag) or known[flag] for flag in flags if flag in known | LETTERS}

    def flags_of(self, letters: str) -> frozenset[Flag]:
        """What letters say; those that nobody explains say nothing."""
        meaning = {letter: flag for flag, letter in self._known().items()} | _FLAGS
        return frozenset(meaning[letter] for letter in letters if letter in meaning)

    def _known(self) -> dict[Flag, str]:
        """The list as it is now; another program may have added to it."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return {}
        version = (status.st_ino, status.st_mtime_ns)
        if version != self._version:
            self._letters = self._read()
            self._version = version
        return dict(self._letters)

    def _read(self) -> dict[Flag, str]:
        text = self._path.read_text(encoding="utf-8", errors="replace")[:_LONGEST_LIST]
        found: dict[Flag, str] = {}
        for line in text.splitlines():
            number, _, keyword = line.partition(" ")
            if number.isdecimal() and int(number) < len(ascii_lowercase) and keyword:
                found.setdefault(Flag(keyword), ascii_lowercase[int(number)])
        return found

    def _write(self, letters: dict[Flag, str]) -> None:
        draft = self._path.with_name(self._path.name + ".new")
        rows = sorted((ascii_lowercase.index(letter), flag) for flag, letter in letters.items())
        with draft.open("w", encoding="utf-8") as opened:
            opened.writelines(f"{number} {flag}\n" for number, flag in rows)
            opened.flush()
            os.fsync(opened.fileno())
        draft.chmod(0o600)
        draft.replace(self._path)
        sync_folder(self._path.parent)
