"""Chooses among a message's parts what is shown, what is listed and what is left out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from tuimail.mime import bounds
from tuimail.mime.calendar import calendar_lines
from tuimail.mime.charset import Codec, codec_of, decode
from tuimail.mime.choosing import (
    STUB_CHARACTERS,
    face_of,
    first_text,
    inline_parts,
    is_stub,
    other_parts,
    root_of,
)
from tuimail.mime.enriched import enriched_text, richtext_text
from tuimail.mime.filenames import safe_file_name, shown_file_name
from tuimail.mime.header import envelope_fields, subject_of
from tuimail.mime.html import render
from tuimail.mime.links import LinkList
from tuimail.mime.shown_header import header_lines
from tuimail.mime.text import flowed_lines, plain_lines
from tuimail.mime.text_links import text_links
from tuimail.mime.transfer import decode_transfer, decoded_size, plain_tail
from tuimail.mime.tree import LETTERS, SEALED, Node, Tree
from tuimail.mime.undeclared import GUESSED_BYTES, guess
from tuimail.mime.word_set import word_set
from tuimail.mime.words import decode_words
from tuimail.model.body import Attachment
from tuimail.model.safe_text import EMPTY, SafeText, safe_line

_PLAIN = word_set(
    "text/plain text/enriched text/markdown text/x-diff text/x-markdown text/x-patch "
    "text/richtext text/rfc822-headers message/delivery-status message/global-delivery-status "
    "message/disposition-notification message/feedback-report"
)
_SIGNATURES = word_set(
    "application/pgp-signature application/pkcs7-signature application/x-pkcs7-signature"
)
_META_CHARSET = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s{0,9}=\s{0,9}[\"']?\s{0,9}([a-z0-9_.:-]{1,40})",
    re.IGNORECASE,
)
_META_BYTES = 2_000
_TWO_BYTES = re.compile(r"utf-?(?:16|32)|ucs-?[24]|iso-10646-ucs|(?:cs)?unicode")
_CHANGED = {
    "text/enriched": enriched_text,
    "text/richtext": richtext_text,
    "text/rfc822-headers": decode_words,
}

_ENCRYPTED = "This message is encrypted, which is not supported yet; nothing was decrypted."
_SIGNED_UNREAD = "This message is signed; its text is inside the signature and cannot be read."
_SIGNED = "This message is signed; the signature is not checked."
_CUT = "Only the beginning is shown; the source has all of it."
_TOO_MANY_PARTS = "This message has more parts, or deeper ones, than are read."
_ROUGH = "The layout of the HTML is too tangled to follow; this is its bare text."
_LINKS_CUT = f"Only the first {bounds.LINKS:,} links have a number."
_HIDDEN = "Hidden by its style: {}; `tuimail show --hidden ID` shows all."
_TNEF = "winmail.dat comes from Outlook and is not opened."


@dataclass(slots=True)
class Reader:
    """Reads one tree from its first part to its last; each part is shown on its own (M6)."""

    tree: Tree
    lines: list[SafeText] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    links: LinkList = field(default_factory=LinkList)
    everything: bool = False
    _waiting: list[Node] = field(default_factory=list)
    _characters: int = 0
    _judged: Codec = ""
    _hidden_words: int = 0
    _pictures: int = 0
    _inline: frozenset[int] = frozenset()

    def read(self) -> None:
        """Fill in lines, links, attachments and notes."""
        if self.tree.cut:
            self.notes.append(_TOO_MANY_PARTS)
        self._inline = inline_parts(self.tree)
        self._waiting.append(self.tree.root)
        while self._waiting:
            node = self._waiting.pop()
            if node.is_multipart:
                self._multipart(node)
            else:
                self._leaf(node)
        if not any(self.lines):
            self._show_anything()
        self._count()

    def _show_anything(self) -> None:
        """Where nothing was shown, the first text that there is, however it is labelled."""
        self._hidden_words = self._pictures = 0
        for leaf in first_text(self.tree):
            self._show(leaf)
            if any(self.lines):
                return

    def _count(self) -> None:
        """Say what is not on the page, and how to see it."""
        if self._pictures:
            self.notes.append(f"Pictures only: {self._pictures}")
        if self._hidden_words and not self.everything:
            words = "1 word" if self._hidden_words == 1 else f"{self._hidden_words:,} words"
            self.notes.append(_HIDDEN.format(words))
        if self.links.cut:
            self.notes.append(_LINKS_CUT)

    def _multipart(self, node: Node) -> None:
        match node.content_type:
            case "multipart/alternative":
                self._alternative(node)
            case "multipart/encrypted":
                self.notes.append(_ENCRYPTED)
                self._list(node)
            case "multipart/related":
                root = root_of(node)
                self._waiting.append(root)
                for child in node.children:
                    if child is not root:
                        self._list(child)
            case _:
                self._waiting.extend(reversed(node.children))

    def _alternative(self, node: Node) -> None:
        chosen = self._best(node.children)
        for leaf in other_parts(node, chosen):
            if leaf.content_type == "text/calendar":
                self._waiting.append(leaf)
            else:
                self._list_one(leaf)
        self._waiting.append(chosen)

    def _best(self, children: list[Node]) -> Node:
        """The plain text, unless it says much less than the HTML."""
        faces = [(face_of(child), child) for child in children]
        plain = next(((leaf, child) for leaf, child in faces if _is(leaf, "text/plain")), None)
        html = next(((leaf, child) for leaf, child in faces if _is(leaf, "text/html")), None)
        if plain is None:
            return html[1] if html else children[-1]
        if html is None or not self._is_stub(plain[0], html[0]):
            return plain[1]
        return html[1]

    def _is_stub(self, plain: Node | None, html: Node | None) -> bool:
        if plain is None or html is None:
            return False
        text = self._text(plain)
        if len(text.strip()) >= STUB_CHARACTERS:
            return False
        return is_stub(text, "\n".join(render(self._text(html), LinkList()).lines))

    def _leaf(self, node: Node) -> None:
        if node.content_type in LETTERS and node.children:
            self._nested(node)
        elif node.content_type == "text/calendar":
            self._list(node)
            self._add(calendar_lines(self._text(node)))
        elif node.content_type in SEALED:
            self._list_one(node)
            self._waiting.extend(node.children)
        elif node.is_attached or node.content_type not in (*_PLAIN, "text/html"):
            self._list(node)
        else:
            if node.name:
                self._list_one(node)
            self._show(node)

    def _nested(self, node: Node) -> None:
        self._list_one(node)
        if node.is_attached:
            return
        child = node.children[0]
        fields = envelope_fields(self.tree.raw[slice(*child.head)])
        shown = [SafeText(f"{name}: {value}") for name, value in header_lines(fields)]
        self._add([*shown, EMPTY] if shown else [])
        self._waiting.append(child)

    def _list(self, node: Node) -> None:
        """Name all that can be saved in `node`."""
        for leaf in node.walk():
            if not leaf.is_multipart:
                self._list_one(leaf)

    def _list_one(self, node: Node) -> None:
        if node.content_type in _SIGNATURES:
            self.notes.append(_SIGNED)
            return
        if node.content_type in SEALED:
            self.notes.append(_sealed_note(node))
        if node.content_type in ("application/ms-tnef", "application/vnd.ms-tnef"):
            self.notes.append(_TNEF)
        self.attachments.append(
            Attachment(
                index=node.index,
                name=shown_part_name(self.tree, node),
                content_type=safe_line(node.content_type, 128),
                size=decoded_size(self.tree.bytes_of(node), node.encoding),
                inline=node.index in self._inline,
            )
        )

    def _show(self, node: Node) -> None:
        text = self._text(node)
        if node.content_type == "text/html":
            rendered = render(text, self.links, everything=self.everything)
            self._hidden_words += rendered.hidden_words
            self._pictures += rendered.pictures
            if rendered.rough:
                self.notes.append(_ROUGH)
            if rendered.cut:
                self.notes.append(_CUT)
            self._add(rendered.lines)
            return
        if "-----BEGIN PGP MESSAGE-----" in text:
            self.notes.append(_ENCRYPTED)
        if change := _CHANGED.get(node.content_type):
            text = change(text)
        text = self._within_bounds(text)
        if node.parameters.get("format", "").lower() == "flowed":
            delete_space = node.parameters.get("delsp", "").lower() == "yes"
            self._add(flowed_lines(text, delete_space))
        else:
            self._add(plain_lines(text), as_sent=text.splitlines())

    def _within_bounds(self, text: str) -> str:
        room = bounds.TEXT_CHARACTERS - self._characters
        if len(text) > room:
            self.notes.append(_CUT)
        return text[: max(0, room)]

    def _text(self, node: Node) -> str:
        start, end = node.content
        if end - start > bounds.TEXT_BYTES:
            self.notes.append(_CUT)
            end = start + bounds.TEXT_BYTES
        raw = self.tree.raw[start:end]
        data = decode_transfer(raw, node.encoding)
        declared = node.parameters.get("charset", "")
        if not declared and node.content_type == "text/html":
            declared = _declared_inside(data)
        text = decode(data, declared, self._undeclared)
        if tail := plain_tail(raw, node.encoding):
            text = f"{text}\n{decode(tail, declared, self._undeclared)}"
        return text

    def _undeclared(self) -> Codec:
        """The charset of all text without one, judged by all of it together."""
        if not self._judged:
            leaves = (leaf for leaf in self.tree.root.walk() if _is_undeclared(leaf))
            texts = (
                decode_transfer(self.tree.raw[start : min(end, start + GUESSED_BYTES)], encoding)
                for leaf in leaves
                for start, end, encoding in [(*leaf.content, leaf.encoding)]
            )
            head = self.tree.raw[: self.tree.root.head[1]]
            self._judged = guess(b"\n".join([head, *texts]))
        return self._judged

    def _add(self, lines: Iterable[SafeText], as_sent: Iterable[str] | None = None) -> None:
        """Add a part's lines, set apart by a blank line from what is there, and their links."""
        room = max(0, bounds.TEXT_LINES - len(self.lines))
        added = list(islice(lines, room + 1))
        if len(added) > room:
            self.notes.append(_CUT)
        if self.lines and self.lines[-1] and added:
            self.lines.append(EMPTY)
        self.lines.extend(added[:room])
        for address in text_links(added[:room] if as_sent is None else as_sent):
            self.links.add_once(address)
        self._characters += sum(map(len, added))


