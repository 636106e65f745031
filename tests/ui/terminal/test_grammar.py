"""Nothing reaches the terminal that we did not mean: the grammar, and hostile mail under it."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ui import fake_mail
from tests.ui.fake_mail import FakeMail, message
from tests.ui.hostile_screen import CANARIES
from tests.ui.terminal.grammar import SHEET, Grammar, Leak, check_sentences
from tests.ui.terminal.leaks import LEAKS, every_way
from tests.ui.terminal.wire import USUAL, Form, WiredTerminal, wired
from tests.unit.mime.letters import all_letters
from tuimail.engine.events import MailboxChanged
from tuimail.mime.header import envelope
from tuimail.mime.parse import parse
from tuimail.model.address import Address
from tuimail.model.body import Attachment, Body, Link
from tuimail.model.mail import INBOX, MailboxId, MailboxName, Message, MessageKey, Role
from tuimail.model.safe_text import SafeText
from tuimail.ui import cells
from tuimail.ui.screens.review import ReviewScreen
from tuimail.ui.screens.sheet import SheetScreen
from tuimail.ui.terminal import controls, splitting
from tuimail.ui.terminal.capabilities import capabilities

SIZE = (80, 24)
FRAMES = Grammar(*SIZE)
SAMPLE = 120


def frames_of(ui: WiredTerminal) -> bytes:
    return b"".join(ui.app.wire.frames)


# --- the grammar itself


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
async def test_the_grammar_finds_what_leaks_into_a_frame(leak: bytes) -> None:
    strict = Grammar(*SIZE, title=r"tuimail: .*")
    frame = b"\x1b[m\x1b[r\x1b[3;5HInbox \x1b[0;7m>\r\n\x1b[12Gtext \x1b[K"
    strict.check(frame)
    half = frame.index(b"text")
    with pytest.raises(Leak):
        strict.check(frame[:half] + leak + frame[half:])


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_in_sentences_nothing_but_lines_is_allowed(leak: bytes) -> None:
    check_sentences("größer 会議 🚀\r\n".encode())
    with pytest.raises((Leak, UnicodeDecodeError)):
        check_sentences(b"tuimail: \x1b" + leak)


def test_the_grammar_knows_what_is_sent_at_start_and_end() -> None:
    mouse = (controls.MOUSE_ON, controls.MOUSE_OFF)
    ends = controls.ENTER + mouse[0] + controls.title("Inbox"), mouse[1] + controls.LEAVE
    assert FRAMES.check(b"".join(ends)) == {"enter": 1, "title": 1, "leave": 1}
    assert FRAMES.check(controls.ASK_SYNCHRONIZED + controls.ASK_STATUS) == {"question": 2}


@pytest.mark.parametrize("kind", ["vt100", "vt220", "linux"])
def test_the_grammar_knows_old_terminals(kind: str) -> None:
    able = capabilities({"TERM": kind})
    old = Grammar(*SIZE, old=True)
    assert old.check(able.enter + able.leave) == {"enter": 1, "leave": 1}
    with pytest.raises(Leak):
        old.check(controls.ENTER)


# --- mail that says it in every way


async def show_everything(ui: WiredTerminal, letters: int) -> None:
    """Every screen and pane there is, with each of the letters."""
    reader = ui.app._main.reader
    for _ in range(letters):
        await ui.press("enter")
        assert reader.reading
        for key in ("H", "space"):
            await ui.press(key)
        if reader.reading:  # Space goes on to the next unread
            await ui.press("q")
        assert not reader.reading
        await ui.press("j")
    for keys in (
        ["p", "k", "k", "p"],
        ["B", "j", "j", "B"],
        ["c", "a", "escape"],
        ["s", "x", "escape"],
        ["question_mark", "pagedown", "q"],
        ["colon", "a", "r", "escape"],
        ["slash", "a", "enter", "q"],
        ["backslash", "e", "enter", "escape"],
        ["V", "k", "F", "u"],
        ["d", "u", "I", "N"],
        ["enter", "y", "escape", "q"],
    ):
        for key in keys:
            await ui.press(key, rest=0.005)
    assert ui.app.is_running


async def write_an_answer(ui: WiredTerminal) -> None:
    """The sheet with its quotation, and the review."""
    for key in ("enter", "r"):
        await ui.press(key, rest=0.1)
    assert isinstance(ui.app.screen, SheetScreen)
    for key in ("down", "a", "escape"):
        await ui.press(key, rest=0.05)
    assert isinstance(ui.app.screen, ReviewScreen)
    for key in ("t", "escape", "q"):
        await ui.press(key, rest=0.05)


def parsed(raw: bytes, number: int) -> tuple[Message, Body]:
    """A letter as it comes out of the store."""
    head = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    body = parse(raw)
    row = message(number, snippet=body.snippet, attachments=[a.name for a in body.attachments])
    return replace(row, envelope=envelope(head)), body


def mailbox_of(raws: list[bytes]) -> FakeMail:
    pairs = [parsed(raw, number) for number, raw in enumerate(raws, 1)]
    mail = FakeMail([row for row, _ in pairs])
    mail.bodies = {row.key: body for row, body in pairs}
    return mail


async def walk_over(raws: list[bytes], size: tuple[int, int] = SIZE) -> Counter[str]:
    mail = mailbox_of(raws)
    async with wired(mail, size) as ui:
        await show_everything(ui, len(raws))
        return Grammar(*size, links=links_in(mail)).check(frames_of(ui))


def links_in(mail: FakeMail) -> str:
    """A pattern of where the links of these messages lead."""
    bodies = [body for body in mail.bodies.values() if isinstance(body, Body)]
    targets = {controls.clickable(link.target) for body in bodies for link in body.links}
    return "|".join(map(re.escape, targets - {""})) or "(?!)"


async def test_links_lead_where_they_say_and_nowhere_on_a_slow_link() -> None:
    raw = b"Content-Type: text/html; charset=utf-8\r\n\r\n<a href='https://example.org/\xc3\xa4'>here</a>"
    for form, found in ((USUAL, True), (Form(slow_link=True), False)):
        async with wired(mailbox_of([raw]), SIZE, form) as ui:
            await ui.press("enter", rest=0.05)
            output = frames_of(ui)
            shown = (
                rb"\x1b\]8;;https://example\.org/%C3%A4\x1b\\(?:\x1b\[[\d;]*m)example\.org  http"
            )
            assert bool(re.search(shown, output)) is found
            assert output.count(b"\x1b]8;;") == 2 * found
            if found:
                with pytest.raises(Leak):
                    Grammar(*SIZE).check(output)


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("HTTP://example.org/ö \x1b]", "HTTP://example.org/%C3%B6%20%1B]"),
        ("mailto:anna@example.org", "mailto:anna@example.org"),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("https://", ""),
        ("https://example.org/" + "a" * 2_000, ""),
    ],
)
def test_a_terminal_is_told_of_web_and_mail_addresses_alone(target: str, told: str) -> None:
    assert controls.clickable(target) == told


async def test_the_corpus_is_shown_on_every_screen_without_a_leak() -> None:
    paths = all_letters()
    some = paths[:: max(1, len(paths) // SAMPLE)]
    found = await walk_over([path.read_bytes() for path in some])
    assert found["style"] > 100
    assert found["line"] > 100


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("size", [(80, 24), (160, 50), (40, 12)])
async def test_the_whole_corpus_is_shown_without_a_leak(size: tuple[int, int]) -> None:
    await walk_over([path.read_bytes() for path in all_letters()], size)


async def test_no_encoding_takes_a_control_sequence_past_the_filters(tmp_path: Path) -> None:
    raws = [raw for canary in (*CANARIES, "\x1b[32m\x1bc\x05\ud800") for raw in every_way(canary)]
    async with wired(mailbox_of(raws), SIZE, drafts=tmp_path) as ui:
        await show_everything(ui, len(raws))
        await write_an_answer(ui)
        Grammar(*SIZE, styles=SHEET).check(frames_of(ui))


def past_the_border(texts: list[str]) -> FakeMail:
    """Mail of which each text is just as the stranger wrote it."""
    mail = FakeMail([message(number) for number in range(1, len(texts) + 1)])
    for key, text in zip(list(mail.order), texts, strict=True):
        dirty = SafeText(text)
        people = (Address(dirty, dirty),)
        row = mail.stored[key]
        envelope = replace(row.envelope, subject=dirty, from_=people, to=people, cc=people)
        mail.stored[key] = replace(
            row, envelope=envelope, snippet=dirty, attachments=(dirty,), id=f"work:{text}"
        )
        mail.bodies[MessageKey(key)] = Body(
            headers=((dirty, dirty),),
            lines=(dirty, SafeText("> " + text)),
            links=(Link(1, dirty, dirty, dirty),),
            attachments=(Attachment(1, dirty, dirty, 10),),
            notes=(dirty,),
        )
    return mail


async def tell_and_show(texts: list[str], size: tuple[int, int] = SIZE) -> bytes:
    """All screens; servers' names and sentences are hostile, too."""
    mail = past_the_border(texts)
    async with wired(mail, size) as ui:
        mail.refuses = texts[0]
        await show_everything(ui, len(texts))
        mail.broken = texts[-1]
        mail.tell(MailboxChanged(MailboxId(fake_mail.WORK, INBOX)))
        await ui.press("j", rest=0.02)
        return frames_of(ui)


