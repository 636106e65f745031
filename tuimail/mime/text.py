"""Plain text to lines that are safe for a terminal."""

import re
from collections.abc import Iterable, Iterator

from tuimail.mime import bounds
from tuimail.model.safe_text import SafeText, safe_prose

_LINE_END = re.compile("\r*\n|\r+|[\x0b\x0c\u2028\u2029]")
_QUOTED = re.compile(r">(?: ?>)*")
_SEPARATOR = SafeText("-- ")
TAB = 8


def plain_lines(text: str) -> Iterator[SafeText]:
    """The lines of `text`, tabs expanded; what was one long line may become several.

    A lone CR ends a line, so that nothing can be written over.
    """
    for line in _LINE_END.split(text):
        yield from safe_lines(line)


def safe_lines(line: str) -> Iterator[SafeText]:
    """One line, cut at spaces where it is longer than any screen needs."""
    if "\t" in line:
        line = line.expandtabs(TAB)
    if len(line) <= bounds.LINE_CHARACTERS:
        # The one blank at an end that means something (RFC 3676 4.3).
        yield _SEPARATOR if line == _SEPARATOR else SafeText(safe_prose(line).rstrip())
        return
    for piece in _cut(line):
        yield SafeText(safe_prose(piece).rstrip())


def _cut(line: str) -> Iterator[str]:
    start = 0
    while start < len(line):
        end = start + bounds.LINE_CHARACTERS
        if end < len(line):
            space = line.rfind(" ", start + bounds.LINE_CHARACTERS // 2, end)
            end = space + 1 if space > 0 else end
        yield line[start:end]
        start = end


def flowed_lines(text: str, delete_space: bool) -> Iterator[SafeText]:
    """The paragraphs of format=flowed text (RFC 3676), one line each."""
    paragraph: list[str] = []
    depth = 0
    for line in _LINE_END.split(text):
        quoted, content = _unquoted(line)
        flows = content.endswith(" ") and content != "-- "
        if paragraph and (quoted != depth or content == "-- "):
            yield from safe_lines(_requoted(paragraph, depth))
            paragraph = []
        depth = quoted
        paragraph.append(content[:-1] if flows and delete_space else content)
        if not flows:
            yield from safe_lines(_requoted(paragraph, depth))
            paragraph = []
    if paragraph:
        yield from safe_lines(_requoted(paragraph, depth))


def _unquoted(line: str) -> tuple[int, str]:
    content = line.lstrip(">")
    return len(line) - len(content), content.removeprefix(" ")


def _requoted(paragraph: list[str], depth: int) -> str:
    quote = ">" * min(depth, bounds.QUOTE_DEPTH)
    text = "".join(paragraph)
    return f"{quote} {text}" if quote else text


def without_blank_ends(lines: Iterable[SafeText]) -> list[SafeText]:
    """`lines` from the first that is not blank to the last."""
    kept = list(lines)
    while kept and not kept[-1]:
        kept.pop()
    start = next((n for n, line in enumerate(kept) if line), 0)
    return kept[start:]


_ATTRIBUTION = re.compile(r"(?:On|Am|Le|El|Op|Den|Il|Em) .{5,200}(?::|wrote|schrieb|écrit)\s*:?$")
_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|hallo|liebe[rs]?|guten|moin|servus|sehr|bonjour|cher|chère|salut|hola|"
    r"ciao|good (?:morning|afternoon|evening)|greetings)\b[^.?!:;]{0,60}[,!.:]?$",
    re.IGNORECASE,
)
_LINK_NUMBER = re.compile(r" ?\[\d{1,4}(?:: [^\]]{1,300})?\]")
_MARKER = re.compile(r"^(?:#{1,3}|\*) ")
_RULE = re.compile(r"[^\w]{3,}$|^[-=_*~#]{2,}")


def snippet_of(lines: Iterable[SafeText]) -> SafeText:
    """The first words that say something: no quotes, greetings, rules or link numbers."""
    words: list[str] = []
    length = 0
    fallback = ""
    for line in lines:
        text = line.strip()
        fallback = fallback or text
        if text == "--" and words:
            break
        if not _says_something(text):
            continue
        shown = _MARKER.sub("", text[: 2 * bounds.SNIPPET_CHARACTERS])
        shown = _LINK_NUMBER.sub("", shown)
        words.append(shown)
        length += len(shown)
        if length > bounds.SNIPPET_CHARACTERS:
            break
    text = " ".join(" ".join(words).split()) or fallback
    return safe_prose(text, bounds.SNIPPET_CHARACTERS)


def _says_something(text: str) -> bool:
    if not text or text.startswith((">", "|")) or len(text) > 300:
        return len(text) > 300
    return not (_RULE.match(text) or _GREETING.match(text) or _ATTRIBUTION.match(text))
