"""What somebody meant who named something that does not exist."""

import unicodedata
from collections.abc import Iterable

from tuimail.model.safe_text import SafeText, safe_line

_ALL_OF = 6
_NEAREST = 3
_ALIKE = 0.6
_LOOKED_AT = 2000
_LENGTH = 100


def folded(name: str) -> str:
    """A name as it is compared: whatever its case, and however its accents are composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def nearest(wanted: str, known: Iterable[str]) -> list[str]:
    """Those of `known` that look most like `wanted`, the most alike first."""
    asked = folded(wanted)[:_LENGTH]
    ranked = sorted(
        (-_likeness(asked, folded(name)[:_LENGTH]), name) for name in list(known)[:_LOOKED_AT]
    )
    alike = [name for likeness, name in ranked if -likeness >= _ALIKE]
    return (alike or [name for _, name in ranked])[:_NEAREST]


def _likeness(asked: str, name: str) -> float:
    """From 0 to 1; who names a part of a path, or its beginning, means that."""
    if not asked or not name:
        return 0
    if asked in name or name in asked:
        return 0.8 + 0.2 * min(len(asked), len(name)) / max(len(asked), len(name))
    from difflib import SequenceMatcher  # noqa: PLC0415  needed for mistakes only

    last = name.replace(".", "/").rpartition("/")[2]
    return max(SequenceMatcher(None, asked, part).ratio() for part in (name, last or name))


def there_are(wanted: str, known: Iterable[str]) -> SafeText:
    """What to say after "there is no …": all names where they are few, else the nearest."""
    names = list(dict.fromkeys(known))
    if not names:
        return SafeText("")
    found = nearest(wanted, names)
    if len(names) <= _ALL_OF:
        found += [name for name in names if name not in found]
    words = "there is" if len(names) == 1 else "the nearest are" if len(found) > 1 else ""
    shown = ", ".join(name[:_LENGTH] for name in found)
    return safe_line(f"; {words or 'the nearest is'} {shown}", 400)
