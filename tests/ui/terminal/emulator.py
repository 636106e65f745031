"""A terminal that knows what we send and what Textual sends, and refuses everything else.

It is stricter than any real one: what terminals do not agree on, it takes for a mistake.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from tuimail.ui.terminal.splitting import is_doubtful
from tuimail.ui.terminal.style import (
    BLINK,
    BOLD,
    CONCEAL,
    DIM,
    ITALIC,
    PLAIN,
    REVERSE,
    SEEN_ON_BLANKS,
    STRIKE,
    TRUE,
    UNDERLINE,
    Style,
)
from tuimail.ui.terminal.widths import character_width, has_wide_picture, is_spacing_mark

_ATTRIBUTES = {
    1: BOLD,
    2: DIM,
    3: ITALIC,
    4: UNDERLINE,
    5: BLINK,
    7: REVERSE,
    8: CONCEAL,
    9: STRIKE,
}
_GONE = {22: BOLD | DIM} | {
    code + 20: bit for code, bit in _ATTRIBUTES.items() if code not in {1, 2}
}
_WIDENER = "\ufe0f"
_TOKEN = re.compile(
    r"\x1b\[(?P<parameters>[0-9;?]*)(?P<final>[A-Za-z])"
    r"|\x1b\]8;(?:id=\d+)?;(?P<link>[!-~]*)\x1b\\"
    r"|\x1b(?P<escape>M)"
    r"|(?P<control>[\r\n\b])"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
)


class Strange(AssertionError):
    """Something was sent that terminals do not know or do not agree on."""


class Cell(NamedTuple):
    """What stands in a cell; "" is the second half of a wide character."""

    text: str = " "
    style: Style = PLAIN


@lru_cache(maxsize=10_000)
def cell(text: str, style: Style) -> Cell:
    """The same for all that look the same: a blank may have no more than a background."""
    if text == " " and not style.attributes & SEEN_ON_BLANKS:
        style = Style(None, style.background, 0, style.link)
    return Cell(text, style)


class Emulator:
    """Shows what it is fed.

    `forgiving` drops what has no place before the right border, as a frame of ours does.
    `careful` also forbids to rely on the width of what is not ASCII; `width_of` is how wide
    this terminal draws a character, `colours_erased` whether erased cells take the present
    background.
    """

    def __init__(
        self,
        width: int,
        height: int,
        *,
        careful: bool = False,
        forgiving: bool = False,
        colours_erased: bool = True,
        width_of: Callable[[str], int] = character_width,
    ) -> None:
        self.width, self.height = width, height
        self.rows = [[Cell()] * width for _ in range(height)]
        self.x = self.y = 0
        self.style = PLAIN
        self.margins = (0, height - 1)
        self.beyond = self.full = False
        self.astray = False
        self.unsure: Style | None = None
        self.lost = False
        self.blanks = 0
        self.bytes = 0
        self.careful = careful
        self._forgiving = forgiving
        self._colours_erased = colours_erased
        self._width_of = width_of

    def feed(self, data: bytes) -> None:
        self.bytes += len(data)
        text = data.decode()
        at = 0
        while at < len(text):
            token = _TOKEN.match(text, at)
            if token is None:
                raise Strange(f"no terminal has to know {text[at : at + 12]!r}")
            anywhere = token["final"] in set("Hmrhl") or token["link"] is not None
            if self.astray and not anywhere:
                raise Strange("margins have changed: where the cursor stands is not agreed upon")
            at = token.end()
            if token["final"]:
                self._command(token["parameters"], token["final"])
            elif token["link"] is not None:
                self.style = self.style._replace(link=token["link"])
            elif token["escape"]:
                self._up()
            elif token["control"]:
                self._control(token["control"])
            else:
                self._print(token["text"])

    def resize(self, width: int, height: int) -> None:
        """As terminals do without reflow: what is still inside stays."""
        kept = [row[:width] + [Cell()] * (width - len(row)) for row in self.rows[:height]]
        self.rows = kept + [[Cell()] * width for _ in range(height - len(kept))]
        self.width, self.height = width, height
        self.margins = (0, height - 1)
        self.x, self.y = min(self.x, width - 1), min(self.y, height - 1)
        self.beyond = False

    def scribble(self) -> None:
        """Another program was here."""
        junk = Cell("#", Style(3, 5, UNDERLINE | REVERSE))
        self.rows = [[junk] * self.width for _ in range(self.height)]
        self.style = junk.style
        self.margins = (1, self.height - 2)
        self.x, self.y, self.beyond = self.width // 2, self.height // 2, False

    @property
    def lines(self) -> list[str]:
        return ["".join(text for text, _ in row).rstrip() for row in self.rows]

    # --- commands

    def _command(self, parameters: str, final: str) -> None:
        if parameters.startswith("?"):
            if (parameters, final) not in {("?2026", "h"), ("?2026", "l")}:
                raise Strange(f"mode {parameters}{final}")
            return
        numbers = [int(number or 0) for number in parameters.split(";")]
        match final:
            case "m":
                self._dress(numbers)
            case "H":
                y, x = (*numbers, 0)[:2]
                self.astray = False
                self._go(max(x, 1) - 1, max(y, 1) - 1)
            case "G":
                self._go(max(numbers[0], 1) - 1, self.y)
            case "C":
                self._sure()
                self._go(self.x + max(numbers[0], 1), self.y)
            case "K" if numbers == [0]:
                self._erase()
            case "r":
                self._limit(parameters, numbers)
            case _:
                raise Strange(f"command {parameters}{final}")

    def _control(self, control: str) -> None:
        if control == "\r":
            self._go(0, self.y)
        elif control == "\b":
            self._sure()
            self._go(self.x - 1, self.y)
        elif self.y == self.margins[1]:
            self._scroll(1)
        elif self.y == self.height - 1:
            raise Strange("a line feed at the end of the screen, outside the margins")
        else:
            self.y += 1

    def _go(self, x: int, y: int) -> None:
        if not (0 <= x < self.width and 0 <= y < self.height):
            raise Strange(f"to {x},{y} on a screen of {self.width}x{self.height}")
        self.x, self.y, self.beyond, self.full = x, y, False, False
        self.unsure, self.lost = None, False

    def _sure(self) -> None:
        if self.beyond:
            raise Strange("a relative move behind the last column")
        if self.careful and self.unsure is not None:
            raise Strange("a relative move behind a character of unknown width")

    def _limit(self, parameters: str, numbers: list[int]) -> None:
        top, bottom = numbers if parameters else (1, self.height)
        if not 1 <= top < bottom <= self.height:
            raise Strange(f"margins {top} and {bottom}")
        self.margins = (top - 1, bottom - 1)
        self._go(0, 0)
        self.astray = True

    def _up(self) -> None:
        if self.y == self.margins[0]:
            self._scroll(-1)
        elif self.y == 0:
            raise Strange("a reverse line feed outside the margins")
        else:
            self.y -= 1

    def _scroll(self, by: int) -> None:
        top, bottom = self.margins
        part = self.rows[top : bottom + 1]
        blank = [[self._blank()] * self.width]
        self.rows[top : bottom + 1] = part[1:] + blank if by > 0 else blank + part[:-1]

    def _erase(self) -> None:
        if self.beyond:
            raise Strange("what is erased behind the last column differs")
        if self.careful and self.unsure is not None:
            raise Strange("erased from an unknown column")
        self._part(self.x)
        blank = self._blank()
        self.rows[self.y][self.x :] = [blank] * (self.width - self.x)

    def _blank(self) -> Cell:
        if self.style.attributes & SEEN_ON_BLANKS or self.style.link:
            raise Strange("erased in reverse, with a line or as a link")
        background = self.style.background if self._colours_erased else None
        return Cell(" ", Style(None, background, 0))

    # --- text

    def _print(self, text: str) -> None:
        for character in text:
            width = self._width_of(character)
            if self._forgiving and (self.full or (width and self._is_too_wide(width))):
                self._drop(character)
                continue
            if is_spacing_mark(character):
                self._combine(character)
                self._widen()
            elif width:
                self._trust(character)
                self._put(character, width)
            else:
                self._combine(character)
            if not character.isascii():
                self.unsure = self.style
                self.lost = self.lost or is_doubtful(character)
            self.blanks = self.blanks + 1 if character == " " else 0

    def _is_too_wide(self, width: int) -> bool:
        return self.beyond or self.x + width > self.width

    def _drop(self, character: str) -> None:
        """Leave it out, and all that follows; a letter whose mark has no place goes with it."""
        if is_spacing_mark(character) and not self.full:
            for column in range(self._start(self.x), self.width):
                self.rows[self.y][column] = cell(" ", self.rows[self.y][column].style)
        self.full = True

    def _trust(self, character: str) -> None:
        """Whether it is known well enough where `character` will stand."""
        if self.beyond:
            raise Strange(f"{character!r} behind the last column")
        if self.careful and self.unsure is not None:
            other = self.unsure != self.style
            if self.lost or self.blanks > 1 or other:
                raise Strange(f"{character!r} behind a character of unknown width")

    def _put(self, character: str, width: int) -> None:
        if self.x + width > self.width:
            raise Strange(f"{character!r} over the right border")
        self._part(self.x)
        self._part(self.x + width)
        row = self.rows[self.y]
        row[self.x] = cell(character, self.style)
        if width == 2:
            row[self.x + 1] = Cell("", self.style)
        self.beyond = self.x + width == self.width
        self.x = min(self.x + width, self.width - 1)

    def _combine(self, character: str) -> None:
        row = self.rows[self.y]
        x = self._start(self.x if self.beyond else self.x - 1)
        if x < 0 or not row[x].text:
            raise Strange("a combining character without a base")
        if character == _WIDENER and has_wide_picture(row[x].text):
            self._widen()
        row[x] = Cell(row[x].text + character, self.style)

    def _widen(self) -> None:
        """The character before the cursor takes one cell more."""
        if self.beyond:
            raise Strange("a character grows over the right border")
        self._part(self.x + 1)
        self.rows[self.y][self.x] = Cell("", self.rows[self.y][self.x - 1].style)
        self.beyond = self.x + 1 == self.width
        self.x = min(self.x + 1, self.width - 1)

    def _start(self, x: int) -> int:
        """Where the character begins that has column `x`."""
        while x > 0 and not self.rows[self.y][x].text:
            x -= 1
        return x

    def _part(self, x: int) -> None:
        """Blank the cells of a wide character that is cut in two before column `x`."""
        row = self.rows[self.y]
        if not 0 < x < self.width or row[x].text:
            return
        first, last = self._start(x - 1), x
        while last + 1 < self.width and not row[last + 1].text:
            last += 1
        for column in range(first, last + 1):
            row[column] = cell(" ", row[column].style)

    def _dress(self, numbers: list[int]) -> None:
        codes = iter(numbers)
        foreground, background, attributes, link = self.style
        for code in codes:
            if code == 0:
                foreground, background, attributes = PLAIN[:3]
            elif code in _ATTRIBUTES:
                attributes |= _ATTRIBUTES[code]
            elif code in _GONE:
                attributes &= ~_GONE[code]
            elif code // 10 in {3, 9}:
                foreground = _colour(code, codes)
            elif code // 10 in {4, 10}:
                background = _colour(code - 10, codes)
            else:
                raise Strange(f"style {code}")
        self.style = Style(foreground, background, attributes, link)


def _colour(code: int, codes: Iterable[int]) -> int | None:
    rest = iter(codes)
    if code == 39:
        return None
    if code == 38:
        if next(rest) == 5:
            return next(rest)
        red, green, blue = next(rest), next(rest), next(rest)
        return TRUE | red << 16 | green << 8 | blue
    colour = code - 30 if code < 40 else code - 90 + 8
    if not 0 <= colour < 16 or code == 98:
        raise Strange(f"colour {code}")
    return colour
