"""What is known of the names in a Maildir while messages are filed into it."""

from pathlib import Path

import pytest

from tests.builders import NOON, letter
from tuimail.backend.maildir.maildir import Maildir, New
from tuimail.engine.filing import Uniques
from tuimail.model.mail import INBOX, MailboxName

ARCHIVE = MailboxName("Archive")


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    made = Maildir(tmp_path / "mail")
    made.make()
    for mailbox, stem in ((INBOX, "Pa.one.tuimail"), (ARCHIVE, "Pa.two.tuimail")):
        made.deliver(mailbox, [New.of(stem, letter(), NOON)])
    made.deliver(ARCHIVE, [New("plain", b"x\n", NOON)], letters="S")
    return made


def test_a_name_is_found_in_whatever_mailbox_it_is_and_whatever_its_size(maildir: Maildir) -> None:
    here = Uniques(maildir)
    first, second = here.of_stem("Pa.one.tuimail"), here.of_stem("Pa.two.tuimail")
    assert first is not None
    assert second is not None
    assert first.startswith("Pa.one.tuimail,S=")
    assert second.startswith("Pa.two.tuimail,S=")
    assert first in here
    assert "plain" in here
    assert here.alike("Pa") == {first, second}
    assert here.alike("plain") == {"plain"}
    assert here.alike("P") == set()
    assert here.of_stem("Pa.on") is None
    assert here.of_stem("plain") is None


def test_what_comes_and_goes_during_a_visit_is_known(maildir: Maildir) -> None:
    here = Uniques(maildir)
    here.add("Pa.three.tuimail,S=1,W=2")
    assert "Pa.three.tuimail,S=1,W=2" in here
    assert here.of_stem("Pa.three.tuimail") == "Pa.three.tuimail,S=1,W=2"
    assert len(here.alike("Pa")) == 3
    here.discard("Pa.three.tuimail,S=1,W=2")
    assert "Pa.three.tuimail,S=1,W=2" not in here
    assert here.of_stem("Pa.three.tuimail") is None
    assert len(here.alike("Pa")) == 2
    here.discard("never.was")
    assert len(here.names) == 3


def test_in_an_empty_maildir_nothing_is_known(tmp_path: Path) -> None:
    empty = Maildir(tmp_path / "mail")
    empty.make()
    here = Uniques(empty)
    assert here.of_stem("Pa.one.tuimail") is None
    assert here.alike("Pa") == set()
    here.add("Pa.one.tuimail,S=1")
    assert here.alike("Pa") == {"Pa.one.tuimail,S=1"}