def hostile_boxes(texts: list[str]) -> dict[MailboxName, Role]:
    return {INBOX: Role.INBOX, **{MailboxName(text): Role.NONE for text in texts}}


async def test_what_slips_past_the_border_is_still_no_control_sequence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [*CANARIES, *(leak.decode("utf-8", "replace") for leak in LEAKS.values())]
    monkeypatch.setattr(fake_mail, "BOXES", hostile_boxes(texts))
    for size in ((80, 24), (130, 41)):
        Grammar(*size).check(await tell_and_show(texts, size))


pieces = st.sampled_from([*CANARIES, *(leak.decode("utf-8", "replace") for leak in LEAKS.values())])
hostile = st.lists(
    st.lists(pieces | st.text(max_size=8), min_size=1, max_size=4).map("".join),
    min_size=1,
    max_size=3,
)


@settings(
    max_examples=6,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(texts=hostile)
async def test_any_mixture_of_hostile_text_stays_text(
    texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(fake_mail, "BOXES", hostile_boxes(texts))
        FRAMES.check(await tell_and_show(texts))


# --- the test itself is tested: a filter is taken away, and what leaks is found


@pytest.mark.parametrize(
    "hole", ["\x1b[32m", "\x1b[2J", "\x1b]2;x\x07", "\x9b1m", "\u202e", "\x07"]
)
async def test_a_hole_in_the_last_filters_is_found(
    hole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, settled = splitting._shown, cells._settled
    monkeypatch.setattr(splitting, "_shown", lambda c: (c, 1) if c in hole else shown(c))
    monkeypatch.setattr(cells, "_settled", lambda c: c if c in hole else settled(c))
    strict = Grammar(*SIZE, title="tuimail: .*")
    with pytest.raises(Leak):
        strict.check(await tell_and_show([f"before {hole} after"]))
