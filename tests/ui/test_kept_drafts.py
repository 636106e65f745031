"""One draft here and its copy on the server, as they are seen."""

from pathlib import Path

from tests.ui.driver import Terminal, terminal
from tests.ui.fake_mail import NOW, WORK, FakeMail, message
from tests.ui.test_composer import HELLO, editor, kept, letters, outgoing, reviewed
from tuimail.engine.commands import DropDraft, KeepDraft
from tuimail.engine.events import OperationParked, OutboxChanged
from tuimail.model.mail import DRAFT, MailboxName, MessageKey
from tuimail.model.operation import Append, Entry, EntryState
from tuimail.model.outbox import LetterState
from tuimail.model.safe_text import SafeText
from tuimail.ui.letters.drafts import DraftFile

DRAFTS, TRASH = MailboxName("Drafts"), MailboxName("Trash")


def puts(mail: FakeMail) -> list[KeepDraft]:
    return [each for each in mail.submitted if isinstance(each, KeepDraft)]


def there(mail: FakeMail, mailbox: MailboxName = DRAFTS) -> list[MessageKey]:
    return [key for key, letter in mail.stored.items() if letter.mailbox == mailbox]


def folders(drafts: Path) -> list[Path]:
    return [path.parent for path in drafts.rglob("about.json")]


async def keep_one(ui: Terminal) -> None:
    """A letter to forward becomes a draft; the user looks at the drafts."""
    await ui.press("f")
    await reviewed(ui)
    await ui.press("p")
    await ui.sees("Kept as a draft; m opens it")
    await ui.press("g", "d")
    await ui.sees("Drafts 1/1")


async def test_a_kept_draft_is_offered_once_and_opens_as_it_is_here(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await keep_one(ui)
        [put] = puts(mail)
        assert (put.account, put.origin) == (WORK, None)
        assert put.draft.text.endswith("Hello from the editor\n")
        await ui.press("m")
        await ui.sees("New, or a draft")
        assert ui.text.count("forward: Letter 1 ") == 2  # in the list behind, and once here
        await ui.press("enter")
        await reviewed(ui)
        await ui.sees("Hello from the editor")
        await ui.press("p")
        await ui.sees("Kept as a draft; m opens it")
        assert len(puts(mail)) == 1, "what did not change is not put there again"
        assert len(kept(tmp_path)) == 1
        await ui.press("E")
        await reviewed(ui)
        await ui.press("e")
        await reviewed(ui)
        await ui.press("p")
        await ui.until(lambda: len(puts(mail)) == 2)
        assert puts(mail)[1].name == put.name
        assert puts(mail)[1].origin == there(mail, TRASH)[0]
        await ui.until(lambda: len(there(mail)) == len(kept(tmp_path)) == 1)


async def test_what_is_thrown_away_here_is_thrown_away_there(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await keep_one(ui)
        await ui.press("m", "enter")
        await reviewed(ui)
        await ui.press("q", "down", "enter")
        await ui.sees("Thrown away · u undo")
        assert (kept(tmp_path), there(mail)) == ([], [])
        await ui.press("u")
        await ui.until(lambda: there(mail))


async def test_a_letter_that_was_never_kept_tells_the_server_nothing(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await ui.press("f")
        await reviewed(ui)
        await ui.press("q", "down", "enter")
        await ui.sees("Thrown away")
        assert "u undo" not in ui.text
        assert [each for each in mail.submitted if isinstance(each, DropDraft)] == []


async def test_the_copy_goes_when_the_letter_was_sent(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await keep_one(ui)
        await ui.press("m", "enter")
        await reviewed(ui)
        await ui.press("y")
        await ui.sees("Sending")
        assert len(there(mail)) == 1
        mail.letters = [outgoing(LetterState.QUEUED)]
        mail.tell(OutboxChanged(WORK))
        await ui.press("E")
        await ui.sees("This letter is in the outbox already")
        mail.letters = [outgoing(LetterState.SENT)]
        mail.tell(OutboxChanged(WORK))
        await ui.until(lambda: not kept(tmp_path) and not there(mail))
        assert [each.by_itself for each in mail.submitted if isinstance(each, DropDraft)] == [True]


async def test_what_changed_elsewhere_is_said_and_both_are_kept(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await keep_one(ui)
        [own] = there(mail)
        del mail.stored[own]
        other = message(90, "Changed on the phone", flags={DRAFT}, mailbox=DRAFTS)
        mail.stored[other.key] = other
        mail.order.append(other.key)
        await ui.press("m", "enter")
        await ui.sees("not sent yet")
        await ui.sees("Changed, sent or deleted elsewhere")
        await ui.press("p")
        await ui.until(lambda: len(there(mail)) == 2)
        assert other.key in mail.stored


async def test_a_draft_thrown_away_in_the_list_is_not_offered_any_more(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await keep_one(ui)
        await ui.press("d")
        await ui.sees("Deleted 1")
        await ui.press("m")
        await reviewed(ui)
        assert len(kept(tmp_path)) == 1
        assert "Letter 1" not in kept(tmp_path)[0]


async def test_what_cannot_be_put_there_is_kept_here_and_said(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await ui.press("f")
        await reviewed(ui)
        mail.refuses = "No room."
        await ui.press("p")
        await ui.sees("Kept as a draft, on this machine only: No room.")
        assert len(kept(tmp_path)) == 1


async def test_a_draft_that_another_window_has_open_is_not_begun_twice(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await keep_one(ui)
        [folder] = folders(tmp_path)
        other = DraftFile(folder)
        assert other.take()
        await ui.press("E")
        await ui.sees("This draft is open in another window.")
        other.release()
        await ui.press("E")
        await reviewed(ui)
        assert len(kept(tmp_path)) == 1


async def test_a_refusal_is_said_in_the_words_of_drafts(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path) as ui:
        append = Append(DRAFTS, MessageKey(9), frozenset({DRAFT}), NOW, "9@example.org")
        mail.entries = [Entry(4, WORK, 4, append, EntryState.PARKED, NOW)]
        mail.tell(OperationParked(WORK, 4, SafeText("it is too large")))
        await ui.sees("A draft stays here, not in Drafts: it is too large · g p retry or drop")
