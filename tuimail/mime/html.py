"""HTML to text by our own walk over the tree; nothing it names is ever fetched."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from tuimail.mime import bounds
from tuimail.mime.html_bounds import is_tangled, without_attribute_floods
from tuimail.mime.html_css import Sheet
from tuimail.mime.html_style import Styles
from tuimail.mime.html_walk import Walk
from tuimail.mime.html_writer import Writer
from tuimail.mime.links import LinkList
from tuimail.model.safe_text import SafeText

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

SHEETS = 20
_TAG = re.compile(r"<(/?)([a-zA-Z]{0,20})[^<>]{0,2000}>?")
_BASE_CHARACTERS = 20_000


@dataclass(slots=True)
class Rendered:
    """Lines safe for a terminal; `cut` if there was more, `rough` if its layout was dropped.

    `hidden_words` are left out because a browser would not show them either; `pictures` are
    all that a letter without words has.
    """

    lines: list[SafeText]
    cut: bool = False
    rough: bool = False
    hidden_words: int = 0
    pictures: int = 0


def render(html: str, links: LinkList, *, everything: bool = False) -> Rendered:
    """The text of a document as a reader would see it; its links are added to `links`.

    `everything` also shows what the document hides.
    """
    cut = len(html) > bounds.HTML_CHARACTERS
    html = without_attribute_floods(html[: bounds.HTML_CHARACTERS].replace("\x00", ""))
    if is_tangled(html):
        return _rough(html)
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415  not every letter has HTML

    tree = LexborHTMLParser(html)
    links.base = _base(tree, html)
    walk = Walk(links, Styles(_sheet(tree)), everything)
    if tree.root is not None:
        walk.run(tree.root)
    pictures = 0 if walk.tally.has_words else walk.tally.pictures
    if pictures:
        _offer(walk)
    cut = cut or walk.writer.full or walk.tally.nodes_left <= 0
    return Rendered(walk.writer.lines, cut, False, walk.tally.hidden_words, pictures)


def _sheet(tree: "LexborHTMLParser") -> Sheet:
    sheet = Sheet()
    for style in tree.css("style")[:SHEETS]:
        sheet.read(style.text(), style.attributes.get("media") or "")
    return sheet


def _base(tree: "LexborHTMLParser", html: str) -> str:
    """What relative links are relative to; "" if the letter does not say."""
    if "<base" not in html[:_BASE_CHARACTERS].lower():
        return ""
    base = tree.css_first("base[href]")
    return (base.attributes.get("href") or "") if base is not None else ""


def _offer(walk: Walk) -> None:
    """Number the pictures of a letter that has nothing else."""
    for source in walk.tally.sources:
        known = len(walk.links.links)
        link = walk.links.add(source, "")
        if link is not None and link.number > known:
            walk.writer.block()
            walk.writer.set_apart(f"[{link.number}: {link.host}]")
    walk.writer.block()


def _rough(html: str) -> Rendered:
    writer = Writer()
    for line in "".join(_bare_text(html)).splitlines():
        writer.text(unescape(line))
        writer.block()
    return Rendered(writer.lines, rough=True, cut=writer.full)


def _bare_text(html: str) -> Iterator[str]:
    """What stands between the tags, style sheets and scripts left out."""
    lower = html.lower()
    last_end = max(lower.rfind("</style"), lower.rfind("</script"))
    start, left_out = 0, ""
    for tag in _TAG.finditer(html):
        if not left_out:
            yield html[start : tag.start()] + " "
        name = tag[2].lower()
        if left_out:
            left_out = "" if tag[1] and name == left_out else left_out
        elif name in ("style", "script") and not tag[1] and tag.end() <= last_end:
            left_out = name
        start = tag.end()
    yield html[start:]
