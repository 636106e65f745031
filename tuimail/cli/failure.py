"""How a command ends when it does not end well (contract.md, the table of exit codes)."""

from collections.abc import Collection
from enum import IntEnum

FAULT = "a fault in tuimail itself; please report it with the end of its log"


class Exit(IntEnum):
    """What a command tells whoever called it."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PARTLY = 3
    LATER = 75


def of_several(exits: Collection[int]) -> Exit:
    """One exit code for what was done for several accounts, or servers."""
    codes = set(exits)
    if codes <= {Exit.DONE}:
        return Exit.DONE
    if codes & {Exit.DONE, Exit.PARTLY}:
        return Exit.PARTLY
    return Exit.LATER if codes == {Exit.LATER} else Exit.FAILED


class Failure(Exception):
    """The command is over; the text is one sentence for stderr."""

    def __init__(self, sentence: str, status: Exit = Exit.FAILED) -> None:
        super().__init__(sentence)
        self.status = status
