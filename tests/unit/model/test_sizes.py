"""Amounts of data in words."""

import pytest

from tuimail.model.sizes import size_words

KB, MB, GB = 2**10, 2**20, 2**30


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (9, "9 bytes"),
        (1023, "1023 bytes"),
        (1536, "1.5 kB"),
        (9 * KB + 1000, "10 kB"),
        (90 * MB, "90 MB"),
        (2 * GB, "2 GB"),
        (5000 * GB, "4.9 TB"),
    ],
)
def test_sizes_are_said_as_people_say_them(octets: int, words: str) -> None:
    assert size_words(octets) == words
