"""HTML to text by our own walk over the tree; nothing it names is ever fetched."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tuimail.mime import bounds
from tuimail.mime.html_bounds import is_tangled, without_attribute_floods
from tuimail.mime.html_style import hidden_names, is_hidden, is_pixel, is_tiny
from tuimail.mime.html_table import Table, aligned, data_table, is_inline_row
from tuimail.mime.html_writer import Writer
from tuimail.mime.links import LinkList
from tuimail.mime.word_set import word_set
from tuimail.model.safe_text import SafeText

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_TAG = re.compile(r"<[^<>]{0,2000}>?")
_LEFT_OUT = word_set(
    "-comment -doctype applet area audio canvas datalist embed head iframe math meta noframes "
    "object script select style svg template textarea title video"
)
_PARAGRAPHS = word_set("address dl fieldset figure form p table")
_BLOCKS = word_set(
    "article aside body caption center details div dt figcaption footer header hgroup html "
    "legend main nav option section summary tbody td tfoot th thead tr"
)
_HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "### ", "h5": "### ", "h6": "### "}


@dataclass(slots=True)
class Rendered:
    """Lines safe for a terminal; `cut` if there was more, `rough` if its layout was dropped."""

    lines: list[SafeText]
    cut: bool = False
    rough: bool = False


def render(html: str, links: LinkList) -> Rendered:
    """The text of a document as a reader would see it; its links are added to `links`."""
    cut = len(html) > bounds.HTML_CHARACTERS
    html = without_attribute_floods(html[: bounds.HTML_CHARACTERS].replace("\x00", ""))
    if is_tangled(html):
        return _rough(html)
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415  not every letter has HTML

    tree = LexborHTMLParser(html)
    sheet = "".join([style.text() for style in tree.css("style")[:20]])
    walk = _Walk(links, hidden_names(sheet))
    if tree.root is not None:
        walk.run(tree.root)
    return Rendered(walk.writer.lines, cut or walk.writer.full or walk.nodes_left <= 0)


def _rough(html: str) -> Rendered:
    writer = Writer()
    for line in _TAG.sub(" ", html).splitlines():
        writer.text(line)
        writer.block()
    return Rendered(writer.lines, rough=True, cut=writer.full)


Leave = Callable[[], None]
Attributes = Mapping[str, str | None]


@dataclass(slots=True)
class _Walk:
    """A walk over the tree; `_waiting` holds nodes to enter and what to do on leaving."""

    links: LinkList
    hidden_names: frozenset[str]
    writer: Writer = field(default_factory=Writer)
    nodes_left: int = bounds.HTML_NODES
    _waiting: list["LexborNode | Leave"] = field(default_factory=list)
    _tiny: list[bool] = field(default_factory=lambda: [False])
    _lists: list[int | None] = field(default_factory=list)
    _label: list[str] = field(default_factory=list)
    _preformatted: int = 0
    _inline_rows: int = 0

    def run(self, root: "LexborNode") -> None:
        """Write the text below `root`."""
        self._push_children(root)
        while self._waiting and self.nodes_left > 0 and not self.writer.full:
            step = self._waiting.pop()
            if callable(step):
                step()
                continue
            self.nodes_left -= 1
            tag = step.tag or ""
            if tag == "-text":
                self._text(step.text_content or "")
            elif tag not in _LEFT_OUT:
                self._enter(step, tag)
        self.writer.block()

    def _push_children(self, node: "LexborNode") -> None:
        children: list[LexborNode | Leave] = []
        child = node.first_child
        while child is not None and len(children) <= self.nodes_left:
            children.append(child)
            child = child.next
        self._waiting.extend(reversed(children))

    def _text(self, text: str) -> None:
        if self._tiny[-1]:
            return
        self._label.append(text)
        if self._preformatted:
            self.writer.preformatted(text)
        else:
            self.writer.text(text)

    def _enter(self, node: "LexborNode", tag: str) -> None:
        attributes = node.attributes
        if attributes and is_hidden(attributes, self.hidden_names):
            return
        if tag == "table" and (table := data_table(node)):
            self._data_table(table)
            return
        leave = self._open(node, tag, attributes)
        if leave is not None:
            self._waiting.append(leave)
        tiny = is_tiny(attributes) if attributes else None
        if tiny is not None:
            self._tiny.append(tiny)
            self._waiting.append(self._leave_size)
        self._push_children(node)

    def _leave_size(self) -> None:
        self._tiny.pop()

    def _open(self, node: "LexborNode", tag: str, attributes: Attributes) -> Leave | None:
        """Begin an element; what is returned ends it."""
        if opener := _OPENERS.get(tag):
            return opener(self, attributes)
        if tag in _HEADINGS:
            self.writer.paragraph()
            self.writer.indent(_HEADINGS[tag], "")
            return self._leave_indented
        if tag == "tr" and is_inline_row(node):
            self.writer.block()
            self._inline_rows += 1
            return self._leave_inline_row
        if tag in ("td", "th") and self._inline_rows:
            self.writer.gap()
            return None
        return self._open_block(tag)

    def _open_block(self, tag: str) -> Leave | None:
        if tag in _PARAGRAPHS:
            self.writer.paragraph()
            return self.writer.paragraph
        if tag in _BLOCKS:
            self.writer.block()
            return self.writer.block
        return None

    def _leave_indented(self) -> None:
        self.writer.dedent()
        self.writer.paragraph()

    def _leave_inline_row(self) -> None:
        self._inline_rows -= 1
        self.writer.block()

    def _open_quote(self, _attributes: Attributes) -> Leave:
        self.writer.paragraph()
        self.writer.indent("> ", "> ")
        return self._leave_indented

    def _open_list(self, _attributes: Attributes) -> Leave:
        return self._list(None)

    def _open_numbered_list(self, attributes: Attributes) -> Leave:
        start = attributes.get("start") or "1"
        return self._list(int(start) if start.isdecimal() and len(start) < 6 else 1)

    def _list(self, first: int | None) -> Leave:
        if self._lists:
            self.writer.block()
        else:
            self.writer.paragraph()
        self._lists.append(first)
        return self._leave_list

    def _leave_list(self) -> None:
        self._lists.pop()
        if self._lists:
            self.writer.block()
        else:
            self.writer.paragraph()

    def _open_item(self, _attributes: Attributes) -> Leave:
        number = self._lists[-1] if self._lists else None
        marker = "* " if number is None else f"{number}. "
        if number is not None:
            self._lists[-1] = number + 1
        self.writer.indent(marker, " " * len(marker))
        return self.writer.dedent

    def _open_definition(self, _attributes: Attributes) -> Leave:
        self.writer.indent("  ", "  ")
        return self.writer.dedent

    def _open_preformatted(self, _attributes: Attributes) -> Leave:
        self.writer.paragraph()
        self._preformatted += 1
        return self._leave_preformatted

    def _leave_preformatted(self) -> None:
        self._preformatted -= 1
        self.writer.paragraph()

    def _open_break(self, _attributes: Attributes) -> None:
        self.writer.line_break()

    def _open_rule(self, _attributes: Attributes) -> None:
        self.writer.whole_lines(["-" * 20])

    def _open_image(self, attributes: Attributes) -> None:
        if is_pixel(attributes):
            return
        self._label.append(_PICTURE)
        if alt := (attributes.get("alt") or "").strip()[:200]:
            self._text(f" {alt} ")

    def _open_link(self, attributes: Attributes) -> Leave | None:
        href = attributes.get("href")
        if not href:
            return None
        self._label = []
        return lambda: self._leave_link(href)

    def _leave_link(self, href: str) -> None:
        label = "".join(self._label)
        text = label.replace(_PICTURE, "").strip()
        if not label.strip():
            return
        known = len(self.links.links)
        link = self.links.add(href, text)
        if link is None or (not text and link.number <= known):
            return
        if link.claims or not text:
            self.writer.glued(f" [{link.number}: {link.host}]")
        else:
            self.writer.glued(f" [{link.number}]")

    def _data_table(self, table: Table) -> None:
        self.writer.paragraph()
        rows = [[(self._cell(cell.node), cell.span) for cell in row] for row in table.rows]
        self.writer.whole_lines(aligned(rows, table.has_header))
        self.writer.paragraph()

    def _cell(self, node: "LexborNode") -> str:
        if is_hidden(node.attributes, self.hidden_names):
            return ""
        walk = _Walk(self.links, self.hidden_names, nodes_left=self.nodes_left)
        walk.run(node)
        self.nodes_left = walk.nodes_left
        return " ".join(line.strip() for line in walk.writer.lines if line)


_PICTURE = "\x00"
_OPENERS: Mapping[str, Callable[[_Walk, Attributes], Leave | None]] = {
    "a": _Walk._open_link,
    "blockquote": _Walk._open_quote,
    "br": _Walk._open_break,
    "dd": _Walk._open_definition,
    "dir": _Walk._open_list,
    "hr": _Walk._open_rule,
    "img": _Walk._open_image,
    "li": _Walk._open_item,
    "menu": _Walk._open_list,
    "ol": _Walk._open_numbered_list,
    "pre": _Walk._open_preformatted,
    "ul": _Walk._open_list,
}
