"""The three pages: who you are and where your mail is, which way it shall come, what that means."""

from collections.abc import Callable
from typing import cast

from tuimail.config.schema import Protocol
from tuimail.engine import advice, questions, trust
from tuimail.engine.advice import DAYS, DEFAULT_DAYS, MEANINGS, NAMES, SEVERAL, SHORT, Advice
from tuimail.engine.questions import Question
from tuimail.engine.setup import Closed, Draft, Fault, Keep, Probe
from tuimail.engine.trust import Doubt
from tuimail.engine.typed import Mistakes, Pin, Typed, guess, read_draft
from tuimail.ui.setup.page import Button, Field, Item, Option, Page, Pressed, Prose
from tuimail.ui.theme import Tone

WELCOME = (
    "Welcome to tuimail. Which mailbox do you want to read? Nothing is saved before you have seen "
    "what it means. (tuimail demo shows sample mail without an account.)"
)
NEXT = Button("next", "Go on", "Enter: two questions, then the log-in is tried.")
TRY = Button("try", "Try the log-in", "Counts what is there. Fetches and deletes nothing.")

_GUESSED = ("account", "imap", "pop3", "smtp", "username")
_YES_NO = ((True, "yes"), (False, "no"))


class Details(Page):
    """Address, servers, password; what is usual is filled in as the address is typed."""

    def __init__(self, is_taken: Callable[[str], bool]) -> None:
        keeping = [(keep, words) for keep, _, words in questions.KEEPING]
        self._is_taken = is_taken
        self._guessed: dict[str, str] = {}
        self.keep = Option(*questions.KEEP, keeping)
        super().__init__(
            "Your first account (1 of 3)",
            [
                Prose(WELCOME),
                _field(questions.EMAIL),
                _field(questions.REAL_NAME),
                self.keep,
                _field(questions.PASSWORD, secret=True),
                _field(questions.COMMAND),
                _field(questions.IMAP),
                _field(questions.POP3),
                _field(questions.SMTP),
                _field(questions.USERNAME),
                _field(questions.ACCOUNT),
                _field(questions.CERTIFICATE),
                Prose(""),
                NEXT,
            ],
        )
        self._show_secret()

    def press(self, name: str) -> Pressed:
        pressed = super().press(name)
        self._guess()
        self._show_secret()
        return pressed

    def paste(self, text: str) -> None:
        super().paste(text)
        self._guess()

    def text(self, key: str) -> str:
        item = self.item(key)
        return item.edit.text if isinstance(item, Field) else ""

    def _guess(self) -> None:
        """Fill in what nobody has changed yet."""
        guessed = guess(self.text("email"), self._is_taken)
        if guessed == self._guessed:
            return
        for key in _GUESSED:
            field = self.item(key)
            if isinstance(field, Field) and field.edit.text == self._guessed.get(key, ""):
                field.fill(guessed.get(key, ""))
        self._guessed = guessed

    def _show_secret(self) -> None:
        by_command = self.keep.value is Keep.COMMAND
        self.item("command").shown = by_command
        self.item("password").shown = not by_command


class Ways(Page):
    """What IMAP and POP mean, and the questions that lead to one of them."""

    def __init__(self) -> None:
        self.several = Option("several", SEVERAL, "Left and right, or y and n.", _YES_NO)
        self.short = Option("short", SHORT, "Left and right, or y and n.", _YES_NO[::-1])
        self.days = Field("days", DAYS, "Counts only if you choose POP.", DEFAULT_DAYS)
        super().__init__(
            "IMAP or POP (2 of 3)",
            [
                Prose(MEANINGS["imap"]),
                Prose(MEANINGS["pop3"]),
                self.several,
                self.short,
                self.days,
                Prose(""),
                TRY,
            ],
        )

    @property
    def advice(self) -> Advice:
        return advice.recommend(several=self.several.value, short=self.short.value)


