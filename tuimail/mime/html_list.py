"""The numbers and signs before the items of a list."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimail.mime.html_css import Attributes

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_LARGEST = 9_999_999
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_KINDS = {
    "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A",
    "lower-roman": "i", "upper-roman": "I", "decimal": "1", "decimal-leading-zero": "01",
}  # fmt: skip


@dataclass(slots=True)
class ListState:
    """A list being written; `kind` is as HTML's `type`, or "*" or "" for signs or none."""

    kind: str
    number: int = 1
    step: int = 1

    def marker(self, attributes: Attributes, style: str) -> str:
        """What stands before the next item."""
        value = integer(attributes.get("value"))
        if value is not None:
            self.number = value
        number = self.number
        self.number += self.step
        kind = _kind(attributes, style) or self.kind
        if kind == "none":
            return ""
        return "* " if kind == "*" else f"{numeral(number, kind)}. "


def list_state(
    node: "LexborNode", attributes: Attributes, style: str, *, numbered: bool
) -> ListState:
    """The list that `node` begins."""
    kind = _kind(attributes, style)
    if not numbered:
        return ListState(kind if kind in ("none", *_KINDS.values()) and kind else "*")
    backwards = "reversed" in attributes
    start = integer(attributes.get("start"))
    if start is None:
        start = sum(1 for each in _children(node) if each.tag == "li") if backwards else 1
    return ListState(kind or "1", start, -1 if backwards else 1)


def _children(node: "LexborNode") -> Iterator["LexborNode"]:
    child = node.first_child
    while child is not None:
        yield child
        child = child.next


def _kind(attributes: Attributes, style: str) -> str:
    """As `type` or `list-style` have it; "" if they say nothing that is known."""
    for word in style.split():
        if word == "none":
            return word
        if word in _KINDS:
            return _KINDS[word]
        if word in ("disc", "circle", "square"):
            return "*"
    kind = (attributes.get("type") or "").strip()
    if kind in ("a", "A", "i", "I", "1"):
        return kind
    return "*" if kind.lower() in ("disc", "circle", "square") else ""


def integer(text: str | None) -> int | None:
    """An integer as HTML reads it, within what anyone counts to."""
    text = (text or "").strip()
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 7:
        return None
    return int(text)


def numeral(number: int, kind: str) -> str:
    """`number` in letters, Roman or Arabic numerals; Arabic where the others have none."""
    if kind in ("a", "A") and 0 < number <= _LARGEST:
        letters = _letters(number)
    elif kind in ("i", "I") and 0 < number < 4_000:
        letters = _roman(number)
    else:
        return f"{number:02}" if kind == "01" else str(number)
    return letters.upper() if kind in "AI" else letters


def _letters(number: int) -> str:
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def _roman(number: int) -> str:
    letters = ""
    for value, sign in _ROMAN:
        count, number = divmod(number, value)
        letters += sign * count
    return letters
