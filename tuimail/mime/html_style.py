"""What a browser would not show: hidden elements, tiny text, tracking pixels."""

import re
from collections.abc import Mapping

STYLE_CHARACTERS = 200_000
_ZERO = r"\s*:\s*0*(?:\.0*)?(?:px|pt|em|rem|%|vh|vw)?\s*(?:!important\s*)?(?:;|$)"
_HIDDEN = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    rf"|opacity{_ZERO}|max-height{_ZERO}|max-width{_ZERO}"
    r"|color\s*:\s*transparent|text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{4,})",
    re.IGNORECASE,
)
_CLIPPED = re.compile(rf"(?:^|[;\s])(?:height|width){_ZERO}", re.IGNORECASE)
_FONT_SIZE = re.compile(r"(?:^|[;\s])font-size\s*:\s*(\d{0,4}(?:\.\d{0,4})?)\s*(px|pt|em|rem|%)?")
_COLOUR = re.compile(r"(?:^|[;\s])(color|background|background-color)\s*:\s*([#\w]{3,20})")
_BRACES = re.compile(r"[{}]")
_SELECTOR = re.compile(r"(?:[a-z]+)?([.#][\w-]+)", re.IGNORECASE)
_COMMENT_IN_CSS = re.compile(r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/")


def is_hidden(attributes: Mapping[str, str | None], hidden_names: frozenset[str]) -> bool:
    """Whether the element and all in it are out of sight; `hidden_names` as from a sheet."""
    if "hidden" in attributes:
        return True
    if hidden_names and any(name in hidden_names for name in _names(attributes)):
        return True
    style = attributes.get("style")
    if not style:
        return False
    style = style[:2_000]
    if _HIDDEN.search(style) or _is_own_background(style):
        return True
    return "overflow" in style and "hidden" in style and bool(_CLIPPED.search(style))


def _names(attributes: Mapping[str, str | None]) -> list[str]:
    names = ["." + name for name in (attributes.get("class") or "")[:500].split()]
    return [*names, "#" + (attributes.get("id") or "")]


def _is_own_background(style: str) -> bool:
    colours = {name: value.lower() for name, value in _COLOUR.findall(style.lower())}
    background = colours.get("background-color") or colours.get("background")
    return background is not None and colours.get("color") == background


def is_tiny(attributes: Mapping[str, str | None]) -> bool | None:
    """Whether text right in the element is too small to see; None if it does not say.

    A size of 0 is inherited and often taken back further in, so it hides no elements.
    """
    style = attributes.get("style")
    if not style or "font-size" not in style:
        return None
    found = _FONT_SIZE.search(style[:2_000])
    if found is None or found[1] in ("", "."):
        return None
    size = float(found[1])
    return size == 0 or (size <= 2 and found[2] in ("px", "pt"))


def is_pixel(attributes: Mapping[str, str | None]) -> bool:
    """An image that is there to be counted, not seen."""
    sizes = [
        (attributes.get(name) or "").removesuffix("px").strip() for name in ("width", "height")
    ]
    return any(size.isdecimal() and len(size) < 4 and int(size) <= 3 for size in sizes)


def hidden_names(sheet: str) -> frozenset[str]:
    """The classes and ids that a style sheet hides on every screen, as ".name" and "#name"."""
    sheet = _COMMENT_IN_CSS.sub("", sheet[:STYLE_CHARACTERS])
    names: set[str] = set()
    depth, start, selector = 0, 0, ""
    for brace in _BRACES.finditer(sheet):
        if brace[0] == "{":
            depth += 1
            if depth == 1:
                selector = sheet[start : brace.start()].strip()
        elif depth:
            depth -= 1
            if depth == 0 and not selector.startswith("@"):
                rules = sheet[start : brace.start()]
                names.update(_hidden_by(selector, rules))
        start = brace.end()
    return frozenset(names)


def _hidden_by(selector: str, rules: str) -> list[str]:
    if not _HIDDEN.search(rules[:2_000]):
        return []
    matches = [_SELECTOR.fullmatch(one.strip()) for one in selector[:2_000].split(",")]
    return [match[1] for match in matches if match]
