"""The parts of a message as offsets into its bytes: nothing is copied, nothing recurses.

The standard library's parser takes 836 MB for 20 MB of bare CR and recurses once per level
(evidence/parsing.md); this reads any 50 MB in place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tuimail.mime import bounds
from tuimail.mime.fields import FieldReader, normal_lines, split_header
from tuimail.mime.signed import enclosed_part
from tuimail.mime.transfer import decode_transfer, encoding_named
from tuimail.mime.undeclared import LetterCharset
from tuimail.mime.words import decode_words, parameters

_PART_FIELDS = FieldReader(
    "content-type content-disposition content-transfer-encoding content-id",
    bounds.PART_FIELD_BYTES,
)
_ENCODED = ("base64", "quoted-printable")
_DECODED_PARTS = 20
SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
LETTERS = frozenset({"message/rfc822", "message/global"})
_TYPE = re.compile(r"[a-z0-9!#$&^_.+*%'-]+/[a-z0-9!#$&^_.+*%'-]+")
_SLIPS = {
    "text": "text/plain",
    "plain": "text/plain",
    "plain/text": "text/plain",
    "plaintext": "text/plain",
    "html": "text/html",
    "html/text": "text/html",
    "text/": "text/plain",
    "text-plain": "text/plain",
    "text-html": "text/html",
}


@dataclass(slots=True)
class Node:
    """One part; `index` counts all parts but multiparts from 0, theirs is -1."""

    content_type: str
    parameters: dict[str, str]
    disposition: str
    encoding: str
    name: str
    id: str
    head: tuple[int, int]
    content: tuple[int, int]
    depth: int
    index: int = -1
    children: list["Node"] = field(default_factory=list)

    @property
    def is_multipart(self) -> bool:
        return self.content_type.startswith("multipart/") and bool(self.children)

    @property
    def is_attached(self) -> bool:
        return self.disposition == "attachment"

    def walk(self) -> Iterator["Node"]:
        """This part and all below it, in the order of the bytes."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


@dataclass(slots=True)
class Tree:
    """A message's parts; `cut` if there are more, or deeper ones, than we read."""

    raw: bytes
    root: Node
    charset: LetterCharset
    cut: bool = False
    _decoded: int = 0

    def bytes_of(self, node: Node) -> bytes:
        """The part's content as it was sent."""
        return self.raw[slice(*node.content)]

    def decoded(self, node: Node) -> bytes:
        """The part's content without its transfer encoding."""
        return decode_transfer(self.bytes_of(node), node.encoding)

    def regions(self, node: Node) -> list[tuple[int, int]]:
        """Where the parts within a part lie; one that is encoded is decoded behind the letter."""
        if node.content_type.startswith("multipart/"):
            boundary = node.parameters.get("boundary", "").encode("utf-8", errors="replace")
            if 0 < len(boundary) <= bounds.BOUNDARY_BYTES:
                return _between(self.raw, b"--" + boundary, *node.content)
        if node.content_type in LETTERS and node.encoding not in _ENCODED:
            return [node.content]
        if node.content_type in LETTERS:
            return self._appended(self.decoded(node))
        if node.content_type in SEALED and (inside := enclosed_part(self.decoded(node))):
            return self._appended(inside)
        return []

    def _appended(self, content: bytes) -> list[tuple[int, int]]:
        start = len(self.raw)
        if self._decoded == _DECODED_PARTS or start + len(content) > 2 * bounds.MESSAGE_BYTES:
            self.cut = True
            return []
        self._decoded += 1
        self.raw += normal_lines(content)
        return [(start, len(self.raw))]

    def leaf(self, index: int) -> Node | None:
        return next((node for node in self.root.walk() if node.index == index), None)


def read_tree(raw: bytes) -> Tree:
    """The parts of `raw`, whatever it is."""
    charset = LetterCharset(raw)
    tree = Tree(raw, _node(raw, (0, len(raw)), 0, "text/plain", charset), charset)
    waiting = [tree.root]
    parts = leaves = 0
    while waiting:
        node = waiting.pop()
        regions = tree.regions(node)
        if not regions and node.content_type.startswith("multipart/"):
            node.content_type = "text/plain"  # no boundary, no parts
        if regions and (node.depth >= bounds.DEPTH or parts + len(regions) > bounds.PARTS):
            tree.cut = True
            regions = regions[: bounds.PARTS - parts] if node.depth < bounds.DEPTH else []
        parts += len(regions)
        default = "message/rfc822" if node.content_type == "multipart/digest" else "text/plain"
        node.children = [
            _node(tree.raw, region, node.depth + 1, default, charset) for region in regions
        ]
        if not node.is_multipart:
            node.index = leaves
            leaves += 1
        waiting.extend(reversed(node.children))
    return tree


def _node(
    raw: bytes, region: tuple[int, int], depth: int, default_type: str, charset: LetterCharset
) -> Node:
    start, end = region
    head_end, body = split_header(raw, start, end)
    fields = _PART_FIELDS.read(raw[start : min(head_end, start + bounds.HEADER_BYTES)], charset)
    content_type, of_type = parameters(_first(fields.get("content-type")))
    disposition, of_disposition = parameters(_first(fields.get("content-disposition")))
    name = of_disposition.get("filename") or of_type.get("name") or ""
    content_id = _first(fields.get("content-id"))
    return Node(
        content_type=_meant_type(content_type) or default_type,
        parameters=of_type,
        disposition=disposition,
        encoding=encoding_named(_first(fields.get("content-transfer-encoding"))),
        name=decode_words(name),
        id=content_id.strip().strip("<>"),
        head=(start, head_end),
        content=(body, end),
        depth=depth,
    )


def _first(values: list[str] | None) -> str:
    return values[0] if values else ""


def _meant_type(content_type: str) -> str:
    """What a type that is none was meant to be; "" if there is no telling."""
    bare = content_type.strip("\"'<>:., \t")
    if bare in _SLIPS:
        return _SLIPS[bare]
    return bare if len(bare) < 128 and _TYPE.fullmatch(bare) else ""


def _between(raw: bytes, delimiter: bytes, start: int, end: int) -> list[tuple[int, int]]:
    regions: list[tuple[int, int]] = []
    begun: int | None = None
    position = start if raw.startswith(delimiter, start) else _next(raw, delimiter, start, end)
    while 0 <= position < end and len(regions) <= bounds.PARTS:
        after = position + len(delimiter)
        line_end = raw.find(b"\n", after, end)
        line_end = end if line_end < 0 else line_end + 1
        rest = raw[after : min(line_end, after + 100)].strip(b" \t\r\n")
        if rest in (b"", b"--"):
            if begun is not None:
                regions.append((begun, _without_line_end(raw, begun, position)))
            begun = line_end
            if rest:
                return regions
        position = _next(raw, delimiter, line_end - 1, end)
    if begun is not None and begun < end:
        regions.append((begun, end))
    return regions


def _next(raw: bytes, delimiter: bytes, start: int, end: int) -> int:
    """Where the next line begins that starts so; -1 if none."""
    found = raw.find(b"\n" + delimiter, start, end)
    return found + 1 if found >= 0 else -1


def _without_line_end(raw: bytes, start: int, end: int) -> int:
    """The line end before a delimiter belongs to the delimiter (RFC 2046 5.1.1)."""
    if end > start and raw[end - 1] == 0x0A:
        end -= 1
    if end > start and raw[end - 1] == 0x0D:
        end -= 1
    return end
