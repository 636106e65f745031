"""Which certificates a set-up asks about, and for which server each is trusted."""

from dataclasses import replace

import pytest

from tuimail.engine.setup import Certificate, Closed, Draft, ImapNumbers, Probe
from tuimail.engine.trust import doubts
from tuimail.engine.typed import Mistakes, Pin, Typed, read_draft
from tuimail.model.safe_text import SafeText

ONE, OTHER = ("sha256:" + digit * 64 for digit in "ab")
TYPED = Typed(
    email="anna@example.org",
    account="work",
    imap="mail.example.org 993 tls",
    pop3="mail.example.org 995 tls",
    smtp="mail.example.org 465 tls",
    password="secret",
    days="never",
)


def closed(fingerprint: str | None = ONE, reason: str = "self-signed certificate") -> Closed:
    shown = Certificate(SafeText(reason), fingerprint) if fingerprint else None
    return Closed(SafeText(reason), certificate=shown)


def draft(typed: Typed = TYPED, *pins: Pin) -> Draft:
    typed = Typed(**{name: getattr(typed, name) for name in Typed.__slots__} | {"pins": pins})
    return read_draft(typed, lambda name: False)


def test_one_certificate_of_one_host_is_one_question_on_the_way_in() -> None:
    [both] = doubts(draft(), Probe(closed(), closed()))
    assert both.whose == "IMAP and POP at mail.example.org"
    assert both.pins == (
        Pin("imap", "mail.example.org", 993, ONE),
        Pin("pop3", "mail.example.org", 995, ONE),
    )


def test_the_way_out_is_a_question_of_its_own() -> None:
    asked = doubts(draft(), Probe(closed(), closed(), closed()))
    assert [each.whose for each in asked] == [
        "IMAP and POP at mail.example.org",
        "SMTP at mail.example.org",
    ]


def test_two_certificates_are_two_questions() -> None:
    asked = doubts(draft(), Probe(closed(), closed(OTHER)))
    assert [each.certificate.fingerprint for each in asked] == [ONE, OTHER]


def test_nothing_is_asked_where_no_certificate_is_in_doubt() -> None:
    assert doubts(draft(), Probe(ImapNumbers(1, 0, 0, None), closed(None), None)) == []
    assert doubts(draft(), Probe(None, None, None)) == []


def test_a_pin_is_for_one_server_and_no_other() -> None:
    pinned = draft(TYPED, Pin("imap", "mail.example.org", 993, ONE))
    assert pinned.imap is not None
    assert pinned.imap.fingerprint == ONE
    assert pinned.pop3 is not None
    assert pinned.pop3.fingerprint is None
    assert pinned.smtp is not None
    assert pinned.smtp.fingerprint is None
    account = pinned.account("imap")
    assert account.incoming.fingerprint == ONE
    assert account.outgoing is not None
    assert account.outgoing.fingerprint is None


def test_another_host_or_port_is_another_server() -> None:
    elsewhere = draft(
        TYPED, Pin("imap", "mail.example.com", 993, ONE), Pin("imap", "mail.example.org", 143, ONE)
    )
    assert elsewhere.imap is not None
    assert elsewhere.imap.fingerprint is None


def test_the_certificate_that_was_trusted_last_counts() -> None:
    pins = [Pin("smtp", "mail.example.org", 465, fingerprint) for fingerprint in (ONE, OTHER)]
    outgoing = draft(TYPED, *pins).smtp
    assert outgoing is not None
    assert outgoing.fingerprint == OTHER


def test_the_way_out_may_have_a_certificate_of_its_own() -> None:
    for typed, fingerprints in (
        (replace(TYPED, certificate=ONE), (ONE, ONE)),
        (replace(TYPED, certificate=ONE, smtp_certificate=OTHER), (ONE, OTHER)),
        (replace(TYPED, certificate=ONE, smtp_certificate="none"), (ONE, None)),
        (replace(TYPED, smtp_certificate=OTHER), (None, OTHER)),
    ):
        made = draft(typed)
        assert made.imap is not None
        assert made.smtp is not None
        assert (made.imap.fingerprint, made.smtp.fingerprint) == fingerprints
    with pytest.raises(Mistakes) as mistakes:
        draft(replace(TYPED, smtp_certificate="sha256:12"))
    assert mistakes.value.sentences.keys() == {"smtp_certificate"}
