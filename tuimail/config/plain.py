"""Flat settings files, read without a TOML parser: for who cannot wait for one to load."""

import re
from pathlib import Path

_MOST_BYTES = 256 * 1024

_TEXT = r'"[^"\\\0-\x1f\x7f]*"'
_LIST = rf"\[(?P<list>(?: *{_TEXT} *,)* *(?:{_TEXT})? *)\]"
_ENTRY = rf"(?P<key>[A-Za-z0-9_-]+) *= *(?:(?P<text>{_TEXT})|(?P<truth>true|false)|{_LIST})"
_LINE = re.compile(rf"[ \t]*(?:{_ENTRY})?[ \t]*(?:#[^\0-\x08\x0a-\x1f\x7f]*)?")
_TEXTS = re.compile(_TEXT)

PlainValue = str | bool | list[str]


def plain_file(path: Path) -> dict[str, PlainValue] | None:
    """What the file says, nothing if there is none; None if it takes more than `plain_table`."""
    try:
        with path.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
        return plain_table(content.decode()) if len(content) <= _MOST_BYTES else None
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        return None


def plain_table(text: str) -> dict[str, PlainValue] | None:
    """What a TOML text says, None if it takes a real parser to tell.

    Understands comments, and under bare keys texts without escapes, truths, and texts in a
    list.
    """
    table: dict[str, PlainValue] = {}
    for line in text.replace("\r\n", "\n").split("\n"):
        found = _LINE.fullmatch(line)
        if found is None or found["key"] in table:
            return None
        if found["key"]:
            table[found["key"]] = _value(found)
    return table


def _value(found: re.Match[str]) -> PlainValue:
    if found["text"] is not None:
        return found["text"][1:-1]
    if found["truth"] is not None:
        return found["truth"] == "true"
    return [text[1:-1] for text in _TEXTS.findall(found["list"])]
