"""Certificates that a set-up met and nobody vouches for: which servers show them, in words."""

from dataclasses import dataclass

from tuimail.config.schema import ServerConfig
from tuimail.engine.setup import Certificate, Closed, Draft, Probe
from tuimail.engine.typed import Pin, Spoken

TRUST = "Trust this certificate"
FINGERPRINT = "Its fingerprint (SHA-256):"

_NAMES: dict[Spoken, str] = {"imap": "IMAP", "pop3": "POP", "smtp": "SMTP"}


@dataclass(frozen=True, slots=True)
class Doubt:
    """One question: a certificate, and the servers of one host that it would be trusted for."""

    certificate: Certificate
    host: str
    servers: tuple[tuple[Spoken, int], ...]

    @property
    def pins(self) -> tuple[Pin, ...]:
        """What stands in the settings once it is trusted."""
        return tuple(
            Pin(spoken, self.host, port, self.certificate.fingerprint)
            for spoken, port in self.servers
        )

    @property
    def whose(self) -> str:
        """Such as "IMAP and POP at mail.example.org"."""
        names = " and ".join(_NAMES[spoken] for spoken, _ in self.servers)
        return f"{names} at {self.host}"

    @property
    def meaning(self) -> str:
        return (
            "Compare it with what whoever runs the server tells you. If you trust it, "
            f"{self.whose} must always show exactly this certificate."
        )


def doubts(draft: Draft, probe: Probe) -> list[Doubt]:
    """What to ask about, the way in before the way out.

    Mail comes from a host by IMAP and POP alike: with one certificate that is one question.
    """
    asked = (
        _doubt("imap", draft.imap, probe.imap),
        _doubt("pop3", draft.pop3, probe.pop3),
        _doubt("smtp", draft.smtp, probe.smtp),
    )
    imap, pop3, smtp = asked
    if imap and pop3 and (imap.host, imap.certificate) == (pop3.host, pop3.certificate):
        both = Doubt(imap.certificate, imap.host, imap.servers + pop3.servers)
        return [each for each in (both, smtp) if each]
    return [each for each in asked if each]


def _doubt(spoken: Spoken, server: ServerConfig | None, answer: object) -> Doubt | None:
    if server is None or not isinstance(answer, Closed) or answer.certificate is None:
        return None
    return Doubt(answer.certificate, server.host, ((spoken, server.port),))
