"""Certificates that nobody vouches for: each is refused, and shown by its fingerprint."""

import hashlib
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.unit.backend.imap.evil_server import Peer, backend_for, serving
from tuimail.backend.base import Untrusted

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def self_signed(folder: Path, name: str, *, ends: datetime) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "own.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def refusal_of(tls: ssl.SSLContext, ca_file: Path | None = None) -> Untrusted:
    async def says_nothing(peer: Peer) -> None:
        await peer.hear()

    async with serving(says_nothing, tls=tls) as evil:
        with pytest.raises(Untrusted) as refusal:
            await backend_for(evil, "tls", ca_file=ca_file).connect()
        assert evil.sent == b""
        return refusal.value


def digest_of(folder: Path) -> str:
    certificate = x509.load_pem_x509_certificate((folder / "own.pem").read_bytes())
    der = certificate.public_bytes(serialization.Encoding.DER)
    return "sha256:" + hashlib.sha256(der).hexdigest()


@pytest.mark.parametrize(
    ("name", "years", "vouched", "words"),
    [
        ("localhost", 4, False, "self-signed"),
        ("localhost", -1, True, "expired"),
        ("elsewhere.example", 4, True, "ostname mismatch"),
    ],
)
async def test_whatever_is_wrong_with_it_the_user_can_tell_it_from_others(
    name: str, years: int, vouched: bool, words: str, tmp_path: Path
) -> None:
    tls = self_signed(tmp_path, name, ends=NOW + timedelta(days=365 * years))
    refusal = await refusal_of(tls, tmp_path / "own.pem" if vouched else None)
    assert refusal.fingerprint == digest_of(tmp_path)
    assert words in refusal.reason
    assert refusal.fingerprint not in refusal.reason
    assert refusal.fingerprint in str(refusal)


async def test_one_of_an_unknown_authority_is_no_different() -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(tls)
    refusal = await refusal_of(tls)
    assert "issuer" in refusal.reason
    assert refusal.fingerprint.startswith("sha256:")
