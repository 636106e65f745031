"""What must never reach a terminal, and letters that carry it there in every encoding."""

import base64
import quopri

LEAKS = {
    "title": b"\x1b]0;pwned\x07",
    "our own title": b"\x1b]2;a title that nobody gave\x1b\\",
    "clipboard": b"\x1b]52;c;cm0gLXJm\x1b\\",
    "link": b"\x1b]8;;http://evil.example\x1b\\",
    "notification": b"\x1b]9;pay here\x1b\\",
    "clear": b"\x1b[2J",
    "beyond the screen": b"\x1b[99;99H",
    "one row too low": b"\x1b[25;1H",
    "one column too far": b"\x1b[81G",
    "colour that no theme has": b"\x1b[32m",
    "concealed": b"\x1b[8m",
    "mode": b"\x1b[?1049l",
    "cursor": b"\x1b[?25h",
    "mouse movements": b"\x1b[?1003h",
    "reset": b"\x1bc",
    "answerback": b"\x05",
    "device attributes": b"\x1b[c",
    "device control": b"\x1bP1$r0m\x1b\\",
    "application command": b"\x1b_G\x1b\\",
    "margins upside down": b"\x1b[9;3r",
    "character set": b"\x1b(0",
    "shift out": b"\x0e",
    "tabulator": b"\t",
    "bell": b"\x07",
    "delete": b"\x7f",
    "lone escape": b"text \x1b",
    "sequence cut off": b"\x1b[3",
    "C1 in UTF-8": "\x9b32m".encode(),
    "C1 as a byte": b"\x9b32m",
    "bidi": "gnp\u202eexe".encode(),
    "isolate": "\u2066x".encode(),
    "tag": "\U000e0041".encode(),
    "zero width": "\u200b".encode(),
    "line separator": "\u2028".encode(),
    "private use": "\ue000".encode(),
    "half a character": b"\xe4\xbc",
}


def every_way(text: str) -> list[bytes]:
    """Letters that carry `text` in subject, names, file name, type and body, each encoded."""
    raw = text.encode("utf-8", "surrogatepass")
    b64 = base64.b64encode(raw).decode()
    quoted = "".join(f"={byte:02X}" for byte in raw)
    percent = "".join(f"%{byte:02X}" for byte in raw)
    entities = "".join(f"&#{ord(character)};" for character in text)
    latin = text.encode("latin-1", "replace")
    words = (
        f"=?utf-8?B?{b64}?=".encode(),
        f"=?utf-8?Q?{quoted}?=".encode(),
        f"=?iso-8859-1?Q?{''.join(f'={byte:02X}' for byte in latin)}?=".encode(),
        raw.replace(b"\r", b"").replace(b"\n", b""),
    )
    letters = []
    for word in words:
        letters.append(
            b"From: " + word + b" <anna@example.org>\r\nTo: " + word + b" <b@example.org>\r\n"
            b"Subject: "
            + word
            + b"\r\nList-Id: "
            + word
            + b"\r\nContent-Type: text/plain\r\n\r\n"
            + raw
        )
    name = f"filename*=utf-8''{percent}; filename=\"{b64}\""
    parts = (
        ("text/plain; charset=utf-8", "base64", base64.encodebytes(raw)),
        ("text/plain; charset=utf-8", "quoted-printable", quopri.encodestring(raw)),
        ("text/plain; charset=iso-8859-1", "8bit", latin),
        (
            "text/html; charset=utf-8",
            "8bit",
            f"<b>{entities}</b><a href='{entities}'>x</a>".encode(),
        ),
        ("text/html; charset=utf-8", "8bit", b"<p title='" + raw + b"'>" + raw),
    )
    for kind, encoding, content in parts:
        letters.append(
            f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n"
            f"Content-Disposition: inline; {name}\r\nSubject: x\r\n\r\n".encode()
            + content
        )
    return letters
