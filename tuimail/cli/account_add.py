"""`account add`: options or questions, a log-in that counts what is there, and then a file."""

from collections.abc import Collection
from contextlib import nullcontext
from typing import Any, cast

from tuimail.cli.ask import ask, ask_choice, ask_secret, ask_trust, ask_yes, tell
from tuimail.cli.failure import Exit, Failure
from tuimail.cli.output import complain
from tuimail.cli.run import Run
from tuimail.cli.setup import ServerSetup
from tuimail.config.load import is_account_name
from tuimail.config.schema import Protocol, Secrets
from tuimail.config.secrets import find_secret
from tuimail.engine import advice, questions, trust
from tuimail.engine.setup import Closed, Draft, Fault, Keep, Probe, SetupFailed
from tuimail.engine.typed import Mistakes, Pin, Typed, guess, read_draft
from tuimail.model.mail import AccountName

_SERVERS = ("imap", "pop3", "smtp")
_LOG_IN = {"keep", "password", "command", "username"}
_ASKED = [question for question in questions.ALL if question is not questions.CERTIFICATE]


async def add(run: Run) -> Exit:
    """Ask for what is missing, log in, and save; nothing is saved if the log-in fails."""
    setup = ServerSetup(run.paths)
    interview = _Interview(run, setup)
    draft, probe = await interview.hold()
    chosen = _choose(run, draft, probe, interview)
    if probe.smtp is not None:
        reason = probe.smtp.why if run.can_ask else probe.smtp.sentence
        complain(f"sending does not work yet: {reason}")
    try:
        account = await setup.save(draft, chosen)
    except SetupFailed as failure:
        raise Failure(str(failure)) from failure
    file = run.paths.account_file(account.name)
    told = advice.outcomes(probe, draft.delete_after_days, several=interview.several)[chosen]
    words = f"Added account {account.name}; settings in {file}. {told}"
    run.output.say(words, account=account.name, file=str(file), protocol=chosen)
    return Exit.DONE


def _named(mistakes: Mistakes) -> str:
    """The sentences, with what they are about."""
    labels = {question.key: question.label for question in questions.ALL} | {
        "days": "Days",
        "smtp_certificate": "--smtp-fingerprint",
    }
    return " ".join(
        f"{labels.get(key, key)}: {sentence}" for key, sentence in mistakes.sentences.items()
    )


class _Interview:
    """Options and answers; what was answered stands as the default when it is asked again."""

    def __init__(self, run: Run, setup: ServerSetup) -> None:
        self._run = run
        self._setup = setup
        self._given = _given(run)
        self._answers: dict[str, Any] = {}
        self._pins: tuple[Pin, ...] = ()
        self._distrusted: set[Pin] = set()
        self._refused = False
        self.several = True
        self.short = False

    @property
    def asks_which_way(self) -> bool:
        return self._run.can_ask and self._run.arguments.protocol is None

    async def hold(self) -> tuple[Draft, Probe]:
        """Until a log-in works; raises Failure where nobody is there to mend what does not."""
        await self._ask({question.key for question in _ASKED})
        self._ask_ways()
        while True:
            draft = await self._draft()
            if self._run.can_ask:
                tell(advice.TRYING)
            probe = await self._setup.probe(draft, nullcontext)
            if self._run.can_ask and self._trusts_more(draft, probe):
                continue
            if probe.ways:
                return draft, probe
            await self._ask(self._doubtful(probe))

    def _trusts_more(self, draft: Draft, probe: Probe) -> bool:
        """Ask about each certificate that nobody vouches for; whether another try is worth it."""
        before = self._pins
        for doubt in trust.doubts(draft, probe):
            if self._distrusted.issuperset(doubt.pins):
                continue
            if ask_trust(self._run, doubt):
                self._pins += doubt.pins
            else:
                self._distrusted |= set(doubt.pins)
        return self._pins != before

    async def _draft(self) -> Draft:
        while True:
            try:
                typed = Typed(**self._answers, **self._given, pins=self._pins)
                return read_draft(typed, self._setup.is_taken)
            except Mistakes as mistakes:
                again = mistakes.sentences.keys() - self._given.keys()
                if not self._run.can_ask or not again:
                    raise Failure(_named(mistakes), Exit.USAGE) from mistakes
                tell(_named(mistakes))
                await self._ask(again)
                if "days" in again:
                    self._ask_days()

    def _doubtful(self, probe: Probe) -> Collection[str]:
        """What to ask again after nobody let us in, and whether to; raises Failure."""
        closed = [each for each in (probe.imap, probe.pop3) if isinstance(each, Closed)]
        sentence = " ".join(dict.fromkeys(each.sentence for each in closed))
        later = all(each.later for each in closed)
        if not self._run.can_ask:
            doubted = any(each.certificate for each in closed)
            hint = " --fingerprint trusts exactly that one." if doubted else ""
            raise Failure(sentence + hint, Exit.LATER if later else Exit.FAILED)
        tell(sentence)
        if not ask_yes(self._run, "Try again?", default=True):
            raise Failure("nothing was saved", Exit.LATER if later else Exit.FAILED)
        self._distrusted.clear()
        self._refused = any(each.fault is Fault.PASSWORD for each in closed)
        again = _LOG_IN if self._refused else _closed_servers(probe)
        # What an option said stands as the default now that it has turned out wrong.
        for key in self._given.keys() & again:
            self._answers[key] = self._given.pop(key)
        return again

    async def _ask(self, keys: Collection[str]) -> None:
        """Those of the questions that no option has answered."""
        for question in _ASKED:
            key = question.key
            if key not in keys or key in self._given:
                continue
            if key == "keep":
                await self._ask_keep()
            elif key == "password":
                if self._answers["keep"] is not Keep.COMMAND and not self._answers.get(key):
                    self._answers[key] = ask_secret(self._run, question.label)
            elif key != "command" or self._answers["keep"] is Keep.COMMAND:
                self._answers[key] = self._line(question.key, question.label)

    def _line(self, key: str, label: str) -> str:
        usual = self._answers.get(key) or self._usual(key)
        if not self._run.can_ask and key != "email":
            return usual if key not in _SERVERS or key == self._protocol else ""
        hint = " (name, port, security; - for none)" if key in _SERVERS else ""
        answer = ask(self._run, label + hint, usual)
        return "" if answer == "-" else answer

    def _usual(self, key: str) -> str:
        email = self._given.get("email") or self._answers.get("email", "")
        return guess(str(email), self._setup.is_taken).get(key, "")

    @property
    def _protocol(self) -> str:
        return self._run.arguments.protocol or "imap"

    async def _ask_keep(self) -> None:
        """Where the password is; not asked where a keyring has one that was not refused."""
        self._answers.pop("password", None)
        name = str(self._given.get("account", ""))
        looked = is_account_name(name) and not self._refused
        found = await find_secret(AccountName(name), Secrets()) if looked else None
        if found is not None:
            self._answers |= {"keep": Keep.MEMORY, "password": found}
            return
        if not self._run.can_ask:
            raise Failure("say --password-command or --password-stdin", Exit.USAGE)
        choices = [(letter, words) for _, letter, words in questions.KEEPING]
        letter = ask_choice(self._run, questions.KEEP.label, choices)
        self._answers["keep"] = next(keep for keep, own, _ in questions.KEEPING if own == letter)

    def _ask_ways(self) -> None:
        if self.asks_which_way:
            tell("", *advice.MEANINGS.values(), "")
            self.several = ask_yes(self._run, advice.SEVERAL, default=True)
            self.short = ask_yes(self._run, advice.SHORT, default=False)
        self._ask_days()

    def _ask_days(self) -> None:
        """Always asked, or given: it decides about somebody's mail."""
        if "days" in self._given:
            return
        if self._protocol == "imap" and not self.asks_which_way:
            self._answers["days"] = advice.DEFAULT_DAYS
        elif self._run.can_ask:
            self._answers["days"] = ask(self._run, advice.DAYS, advice.DEFAULT_DAYS)
        else:
            raise Failure("say --delete-after-days 0, N or never", Exit.USAGE)


