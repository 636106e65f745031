"""Where a fault of ours was made."""

from traceback import format_tb

LONGEST_CHAIN = 5


def place_of(mistake: BaseException | None) -> str:
    """What kind it is and where it was made, without its words: they may quote a letter."""
    places: list[str] = []
    while mistake is not None and len(places) < LONGEST_CHAIN:
        steps = "".join(format_tb(mistake.__traceback__))
        places.append(f"{type(mistake).__name__}\n{steps}")
        mistake = mistake.__cause__ or mistake.__context__
    return "after ".join(places)
