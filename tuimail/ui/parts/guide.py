"""What can be done here: help, palette, the keys of a sequence, what is pending."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from tuimail.engine.mail import Done
from tuimail.ui.actions import ACTIONS, GO, Action, Context
from tuimail.ui.cells import width
from tuimail.ui.choices import Choice, Choices
from tuimail.ui.hints import HINTS, hints_of
from tuimail.ui.keymap import Keymap, Waiting
from tuimail.ui.parts.desk import Desk
from tuimail.ui.parts.waiting import Decision, WriteOn, entry_choices, letter_choices
from tuimail.ui.prompts import Prompt
from tuimail.ui.rows import Span
from tuimail.ui.synonyms import points
from tuimail.ui.theme import Tone

T = TypeVar("T")


class Guide:
    """Offers actions by name; `perform` carries one out."""

    def __init__(
        self,
        desk: Desk,
        perform: Callable[[Action], None],
        context: Callable[[], Context],
        reasons: Callable[[], Sequence[str]],
        recalled: Callable[[Done], None],
    ) -> None:
        """`reasons` says why accounts are offline; `recalled` opens a letter that does not
        leave."""
        self._desk = desk
        self._perform = perform
        self._context = context
        self._reasons = reasons
        self._recalled = recalled

    def palette(self) -> None:
        """Every action that makes sense here, by name."""
        offered = [_choice(action, self._desk.keymap) for action in self._actions()]
        choices = Choices(offered, points=_meant)
        prompt = Prompt(":", self._perform, choices=choices, title="Actions")
        self._desk.prompts.ask(prompt)

    def help(self) -> None:
        """The living key map, by subject; typing searches it."""
        prompt = keys_prompt(self._context(), self._desk.keymap, self._perform, self._reasons())
        self._desk.prompts.ask(prompt)

    def pending(self) -> None:
        """What no server has yet; what was refused can be tried again or dropped."""

        async def job() -> None:
            entries = await self._desk.mail.pending()
            letters = letter_choices(await self._desk.mail.outbox())
            told = list(self._reasons())
            if not entries and not letters:
                told = ["  ".join(["The servers have everything.", *told])]
            offered: list[Choice[Decision]] = _headings(told)
            offered += letters
            offered += [choice for entry in entries for choice in entry_choices(entry)]
            title = "Not on the server yet"
            self._desk.prompts.ask(
                Prompt(
                    "Pending:",
                    self._decide,
                    choices=Choices(offered),
                    title=title,
                    leave=("q",),
                )
            )

        self._desk.run(job, "pending")

    def hints(self) -> list[tuple[str, str]]:
        """Keys and short words for the last line."""
        return hints_of(HINTS[self._context()], self._desk.keymap)

    def which_key(self, typed: Sequence[str], waiting: Waiting) -> list[Span]:
        """What may follow the keys typed so far."""
        begun = f" {' '.join(typed)} "
        spans = [Span(begun, Tone.BAR_STRONG)]
        more = f"  {self._desk.looks.glyphs.ellipsis}"
        room = self._desk.bottom.size.width - width(begun) - width(more)
        for key, action in sorted(waiting.choices, key=lambda choice: choice[1].group != GO):
            word = action.hint or action.words.lower()
            room -= width(key) + width(word) + 3
            if room < 0:
                return [*spans, Span(more, Tone.BAR)]
            spans += [Span(f"  {key} ", Tone.KEY), Span(word, Tone.BAR)]
        return spans

    def _actions(self) -> list[Action]:
        return _actions_in(self._context())

    def _decide(self, decision: Decision | None) -> None:
        match decision:
            case None:
                pass
            case WriteOn(cancel=cancel):

                async def job() -> None:
                    done = await self._desk.mail.submit(cancel)
                    self._desk.tell(done)
                    self._recalled(done)

                self._desk.hand.give(job)
            case _:
                self._desk.submit(decision)


_PLACES = {
    Context.LIST: "list",
    Context.MESSAGE: "message",
    Context.MAILBOXES: "list of mailboxes",
    Context.REVIEW: "review of a letter",
}


def keys_prompt(
    context: Context,
    keymap: Keymap,
    perform: Callable[[Action], None],
    reasons: Sequence[str] = (),
) -> Prompt:
    """The living key map, by subject, below `reasons`; what is picked is performed."""
    offered: list[Choice[Action]] = _headings(reasons)
    group = ""
    for action in _actions_in(context):
        if action.group != group:
            group = action.group
            offered.append(Choice(group, None, heading=True))
        offered.append(_choice(action, keymap))
    title = f"Keys in the {_PLACES[context]}"
    return Prompt(
        "Type to search:",
        perform,
        choices=Choices(offered, points=_meant),
        title=title,
        tall=True,
        leave=("q", "?"),
    )


def _actions_in(context: Context) -> list[Action]:
    return [action for action in ACTIONS if context in action.contexts]


def _headings(sentences: Sequence[str]) -> list[Choice[T]]:
    return [Choice(sentence, None, heading=True) for sentence in sentences]


def _meant(pattern: str, choice: Choice[Action]) -> int | None:
    return points(pattern, choice.words, choice.detail, choice.also)


def _choice(action: Action, keymap: Keymap) -> Choice[Action]:
    return Choice(action.words, action, detail="   ".join(keymap.keys_of(action)), also=action.id)
