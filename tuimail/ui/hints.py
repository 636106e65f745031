"""The keys that the last line reminds of."""

from collections.abc import Sequence

from tuimail.ui.actions import BY_ID, Context
from tuimail.ui.keymap import Keymap

# Most needed first; the help, the last one, always has a place.
HINTS = {
    Context.LIST: ("delete", "archive", "move", "reply", "search", "go", "palette", "help"),
    Context.MESSAGE: ("read-on", "delete", "archive", "reply", "back", "palette", "help"),
    Context.MAILBOXES: ("open", "back", "search", "palette", "help"),
}


def hints_of(ids: Sequence[str], keymap: Keymap) -> list[tuple[str, str]]:
    """Keys and short words for a last line."""
    return [
        (keymap.first_key(action.id), action.hint)
        for action in map(BY_ID.__getitem__, ids)
        if keymap.first_key(action.id)
    ]
