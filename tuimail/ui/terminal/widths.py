"""How many cells characters take: what Rich says, since Textual measures with it, too.

Rich is loaded with the first character whose width is not plain: a first screen in a Western
language does without.
"""

from collections.abc import Callable

_PLAIN_RANGES = (
    (0x20, 0x7F),
    (0xA0, 0xAD),
    (0xAE, 0x300),
    (0x370, 0x483),
    (0x2010, 0x2028),
    (0x2190, 0x21AB),
    (0x2500, 0x2580),
)
_PLAIN = frozenset(chr(code) for first, end in _PLAIN_RANGES for code in range(first, end))

is_plain: Callable[[str], bool] = _PLAIN.issuperset
"""Whether every character of a text is certain to take one cell."""


def text_width(text: str) -> int:
    if is_plain(text):
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415  see above

    return cell_len(text)


def character_width(character: str) -> int:
    if character in _PLAIN:
        return 1
    from rich.cells import get_character_cell_size  # noqa: PLC0415  see above

    return get_character_cell_size(character)


def has_wide_picture(character: str) -> bool:
    """Whether variation selector 16 makes it two cells wide."""
    from rich._unicode_data import load  # noqa: PLC0415  see above

    return character in load("auto").narrow_to_wide
