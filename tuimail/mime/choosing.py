"""Which parts of a letter are its text, and which are files that a person would save."""

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from tuimail.mime import bounds
from tuimail.mime.tree import SEALED, Node, Tree
from tuimail.mime.word_set import word_set

TEXTS = ("text/plain", "text/html")
STUB_CHARACTERS = 2_000
_EXCUSE_CHARACTERS = 1_000
_STUB_RATIO = 4
_STUB_ROOM = 200
# How much of the words of the HTML a text may lack and still be the same letter.
_MAY_LACK = 0.5
_WORDS_THAT_TELL = 20
_WORD = re.compile(r"\w{3,}")
_HTML_SOURCE = re.compile(r"<html|</td>", re.IGNORECASE)
_EXCUSE = re.compile(r"\bx?html\b", re.IGNORECASE)
_REFERENCE = re.compile(rb"cid:([^\"'\s<>)]{1,300})", re.IGNORECASE)
_ENCLOSED_TYPES = word_set("multipart/report multipart/encrypted")


def face_of(node: Node) -> Node | None:
    """The text that a branch would be shown as: its first that is no attached file."""
    for leaf in node.walk():
        if leaf.content_type in TEXTS and not leaf.is_attached:
            return leaf
    return None


def root_of(related: Node) -> Node:
    """The part that the others of a multipart/related belong to (RFC 2387 3.2).

    The one that `start` names, else the first; where that is no text, the first that is.
    """
    start = related.parameters.get("start", "").strip().strip("<>")
    named = next((child for child in related.children if start and child.id == start), None)
    root = named or related.children[0]
    if face_of(root) is not None:
        return root
    return next((child for child in related.children if face_of(child) is not None), root)


def is_stub(plain: str, html: str) -> bool:
    """Whether a plain text says much less than the HTML beside it, as it is rendered.

    It is not asked about a text of `STUB_CHARACTERS` or more.
    """
    plain = plain.strip()
    words = set(_WORD.findall(html.lower()))
    if not plain or not words:
        return bool(words)
    if _HTML_SOURCE.search(plain):
        return True
    if _EXCUSE.search(plain) and len(plain) < _EXCUSE_CHARACTERS and len(html) > len(plain) / 2:
        return not words <= set(_WORD.findall(plain.lower()))
    if len(html) > len(plain) * _STUB_RATIO + _STUB_ROOM:
        return True
    lacking = words - set(_WORD.findall(plain.lower()))
    return len(lacking) >= _WORDS_THAT_TELL and len(lacking) > _MAY_LACK * len(words)


def other_parts(alternative: Node, chosen: Node) -> Iterator[Node]:
    """What would be lost with the branches that are not chosen: calendars and files.

    A text that is not attached is the same letter in another form.
    """
    for child in alternative.children:
        if child is chosen:
            continue
        for leaf in child.walk():
            is_form = leaf.content_type.startswith("text/") and not leaf.is_attached
            if leaf.content_type == "text/calendar" or not (leaf.is_multipart or is_form):
                yield leaf


def inline_parts(tree: Tree) -> frozenset[int]:
    """The indexes of parts that belong to what is shown: no file that a person would save."""
    referred = _references(tree)
    found: set[int] = set()
    for node in tree.root.walk():
        if node.content_type in _ENCLOSED_TYPES:
            found.update(leaf.index for leaf in node.walk())
        elif node.content_type == "multipart/related":
            root = root_of(node)
            found.update(
                leaf.index
                for child in node.children
                if child is not root
                for leaf in child.walk()
                if not leaf.is_attached and leaf.content_type.startswith("image/")
            )
        elif node.content_type == "multipart/alternative":
            found.update(leaf.index for leaf in node.walk() if leaf.content_type == "text/calendar")
        elif node.content_type in SEALED or (node.id and node.id in referred):
            found.add(node.index)
    return frozenset(found)


def _references(tree: Tree) -> frozenset[str]:
    """The Content-IDs that the HTML names (RFC 2392)."""
    if not any(node.id for node in tree.root.walk()):
        return frozenset()
    return frozenset(
        unquote_to_bytes(name).decode("utf-8", errors="replace")
        for node in tree.root.walk()
        if node.content_type == "text/html"
        for name in _REFERENCE.findall(tree.decoded(node)[: bounds.TEXT_BYTES])
    )


def first_text(tree: Tree) -> Iterator[Node]:
    """What may be shown where nothing else is: plain text and HTML first, however labelled."""
    leaves = [node for node in tree.root.walk() if not node.is_multipart]
    yield from (leaf for leaf in leaves if leaf.content_type in TEXTS)
    others = (leaf for leaf in leaves if leaf.content_type not in TEXTS)
    yield from (leaf for leaf in others if leaf.content_type.startswith("text/"))
