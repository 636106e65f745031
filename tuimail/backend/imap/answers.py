"""What a server's NO means: ask for this one thing later, ask the user, or nothing will help."""

from tuimail.backend.base import Busy, Refused
from tuimail.backend.exchange import Answer, Exchange, Verdict, is_of_way
from tuimail.model.safe_text import SafeText
from tuimail.wire.imap_responses import Status

# RFC 5530; SYS/TEMP is POP3's word that some servers use here too.
_LATER = frozenset({"UNAVAILABLE", "INUSE", "SERVERBUG", "SYS/TEMP"})
# Of a log-in: too many are logged in. Of anything else it will not help to ask again.
_LATER_AT_LOGIN = _LATER | {"LIMIT"}
# What a code says of a log-in (RFC 5530): "PASSWORD" means that no other way would help.
_CODES = (
    (_LATER_AT_LOGIN, Verdict.LATER),
    ({"PRIVACYREQUIRED"}, Verdict.NEVER),
    (
        {"AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "CONTACTADMIN", "REFERRAL"},
        Verdict.PASSWORD,
    ),
    ({"CANNOT", "CLIENTBUG"}, Verdict.WAY),
)
MISSING = frozenset({"TRYCREATE", "NONEXISTENT"})


def check(status: Status, host: str, what: str) -> None:
    """Return if `status` is OK; `what` says what was asked, as in "to open INBOX"."""
    if status.condition == "OK":
        return
    sentence = f"{host} refused {what}: {status.text or status.condition}"
    if status.condition == "NO" and status.code.name in _LATER:
        raise Busy(sentence)
    raise Refused(sentence)


def login_answer(status: Status, exchange: Exchange) -> Answer:
    """Whether we are in, or what is to blame."""
    if status.condition == "OK":
        return Answer(Verdict.IN)
    name = status.code.name
    words = exchange.complaint or status.text or SafeText("no reason given")
    for names, verdict in _CODES:
        if name in names:
            return Answer(verdict, words)
    if status.condition == "BAD" and not exchange.complaint:
        return Answer(Verdict.WAY, words, misread=not (exchange.given_up or is_of_way(status.text)))
    return exchange.refused(status.text)
