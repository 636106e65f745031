"""The names of threads: their numbers, 64 bits, in base32."""

_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_LENGTH = 13


def thread_text(thread: int) -> str:
    bits = (thread & (1 << 64) - 1) << 1
    return "".join([_DIGITS[bits >> shift & 31] for shift in range(60, -5, -5)])


def thread_number(text: str) -> int | None:
    """The inverse of `thread_text`; None if `text` names no thread."""
    digits = [_DIGITS.find(letter) for letter in text.lower()]
    if len(digits) != _LENGTH or min(digits) < 0:
        return None
    bits = 0
    for digit in digits:
        bits = bits << 5 | digit
    number = bits >> 1
    return number - (1 << 64) if number >> 63 else number
