"""How many of the words that a browser shows of HTML letters are on our page, and how many more.

`python3 -m tests bench words FOLDER…` reads every letter (or .html file) in the folders. It
needs Chromium, so it is a benchmark and no test.
"""

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.browser import Browser, NoBrowser
from tuimail.mime.charset import decode
from tuimail.mime.html import Rendered, render
from tuimail.mime.links import LinkList
from tuimail.ui.cells import settle, wrap

COLUMNS = 80
RECALL, LOWEST, FEWEST_WORDS = 0.995, 0.95, 5
_MARKS = re.compile(r" ?\[\d{1,4}(?:: [^\]]{1,300})?\](?=\W|$)|~~|\+\+")
_NUMBERING = re.compile(r"^\s*(?:\d+|[a-zA-Z]|[ivx]+)\.\s", re.MULTILINE)
_SHIFTED = re.compile(r"(?<=[\w)\]%°’])[\^_]\(?")
# Words are not spaced in these scripts, so each sign counts.
_WORD = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0e7f]|[^\W_]+")


class Score(NamedTuple):
    """Words of one letter: that a browser shows, of these ours; ours, of these the browser's."""

    name: str
    theirs: int
    found: int
    ours: int
    right: int
    noted: bool
    missing: list[str]
    extra: list[str]

    @property
    def recall(self) -> float:
        return self.found / self.theirs if self.theirs else 1.0


def main(folders: Sequence[str]) -> int:
    """Print the worst letters and the sums; 1 if they miss the aim."""
    if not folders:
        print("Which letters? python3 -m tests bench words FOLDER…")
        return 2
    try:
        browser = Browser()
    except NoBrowser as reason:
        print(reason)
        return 2
    with browser:
        scores = [
            score(name, html, browser.shown(html)) for name, html in _letters(map(Path, folders))
        ]
    return _report(scores)


def _letters(folders: Iterable[Path]) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            if path.is_file() and (html := _html(path)):
                yield str(path), html


def _html(path: Path) -> str:
    raw = path.read_bytes()
    if path.suffix in (".html", ".htm"):
        return decode(raw, "utf-8")
    if b"html" not in raw.lower():
        return ""
    try:
        part = message_from_bytes(raw, policy=default).get_body(("html",))
        content = part.get_payload(decode=True) if part else None
        charset = part.get_content_charset("") if part else ""
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
    return decode(content, charset) if isinstance(content, bytes) else ""


def score(name: str, html: str, shown: tuple[str, str]) -> Score:
    """Compare our rendering of `html`, on a screen of 80 columns, with what a browser has."""
    rendered = render(html, LinkList())
    surely, maybe = words(shown[0]), words(shown[1])
    ours = words(_page(rendered))
    missing, extra = surely - ours, ours - maybe
    _forgive_gaps(missing, extra)
    _forgive_gaps(extra, missing)
    return Score(
        name,
        surely.total(),
        surely.total() - missing.total(),
        ours.total(),
        ours.total() - extra.total(),
        bool(rendered.hidden_words or rendered.cut or rendered.rough),
        [*missing.elements()],
        [*extra.elements()],
    )


def _forgive_gaps(glued: Counter[str], apart: Counter[str]) -> None:
    """Two words on one side that are one on the other are no loss."""
    for word in [*glued.elements()]:
        for at in range(1, len(word)):
            pair = Counter((word[:at], word[at:]))
            if pair <= apart:
                apart -= pair
                glued[word] -= 1
                break
    glued += Counter()


def _page(rendered: Rendered) -> str:
    return _MARKS.sub(" ", "\n".join([_on_screen(line) for line in rendered.lines]))


def _on_screen(line: str) -> str:
    """`line`, or its rows if wrapping them lost something; a word in two rows is one."""
    rows = wrap(settle(line), COLUMNS - 3)
    whole = "".join("".join(rows).split()) == "".join(line.split())
    return line if whole else " ".join(rows)


def words(text: str) -> Counter[str]:
    """Words as both sides can be held to: no case, no composed letters, no invisible signs."""
    text = _NUMBERING.sub(" ", text)
    text = unicodedata.normalize("NFKC", text)
    text = "".join([sign for sign in text if unicodedata.category(sign) not in ("Cf", "Mn")])
    return Counter(_WORD.findall(_SHIFTED.sub("", text.casefold())))


def _report(scores: Sequence[Score]) -> int:
    judged = [each for each in scores if each.theirs >= FEWEST_WORDS]
    low = [each for each in judged if each.recall < LOWEST]
    for each in sorted(judged, key=lambda score: score.recall)[:40]:
        if each.recall < RECALL:
            print(f"{each.recall:.3f}{' (note)' if each.noted else ''}  {each.name}")
            print(f"    missing: {' '.join(each.missing[:30])}")
    for each in sorted(scores, key=lambda score: score.right - score.ours)[:15]:
        if each.extra:
            print(f"{len(each.extra):4} more  {each.name}\n    {' '.join(each.extra[:30])}")
    theirs, found = sum(each.theirs for each in scores), sum(each.found for each in scores)
    ours, right = sum(each.ours for each in scores), sum(each.right for each in scores)
    silent = [each for each in low if not each.noted]
    recall = found / max(1, theirs)
    print(f"{len(scores)} letters with HTML, {len(judged)} with {FEWEST_WORDS} words or more")
    print(f"recall {recall:.4f} of {theirs:,} words (aim {RECALL})")
    print(f"precision {right / max(1, ours):.4f} of {ours:,} words")
    print(f"below {LOWEST}: {len(low)} letters, {len(silent)} of them without a note (aim 0)")
    return 0 if recall >= RECALL and not silent else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
