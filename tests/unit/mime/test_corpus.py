"""Whatever bytes come, a message is shown, soon, and with nothing that harms a terminal."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cost import within
from tests.unit.mime.letters import all_letters, envelope_texts, own_letters, shown_texts
from tuimail.mime import bounds
from tuimail.mime.filenames import safe_file_name
from tuimail.mime.header import envelope
from tuimail.mime.parse import attachment, parse
from tuimail.model.body import body_from_json, body_to_json
from tuimail.model.safe_text import SafeText, safe_prose

UNSAFE = {chr(c) for c in (*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F)} | {
    chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
LIMIT_SECONDS = 2.0


def check(raw: bytes) -> None:
    """Reading `raw` gives something safe, soon."""
    body, shown = within(LIMIT_SECONDS, lambda: (parse(raw), envelope(raw)), raw[:200])
    for text in (*shown_texts(body), *envelope_texts(shown)):
        assert not UNSAFE & set(text)
        assert text.isprintable()
        assert safe_prose(text, 20_000) == text
    assert all(isinstance(line, SafeText) for line in (*body.lines, *body.notes, body.snippet))
    assert len(body.lines) <= bounds.TEXT_LINES + bounds.DEPTH
    assert body_from_json(body_to_json(body)) == body
    if shown.date:
        assert shown.date.astimezone().year < 2300


def mutations(letters: list[bytes], count: int, chance: random.Random) -> Iterator[bytes]:
    """Letters with bytes changed, cut out, doubled, and spliced into one another."""
    for _ in range(count):
        raw = bytearray(chance.choice(letters)[:200_000])
        for _ in range(chance.randint(1, 8)):
            place = chance.randint(0, len(raw))
            match chance.randrange(5):
                case 0:
                    raw[place : place + 1] = bytes([chance.randrange(256)])
                case 1:
                    del raw[place : place + chance.randint(1, 50)]
                case 2:
                    raw[place:place] = chance.choice(NASTY)
                case 3:
                    raw[place:place] = raw[place : place + chance.randint(1, 200)] * 3
                case _:
                    other = chance.choice(letters)
                    start = chance.randint(0, len(other))
                    raw[place : place + 20] = other[start : start + chance.randint(1, 300)]
        yield bytes(raw)


NASTY = (
    b"\x1b[2J \x1b]52;c;eA==\x07 \r \x00 \x9b \xc2\x9b \xe2\x80\xae =?utf-8?b?G1sySg==?= &#27;[2J "
    b"=1B[2J \n\n --b\n Content-Type:multipart/mixed;boundary=b\n <table><tr><td> <a\x20href=x> "
    b'\xff\xfe (((( <<<< """ ;;;; :::: , =?a?q? filename*0*=utf-8\'\'%1b \n> <!-- <style> '
    b"</style> format=flowed charset=utf-16 base64 quoted-printable \xf0\x9f\x87\xa9 \xcc\x81"
).split(b" ")


@pytest.mark.parametrize("path", own_letters(), ids=lambda path: path.stem)
def test_our_strange_letters_are_safe(path: Path) -> None:
    check(path.read_bytes())


def test_every_letter_at_hand_is_safe() -> None:
    for path in all_letters():
        check(path.read_bytes())


def test_every_part_listed_can_be_saved() -> None:
    for path in all_letters():
        raw = path.read_bytes()
        for part in parse(raw).attachments:
            name, content = attachment(raw, part.index)
            assert name == safe_file_name(name), path
            assert abs(len(content) - part.size) <= max(100, part.size // 20), (path, part)


def test_changed_letters_are_safe() -> None:
    check_mutations(600, 1)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_ten_thousand_changed_letters_are_safe() -> None:
    check_mutations(10_000, 2)


def check_mutations(count: int, seed: int) -> None:
    letters = [path.read_bytes() for path in all_letters()]
    for number, raw in enumerate(mutations(letters, count, random.Random(seed))):
        try:
            check(raw)
        except Exception as error:
            raise AssertionError(f"mutation {number} of seed {seed}: {raw!r}") from error