def _closed_servers(probe: Probe) -> Collection[str]:
    answers = {"imap": probe.imap, "pop3": probe.pop3}
    return {key for key, answer in answers.items() if isinstance(answer, Closed)}


def _given(run: Run) -> dict[str, Any]:
    """The fields that options have answered."""
    given = run.arguments
    fields = {
        "email": given.email,
        "real_name": given.real_name,
        "account": given.name,
        "smtp": given.smtp,
        "username": given.username,
        "certificate": _certificate(given.fingerprint, given.ca_file),
        "smtp_certificate": given.smtp_fingerprint,
        "days": given.delete_after_days,
    }
    if given.host:
        words = (given.host, given.port, given.security)
        fields[given.protocol or "imap"] = " ".join(word for word in words if word)
    if given.protocol:
        fields["pop3" if given.protocol == "imap" else "imap"] = ""
    found: dict[str, Any] = {key: value for key, value in fields.items() if value is not None}
    if given.password_command:
        found |= {"keep": Keep.COMMAND, "command": given.password_command, "password": ""}
    elif given.password_stdin:
        secret = run.stdin.readline().rstrip("\r\n")
        if not secret:
            raise Failure("standard input has no password in its first line", Exit.USAGE)
        found |= {"keep": Keep.FILE, "command": "", "password": secret}
    return found


def _certificate(fingerprint: str | None, ca_file: str | None) -> str:
    if fingerprint:
        return f"sha256:{fingerprint.removeprefix('sha256:')}"
    return ca_file or ""


def _choose(run: Run, draft: Draft, probe: Probe, interview: _Interview) -> Protocol:
    """The way that mail shall come, after both outcomes were shown; raises Failure."""
    days = draft.delete_after_days
    told = advice.outcomes(probe, days, several=interview.several)
    ways = [way for way in probe.ways if advice.can_count(probe, way, days)]
    if not ways:
        raise Failure(" ".join(told.values()))
    if not interview.asks_which_way:
        wanted = cast(Protocol, run.arguments.protocol or "imap")
        if wanted not in ways:
            raise Failure(told.get(wanted, "there is no such server"))
        return wanted
    chosen = advice.recommend(several=interview.several, short=interview.short)
    chosen = advice.recommend_among(probe, chosen)
    tell("", *told.values(), f"For you: {advice.NAMES[chosen.protocol]}, since {chosen.why}.")
    tell(advice.UNTOUCHED, "")
    ways.sort(key=lambda way: way != chosen.protocol)
    choices = [(way[0], f"use {advice.NAMES[way]}") for way in ways]
    letter = ask_choice(run, "What now", [*choices, ("q", "leave; nothing is saved")])
    if letter == "q":
        raise Failure("nothing was saved")
    return next(way for way in ways if way[0] == letter)
