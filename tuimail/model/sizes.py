"""Amounts of data, as one says them."""


def size_words(octets: int) -> str:
    """ "2 GB", "1.4 MB", "512 kB", "9 bytes", each unit 1,024 of the one below it.

    So settings count, and so do servers their quota (RFC 9208 section 5.1).
    """
    if octets < 1024:
        return "1 byte" if octets == 1 else f"{octets} bytes"
    amount, unit = octets / 1024, "kB"
    for larger in ("MB", "GB", "TB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    digits = f"{amount:.1f}" if amount < 10 else f"{amount:.0f}"
    return f"{digits.removesuffix('.0')} {unit}"
