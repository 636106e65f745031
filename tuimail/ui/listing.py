"""The vector of keys behind a list: cursor, window, marks. Pure; knows no screen.

A step costs the same at any length; only news and removing many walk the vector.
"""

from array import array
from collections.abc import Collection, Iterable, Sequence

from tuimail.model.mail import MessageKey

KEY_TYPE = "q"


class Listing:
    """Which messages are listed, which is current, which are in sight and which are marked.

    Methods that move return the lines in sight that look different, or None for all. The
    window moves by pages, or `by_line`.
    """

    def __init__(self, *, by_line: bool = False) -> None:
        self.by_line = by_line
        self.keys: array[int] = array(KEY_TYPE)
        self.cursor = 0
        self.top = 0
        self.height = 1
        self.marks: set[MessageKey] = set()
        self.anchor: int | None = None

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def current(self) -> MessageKey | None:
        return MessageKey(self.keys[self.cursor]) if self.keys else None

    @property
    def chosen(self) -> frozenset[MessageKey]:
        """What an action applies to: the marked and the range, else the current message."""
        if self.anchor is not None:
            first, last = sorted((self.anchor, self.cursor))
            return frozenset(self.marks | {MessageKey(k) for k in self.keys[first : last + 1]})
        if self.marks:
            return frozenset(self.marks)
        return frozenset() if self.current is None else frozenset({self.current})

    @property
    def marked_count(self) -> int:
        if self.anchor is None:
            return len(self.marks)
        return len(self.chosen) if self.marks else abs(self.anchor - self.cursor) + 1

    def key_at(self, line: int) -> MessageKey | None:
        """The message on a line in sight."""
        index = self.top + line
        return MessageKey(self.keys[index]) if 0 <= index < len(self.keys) else None

    def is_marked(self, line: int) -> bool:
        index = self.top + line
        if self.anchor is not None:
            first, last = sorted((self.anchor, self.cursor))
            if first <= index <= last:
                return True
        return bool(self.marks) and self.key_at(line) in self.marks

    def around(self, lines: int) -> Sequence[int]:
        """The keys in sight and `lines` before and after."""
        return self.keys[max(0, self.top - lines) : self.top + self.height + lines]

    def move_to(self, index: int) -> set[int] | None:
        """Put the cursor on `index`, as near as there is; the window moves at its edge."""
        index = max(0, min(index, len(self.keys) - 1)) if self.keys else 0
        before, top = self.cursor, self.top
        self.cursor = index
        self._reach_cursor()
        if self.top != top:
            return None
        if before == index:
            return set()
        if self.anchor is not None:
            first, last = sorted((before, index))
            return {line - top for line in range(first, last + 1)}
        return {before - top, index - top}

    def scroll(self, lines: int) -> set[int] | None:
        """Move the window, and the cursor with it, by `lines`."""
        last_top = max(0, len(self.keys) - self.height)
        top = max(0, min(self.top + lines, last_top))
        if top == self.top:
            return self.move_to(self.cursor + lines)
        self.cursor = max(0, min(self.cursor + top - self.top, len(self.keys) - 1))
        self.top = top
        return None

    def resize(self, height: int) -> None:
        self.height = max(1, height)
        self.top = min(self.top, max(0, len(self.keys) - self.height))
        if not self.top <= self.cursor < self.top + self.height:
            self.top = max(0, self.cursor - self.height // 2)

    def mark(self, keys: Iterable[MessageKey], *, on: bool) -> None:
        if on:
            self.marks.update(keys)
        else:
            self.marks.difference_update(keys)

    def settle_range(self) -> None:
        """Make marks of the range."""
        self.marks = set(self.chosen) if self.anchor is not None else self.marks
        self.anchor = None

    def clear_marks(self) -> None:
        self.marks = set()
        self.anchor = None

    def replace(self, keys: Sequence[int], *, focus: MessageKey | None = None) -> bool:
        """Take over a new vector; False if it is the same.

        The cursor stays on its message, or on the next one that is still there; `focus`
        names another message to stand on.
        """
        fresh = keys if isinstance(keys, array) else array(KEY_TYPE, keys)
        if fresh == self.keys and focus is None:
            return False
        line = self.cursor - self.top
        cursor = self._surviving(fresh, focus)
        self.keys, self.cursor = fresh, cursor
        self.anchor = None
        if self.top > 0 or cursor >= self.height:
            self.top = max(0, min(cursor - line, len(fresh) - self.height))
        if self.marks:
            self.marks &= set(map(MessageKey, fresh))
        self._reach_cursor()
        return True

    def after(self, keys: Sequence[int], *, focus: MessageKey | None = None) -> Sequence[int]:
        """The keys that are in sight once `replace` has taken over these."""
        then = Listing(by_line=self.by_line)
        then.keys, then.cursor = self.keys, self.cursor
        then.top, then.height = self.top, self.height
        then.replace(keys, focus=focus)
        return then.around(0)

    def remove(self, gone: Collection[MessageKey]) -> None:
        """Take messages out; the cursor advances to the next one that stays."""
        if gone == {self.current}:
            del self.keys[self.cursor]
            self.cursor = max(0, min(self.cursor, len(self.keys) - 1))
        else:
            before = sum(key in gone for key in self.keys[: self.cursor])
            self.keys = array(KEY_TYPE, (key for key in self.keys if key not in gone))
            self.cursor = max(0, min(self.cursor - before, len(self.keys) - 1))
            self.top = max(0, self.top - before)
        self.marks.difference_update(gone)
        self.anchor = None
        self.top = max(0, min(self.top, len(self.keys) - self.height))
        self._reach_cursor()

    def _reach_cursor(self) -> None:
        """Bring the cursor in sight: by turning a page, its line the new first, or just so."""
        last_top = max(0, len(self.keys) - self.height)
        above = max(0, self.cursor - self.height + 1)
        if self.cursor < self.top:
            self.top = self.cursor if self.by_line else above
        elif self.cursor >= self.top + self.height:
            self.top = above if self.by_line else min(self.cursor, last_top)

    def _surviving(self, fresh: "array[int]", focus: MessageKey | None) -> int:
        """Where the cursor belongs in `fresh`."""
        if not fresh:
            return 0
        for key in (focus, self.current):
            if key is None:
                continue
            if self.cursor < len(fresh) and fresh[self.cursor] == key:
                return self.cursor
            try:
                return fresh.index(key)
            except ValueError:
                continue
        places = {key: index for index, key in enumerate(fresh)}
        for old in self.keys[self.cursor :]:
            if old in places:
                return places[old]
        return len(fresh) - 1 if self.keys else 0
