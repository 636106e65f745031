"""What a browser would show of an element, as far as its style tells; unknown never hides."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from tuimail.mime.html_colour import CLEAR, INHERITED, Colour, parse_colour
from tuimail.mime.html_css import STYLE_CHARACTERS, Attributes, Declarations, Sheet, cascade
from tuimail.mime.word_set import word_set

STYLES = 2_000
_NOTHING = 0.5

_LENGTH = re.compile(r"([+-]?(?:\d{1,6}(?:\.\d{0,60})?|\.\d{1,60}))(px|pt|em|rem|%|vh|vw|in|cm)?")
_FONT = re.compile(r"(?:^|\s)(\d{1,4}(?:\.\d{0,4})?(?:px|pt|em|rem|%)?)(?:/|\s)")
_CLIPPED_AWAY = re.compile(
    r"rect\((?:\s*[01](?:px)?[\s,]*){4}\)|inset\(\s*(?:50|100)%\s*\)|circle\(0\)"
)
_WORD = re.compile(r"[a-z]{3,4}\([^()]*\)|[^\s()]+")
_PICTURE = re.compile(r"url\(|gradient\(|image")
_INLINE = word_set(
    "a abbr b bdi bdo big cite code del dfn em font i ins kbd label mark q s samp small span "
    "strike strong sub sup tt u var"
)
# Their sizes are only wishes.
_CELLS = word_set("table tbody td tfoot th thead tr")
# Shown on a line of their own, each a value of `display`.
_BLOCKS = word_set("block flex grid list-item table table-row -webkit-box flow-root")
_PRE = word_set("pre pre-wrap break-spaces")
_COLLAPSING = word_set("normal nowrap initial")
_SHOWN = word_set("visible initial")


class Look(NamedTuple):
    """What an element's text inherits; `tiny` is too small to see, `absent` not shown at all."""

    colour: Colour | None = None
    background: Colour | None = None
    tiny: bool = False
    unseen: bool = False
    absent: bool = False
    white_space: str = "normal"

    @property
    def hides(self) -> bool:
        """Whether text with this look is out of sight."""
        if self.absent or self.unseen or self.tiny:
            return True
        colour = self.colour
        return colour is not None and (colour.is_clear or colour == self.background)

    def under(self, style: "Style") -> "Look":
        """The look of an element with `style` that stands in one with this look."""
        return Look(
            self.colour if style.colour is INHERITED else style.colour,
            self.background if style.background is INHERITED else style.background,
            self.tiny if style.tiny is None else style.tiny,
            self.unseen if style.unseen is None else style.unseen,
            self.absent or style.absent,
            style.white_space or self.white_space,
        )


@dataclass(frozen=True, slots=True)
class Style:
    """What one element's style says; what it does not say is None, "" or INHERITED.

    `place` is "block", "inline" or "apart" (inline, but set apart); `shift` is "^" or "_".
    """

    colour: Colour | None = INHERITED
    background: Colour | None = INHERITED
    tiny: bool | None = None
    unseen: bool | None = None
    absent: bool = False
    white_space: str = ""
    place: str = ""
    shift: str = ""
    struck: bool = False
    markers: str = ""

    @property
    def changes_look(self) -> bool:
        return (
            self.absent
            or bool(self.white_space)
            or self.colour is not INHERITED
            or self.background is not INHERITED
            or self.tiny is not None
            or self.unseen is not None
        )


PLAIN = Style()
PLAIN_LOOK = Look()
_OLD = ("bgcolor", "background", "color", "text", "hidden")
Old = tuple[tuple[str, str | None], ...]
Names = tuple[str | None, ...]
# What an element must have of these to be out of sight.
_HIDES = frozenset({"opacity", "text-indent", "position", "overflow", "overflow-x", "overflow-y"})


@dataclass(slots=True)
class Styles:
    """The styles of a document's elements, each worked out once."""

    sheet: Sheet
    _known: dict[tuple[str, Names, Old], Style] = field(default_factory=dict)

    def of(self, tag: str, attributes: Attributes) -> Style:
        if not attributes and self.sheet.is_empty:
            return PLAIN
        old = tuple([(name, attributes[name]) for name in _OLD if name in attributes])
        style = (attributes.get("style") or "")[:STYLE_CHARACTERS]
        if self.sheet.is_empty:
            return _style_of_its_own(tag, style, old)
        names = (style, attributes.get("class"), attributes.get("id"))
        known = self._known.get((tag, names, old))
        if known is None:
            known = self._worked_out(tag, attributes, style, old)
            if len(self._known) < STYLES:
                self._known[tag, names, old] = known
        return known

    def _worked_out(self, tag: str, attributes: Attributes, style: str, old: Old) -> Style:
        rules = self.sheet.matching(tag, attributes)
        if not rules:
            return _style_of_its_own(tag, style, old)
        return _style(tag, dict(old), cascade(rules, style))


@lru_cache(maxsize=STYLES)
def _style_of_its_own(tag: str, style: str, old: Old) -> Style:
    """Letters are alike: most styles were worked out for one before."""
    return _style(tag, dict(old), cascade((), style))


