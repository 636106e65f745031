"""What the fields and buttons of a form show before anyone has filled them in."""

from typing import TYPE_CHECKING

from tuimail.mime.html_css import Attributes
from tuimail.mime.word_set import word_set

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

FIELDS = word_set("input select textarea")
OPTIONS = 500
_CHARACTERS = 2_000
_BUTTONS = {"submit": "Submit", "reset": "Reset", "button": "", "image": ""}


def shown(node: "LexborNode", tag: str, attributes: Attributes) -> tuple[str, str]:
    """The text that is in sight, and the text that is not."""
    if tag == "input":
        return _input(attributes), ""
    if tag == "textarea":
        return (node.text(deep=True) or attributes.get("placeholder") or "")[:_CHARACTERS], ""
    options = node.css("option")[:OPTIONS]
    chosen = next((each for each in options if "selected" in each.attributes), None)
    if chosen is None and options:
        chosen = options[0]
    texts = [(each.text(deep=True).strip(), each == chosen) for each in options]
    in_sight = next((text for text, is_chosen in texts if is_chosen), "")
    others = " ".join(text for text, is_chosen in texts if not is_chosen)
    return (f"[{in_sight[:_CHARACTERS]}]" if in_sight else ""), others


def _input(attributes: Attributes) -> str:
    kind = (attributes.get("type") or "text").lower()
    value = (attributes.get("value") or "")[:_CHARACTERS]
    if kind in _BUTTONS:
        name = value or attributes.get("alt") or _BUTTONS[kind]
        return f"[{name}]" if name else ""
    if kind in ("checkbox", "radio"):
        return "[x]" if "checked" in attributes else "[ ]"
    if kind in ("hidden", "file", "password", "color", "range"):
        return ""
    return value or attributes.get("placeholder") or ""
