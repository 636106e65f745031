"""From the names of keys to actions: sequences, and numbers before them."""

from tuimail.ui.count import Count
from tuimail.ui.keymap import Waiting
from tuimail.ui.parts.deeds import Deeds
from tuimail.ui.parts.desk import Desk
from tuimail.ui.rows import Span
from tuimail.ui.theme import Tone


class Sequences:
    """Remembers what was begun, and shows what may follow."""

    def __init__(self, desk: Desk, deeds: Deeds) -> None:
        self._desk = desk
        self._deeds = deeds
        self._typed: tuple[str, ...] = ()
        self._count = Count()

    def act_on(self, name: str) -> None:
        bottom = self._desk.bottom
        bottom.hush()
        typed, self._typed = (*self._typed, name), ()
        found = self._desk.keymap.find(self._deeds.context, typed)
        if isinstance(found, Waiting):
            self._typed = typed
            bottom.ask(self._deeds.guide.which_key(typed, found))
            return
        count = self._count.take()
        if len(typed) > 1 or count:
            bottom.ask(None)
        if found is not None:
            self._deeds.perform(found, count)
        elif len(typed) == 1:
            key = self._desk.keymap.first_key("help")
            self._desk.say(f"{name} does nothing here; {key} shows the keys.")

    def take_digit(self, name: str) -> bool:
        """Numbers come before a key; whether this was part of one."""
        keymap = self._desk.keymap
        bound = self._typed or keymap.find(self._deeds.context, (name,)) is not None
        if bound or not self._count.digit(name):
            return False
        self._desk.bottom.ask([Span(f" {self._count.value} ", Tone.BAR_STRONG)])
        return True