class Form:
    """Both pages that are typed on; they keep what stands there whatever happens."""

    def __init__(self, is_taken: Callable[[str], bool]) -> None:
        self._is_taken = is_taken
        self._pins: tuple[Pin, ...] = ()
        self.details = Details(is_taken)
        self.ways = Ways()

    @property
    def begun(self) -> bool:
        """Whether something would be lost."""
        return any(map(self.details.text, ("email", "real_name", "password")))

    def check(self, page: Page) -> Draft | None:
        """What was typed, as far as `page` can be used; else it says beside each field why not."""
        self.details.forgive()
        self.ways.forgive()
        try:
            return read_draft(self._typed(), self._is_taken)
        except Mistakes as mistakes:
            for item in page.items:
                if item.key in mistakes.sentences:
                    page.blame(item.key, mistakes.sentences[item.key])
            page.follow()
        return None

    def trust(self, doubt: Doubt) -> None:
        """For its servers as they are named now: another name or port is another server."""
        self._pins += doubt.pins

    def blame(self, probe: Probe) -> None:
        """Say on the first page why nobody could log in."""
        self.details.forgive()
        for key, answer in (("imap", probe.imap), ("pop3", probe.pop3)):
            if isinstance(answer, Closed):
                self.details.blame(self._place_of(key, answer.fault), answer.why)
        self.details.follow()

    def _place_of(self, key: str, fault: Fault) -> str:
        if fault is Fault.SERVER:
            return key
        return "command" if self.details.keep.value is Keep.COMMAND else "password"

    def _typed(self) -> Typed:
        text = self.details.text
        return Typed(
            email=text("email"),
            real_name=text("real_name"),
            account=text("account"),
            imap=text("imap"),
            pop3=text("pop3"),
            smtp=text("smtp"),
            username=text("username"),
            keep=self.details.keep.value,
            password=text("password"),
            command=text("command"),
            certificate=text("certificate"),
            days=self.ways.days.edit.text,
            pins=self._pins,
        )


class Waiting(Page):
    """While the servers are asked."""

    def __init__(self) -> None:
        items = [Prose(advice.TRYING), Button("stop", "Stop", "Esc does the same.")]
        super().__init__("Trying the log-in (2 of 3)", items)


class Trust(Page):
    """A certificate that nobody vouches for, whole, and whether it is to be trusted."""

    def __init__(self, doubt: Doubt) -> None:
        self.doubt = doubt
        super().__init__(
            "A certificate that nobody vouches for (2 of 3)",
            [
                Prose(doubt.certificate.reason, Tone.WARN),
                Prose(trust.FINGERPRINT),
                Prose(doubt.certificate.fingerprint, Tone.STRONG),
                Prose(doubt.meaning),
                Button("trust", f"{trust.TRUST} (t)", f"For {doubt.whose}, and for no other."),
                Button("back", "Do not trust it", "Esc does the same."),
            ],
            # Who presses Enter once too often trusts nobody.
            focus="back",
        )

    def press(self, name: str) -> Pressed:
        if name != "t" or not self.is_focus_seen:
            return super().press(name)
        self.focus = self.item("trust")
        return Pressed.DONE

    @property
    def is_trusted(self) -> bool:
        return self.focus.key == "trust"


class Outcome(Page):
    """What each way would do with this mailbox, and the choice."""

    def __init__(self, probe: Probe, draft: Draft, ways: Ways) -> None:
        chosen = advice.recommend_among(probe, ways.advice)
        days = draft.delete_after_days
        told = advice.outcomes(probe, days, several=ways.several.value)
        open_ways = [way for way in probe.ways if advice.can_count(probe, way, days)]
        items: list[Item] = [Prose(told[way], _tone(probe, way)) for way in told]
        items.append(Prose(f"For you: {NAMES[chosen.protocol]}, since {chosen.why}.", Tone.STRONG))
        if probe.smtp is not None:
            items.append(Prose(f"Sending does not work yet: {probe.smtp.why}", Tone.WARN))
        items.append(Prose(advice.UNTOUCHED, Tone.DIM))
        items += [Button(way, f"Use {NAMES[way]}", "Saves the account.") for way in open_ways]
        items.append(Button("back", "Change something", "Esc does the same."))
        super().__init__("What it means for you (3 of 3)", items, focus=chosen.protocol)

    @property
    def choice(self) -> Protocol | None:
        """The way that was chosen, None to go back."""
        return None if self.focus.key == "back" else cast(Protocol, self.focus.key)


def _tone(probe: Probe, way: Protocol) -> Tone:
    return Tone.PLAIN if way in probe.ways else Tone.WARN


def _field(question: Question, *, secret: bool = False) -> Field:
    return Field(question.key, question.label, question.hint, secret=secret)
