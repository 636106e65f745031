"""The part of CSS that decides what is seen: declarations, simple selectors, their cascade."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tuimail.mime.word_set import word_set

STYLE_CHARACTERS = 4_000
SHEET_CHARACTERS = 200_000
RULES = 4_000
SELECTORS = 50
CLASSES = 20
# How often a rule is held against an element; after that nothing is hidden any more.
COMPARISONS = 200_000
# The width of the page that rules for some widths are judged by, as in a window on a desk.
PAGE_WIDTH = 800

_READ = word_set(
    "background background-color background-image clip clip-path color display float font "
    "font-size height left list-style list-style-type margin margin-left margin-right "
    "max-height max-width min-height min-width opacity overflow overflow-x overflow-y padding "
    "padding-left padding-right position text-decoration text-decoration-line text-indent top "
    "vertical-align visibility white-space width"
)
_COMMENT = re.compile(r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|<!--|-->")
_BOUND = re.compile(r"[;()\"']")
_BRACE = re.compile(r"[{}]")
_COMPOUND = re.compile(r"(\*|[a-z][a-z0-9]*)?((?:[.#][\w-]+)*)", re.IGNORECASE)
_NAME = re.compile(r"[.#][\w-]+")
_COMBINATOR = re.compile(r"[\s>+~]+")
_CONDITION = re.compile(r"\[[^\[\]]{0,200}\]|::?[\w-]+(?:\([^()]{0,200}\))?")
# Written for one program's own page or for a moment that never comes in a terminal.
_ELSEWHERE = re.compile(r":(?:hover|active|focus|checked|visited)|\[data-ogs|\[owa\]|u\s*[+~]|:not")
_WIDTH = re.compile(r"\((max|min)-(?:device-)?width\s*:\s*(\d{1,5})(?:\.\d+)?(px|em|rem)?\s*\)")

Declarations = Mapping[str, str]
Attributes = Mapping[str, str | None]


def declarations(style: str) -> Iterator[tuple[str, str, bool]]:
    """The properties that are read, their values in lower case, and whether they are important."""
    if "/*" in style:
        style = _COMMENT.sub("", style)
    for piece in _pieces(style.lower()):
        name, _, value = piece.partition(":")
        name = name.strip()
        if name in _READ:
            value, important, _ = value.partition("!")
            yield name, value.strip(), bool(important)


def _pieces(style: str) -> list[str]:
    """Split at each ";" that is in no string and no parentheses."""
    if "(" not in style and '"' not in style and "'" not in style:
        return style.split(";")
    pieces: list[str] = []
    start, depth, quote = 0, 0, ""
    for bound in _BOUND.finditer(style):
        sign = bound[0]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == ";":
            if not depth:
                pieces.append(style[start : bound.start()])
                start = bound.end()
        else:
            depth = max(0, depth + (1 if sign == "(" else -1))
    return [*pieces, style[start:]]


class Rule(NamedTuple):
    """What a selector wants of an element; `sure` if all of the selector was understood."""

    names: frozenset[str]
    weight: int
    order: int
    sure: bool
    wanted: tuple[tuple[str, str, bool], ...]


@dataclass(slots=True)
class Sheet:
    """A document's style sheets; rules are found by one name that the element must bear."""

    _rules: dict[str, list[Rule]] = field(default_factory=dict)
    _count: int = 0
    _left: int = COMPARISONS

    @property
    def is_empty(self) -> bool:
        return not self._rules

    def read(self, text: str, media: str = "") -> None:
        """Add the rules of `text`, which is for `media`, that hold on a screen."""
        if media and not _holds(f"@media {media}"):
            return
        for selectors, rules in _blocks(_COMMENT.sub("", text[:SHEET_CHARACTERS])):
            wanted = tuple(declarations(rules[:STYLE_CHARACTERS]))
            if not wanted:
                continue
            for selector in selectors.split(",")[:SELECTORS]:
                self._add(selector.strip(), wanted)

    def _add(self, selector: str, wanted: tuple[tuple[str, str, bool], ...]) -> None:
        if self._count >= RULES or len(selector) > 200 or _ELSEWHERE.search(selector):
            return
        *above, last = _COMBINATOR.split(selector)
        bare = _CONDITION.sub("", last)
        found = _COMPOUND.fullmatch(bare)
        if found is None or not bare:
            return
        names = _NAME.findall(found[2])
        if found[1] and found[1] != "*":
            names.append(found[1].lower())
        sure = not above and bare == last
        # What may or may not hold comes last: it takes back what would hide.
        weight = sum({"#": 100, ".": 10}.get(name[0], 1) for name in names) + 10_000 * (not sure)
        self._count += 1
        rule = Rule(frozenset(names), weight, self._count, sure, wanted)
        self._rules.setdefault(names[0] if names else "*", []).append(rule)

    def matching(self, tag: str, attributes: Attributes) -> list[Rule]:
        """The rules that hold for an element, what weighs most last."""
        if not self._rules or self._left <= 0:
            return []
        names = {tag, *_names(attributes)}
        near = [rule for name in (*names, "*") for rule in self._rules.get(name, ())]
        self._left -= len(near)
        found = [rule for rule in near if rule.names <= names]
        return sorted(found, key=lambda rule: (rule.weight, rule.order))


def cascade(rules: Iterable[Rule], style: str) -> Declarations:
    """What holds in the end: sheets, then the element's own style, then what is important."""
    found: dict[str, str] = {}
    important: dict[str, str] = {}
    for rule in rules:
        for name, value, is_important in rule.wanted:
            # An empty value is one that cannot be known.
            (important if is_important else found)[name] = value if rule.sure else ""
    for name, value, is_important in declarations(style):
        (important if is_important else found)[name] = value
    return found | important if important else found


def _names(attributes: Attributes) -> Iterator[str]:
    for name in (attributes.get("class") or "")[:1_000].split()[:CLASSES]:
        yield "." + name
    if id_ := attributes.get("id"):
        yield "#" + id_


def _blocks(sheet: str) -> Iterator[tuple[str, str]]:
    """Selectors and rules, those in an @media only if it is about a page like ours."""
    heads: list[str] = []
    start = 0
    for brace in _BRACE.finditer(sheet):
        text = sheet[start : brace.start()]
        if brace[0] == "{":
            heads.append(text.rpartition(";")[2].strip())
        elif heads:
            head = heads.pop()
            if head and not head.startswith("@") and len(heads) < 5 and all(map(_holds, heads)):
                yield head, text
        start = brace.end()


def _holds(head: str) -> bool:
    """Whether an at-rule's condition is true of a page on a screen."""
    if not head.lower().startswith("@media"):
        return False
    return any(_query_holds(query) for query in head[6:1_000].lower().split(","))


def _query_holds(query: str) -> bool:
    words = query.split()
    if not words or words[0] == "not" or {"print", "speech", "handheld", "tty"} & {*words[:2]}:
        return not words
    for side, width, unit in _WIDTH.findall(query):
        pixels = int(width) * (16 if unit in ("em", "rem") else 1)
        if pixels < PAGE_WIDTH if side == "max" else pixels > PAGE_WIDTH:
            return False
    rest = _WIDTH.sub("", query)
    return "(" not in rest or "pixel-ratio:0" in rest.replace(" ", "")
