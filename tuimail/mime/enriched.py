"""text/enriched (RFC 1896) and text/richtext (RFC 1341 7.1.3) to plain text; total functions."""

import re

_TOKEN = re.compile(r"<<|<(/?)([A-Za-z0-9-]{1,60})>|\r*\n(?:[ \t]*\r*\n)*")
_LITERAL = "nofill"


def enriched_text(text: str) -> str:
    """What a reader sees: one line end is a blank, more are one less (RFC 1896 2)."""
    shown: list[str] = []
    end = hidden = literal = 0
    for token in _TOKEN.finditer(text):
        if not hidden:
            shown.append(text[end : token.start()])
        end = token.end()
        name = (token[2] or "").lower()
        if name == "param":
            hidden = max(0, hidden + (-1 if token[1] else 1))
        elif name == _LITERAL:
            literal = max(0, literal + (-1 if token[1] else 1))
        elif not name and not hidden:
            shown.append(_literally(token[0], bool(literal)))
    if not hidden:
        shown.append(text[end:])
    return "".join(shown)


def _literally(token: str, literal: bool) -> str:
    if token == "<<":  # noqa: S105  two signs that stand for one
        return "<"
    lines = token.count("\n")
    if literal:
        return "\n" * lines
    return "\n" * (lines - 1) or " "


def richtext_text(text: str) -> str:
    """The older form, in which line ends mean nothing and `<nl>` and `<lt>` are written out."""
    text = " ".join(re.sub(r"<comment>.{0,10000}?</comment>", "", text, flags=re.S | re.I).split())
    text = re.sub(r" ?<(?:nl|np|paragraph|/paragraph)> ?", "\n", text, flags=re.IGNORECASE)
    text = re.sub(r"<(?!lt>)/?[A-Za-z0-9-]{1,60}>", "", text)
    return re.sub(r"<lt>", "<", text, flags=re.IGNORECASE)
