"""Names under which parts may be saved (security.md M1)."""

import re
import unicodedata

from tuimail.model.safe_text import SafeText, safe_line

NAME_BYTES = 120
READ_CHARACTERS = 1_000
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)", re.IGNORECASE)
# What a file system, a shell or another system takes for something else than a letter.
_FORBIDDEN = frozenset('/\\:*?"<>|$`;~')
_LETTERS_AND_SIGNS = "LMNPS"
_SHOWN_CHARACTERS = 300
_EXTENSIONS = {
    "application/json": ".json",
    "application/ms-tnef": ".dat",
    "application/msword": ".doc",
    "application/pdf": ".pdf",
    "application/pgp-encrypted": ".asc",
    "application/pgp-keys": ".asc",
    "application/pkcs7-mime": ".p7m",
    "application/zip": ".zip",
    "audio/mpeg": ".mp3",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/tiff": ".tiff",
    "image/webp": ".webp",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
}


def safe_file_name(name: str, content_type: str = "") -> SafeText:
    """A plain name of at most 120 bytes: no path, no hidden file, no option, no device.

    Without a usable `name` it is "attachment" with the type's usual extension.
    """
    if len(name) > READ_CHARACTERS:
        name = name[: READ_CHARACTERS // 2] + name[-READ_CHARACTERS // 2 :]
    base = unicodedata.normalize("NFC", name).rstrip("/\\ ").replace("\\", "/")
    base = base.rpartition("/")[2]
    kept = "".join([c if _is_allowed(c) else "_" for c in base])
    kept = re.sub(r"__+", "_", " ".join(kept.split()))
    kept = kept.lstrip(".-_ ").rstrip(". ")
    if not kept:
        kept = "attachment" + _extension(content_type)
    if _RESERVED.match(kept):
        kept = f"file-{kept}"
    return safe_line(_shortened(kept))


def shown_file_name(name: str, content_type: str = "") -> SafeText:
    """The name as the sender wrote it, safe for a terminal only; never for a file system."""
    return safe_line(" ".join(name.split()), _SHOWN_CHARACTERS) or safe_file_name("", content_type)


def _is_allowed(character: str) -> bool:
    if character in _FORBIDDEN:
        return False
    return character == " " or unicodedata.category(character)[0] in _LETTERS_AND_SIGNS


def _extension(content_type: str) -> str:
    default = ".txt" if content_type.startswith("text/") else ".bin"
    return _EXTENSIONS.get(content_type, default)


def _shortened(name: str) -> str:
    if len(name.encode()) <= NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not _EXTENSION.fullmatch(dot + extension):
        stem, dot, extension = name, "", ""
    room = NAME_BYTES - len(dot + extension)
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + extension
