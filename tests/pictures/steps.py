"""The walk: what is pressed, and what each picture is called."""

from typing import NamedTuple

SIZES = ((80, 24), (120, 40), (200, 60), (40, 12))


class Step(NamedTuple):
    """Keys as Textual names them, seconds to wait, and the picture that is taken then."""

    name: str
    keys: tuple[str, ...] = ()
    rest: float = 0.0


STEPS = (
    Step("list"),
    Step("cursor", ("j", "j", "j")),
    Step("page", ("pagedown",)),
    Step("end", ("G",), rest=0.1),
    Step("message", ("g", "g", "enter")),
    Step("read on", ("space",)),
    Step("next message", ("J",)),
    Step("all headers", ("H",)),
    Step("list again", ("H", "q")),
    Step("preview", ("p", "j", "j"), rest=0.4),
    Step("preview away", ("p",)),
    Step("keys", ("question_mark",)),
    Step("actions", ("q", "colon", "a", "r")),
    Step("limited", ("escape", "backslash", *"from:ana", "enter")),
    Step("go to", ("q", "c", "s")),
    Step("marked", ("escape", "space", "space")),
    Step("archived", ("a",)),
    Step("undone", ("u",)),
    Step("mailboxes", ("B", "j")),
    Step("junk", ("B", "g", "j")),
    Step("trouble", ("G", "enter")),
    Step("which key", ("q", "g", "i", "g")),
    Step("answer", ("escape", "r"), rest=0.4),
    Step("review", ("escape",)),
    Step("leave", ("q", "k")),
    Step("draft kept", ("enter",)),
)
