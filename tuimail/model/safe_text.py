"""The border: text from outside becomes `SafeText` before it reaches a terminal.

What comes out is printable, has a column width that terminals agree on, and is unchanged by
a second pass (security.md T1-T3).
"""


class SafeText(str):
    """Text without control, bidi or invisible characters.

    Made by `safe_line` and `safe_prose`; the constructor is for our own words and for
    reading back what was stored as safe.
    """

    __slots__ = ()


EMPTY = SafeText("")


def safe_line(text: str, limit: int = 10_000) -> SafeText:
    """One line of `text` that no terminal can be harmed by, at most `limit` characters.

    For names, addresses, subjects and file names: what is invisible becomes visible. Line
    ends and tabs become spaces.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isascii() and text.isprintable():
        return SafeText(text)
    from tuimail.model import cleaning  # noqa: PLC0415  its patterns take 5 ms to compile

    return SafeText(cleaning.clean(text))


def safe_prose(text: str, limit: int = 10_000) -> SafeText:
    """As `safe_line`, for running text: invisible characters are left out, not shown."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isascii() and text.isprintable():
        return SafeText(text)
    from tuimail.model import cleaning  # noqa: PLC0415  its patterns take 5 ms to compile

    return SafeText(cleaning.clean_prose(text))
