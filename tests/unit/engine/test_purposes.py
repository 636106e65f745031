"""Which mailboxes will be used for what, said before anything is used."""

from tuimail.engine.advice import outcomes
from tuimail.engine.purposes import Purpose, in_words, purposes_of
from tuimail.engine.setup import ImapNumbers, Probe
from tuimail.model.mail import INBOX, MailboxName, Role
from tuimail.model.sync import ServerMailbox


def listed(*names: str, prefix: str | None = None) -> list[ServerMailbox]:
    inbox = ServerMailbox(INBOX, Role.INBOX, prefix=prefix)
    return [inbox, *(ServerMailbox(MailboxName(name)) for name in names)]


def test_the_mailboxes_that_are_there_and_those_that_will_be_made() -> None:
    found = purposes_of(listed("Gesendete Elemente", "Papierkorb"), {})
    assert in_words(found) == (
        "sent in Gesendete Elemente, trash in Papierkorb; made when needed: Archive, Drafts, Junk"
    )
    chosen = {Role.ARCHIVE: MailboxName("Papierkorb")}
    assert purposes_of(listed("Papierkorb"), chosen)[0] == Purpose(
        Role.ARCHIVE, MailboxName("Papierkorb"), there=True
    )


def test_what_will_be_made_is_where_the_server_keeps_ones_own() -> None:
    words = in_words(purposes_of(listed(prefix="INBOX."), {}))
    assert words.startswith("made when needed: INBOX.Archive, INBOX.Sent, INBOX.Trash")
    assert in_words(()) == ""


def test_a_strangers_name_is_made_harmless() -> None:
    evil = MailboxName("\x1b]0;x\x07")
    assert "\x1b" not in in_words([Purpose(Role.SENT, evil, there=True)])


def test_the_account_form_says_it() -> None:
    numbers = ImapNumbers(1, 0, 0, None, purposes_of(listed("Sent", "Trash"), {}))
    told = outcomes(Probe(numbers, None), None, several=True)["imap"]
    assert "Mailboxes: sent in Sent, trash in Trash; made when needed: Archive" in told
