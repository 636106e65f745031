"""The text of a letter as an answer or a forward repeats it: what was seen, and no more (M6)."""

import re
import textwrap
from collections.abc import Iterable, Sequence

from tuimail.mime.flowed import quote_depth
from tuimail.model.body import Body, Link
from tuimail.model.local_time import LOCAL
from tuimail.model.mail import Message

_SIGNATURE = "-- "
# A signature is short, and the last thing in a letter.
_SIGNATURE_LINES = 15
_LONG = 100
_WIDTH = 72


def quoted(message: Message, body: Body) -> str:
    """The letter with a mark before each line, its signature left out."""
    sender = message.envelope.from_[0].shown if message.envelope.from_ else "somebody"
    when = (message.envelope.date or message.received).astimezone(LOCAL)
    text = _without_signature(body.lines)
    lines = [f"On {when:%Y-%m-%d at %H:%M}, {sender} wrote:"]
    for line in (*text, *_link_list(text, body.links)):
        lines += [_quoted_line(each) for each in _wrapped(line)]
    return "\n".join(lines) + "\n\n"


def forwarded(body: Body) -> str:
    """The letter below its header."""
    shown = [f"{name}: {value}" for name, value in body.headers]
    head = ["", "", "---------- Forwarded message ----------", *shown, ""]
    text = (*body.lines, *_link_list(body.lines, body.links))
    return "\n".join([*head, *(each for line in text for each in _wrapped(line))]) + "\n"


def _link_list(lines: Sequence[str], links: Iterable[Link]) -> list[str]:
    """Where the numbers in the text lead: without it neither side could follow them."""
    text = "\n".join(lines)
    numbered = [
        link
        for link in links
        if re.search(rf"\[{link.number}[\]:]", text) and link.target not in text
    ]
    listed = [f"[{link.number}] {link.target}" for link in numbered]
    return ["", *listed] if listed else []


def _quoted_line(line: str) -> str:
    depth, text = quote_depth(line)
    return f"{'>' * (depth + 1)} {text}".rstrip()


def _without_signature(lines: Sequence[str]) -> Sequence[str]:
    """Without what follows the last `-- `, if that is near the end (RFC 3676 4.3)."""
    starts = [number for number, line in enumerate(lines) if line == _SIGNATURE]
    if starts and len(lines) - starts[-1] <= _SIGNATURE_LINES:
        return lines[: starts[-1]]
    return lines


def _wrapped(line: str) -> list[str]:
    """A paragraph in one line becomes several; the marks of a quote are repeated."""
    if len(line) <= _LONG or line.startswith("["):
        return [line]
    depth, text = quote_depth(line)
    mark = ">" * depth
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=f"{mark} " if mark else "",
        subsequent_indent=f"{mark} " if mark else "",
        break_long_words=False,
        break_on_hyphens=False,
    )
