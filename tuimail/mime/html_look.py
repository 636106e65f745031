"""How an element looks by itself, before its style says anything."""

from collections.abc import Callable, Mapping

from tuimail.mime.html_style import Look


def _as_written(look: Look) -> Look:
    return look._replace(white_space="pre")


def _drawn(look: Look) -> Look:
    """No letter writes its text in a drawing; what is there is counted."""
    return look._replace(absent=True)


def _coloured(look: Look) -> Look:
    """Links and buttons have colours of their own, which differ from program to program."""
    return look._replace(colour=None)


def _boxed(look: Look) -> Look:
    return look._replace(colour=None, background=None)


def _afresh(look: Look) -> Look:
    """Without a doctype, neither colour nor size reaches into a table (HTML 15.3.10)."""
    return look._replace(colour=None, tiny=False)


# What an element changes by itself, before its style does.
LOOKS: Mapping[str, Callable[[Look], Look]] = {
    "a": _coloured,
    "button": _boxed,
    "listing": _as_written,
    "mark": _boxed,
    "plaintext": _as_written,
    "pre": _as_written,
    "svg": _drawn,
    "table": _afresh,
    "xmp": _as_written,
}


def before(tag: str, look: Look) -> Look:
    """What an element in one with `look` has to begin with."""
    change = LOOKS.get(tag)
    return look if change is None else change(look)
