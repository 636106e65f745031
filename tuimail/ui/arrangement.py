"""Which panes the main screen has, given its size and what is open. Pure."""

from typing import NamedTuple

WIDE = 120
HIGH = 40
LOWEST_SPLIT = 16

BOXES_WIDTH = 26
_STATUS_LINES = 2


class Panes(NamedTuple):
    """What is shown; `alone` is whether the mailboxes take the whole width.

    `list_height` and `room` are the height of the list and the size of the message, if shown.
    """

    boxes: bool
    alone: bool
    rows: bool
    message: bool
    list_height: int
    room: tuple[int, int]


def arrange(
    width: int, height: int, *, choosing: bool = False, reading: bool = False, preview: bool = False
) -> Panes:
    """The panes while a mailbox is chosen, a message is read or a preview is wanted."""
    wide = width >= WIDE
    alone = choosing and not wide
    split = (height >= HIGH or preview) and height >= LOWEST_SPLIT
    rows = not alone and (split or not reading)
    message = not alone and (reading or (preview and split))
    between = max(0, height - _STATUS_LINES)
    list_height = between // 3 if message else between
    return Panes(
        boxes=wide or alone,
        alone=alone,
        rows=rows,
        message=message,
        list_height=list_height,
        room=(width - BOXES_WIDTH * wide, between - list_height * rows),
    )
