"""Names are hashes that stay what they are: other programs keep them (contract.md)."""

from base64 import b32encode
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from tuimail.store.names import public_name
from tuimail.store.thread_names import thread_number, thread_text


@given(mailbox=st.text(), validity=st.integers(1, 2**32 - 1), uid=st.integers(1, 2**32 - 1))
def test_a_public_name_is_the_beginning_of_a_hash_of_where_the_message_was_delivered(
    mailbox: str, validity: int, uid: int
) -> None:
    mailbox = mailbox.encode("utf-8", "replace").decode()
    digest = sha256(f"{mailbox}\0{validity}\0{uid}".encode()).digest()
    assert public_name(mailbox, validity, uid) == b32encode(digest)[:16].decode().lower()


def test_public_names_never_change() -> None:
    assert public_name("INBOX", 1, 1) == "r27xxp5ulidhs2wt"


def test_a_mailbox_name_that_is_no_unicode_has_messages_too() -> None:
    assert len(public_name("\ud800", 1, 1)) == 16


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_thread_is_found_by_its_name(number: int) -> None:
    assert thread_number(thread_text(number)) == number


@given(st.text())
def test_any_text_is_the_name_of_a_thread_or_none(text: str) -> None:
    number = thread_number(text)
    assert number is None or isinstance(number, int)
