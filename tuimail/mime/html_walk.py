"""A walk over a document's tree that writes what a browser would show of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from tuimail.mime import bounds, html_form
from tuimail.mime.html_columns import aligned
from tuimail.mime.html_css import Attributes
from tuimail.mime.html_list import ListState, list_state
from tuimail.mime.html_look import LOOKS, before
from tuimail.mime.html_style import PLAIN, PLAIN_LOOK, Look, Style, Styles, is_pixel
from tuimail.mime.html_table import Cell, Table, data_table, is_inline_row
from tuimail.mime.html_writer import Place, Writer
from tuimail.mime.links import LinkList
from tuimail.mime.word_set import word_set

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_LEFT_OUT = word_set(
    "-comment -doctype datalist embed head iframe link meta script style template title"
)
_PARAGRAPHS = word_set("address dl fieldset figure form listing p plaintext pre table xmp")
_BLOCKS = word_set(
    "article aside body caption center details div dt figcaption footer header hgroup html "
    "legend main marquee nav noframes option section summary tbody td tfoot th thead tr"
)
# White space between their children never counts.
_HOLDS_NO_TEXT = word_set("dl menu ol table tbody tfoot thead tr ul")
_CELLS = word_set("table td th tr")
_APART = word_set("button label output")
_HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "### ", "h5": "### ", "h6": "### "}
_ALT_CHARACTERS = 1_000
_PICTURES = 100
_QUOTES = 4
_PICTURE = "\x00"

Leave = Callable[[], None]


@dataclass(slots=True)
class Tally:
    """What was met on the way: nodes still allowed, words hidden, pictures without words."""

    nodes_left: int = bounds.HTML_NODES
    hidden_words: int = 0
    has_words: bool = False
    pictures: int = 0
    sources: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Walk:
    """`_waiting` holds nodes to enter and what to do on leaving; no letter can nest too deep."""

    links: LinkList
    styles: Styles
    everything: bool = False
    look: Look = PLAIN_LOOK
    tally: Tally = field(default_factory=Tally)
    writer: Writer = field(default_factory=Writer)
    _waiting: list["LexborNode | Leave"] = field(default_factory=list)
    _lists: list[ListState] = field(default_factory=list)
    _label: list[str] = field(default_factory=list)
    _quotes: int = 0
    _struck: int = 0
    _inserted: int = 0
    _inline_rows: int = 0

    def run(self, root: "LexborNode") -> None:
        """Write the text below `root`."""
        self._push_children(root)
        while self._waiting and self.tally.nodes_left > 0 and not self.writer.full:
            step = self._waiting.pop()
            if callable(step):
                step()
                continue
            self.tally.nodes_left -= 1
            tag = step.tag or ""
            if tag == "-text":
                self._text_of(step)
            elif tag not in _LEFT_OUT:
                self._enter(step, tag)
        self.writer.block()

    def _push_children(self, node: "LexborNode") -> None:
        children: list[LexborNode | Leave] = []
        child = node.first_child
        while child is not None and len(children) <= self.tally.nodes_left:
            children.append(child)
            child = child.next
        self._waiting.extend(reversed(children))

    def _text_of(self, node: "LexborNode") -> None:
        text = node.text_content or ""
        if self.look.white_space != "normal" and not text.strip():
            parent = node.parent
            if parent is not None and parent.tag in _HOLDS_NO_TEXT:
                return
        self._text(text)

    def _text(self, text: str) -> None:
        if self.look.hides and not self.everything:
            self.tally.hidden_words += words(text)
            if not self.look.absent and text.strip():
                self._label.append(_PICTURE)
                if not self.look.tiny:
                    self.writer.apart()
            return
        self._label.append(text)
        self.tally.has_words = self.tally.has_words or words(text) > 0
        if self.look.white_space == "pre":
            self.writer.preformatted(text)
        elif self.look.white_space == "pre-line":
            self.writer.lines_of(text)
        else:
            self.writer.text(text)

    def _enter(self, node: "LexborNode", tag: str) -> None:
        if self.look.absent and not self.everything:
            self._push_children(node)
            return
        attributes = node.attributes
        style = self.styles.of(tag, attributes)
        if style.changes_look or tag in LOOKS:
            self._waiting.append(partial(self._look_again, self.look))
            self.look = before(tag, self.look).under(style)
        if self.look.absent and not self.everything:
            self._push_children(node)
            return
        if tag == "table" and (table := data_table(node, self._is_absent)):
            self._data_table(table)
            return
        if tag in html_form.FIELDS:
            self._field(node, tag, attributes)
            return
        self._open(node, tag, attributes, style)
        self._push_children(node)

    def _look_again(self, look: Look) -> None:
        self.look = look

    def _is_absent(self, node: "LexborNode") -> bool:
        attributes = node.attributes
        return self.styles.of(node.tag or "", attributes).absent and not self.everything

    def _open(self, node: "LexborNode", tag: str, attributes: Attributes, style: Style) -> None:
        """Begin an element and see to its end."""
        self._place(node, tag, attributes, style)
        if style is not PLAIN:
            if style.struck:
                self._strike()
            if style.shift:
                self._shift(style.shift)
        if opener := _OPENERS.get(tag):
            opener(self, attributes)

    def _place(self, node: "LexborNode", tag: str, attributes: Attributes, style: Style) -> None:
        """Begin a line or a paragraph where the element does."""
        if tag in _HEADINGS:
            self.writer.paragraph()
            self._indent(_HEADINGS[tag])
        elif tag in ("ol", "ul", "menu", "dir"):
            self._list(list_state(node, attributes, style.markers, numbered=tag == "ol"))
        elif tag == "li" and not style.place.startswith(("inline", "apart")):
            self._item(attributes, style)
        elif tag == "tr" and is_inline_row(node):
            self.writer.block()
            self._inline_rows += 1
            self._waiting.append(self._leave_inline_row)
        elif tag in ("td", "th") and self._inline_rows:
            self.writer.gap()
        elif style.place or tag in _APART:
            self._place_by_style(tag, style)
        elif tag in _PARAGRAPHS:
            self.writer.paragraph()
            self._waiting.append(self.writer.paragraph)
        elif tag in _BLOCKS:
            self.writer.block()
            self._waiting.append(self.writer.block)
        elif tag == "rt" and (node.prev is None or node.prev.tag != "rp"):
            self.writer.begin_mark("(")
            self._waiting.append(partial(self.writer.end_mark, ")"))

    def _place_by_style(self, tag: str, style: Style) -> None:
        leave = self.writer.block
        if tag in _APART or style.place == "apart" or (tag == "li" and style.place == "inline"):
            leave = self.writer.apart
        elif style.place == "inline" and tag not in _CELLS:
            return
        elif tag in _PARAGRAPHS:
            leave = self.writer.paragraph
        leave()
        self._waiting.append(leave)

    def _indent(self, first: str, later: str = "") -> None:
        self.writer.indent(first, later)
        self._waiting.append(self._leave_indented)

    def _leave_indented(self) -> None:
        self.writer.dedent()
        self.writer.paragraph()

    def _leave_inline_row(self) -> None:
        self._inline_rows -= 1
        self.writer.block()

    def open_quote(self, _attributes: Attributes) -> None:
        self.writer.paragraph()
        self._indent("> ", "> ")

    def _list(self, state: ListState) -> None:
        self._end_list()
        self._lists.append(state)
        self._waiting.append(self._leave_list)

    def _leave_list(self) -> None:
        self._lists.pop()
        self._end_list()

    def _end_list(self) -> None:
        if self._lists:
            self.writer.block()
        else:
            self.writer.paragraph()

    def _item(self, attributes: Attributes, style: Style) -> None:
        state = self._lists[-1] if self._lists else ListState("*")
        marker = state.marker(attributes, style.markers)
        self.writer.indent(marker, " " * len(marker))
        self._waiting.append(self.writer.dedent)

    def open_definition(self, _attributes: Attributes) -> None:
        self.writer.indent("  ", "  ")
        self._waiting.append(self.writer.dedent)

    def open_break(self, _attributes: Attributes) -> None:
        self.writer.line_break()

    def open_rule(self, _attributes: Attributes) -> None:
        self.writer.whole_lines(["-" * 20])

    def open_struck(self, _attributes: Attributes) -> None:
        self._strike()

    def _strike(self) -> None:
        if self._struck == 0:
            self.writer.begin_mark("~~")
        self._struck += 1
        self._waiting.append(self._leave_struck)

    def _leave_struck(self) -> None:
        self._struck -= 1
        if self._struck == 0:
            self.writer.end_mark("~~")

    def open_inserted(self, _attributes: Attributes) -> None:
        if self._inserted == 0:
            self.writer.begin_mark("++")
        self._inserted += 1
        self._waiting.append(self._leave_inserted)

    def _leave_inserted(self) -> None:
        self._inserted -= 1
        if self._inserted == 0:
            self.writer.end_mark("++")

    def open_short_quote(self, _attributes: Attributes) -> None:
        self._quotes += 1
        if self._quotes <= _QUOTES:
            self.writer.begin_mark("‘" if self._quotes % 2 == 0 else "“")
        self._waiting.append(self._leave_short_quote)

    def _leave_short_quote(self) -> None:
        if self._quotes <= _QUOTES:
            self.writer.end_mark("’" if self._quotes % 2 == 0 else "”")
        self._quotes -= 1

    def open_raised(self, _attributes: Attributes) -> None:
        self._shift("^")

    def open_lowered(self, _attributes: Attributes) -> None:
        self._shift("_")

    def _shift(self, sign: str) -> None:
        self._waiting.append(partial(self.writer.shift, self.writer.begin_shift(), sign))

    def open_image(self, attributes: Attributes) -> None:
        if is_pixel(attributes):
            return
        self._label.append(_PICTURE)
        if alt := (attributes.get("alt") or "").strip()[:_ALT_CHARACTERS]:
            self._text(f" {alt} ")
            return
        self.tally.pictures += 1
        if (source := attributes.get("src")) and len(self.tally.sources) < _PICTURES:
            self.tally.sources.append(source)

    def open_area(self, attributes: Attributes) -> None:
        """A part of a picture that is a link."""
        if href := attributes.get("href"):
            self._label = [_PICTURE]
            self._text(f" {attributes.get('alt') or ''} ")
            self._leave_link(href, self.writer.place)

    def open_link(self, attributes: Attributes) -> None:
        if href := attributes.get("href"):
            self._label = []
            self._waiting.append(partial(self._leave_link, href, self.writer.place))

    def _leave_link(self, href: str, since: Place) -> None:
        label = "".join(self._label)
        text = label.replace(_PICTURE, "").strip()
        if not label.strip():
            return
        known = len(self.links.links)
        link = self.links.add(href, text)
        if link is None or (not text and link.number <= known):
            return
        if text:
            shown = f" [{link.number}: {link.host}]" if link.claims else f" [{link.number}]"
            self.writer.glued(shown, since)
        else:
            self.writer.set_apart(f"[{link.number}: {link.host}]")

    def _field(self, node: "LexborNode", tag: str, attributes: Attributes) -> None:
        shown, hidden = html_form.shown(node, tag, attributes)
        self.tally.hidden_words += words(hidden)
        if shown:
            self._text(f" {shown} ")

    def _data_table(self, table: Table) -> None:
        self.writer.paragraph()
        rows: list[list[tuple[str, int]]] = []
        for row in table.rows:
            look = self.look.under(self._style_of(row.node))
            rows.append([(self._cell(cell, look), cell.span) for cell in row.cells])
        self.writer.whole_lines(aligned(rows, table.has_header, self.writer.indentation))
        self.writer.paragraph()

    def _style_of(self, node: "LexborNode") -> Style:
        return self.styles.of(node.tag or "", node.attributes)

    def _cell(self, cell: Cell, look: Look) -> str:
        if cell.node is None:
            return ""
        style = self._style_of(cell.node)
        look = look.under(style)
        walk = Walk(self.links, self.styles, self.everything, look, self.tally)
        walk.run(cell.node)
        return "\n".join(line for line in walk.writer.lines if line)


def words(text: str) -> int:
    """How many words a text has; signs alone are none."""
    return sum(1 for word in text.split() if any(map(str.isalnum, word)))


_OPENERS: Mapping[str, Callable[[Walk, Attributes], None]] = {
    "a": Walk.open_link,
    "area": Walk.open_area,
    "blockquote": Walk.open_quote,
    "br": Walk.open_break,
    "dd": Walk.open_definition,
    "del": Walk.open_struck,
    "hr": Walk.open_rule,
    "img": Walk.open_image,
    "ins": Walk.open_inserted,
    "q": Walk.open_short_quote,
    "s": Walk.open_struck,
    "strike": Walk.open_struck,
    "sub": Walk.open_lowered,
    "sup": Walk.open_raised,
}
