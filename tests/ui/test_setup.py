"""The form for the first account, by keys: what it says, what it keeps, what it leads to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from textual.pilot import Pilot

from tuimail.config.schema import AccountConfig, Protocol
from tuimail.engine.setup import (
    Certificate,
    Closed,
    Draft,
    Fault,
    ImapNumbers,
    Pop3Numbers,
    Probe,
    SetupFailed,
)
from tuimail.model.quota import Quota
from tuimail.model.safe_text import SafeText
from tuimail.ui.setup.app import Added, SetupApp
from tuimail.ui.theme import THEMES, UNICODE, Looks

_PATIENCE = 5.0
BOTH = Probe(ImapNumbers(1204, 0, 0, Quota(71, 100)), Pop3Numbers(1204, 5 << 20, ids=True))
REFUSED = Probe(Closed(SafeText("The password is wrong."), Fault.PASSWORD), None)
UNREACHABLE = Probe(
    Closed(SafeText("imap.example.org does not answer.")),
    Closed(SafeText("pop.example.org does not answer.")),
)


class FakeSetup:
    """Servers that answer as a test says, in this order."""

    def __init__(self, *answers: Probe, hangs: bool = False, full: bool = False) -> None:
        self._answers = list(answers)
        self._hangs = hangs
        self._full = full
        self.probed: list[Draft] = []
        self.saved: list[AccountConfig] = []

    def is_taken(self, name: str) -> bool:
        return name == "taken"

    async def probe(
        self, draft: Draft, terminal: Callable[[], AbstractAsyncContextManager[None]]
    ) -> Probe:
        self.probed.append(draft)
        if self._hangs:
            await asyncio.Event().wait()
        return self._answers.pop(0)

    async def save(self, draft: Draft, protocol: Protocol) -> AccountConfig:
        if self._full:
            raise SetupFailed("The disk is full.")
        self.saved.append(draft.account(protocol))
        return self.saved[-1]


class Shown:
    """The form on a screen."""

    def __init__(self, app: SetupApp, pilot: Pilot[Added]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def text(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        lines = ("".join(segment.text for segment in strip).rstrip() for strip in strips)
        return "\n".join(lines)

    @property
    def words(self) -> str:
        """The same without line breaks."""
        return " ".join(self.text.split())

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        names = {" ": "space", "@": "at", ".": "full_stop"}
        await self.press(*(names.get(character, character) for character in text))

    async def sees(self, words: str) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                while words not in self.words:
                    await self.pilot.pause(0.01)
        except TimeoutError:
            raise AssertionError(f"{words!r} did not come:\n{self.text}") from None

    async def fill(self, password: str = "secret") -> None:
        """The first page, with what it guesses."""
        await self.type("anna@example.org")
        await self.press("enter", "enter", "enter")
        await self.type(password)
        await self.press(*["enter"] * 8)


@asynccontextmanager
async def form(setup: FakeSetup, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Shown]:
    app = SetupApp(setup, Looks(THEMES["ansi"], UNICODE))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Shown(app, pilot)


async def to_the_end(shown: Shown) -> None:
    """The second page as it stands, however much of it is in sight, and the log-in."""
    await shown.sees("2 of 3")
    while "Try the log-in" not in shown.text or "> Try" not in shown.text:
        await shown.press("enter")
    await shown.press("enter")


async def test_an_address_and_a_password_are_enough() -> None:
    setup = FakeSetup(BOTH)
    async with form(setup) as shown:
        await shown.fill()
        await to_the_end(shown)
        await shown.sees("IMAP: 1,204 messages stay on the server, 71 % of 100 bytes used.")
        assert "the server is emptied after 14 days; your phone" in shown.words
        assert "For you: IMAP" in shown.words
        assert setup.saved == []
        await shown.press("enter")
    assert shown.app.return_value == Added(setup.saved[0].name, None)
    [draft] = setup.probed
    assert draft.imap is not None
    assert (draft.imap.host, draft.imap.port) == ("imap.example.org", 993)
    assert draft.password == "secret"


async def test_one_device_and_little_space_lead_to_pop() -> None:
    setup = FakeSetup(BOTH)
    async with form(setup) as shown:
        await shown.fill()
        await shown.sees("your mail comes to this machine")
        await shown.press("n", "enter", "y", "enter", "ctrl+u", "0")
        await to_the_end(shown)
        await shown.sees("For you: POP")
        assert "as soon as all is safe here; the only copy is on this machine" in shown.words
        await shown.press("enter")
    [account] = setup.saved
    assert (account.protocol, account.pop3.delete_after_days) == ("pop3", 0)


async def test_every_wrong_field_has_a_sentence_beside_it() -> None:
    async with form(FakeSetup()) as shown:
        await shown.type("anna")
        await shown.press(*["enter"] * 11)
        await shown.sees("anna is no address that mail can be sent to.")
        assert "Without a password nothing can be tried." in shown.words
        assert "Name an IMAP or a POP server." in shown.words
        assert "> Your address" in shown.text
        assert "1 of 3" in shown.text


async def test_wrong_days_are_told_on_their_page() -> None:
    setup = FakeSetup()
    async with form(setup) as shown:
        await shown.fill()
        await shown.press("enter", "enter", "ctrl+u")
        await shown.type("soon")
        await shown.press("enter", "enter")
        await shown.sees('This has to be a number of days or "never".')
        assert setup.probed == []


async def test_a_refused_password_leads_back_and_nothing_is_lost() -> None:
    setup = FakeSetup(REFUSED, BOTH)
    async with form(setup) as shown:
        await shown.fill("wrong")
        await to_the_end(shown)
        await shown.sees("The password is wrong.")
        assert "anna@example.org" in shown.text
        assert "> Password" in shown.text
        assert "wrong " not in shown.text.replace("is wrong", "")
        await shown.press("ctrl+u")
        await shown.type("right")
        await shown.press(*["enter"] * 8)
        await to_the_end(shown)
        await shown.sees("For you: IMAP")
    assert [draft.password for draft in setup.probed] == ["wrong", "right"]


def doubted(digit: str, reason: str = "self-signed certificate") -> Closed:
    certificate = Certificate(SafeText(f"It is not trusted ({reason})."), f"sha256:{digit * 64}")
    return Closed(
        SafeText(f"It is not trusted; {certificate.fingerprint}."), certificate=certificate
    )


async def test_a_certificate_is_trusted_by_one_key() -> None:
    setup = FakeSetup(Probe(doubted("a"), BOTH.pop3), BOTH)
    async with form(setup) as shown:
        await shown.fill()
        await to_the_end(shown)
        await shown.sees("IMAP at imap.example.org must always show exactly this certificate.")
        assert f" sha256:{'a' * 64}" in shown.text.splitlines()
        assert "> Do not trust it" in shown.text
        await shown.press("t")
        await shown.sees("> Use IMAP")
        await shown.press("enter")
    [account] = setup.saved
    assert account.incoming.fingerprint == f"sha256:{'a' * 64}"
    assert account.outgoing is not None
    assert account.outgoing.fingerprint is None
    assert [each.pop3 and each.pop3.fingerprint for each in setup.probed] == [None, None]


async def test_each_server_is_judged_for_itself() -> None:
    setup = FakeSetup(Probe(BOTH.imap, doubted("b"), doubted("c")), BOTH)
    async with form(setup) as shown:
        await shown.fill()
        await to_the_end(shown)
        await shown.sees("POP at pop.example.org must")
        await shown.press("escape")
        await shown.sees("SMTP at smtp.example.org must")
        await shown.press("up")
        await shown.press("enter")
        await shown.sees("> Use IMAP")
        await shown.press("enter")
    [account] = setup.saved
    assert account.incoming.fingerprint is None
    assert account.outgoing is not None
    assert account.outgoing.fingerprint == f"sha256:{'c' * 64}"


async def test_a_certificate_that_is_not_trusted_leads_back_and_is_asked_again() -> None:
    setup = FakeSetup(Probe(doubted("a"), None), Probe(doubted("a"), None))
    async with form(setup) as shown:
        await shown.fill()
        await to_the_end(shown)
        await shown.sees("must always show")
        await shown.press("enter")
        await shown.sees("1 of 3")
        assert "It is not trusted (self-signed certificate)." in shown.words
        assert "sha256:" not in shown.text
        assert "> IMAP server" in shown.text
        await shown.press(*["enter"] * 7)
        await to_the_end(shown)
        await shown.sees("must always show")
    assert setup.saved == []


@pytest.mark.parametrize("size", [(40, 12), (80, 24)])
async def test_a_fingerprint_is_whole_where_there_is_room(size: tuple[int, int]) -> None:
    setup = FakeSetup(Probe(doubted("a"), None), BOTH)
    async with form(setup, size) as shown:
        await shown.fill()
        await to_the_end(shown)
        await shown.sees("nobody vouches")
        while "> Do not trust it" not in shown.text:
            await shown.press("t")
        assert len(setup.probed) == 1
        await shown.press("t")
        await shown.sees("3 of 3")


async def test_servers_that_do_not_answer_are_told_beside_them() -> None:
    async with form(FakeSetup(UNREACHABLE)) as shown:
        await shown.fill()
        await to_the_end(shown)
        await shown.sees("imap.example.org does not answer. POP server")
        assert "pop.example.org does not answer." in shown.words


async def test_escape_goes_back_page_by_page_and_then_leaves() -> None:
    setup = FakeSetup(BOTH)
    async with form(setup) as shown:
        await shown.fill()
        await to_the_end(shown)
        await shown.sees("3 of 3")
        await shown.press("escape")
        await shown.sees("2 of 3")
        await shown.press("escape")
        await shown.sees("anna@example.org")
        await shown.press("escape")
        await shown.sees("Esc again leaves; nothing of this is kept.")
        await shown.press("down")
        assert "Esc again" not in shown.words
        await shown.press("escape")
        await shown.sees("Esc again leaves")
        assert not shown.app._exit
        await shown.press("escape")
        assert shown.app._exit
    assert shown.app.return_value is None
    assert setup.saved == []


async def test_an_empty_form_is_left_at_once() -> None:
    async with form(FakeSetup(BOTH)) as shown:
        await shown.press("escape")
        assert shown.app._exit


async def test_a_log_in_that_takes_long_can_be_stopped() -> None:
    async with form(FakeSetup(hangs=True)) as shown:
        await shown.fill()
        await to_the_end(shown)
        await shown.sees("Nothing is fetched or deleted.")
        await shown.press("escape")
        await shown.sees("2 of 3")
        assert "Try the log-in" in shown.text


async def test_days_that_cannot_be_counted_are_not_offered() -> None:
    nameless = Probe(None, Pop3Numbers(3, 100, ids=False))
    async with form(FakeSetup(nameless)) as shown:
        await shown.fill()
        await to_the_end(shown)
        await shown.sees("days cannot be counted: say 0 or never")
        assert "Use POP" not in shown.text
        assert "> Change something" in shown.text


async def test_what_cannot_be_saved_is_told_and_can_be_tried_again() -> None:
    async with form(FakeSetup(BOTH, full=True)) as shown:
        await shown.fill()
        await to_the_end(shown)
        await shown.sees("> Use IMAP")
        await shown.press("enter")
        await shown.sees("The disk is full.")


async def test_a_password_that_is_kept_nowhere_is_handed_on() -> None:
    setup = FakeSetup(BOTH)
    async with form(setup) as shown:
        await shown.type("anna@example.org")
        await shown.press("enter", "enter", "left", "enter")
        await shown.type("secret")
        await shown.press(*["enter"] * 8)
        await to_the_end(shown)
        await shown.sees("> Use IMAP")
        await shown.press("enter")
    assert shown.app.return_value is not None
    assert shown.app.return_value.password == "secret"


async def test_a_command_stands_in_for_the_password() -> None:
    setup = FakeSetup(BOTH)
    async with form(setup) as shown:
        await shown.type("anna@example.org")
        await shown.press("enter", "enter", "p", "enter")
        assert "Password  " not in shown.text.replace("Password is", "")
        await shown.type("pass show mail")
        await shown.press(*["enter"] * 8)
        await to_the_end(shown)
        await shown.sees("3 of 3")
    [draft] = setup.probed
    assert draft.imap is not None
    assert draft.imap.password_command == ("pass", "show", "mail")


async def test_what_was_changed_is_not_guessed_anew() -> None:
    async with form(FakeSetup()) as shown:
        await shown.type("anna@example.or")
        await shown.press("enter", "enter", "enter", "enter", "ctrl+u")
        await shown.type("mail.mine.net")
        await shown.press(*["up"] * 4)
        await shown.type("g")
        await shown.sees("anna@example.org")
        assert "mail.mine.net" in shown.text
        assert "pop.example.org 995 tls" in shown.text


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (120, 40)])
async def test_on_every_screen_nothing_is_answered_unseen(size: tuple[int, int]) -> None:
    setup = FakeSetup(BOTH)
    async with form(setup, size) as shown:
        await shown.sees("1 of 3")
        await shown.press("enter")
        while "> Your address" not in shown.text and "> Your name" not in shown.text:
            await shown.press("enter")
        await shown.press("up")
        await shown.fill()
        await to_the_end(shown)
        await shown.sees("3 of 3")
        while "> Use IMAP" not in shown.text:
            assert setup.saved == []
            await shown.press("enter")
        assert "> Use IMAP" in shown.text
        assert all(len(line) <= size[0] for line in shown.text.splitlines())