def _declared_inside(document: bytes) -> str:
    found = _META_CHARSET.search(document[:_META_BYTES])
    label = found[1].decode("ascii").lower() if found else ""
    # What was read byte by byte to get here cannot be what it says (HTML 13.2.3.2).
    return "utf-8" if _TWO_BYTES.match(label) else label


def _is_undeclared(leaf: Node) -> bool:
    is_text = not leaf.is_multipart and leaf.content_type.startswith(("text/", "message/"))
    return is_text and codec_of(leaf.parameters.get("charset", "")) in (None, "ascii")


def _is(leaf: Node | None, content_type: str) -> bool:
    return leaf is not None and leaf.content_type == content_type


def _sealed_note(node: Node) -> str:
    if node.children:
        return _SIGNED
    return _SIGNED_UNREAD if "signed" in node.parameters.get("smime-type", "") else _ENCRYPTED


def shown_part_name(tree: Tree, node: Node) -> SafeText:
    """The name that a part has, else one made from what it is."""
    return shown_file_name(_own_name(tree, node), node.content_type)


def part_name(tree: Tree, node: Node) -> SafeText:
    """The name that a part may be saved under."""
    return safe_file_name(_own_name(tree, node), node.content_type)


def _own_name(tree: Tree, node: Node) -> str:
    if node.name or node.content_type not in LETTERS or not node.children:
        return node.name
    subject = subject_of(envelope_fields(tree.raw[slice(*node.children[0].head)]))
    return f"{subject.replace('/', '_')}.eml" if subject else ""
