"""A message's bytes to what is shown of it; any bytes give a `Body`."""

from tuimail.mime import bounds
from tuimail.mime.fields import normal_lines
from tuimail.mime.header import envelope_fields
from tuimail.mime.reader import Reader, part_name
from tuimail.mime.shown_header import header_lines, header_notes
from tuimail.mime.text import snippet_of, without_blank_ends
from tuimail.mime.transfer import decode_transfer
from tuimail.mime.tree import read_tree
from tuimail.model.body import Body
from tuimail.model.safe_text import SafeText


def parse(raw: bytes, *, everything: bool = False) -> Body:
    """What is shown of a message: never raises, fetches nothing, opens nothing encrypted.

    With `everything`, what the letter's style hides is shown, too.
    """
    notes: list[str] = []
    if len(raw) > bounds.MESSAGE_BYTES:
        notes.append("This message is very large; only its first 50 MB were read.")
    raw = normal_lines(raw[: bounds.MESSAGE_BYTES])
    tree = read_tree(raw)
    fields = envelope_fields(raw, tree.charset)
    reader = Reader(tree, everything=everything)
    reader.read()
    lines = tuple(without_blank_ends(reader.lines))
    return Body(
        headers=header_lines(fields),
        lines=lines,
        links=tuple(reader.links.links),
        attachments=tuple(reader.attachments),
        notes=tuple(map(SafeText, dict.fromkeys([*header_notes(fields), *notes, *reader.notes]))),
        snippet=snippet_of(lines),
    )


def attachment(raw: bytes, index: int) -> tuple[SafeText, bytes]:
    """The safe name and the decoded bytes of a part; raises LookupError if there is none."""
    tree = read_tree(normal_lines(raw[: bounds.MESSAGE_BYTES]))
    node = tree.leaf(index)
    if node is None:
        raise LookupError(f"the message has no part {index}")
    return part_name(tree, node), decode_transfer(tree.bytes_of(node), node.encoding)
