"""What a server's NO means: ask for this one thing later, ask the user, or nothing will help."""

from tuimail.backend.base import Busy, NotAuthorized, Refused, Unreachable
from tuimail.wire.imap_responses import Status

# RFC 5530; SYS/TEMP is POP3's word that some servers use here too.
_LATER = frozenset({"UNAVAILABLE", "INUSE", "SERVERBUG", "SYS/TEMP"})
# Of a log-in: too many are logged in. Of anything else it will not help to ask again.
_LATER_AT_LOGIN = _LATER | {"LIMIT"}
MISSING = frozenset({"TRYCREATE", "NONEXISTENT"})


def check(status: Status, host: str, what: str) -> None:
    """Return if `status` is OK; `what` says what was asked, as in "to open INBOX"."""
    if status.condition == "OK":
        return
    sentence = f"{host} refused {what}: {status.text or status.condition}"
    if status.condition == "NO" and status.code.name in _LATER:
        raise Busy(sentence)
    raise Refused(sentence)


def check_login(status: Status, host: str) -> None:
    """Return if logged in; a NO is about the password unless the server says otherwise."""
    if status.condition == "OK":
        return
    text = status.text or "no reason given"
    if status.code.name in _LATER_AT_LOGIN:
        raise Unreachable(f"{host} cannot log us in now: {text}")
    if status.condition == "BAD" or status.code.name == "PRIVACYREQUIRED":
        raise Refused(f"{host} did not accept the way of logging in: {text}")
    raise NotAuthorized(f"{host} refused the user name or password: {text}")
