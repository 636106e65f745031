"""How to reach a submission server."""

from dataclasses import dataclass

from tuimail.backend.server import Server


@dataclass(frozen=True, slots=True)
class SmtpSettings(Server):
    """`ehlo_name` is what we call ourselves; empty for what gives nothing away."""

    ehlo_name: str = ""


@dataclass(frozen=True, slots=True)
class SmtpPatience:
    """Seconds until we give up: on opening, on an answer, and on the one after the final dot.

    After `quiet` ones without a greeting it is looked whether the port is the wrong one.
    RFC 5321 4.5.3.2 grants the last one ten minutes; who leaves earlier does not know.
    """

    opening: float = 30
    answer: float = 60
    verdict: float = 600
    quiet: float = 3
