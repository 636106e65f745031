"""TLS as an account asks for it: CAs, a CA file, or one pinned certificate."""

import hashlib
import hmac
import re
import ssl

from tuimail.backend.base import Refused, Untrusted
from tuimail.backend.server import Server
from tuimail.model.safe_text import SafeText, safe_line

_SHA256 = re.compile(r"[0-9a-f]{64}")


def client_context(settings: Server) -> ssl.SSLContext:
    """TLS 1.2 or newer; a pin replaces the check of CA and name, a CA file the system's CAs."""
    if settings.fingerprint is not None:
        return unverified_context()
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as unreadable:
        raise Refused(
            f"The CA file for {settings.host} cannot be read: {safe_line(str(settings.ca_file))}"
        ) from unreadable
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    return context


def unverified_context() -> ssl.SSLContext:
    """For a pinned certificate, and to look at one that was refused; never to log in."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def fingerprint_of(connection: ssl.SSLObject | None) -> str:
    """SHA-256 of the peer's leaf certificate, as settings spell it."""
    der = None if connection is None else connection.getpeercert(binary_form=True)
    return "" if der is None else "sha256:" + hashlib.sha256(der).hexdigest()


def check_pin(settings: Server, connection: ssl.SSLObject | None) -> None:
    """Refused if a certificate is pinned and the server shows another."""
    if settings.fingerprint is None:
        return
    wanted = settings.fingerprint.lower().removeprefix("sha256:").replace(":", "")
    if not _SHA256.fullmatch(wanted):
        raise Refused(f"The fingerprint set for {settings.host} is not a SHA-256 in hexadecimal")
    shown = fingerprint_of(connection)
    if not hmac.compare_digest(shown, "sha256:" + wanted):
        raise Untrusted(f"{settings.host} shows another certificate than the one set", shown)


def reason_of(error: ssl.SSLError) -> SafeText:
    """Why TLS failed, in OpenSSL's words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return safe_line(error.verify_message.rstrip("."), 200)
    words = (error.reason or "handshake failed").replace("_", " ").lower()
    return safe_line(words, 200)