def _style(tag: str, attributes: Attributes, wanted: Declarations) -> Style:
    if not wanted and not attributes:
        return PLAIN
    display = wanted.get("display", "none" if "hidden" in attributes else "")
    inline = display == "inline" or (tag in _INLINE and display in ("", "inherit"))
    boxed = not inline and tag not in _CELLS
    decoration = wanted.get("text-decoration", "") + wanted.get("text-decoration-line", "")
    space = wanted.get("white-space", "")
    return Style(
        colour=_colour(tag, attributes, wanted),
        background=_background(attributes, wanted),
        tiny=_tiny(wanted),
        unseen=_unseen(wanted),
        absent=display == "none" or (not _HIDES.isdisjoint(wanted) and _is_away(boxed, wanted)),
        white_space="normal" if space in _COLLAPSING else "pre" if space in _PRE else space,
        place=_place(tag, display, wanted),
        shift=_shift(tag, wanted.get("vertical-align", "")),
        struck="line-through" in decoration,
        markers=wanted.get("list-style-type") or wanted.get("list-style", ""),
    )


def _colour(tag: str, attributes: Attributes, wanted: Declarations) -> Colour | None:
    value = wanted.get("color")
    if value is None:
        value = attributes.get("text" if tag == "body" else "color") or ""
        return parse_colour(value) if value else INHERITED
    return INHERITED if value in ("inherit", "currentcolor") else parse_colour(value)


def _background(attributes: Attributes, wanted: Declarations) -> Colour | None:
    """What is behind the text; a picture, or a place outside the flow, leaves it unknown."""
    picture = wanted.get("background-image", "none")
    if picture not in ("none", "initial") or attributes.get("background"):
        return None
    if wanted.get("position") in ("absolute", "fixed", ""):
        return None
    value = wanted.get("background-color", wanted.get("background"))
    if value is None:
        value = attributes.get("bgcolor")
    if value is None or value in ("none", "initial", "inherit"):
        return INHERITED
    if _PICTURE.search(wanted.get("background", "")):
        return None
    colour = parse_colour(value)
    if colour is None:
        colours = [parse_colour(word) for word in _WORD.findall(value)[:6]]
        colour = next((each for each in colours if each), None)
    if colour == CLEAR or (colour and colour.is_clear):
        return INHERITED
    return colour if colour and colour.opacity == 255 else None


def _length(value: str) -> float | None:
    """A length or share in pixels, as far as it matters whether that is about nothing."""
    found = _LENGTH.fullmatch(value)
    if found is None:
        return None
    number = float(found[1])
    return number if found[2] in (None, "px", "pt") else number * 10


def _tiny(wanted: Declarations) -> bool | None:
    """Whether text right in the element is too small to see; None if it does not say.

    A size of 0 is inherited and often taken back further in, so it hides no elements.
    """
    value = wanted.get("font-size")
    if value is None and (font := _FONT.search(wanted.get("font", "") + " ")):
        value = font[1]
    if not value:
        return None if value is None else False
    size = _length(value)
    if size is None:
        return None if value in ("inherit", "smaller", "larger") else False
    if value.endswith(("px", "pt")):
        return 0 <= size <= 2
    if value.endswith(("em", "%")) and not value.endswith("rem"):
        return True if abs(size) < _NOTHING else None
    return abs(size) < _NOTHING


def _unseen(wanted: Declarations) -> bool | None:
    value = wanted.get("visibility")
    if value in ("hidden", "collapse"):
        return True
    return False if value in _SHOWN or value == "" else None


def _is_away(boxed: bool, wanted: Declarations) -> bool:
    return _is_out_of_sight(wanted) or (boxed and _clips(wanted))


def _is_out_of_sight(wanted: Declarations) -> bool:
    opacity = _length(wanted.get("opacity", ""))
    if opacity is not None and opacity < 0.01:
        return True
    indent = _length(wanted.get("text-indent", ""))
    if indent is not None and indent < -200:
        return True
    position = wanted.get("position", "")
    if position not in ("absolute", "fixed", "relative"):
        return False
    places = [_length(wanted.get(side, "")) for side in ("left", "top")]
    if any(place is not None and place <= -1000 for place in places):
        return True
    clip = wanted.get("clip", "") + wanted.get("clip-path", "")
    return position != "relative" and bool(_CLIPPED_AWAY.search(clip))


def _clips(wanted: Declarations) -> bool:
    """Whether the element is a box of no size that cuts off what does not fit."""
    if wanted.get("min-width") or wanted.get("min-height"):
        return False
    hides = [wanted.get(name, "") for name in ("overflow", "overflow-x", "overflow-y")]
    if not any("hidden" in value or "clip" in value for value in hides):
        return False
    sizes = [wanted.get(name, "") for name in ("height", "width", "max-height", "max-width")]
    lengths = [_length(size) for size in sizes]
    return any(length is not None and 0 <= length <= 1 for length in lengths)


def _place(tag: str, display: str, wanted: Declarations) -> str:
    if display in _BLOCKS or wanted.get("float", "") in ("left", "right"):
        return "block"
    if display == "table-cell":
        return "apart"
    if display.startswith("inline"):
        boxed = display != "inline" and (tag not in _INLINE or _has_room(wanted))
        return "apart" if boxed else "inline"
    return ""


def _has_room(wanted: Declarations) -> bool:
    """Whether there is space beside an inline box."""
    sides = ("padding", "padding-left", "padding-right", "margin", "margin-left", "margin-right")
    return any(wanted.get(side, "0").strip("0px ") for side in (*sides, "width"))


def _shift(tag: str, align: str) -> str:
    if tag in ("sup", "sub"):
        return ""
    if tag in _INLINE:
        return {"super": "^", "sub": "_"}.get(align, "")
    return ""


def is_pixel(attributes: Attributes) -> bool:
    """An image that is there to be counted, not seen."""
    sizes = [
        (attributes.get(name) or "").removesuffix("px").strip() for name in ("width", "height")
    ]
    return any(size.isdecimal() and len(size) < 4 and int(size) <= 3 for size in sizes)
