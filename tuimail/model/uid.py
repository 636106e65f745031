"""Numbers for messages that have nothing but a file's name to be known by."""

import re
from functools import lru_cache
from hashlib import blake2b

# A placeholder and the message that takes its place differ after this part of their names.
_SHARED = re.compile(r"G[0-9a-f]{24}(?=\.)")


@lru_cache(maxsize=200_000)
def uid_of(unique: str) -> int:
    """A number for a unique name: positive, below 2^62, the same for ever."""
    shared = _SHARED.match(unique)
    name = shared[0] if shared else unique
    digest = blake2b(name.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 2) or 1
