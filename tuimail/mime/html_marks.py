"""Keeps in plain text what a page says by placing figures higher or lower."""

import re

_SIMPLE = re.compile(r"[-+−]?[\w.*/−]+'{0,2}")
_LINKED = re.compile(r"(.*?)((?: \[\d{1,4}(?:: [^\]]*)?\])+)")
_ORDINAL = re.compile(
    r"(?:st|nd|rd|th|ers?|[eè]re|[eè]me?s?|es?|nde?|a|o|as|os|[ªº])\.?", re.IGNORECASE
)
_TRADE_MARKS = frozenset({"TM", "SM", "tm", "sm"})
_CARRIES = ")]}°%'\"’”"
_COUNTED = re.compile(r"(?:\d|\b[IVXLC]{1,7})$")
_MONEY = r"(?:[$€£¥₹₽₺₩฿]|\b(?:USD|EUR|GBP|CHF|CAD|AUD|US|Fr|kr|zł|Kč|RM|Rs))"
_AMOUNT = r"(?<![\d.,'])\d{1,3}(?:[.,' ]?\d{3}){0,3}"
_PRICE_BEFORE = re.compile(rf"{_MONEY}\.?\s?{_AMOUNT}$")
_PRICE = re.compile(rf"{_AMOUNT}$")
_CENTS = re.compile(rf"\d\d(\s?{_MONEY})?")
_PRICE_AROUND = re.compile(rf"({_AMOUNT})\^(\d\d)(?=\s?{_MONEY})")
_LONGEST = 60


def raised(before: str, text: str, sign: str) -> str:
    """`text`, which stands above ("^") or below ("_") the line right after `before`.

    10^6, x_1, e^(n+1); but $5.99, 1st and Brand®, which need no sign to be understood.
    """
    if len(text) > 2 * _LONGEST or not before or not text:
        return text
    if before[-1].isspace() or text[0].isspace():
        return text
    if linked := _LINKED.fullmatch(text):
        return raised(before, linked[1], sign) + linked[2]
    if sign == "^" and _are_cents(before[-40:], text):
        return "." + text
    if _is_plain(before, text, sign):
        return text
    return sign + (text if _SIMPLE.fullmatch(text) else f"({text})")


def _are_cents(before: str, text: str) -> bool:
    cents = _CENTS.fullmatch(text)
    if cents is None:
        return False
    return bool((_PRICE if cents[1] else _PRICE_BEFORE).search(before))


def _is_plain(before: str, text: str, sign: str) -> bool:
    """Whether `text` says the same on the line."""
    if not any(map(str.isalnum, text)) or not (before[-1].isalnum() or before[-1] in _CARRIES):
        return True
    if text[0] in ".,([^_" or len(text) > _LONGEST:
        return True
    ordinal = bool(_ORDINAL.fullmatch(text) and _COUNTED.search(before[-10:]))
    return sign == "^" and (ordinal or text in _TRADE_MARKS)


def closed(raised_text: str, after: str) -> str:
    """`raised_text` so that figures right `after` it do not seem to belong to it: x_(1)2."""
    if raised_text[:1] in ("^", "_") and raised_text[-1].isdigit() and after[:1].isdigit():
        return f"{raised_text[0]}({raised_text[1:]})"
    return raised_text


def priced(line: str) -> str:
    """`line` with a point where raised cents stand before the name of their money."""
    return _PRICE_AROUND.sub(r"\1.\2", line)
