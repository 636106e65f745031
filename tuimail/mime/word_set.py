"""Sets of words, written as one reads them."""


def word_set(words: str) -> frozenset[str]:
    """The words of a text, divided by white space."""
    return frozenset(words.split())
