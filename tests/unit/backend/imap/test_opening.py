"""Opening a line: what a server may be, and what is never sent to it."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.certificates import Certificates, write_certificates
from tests.unit.backend.imap.evil_server import (
    CAPABILITIES,
    CREDENTIALS,
    PASSWORD,
    EvilServer,
    Peer,
    Script,
    backend_for,
    serving,
)
from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.imap.settings import Security


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return write_certificates(tmp_path)


@pytest.fixture
def server_tls(certificates: Certificates) -> ssl.SSLContext:
    return _context(certificates)


def _context(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.cert_file, certificates.key_file)
    return context


def assert_no_credentials(evil: EvilServer) -> None:
    assert not any(credential in evil.sent for credential in CREDENTIALS)


def saying(*lines: str) -> Script:
    """Greet with `lines`, then answer CAPABILITY and nothing else."""

    async def script(peer: Peer) -> None:
        await peer.say(*lines)
        while command := await peer.hear():
            if command == b"CAPABILITY":
                await peer.say("* CAPABILITY IMAP4rev1 AUTH=PLAIN", "{tag} OK done")

    return script


@pytest.mark.parametrize(
    "greeting",
    [
        ("* PREAUTH welcome anna",),
        ("HTTP/1.1 400 Bad Request", "", "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi"),
        ("220 mail ESMTP",),
        ("A1 OK hi", "* OK hi"),
        ("* 3 EXISTS", "* OK hi"),
        ("* NO hi",),
        ("+ hi there", "* LIST () NIL x"),
        ("+OK POP3 ready <1896.697170952@localhost>",),
        ("+ ",),
    ],
)
async def test_a_strange_greeting_is_refused_before_any_password(greeting: tuple[str, ...]) -> None:
    async with serving(saying(*greeting)) as evil:
        with pytest.raises(Refused, match="localhost"):
            await backend_for(evil).connect()
        assert_no_credentials(evil)


async def test_the_word_preauth_in_a_text_is_no_log_in() -> None:
    async def script(peer: Peer) -> None:
        await peer.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] PREAUTH")
        assert (await peer.hear()).startswith(b"AUTHENTICATE")
        await peer.say("{tag} NO [AUTHENTICATIONFAILED] no")

    async with serving(script) as evil:
        with pytest.raises(NotAuthorized):
            await backend_for(evil).connect()


async def test_a_server_that_turns_us_away_is_tried_later() -> None:
    async with serving(saying("* BYE too many \x1b[2Jconnections")) as evil:
        with pytest.raises(Unreachable, match="turned us away: too many ␛"):
            await backend_for(evil).connect()
        assert_no_credentials(evil)


@pytest.mark.parametrize(
    "words",
    [b"", b"* OK", b"* OK hello {5}", b"\x16\x03\x01"],
    ids=["nothing", "half a line", "a line that looks unfinished", "TLS"],
)
async def test_a_server_that_hangs_before_its_greeting_is_left(words: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(words)
        await peer.hang()

    async with serving(script) as evil:
        with pytest.raises(Unreachable, match="localhost did not answer"):
            await backend_for(evil).connect()


async def test_a_greeting_in_single_bytes_ends_in_time() -> None:
    async def script(peer: Peer) -> None:
        for byte in b"* OK slowly, slowly, slowly, slowly":
            await peer.send(bytes([byte]))
            await asyncio.sleep(0.1)

    async with serving(script) as evil:
        with pytest.raises(Unreachable):
            await asyncio.wait_for(backend_for(evil).connect(), 2)


@pytest.mark.parametrize(
    "bomb",
    [b"a" * (1 << 20), b"* 1 EXISTS\r\n" * 1000, b"\n" * 9, b"* OK [CAPABILITY " + b"x " * 5000],
)
async def test_a_greeting_without_measure_is_refused(bomb: bytes) -> None:
    async def script(peer: Peer) -> None:
        for _ in range(200):
            await peer.send(bomb)

    async with serving(script) as evil:
        with pytest.raises(Refused):
            await backend_for(evil).connect()
        assert_no_credentials(evil)


# --- STARTTLS


async def _start_tls_then(peer: Peer, *lines: str) -> None:
    await peer.say("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hi")
    while await peer.hear() != b"STARTTLS":
        await peer.say("* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN", "{tag} OK done")
    await peer.say(*lines)


@pytest.mark.parametrize(
    "lines",
    [
        ("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi",),
        ("* OK hi",),
        ("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi",),
    ],
)
async def test_a_stripped_starttls_ends_before_any_password(lines: tuple[str, ...]) -> None:
    async with serving(saying(*lines)) as evil:
        with pytest.raises(Refused, match="nothing secret was sent"):
            await backend_for(evil, "starttls").connect()
        assert_no_credentials(evil)


@pytest.mark.parametrize("answer", ["{tag} NO not now", "{tag} BAD what"])
async def test_a_refused_starttls_ends_before_any_password(answer: str) -> None:
    async def script(peer: Peer) -> None:
        await _start_tls_then(peer, answer)
        await peer.hang()

    async with serving(script) as evil:
        with pytest.raises(Refused, match="refused STARTTLS"):
            await backend_for(evil, "starttls").connect()
        assert_no_credentials(evil)


@pytest.mark.parametrize(
    "injected",
    ["* CAPABILITY IMAP4rev1 AUTH=PLAIN", "* 5 EXISTS", "A1 OK [CAPABILITY X] in", "* OK", "x"],
)
@pytest.mark.parametrize("ending", [b"", b"\r\n"])
async def test_words_behind_starttls_end_the_line(
    injected: str, ending: bytes, certificates: Certificates
) -> None:
    async def script(peer: Peer) -> None:
        await _start_tls_then(peer)
        await peer.send(peer.tag + b" OK go\r\n" + injected.encode() + ending)
        await peer.hang()

    async with serving(script) as evil:
        with pytest.raises(Refused, match="localhost does not speak IMAP as it should"):
            await backend_for(evil, "starttls", ca_file=certificates.ca_file).connect()
        assert_no_credentials(evil)


@pytest.mark.parametrize("ending", [b"\r\n", b"\n"])
@pytest.mark.parametrize(
    "slip", [b"\r\n", b"\n", b"\r", b" ", b"*", b"*\r\n", b"*  5 EXISTS\n", b"x\n", b"{1}\n"]
)
async def test_what_is_passed_over_elsewhere_is_refused_behind_starttls(
    slip: bytes, ending: bytes, certificates: Certificates
) -> None:
    async def script(peer: Peer) -> None:
        await _start_tls_then(peer)
        await peer.send(peer.tag + b" OK go" + ending + slip)
        await peer.hang()

    async with serving(script) as evil:
        with pytest.raises(Refused, match="localhost does not speak IMAP as it should"):
            await backend_for(evil, "starttls", ca_file=certificates.ca_file).connect()
        assert_no_credentials(evil)


# Before encryption begins.


async def test_what_was_said_before_encryption_is_forgotten(
    certificates: Certificates, server_tls: ssl.SSLContext
) -> None:
    async def script(peer: Peer) -> None:
        await _start_tls_then(peer, "{tag} OK go")
        await peer.start_tls(server_tls)
        assert await peer.hear() == b"CAPABILITY"
        await peer.say("* CAPABILITY IMAP4rev1 LOGINDISABLED", "{tag} OK done")
        await peer.hang()

    async with serving(script) as evil:
        with pytest.raises(Refused, match="no way to log in"):
            await backend_for(evil, "starttls", ca_file=certificates.ca_file).connect()
        assert_no_credentials(evil)


async def test_a_server_that_hangs_after_starttls_is_left(certificates: Certificates) -> None:
    async def script(peer: Peer) -> None:
        await _start_tls_then(peer, "{tag} OK go")
        await peer.hang()

    async with serving(script) as evil:
        with pytest.raises(Unreachable, match="TLS handshake"):
            await backend_for(evil, "starttls", ca_file=certificates.ca_file).connect()


# --- certificates


async def _welcome(peer: Peer) -> None:
    await peer.greet()
    await peer.hang()


async def test_a_trusted_certificate_lets_us_in(
    certificates: Certificates, server_tls: ssl.SSLContext
) -> None:
    async with serving(_welcome, tls=server_tls) as evil:
        backend = backend_for(evil, "tls", ca_file=certificates.ca_file)
        await backend.connect()
        await backend.close()


async def test_a_certificate_of_nobody_we_know_is_refused_with_its_fingerprint(
    certificates: Certificates, server_tls: ssl.SSLContext
) -> None:
    async with serving(_welcome, tls=server_tls) as evil:
        with pytest.raises(Refused) as refusal:
            await backend_for(evil, "tls").connect()
        assert "certificate of localhost is not trusted" in str(refusal.value)
        assert "unable to get local issuer certificate" in str(refusal.value)
        assert certificates.fingerprint in str(refusal.value)
        assert_no_credentials(evil)


async def test_the_same_with_starttls(
    certificates: Certificates, server_tls: ssl.SSLContext
) -> None:
    async def script(peer: Peer) -> None:
        await _start_tls_then(peer, "{tag} OK go")
        await peer.start_tls(server_tls)
        await peer.hang()

    async with serving(script) as evil:
        with pytest.raises(Refused, match=certificates.fingerprint):
            await backend_for(evil, "starttls").connect()
        assert_no_credentials(evil)


@pytest.mark.parametrize(
    "names", [("mail.example.org",), ("localhost.example.org",), ("10.0.0.1",)]
)
async def test_a_certificate_for_another_name_is_refused(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    certificates = write_certificates(tmp_path, *names)
    async with serving(_welcome, tls=_context(certificates)) as evil:
        with pytest.raises(Refused, match="not valid for 'localhost'"):
            await backend_for(evil, "tls", ca_file=certificates.ca_file).connect()
        assert_no_credentials(evil)


def _with_colons(pin: str) -> str:
    digits = pin.removeprefix("sha256:")
    return "sha256:" + ":".join(digits[i : i + 2] for i in range(0, len(digits), 2))


@pytest.mark.parametrize("spelt", [str.lower, str.upper, _with_colons])
async def test_a_pinned_certificate_needs_neither_authority_nor_name(
    spelt: Callable[[str], str], tmp_path: Path
) -> None:
    certificates = write_certificates(tmp_path, "mail.example.org")
    async with serving(_welcome, tls=_context(certificates)) as evil:
        backend = backend_for(evil, "tls", fingerprint=spelt(certificates.fingerprint))
        await backend.connect()
        await backend.close()


@pytest.mark.parametrize("pin", ["sha256:" + "0" * 64, "sha256:", "md5:abc"])
async def test_another_certificate_than_the_pinned_one_is_refused(
    pin: str, certificates: Certificates, server_tls: ssl.SSLContext
) -> None:
    async with serving(_welcome, tls=server_tls) as evil:
        backend = backend_for(evil, "tls", ca_file=certificates.ca_file, fingerprint=pin)
        with pytest.raises(Refused, match="localhost"):
            await backend.connect()
        assert_no_credentials(evil)


async def test_a_pin_is_checked_behind_starttls(
    certificates: Certificates, server_tls: ssl.SSLContext
) -> None:
    async def script(peer: Peer) -> None:
        await _start_tls_then(peer, "{tag} OK go")
        await peer.start_tls(server_tls)
        await peer.hang()

    async with serving(script) as evil:
        with pytest.raises(Refused, match=certificates.fingerprint):
            await backend_for(evil, "starttls", fingerprint="sha256:" + "0" * 64).connect()
        assert_no_credentials(evil)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
async def test_old_tls_is_refused(certificates: Certificates, server_tls: ssl.SSLContext) -> None:
    server_tls.minimum_version = ssl.TLSVersion.TLSv1
    server_tls.maximum_version = ssl.TLSVersion.TLSv1_1
    server_tls.set_ciphers("ALL:@SECLEVEL=0")
    async with serving(_welcome, tls=server_tls) as evil:
        with pytest.raises((Refused, Unreachable), match="localhost"):
            await backend_for(evil, "tls", ca_file=certificates.ca_file).connect()
        assert_no_credentials(evil)


async def test_a_server_without_tls_is_refused(certificates: Certificates) -> None:
    async with serving(saying("* OK hi")) as evil:
        with pytest.raises(Refused, match="localhost greets without TLS"):
            await backend_for(evil, "tls", ca_file=certificates.ca_file).connect()
        assert_no_credentials(evil)


async def test_a_tls_handshake_that_hangs_is_left(certificates: Certificates) -> None:
    async def script(peer: Peer) -> None:
        await peer.hang()

    async with serving(script) as evil:
        with pytest.raises(Unreachable, match="localhost did not finish the TLS handshake"):
            await backend_for(evil, "tls", ca_file=certificates.ca_file).connect()


async def test_a_ca_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with serving(_welcome) as evil:
        with pytest.raises(Refused, match="no-such-file"):
            await backend_for(evil, "tls", ca_file=tmp_path / "no-such-file").connect()


# --- where to


@pytest.mark.parametrize("host", ["192.0.2.1", "::ffff:192.0.2.1", "0.0.0.0"])
async def test_without_encryption_only_this_machine_is_reached(host: str) -> None:
    with pytest.raises(Refused, match="not fetched unencrypted"):
        await backend_for(EvilServer(port=143), host=host).connect()


async def test_every_address_of_a_name_must_be_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def resolve(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (address, 143)) for address in ("127.0.0.1", "192.0.2.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    with pytest.raises(Refused, match="not this machine"):
        await backend_for(EvilServer(port=143), host="mixed.example").connect()


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
async def test_a_name_that_is_not_known_may_be_known_later(security: Security) -> None:
    backend = backend_for(EvilServer(port=143), security, host="no-such-host.invalid")
    with pytest.raises(Unreachable, match=r"no-such-host\.invalid was not found"):
        await backend.connect()


async def test_a_port_where_nobody_listens_may_be_served_later() -> None:
    async with serving(_welcome) as evil:
        port = evil.port
    with pytest.raises(Unreachable, match="localhost refused the connection"):
        await backend_for(EvilServer(port=port)).connect()


# --- logging in


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("{tag} NO [AUTHENTICATIONFAILED] wrong", NotAuthorized),
        ("{tag} NO [AUTHORIZATIONFAILED] not you", NotAuthorized),
        ("{tag} NO [EXPIRED] old", NotAuthorized),
        ("{tag} NO go away", NotAuthorized),
        ("{tag} NO [UNAVAILABLE] later", Unreachable),
        ("{tag} NO [LIMIT] too many", Unreachable),
        ("{tag} NO [INUSE] locked", Unreachable),
        ("{tag} NO [SYS/TEMP] later", Unreachable),
        ("{tag} NO [PRIVACYREQUIRED] encrypt", Refused),
        ("{tag} BAD what", Refused),
        ("* BYE tired", Unreachable),
        ("nonsense", Refused),
        ("B7 OK welcome", Refused),
    ],
)
async def test_a_refused_log_in_is_tried_once_and_told_apart(
    answer: str, error: type[Exception]
) -> None:
    """Where there is one way only; for others see test_logging_in.py."""

    async def script(peer: Peer) -> None:
        await peer.say(f"* OK [CAPABILITY {CAPABILITIES} LOGINDISABLED] hi")
        await peer.hear()
        await peer.say(answer)

    async with serving(script) as evil:
        with pytest.raises(error, match="localhost") as refusal:
            await backend_for(evil).connect()
        assert type(refusal.value) is error
        assert evil.connections == 1
        assert len(evil.heard) == 1
        assert PASSWORD not in str(refusal.value)


@pytest.mark.parametrize(
    ("capabilities", "commands"),
    [
        ("SASL-IR AUTH=PLAIN", 1),
        ("AUTH=PLAIN", 2),
        ("AUTH=PLAIN LOGINDISABLED", 2),
        ("", 1),
        ("AUTH=CRAM-MD5 AUTH=LOGIN", 1),
        ("LITERAL+", 1),
    ],
)
async def test_the_password_goes_by_plain_or_else_by_login(
    capabilities: str, commands: int
) -> None:
    async def script(peer: Peer) -> None:
        await peer.say(f"* OK [CAPABILITY IMAP4rev1 {capabilities}] hi")
        first = await peer.hear()
        if first == b"AUTHENTICATE PLAIN":
            tag = peer.tag
            await peer.say("+ ")
            await peer.hear()
            assert peer.tag == CREDENTIALS[-1] + b"\r\n"
            peer.tag = tag
        elif first.startswith(b"AUTHENTICATE"):
            assert first == b"AUTHENTICATE PLAIN " + CREDENTIALS[-1]
        else:
            assert first.startswith(b'LOGIN "anna" {')
            assert first.endswith(b"}\r\n" + PASSWORD.encode())
        await peer.say("{tag} OK [CAPABILITY IMAP4rev1] in")
        await peer.hang()

    async with serving(script) as evil:
        backend = backend_for(evil)
        await backend.connect()
        assert evil.sent.count(b"\r\n") == commands + (b"LOGIN" in evil.sent)
        await backend.close()


async def test_a_further_challenge_is_cancelled() -> None:
    async def script(peer: Peer) -> None:
        await peer.say(f"* OK [CAPABILITY {CAPABILITIES} LOGINDISABLED] hi")
        await peer.hear()
        tag = peer.tag
        await peer.say("+ bW9yZQ==")
        await peer.hear()
        assert peer.tag == b"*\r\n"
        peer.tag = tag
        await peer.say("{tag} BAD cancelled")

    async with serving(script) as evil:
        with pytest.raises(Refused):
            await backend_for(evil).connect()


async def test_no_way_to_log_in_is_said_and_nothing_sent() -> None:
    lines = "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=CRAM-MD5] hi"
    async with serving(saying(lines)) as evil:
        with pytest.raises(Refused, match="no way to log in"):
            await backend_for(evil).connect()
        assert evil.sent == b""


async def test_a_password_that_cannot_be_sent_is_refused() -> None:
    async with serving(_welcome) as evil:
        with pytest.raises(Refused, match="NUL"):
            await backend_for(evil, password="a\0b").connect()
        assert evil.sent == b""


async def test_referrals_are_ignored() -> None:
    async def script(peer: Peer) -> None:
        await peer.say("* OK [REFERRAL imap://evil.example/] [CAPABILITY X] hi")
        assert await peer.hear() == b"CAPABILITY"
        await peer.say(f"* CAPABILITY {CAPABILITIES} LOGIN-REFERRALS", "{tag} OK done")
        await peer.hear()
        await peer.say("{tag} NO [REFERRAL imaps://anna@evil.example/] look elsewhere")

    async with serving(script) as evil:
        with pytest.raises(NotAuthorized):
            await backend_for(evil).connect()
        assert evil.connections == 1
