"""Which panes the main screen has, given its size and what is open. Pure."""

from typing import NamedTuple

WIDE = 120
HIGH = 40
LOWEST_SPLIT = 16

BOXES_WIDTH = 26


class Panes(NamedTuple):
    """What is shown; `alone` is whether the mailboxes take the whole width."""

    boxes: bool
    alone: bool
    rows: bool
    message: bool


def arrange(
    width: int, height: int, *, choosing: bool = False, reading: bool = False, preview: bool = False
) -> Panes:
    """The panes while a mailbox is chosen, a message is read or a preview is wanted."""
    wide = width >= WIDE
    alone = choosing and not wide
    split = (height >= HIGH or preview) and height >= LOWEST_SPLIT
    return Panes(
        boxes=wide or alone,
        alone=alone,
        rows=not alone and (split or not reading),
        message=not alone and (reading or (preview and split)),
    )
