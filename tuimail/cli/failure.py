"""How a command ends when it does not end well (contract.md, the table of exit codes)."""

from enum import IntEnum

FAULT = "a fault in tuimail itself; please report it with the end of its log"


class Exit(IntEnum):
    """What a command tells whoever called it."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PARTLY = 3
    LATER = 75


class Failure(Exception):
    """The command is over; the text is one sentence for stderr."""

    def __init__(self, sentence: str, status: Exit = Exit.FAILED) -> None:
        super().__init__(sentence)
        self.status = status
