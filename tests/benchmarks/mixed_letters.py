"""Letters of all sizes, 13 kB on average, with the headers and parts that real mail has."""

import base64
import random
from collections.abc import Iterator

from tests.benchmarks.letters import PROSE, Sample, samples

_MEDIAN_LOG, _SPREAD = 8.4, 1.15
_LARGEST = 900_000
_TEXT_LINE = 11
_PLAIN = b"Content-Type: text/plain; charset=utf-8"
_ROW = '<tr><td style="font: 12px arial"><a href="https://example.net/{}">{}</a></td></tr>'
_TRACE = "\r\n".join(
    [
        *(
            f"Received: from mx{hop}.example.net (mx{hop}.example.net [192.0.2.{hop}])\r\n"
            f"\tby mail{hop}.example.org (Postfix) with ESMTPS id 4FAB{hop:04d}CC\r\n"
            "\tfor <anna@example.org>; Mon, 01 Jun 2026 12:00:00 +0000 (UTC)"
            for hop in range(5)
        ),
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=one;\r\n"
        "\th=from:to:subject:date;\r\n\tb=" + "\r\n\t ".join("y" * 70 for _ in range(5)),
        "",
    ]
).encode()


def mixed_letters(count: int, seed: int = 7) -> Iterator[tuple[Sample, bytes]]:
    """`count` letters: half plain text, two of five with HTML beside it, the rest with a file."""
    chance = random.Random(seed)
    for sample in samples(count):
        head, _, text = sample.raw().partition(b"\r\n\r\n")
        if not sample.attachment:
            head, text = _filled(head, chance)
        yield sample, _TRACE + head + b"\r\n\r\n" + text


def _filled(head: bytes, chance: random.Random) -> tuple[bytes, bytes]:
    size = int(min(_LARGEST, chance.lognormvariate(_MEDIAN_LOG, _SPREAD)))
    kind = chance.random()
    if kind < 0.5:
        return head, _prose(size, chance)
    if kind < 0.9:
        parts = [(_PLAIN, _prose(size * 3 // 10, chance)), _html(size * 7 // 10, chance)]
        return _multipart(head, b"alternative", parts)
    blob = base64.encodebytes(chance.randbytes(size * 2)).replace(b"\n", b"\r\n")
    file = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64"
    return _multipart(head, b"mixed", [(_PLAIN, _prose(200, chance)), (file, blob)])


def _multipart(head: bytes, kind: bytes, parts: list[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    body = b"".join(b"--=_b\r\n" + header + b"\r\n\r\n" + text for header, text in parts)
    typed = b"Content-Type: multipart/" + kind + b'; boundary="=_b"'
    return head.replace(_PLAIN, typed), body + b"--=_b--\r\n"


def _prose(size: int, chance: random.Random) -> bytes:
    words = chance.choices(PROSE.split(), k=max(_TEXT_LINE, size // 6))
    lines = [" ".join(words[at : at + _TEXT_LINE]) for at in range(0, len(words), _TEXT_LINE)]
    return ("\r\n".join(lines) + "\r\n").encode()


def _html(size: int, chance: random.Random) -> tuple[bytes, bytes]:
    rows = _prose(size // 2, chance).decode().splitlines()
    table = "\r\n".join(_ROW.format(chance.randrange(10**9), row) for row in rows)
    page = f"<html><body><table>{table}</table></body></html>\r\n"
    return b"Content-Type: text/html; charset=utf-8", page.encode()
