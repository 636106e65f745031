"""What was typed about an account becomes a draft, or a sentence beside each wrong field."""

from dataclasses import replace

import pytest

from tuimail.engine.setup import Keep
from tuimail.engine.typed import Mistakes, Place, Typed, guess, read_days, read_draft, read_server

ANNA = Typed(
    email="anna@example.org",
    account="work",
    imap="imap.example.org 993 tls",
    pop3="pop.example.org 995 tls",
    smtp="smtp.example.org 465 tls",
    password="secret",
    days="14",
)


def nothing_taken(name: str) -> bool:
    return False


def mistakes(**changes: object) -> dict[str, str]:
    with pytest.raises(Mistakes) as caught:
        read_draft(replace(ANNA, **changes), lambda name: name == "taken")  # type: ignore[arg-type]  # fields of several types
    return dict(caught.value.sentences)


def test_what_is_usual_is_guessed_from_the_address() -> None:
    assert guess("anna@Example.org", {"example"}.__contains__) == {
        "account": "example2",
        "imap": "imap.example.org 993 tls",
        "pop3": "pop.example.org 995 tls",
        "smtp": "smtp.example.org 465 tls",
        "username": "anna@Example.org",
    }
    assert guess("anna", nothing_taken) == {}
    assert guess("anna@ö.org", nothing_taken)["account"] == "mail"


def test_a_draft_is_complete() -> None:
    draft = read_draft(ANNA, nothing_taken)
    account = draft.account("pop3")
    assert account.incoming.host == "pop.example.org"
    assert account.incoming.username == "anna@example.org"
    assert account.outgoing is not None
    assert account.outgoing.port == 465
    assert account.pop3.delete_after_days == 14
    assert draft.password == "secret"
    assert account.incoming.password is None
    assert "secret" not in repr(draft) + repr(ANNA)


@pytest.mark.parametrize("text", ["ab" * 32, "sha256:" + "AB" * 32, ":".join(["Ab"] * 32)])
def test_a_certificate_is_pinned_by_its_digest(text: str) -> None:
    draft = read_draft(replace(ANNA, certificate=text), nothing_taken)
    for server in (draft.imap, draft.pop3, draft.smtp):
        assert server is not None
        assert server.fingerprint == "sha256:" + "ab" * 32


def test_a_command_stands_for_the_password() -> None:
    typed = replace(ANNA, keep=Keep.COMMAND, command="pass show 'mail/anna b'")
    draft = read_draft(typed, nothing_taken)
    assert draft.account("imap").incoming.password_command == ("pass", "show", "mail/anna b")
    assert draft.password == ""


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("imap.example.org", Place("imap.example.org", 993, "tls")),
        ("imap.example.org starttls", Place("imap.example.org", 143, "starttls")),
        ("imap.example.org:143", Place("imap.example.org", 143, "starttls")),
        (" imap.example.org  1993 ", Place("imap.example.org", 1993, "tls")),
        ("[::1]:993 TLS", Place("::1", 993, "tls")),
        ("localhost none 10143", Place("localhost", 10143, "none")),
        ("", None),
    ],
)
def test_a_server_is_a_name_a_port_and_a_way(text: str, place: Place | None) -> None:
    assert read_server(text, "imap") == place


@pytest.mark.parametrize("text", ["a b c", "a 1 2", "a tls none", "a 70000", "a 0", "a/b", "a 9²"])
def test_anything_else_is_no_server(text: str) -> None:
    with pytest.raises(ValueError, match=r"server's name|number from|host name"):
        read_server(text, "imap")


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"email": ""}, "email"),
        ({"email": "anna@example.org\nBcc: x@y"}, "email"),
        ({"email": "anna"}, "email"),
        ({"account": "a/b"}, "account"),
        ({"account": "taken"}, "account"),
        ({"real_name": "A\x1bB"}, "real_name"),
        ({"imap": "a b c"}, "imap"),
        ({"imap": "", "pop3": ""}, "imap"),
        ({"smtp": "a 99999"}, "smtp"),
        ({"password": ""}, "password"),
        ({"keep": Keep.COMMAND}, "command"),
        ({"keep": Keep.COMMAND, "command": "pass 'x"}, "command"),
        ({"certificate": "ca.pem"}, "certificate"),
        ({"certificate": "sha256:00"}, "certificate"),
        ({"days": "soon"}, "days"),
        ({"days": "-1"}, "days"),
        ({"days": "9" * 5000}, "days"),
    ],
)
def test_each_wrong_field_gets_one_sentence(changes: dict[str, object], wrong: str) -> None:
    [(field, sentence)] = mistakes(**changes).items()
    assert field == wrong
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_all_mistakes_are_told_at_once() -> None:
    assert mistakes(email="", days="x", password="").keys() == {"email", "days", "password"}


def test_days_are_a_number_or_never() -> None:
    assert [read_days(text) for text in ("0", " 14 ", "never", "Never")] == [0, 14, None, None]
