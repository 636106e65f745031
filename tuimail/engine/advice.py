"""IMAP or POP: what they mean, which one suits whom, and what each would do here, in words."""

from typing import NamedTuple, assert_never

from tuimail.config.schema import Protocol
from tuimail.engine.purposes import in_words
from tuimail.engine.setup import Closed, ImapNumbers, Pop3Numbers, Probe
from tuimail.model.quota import Quota
from tuimail.model.sizes import size_words

NAMES: dict[Protocol, str] = {"imap": "IMAP", "pop3": "POP"}

MEANINGS: dict[Protocol, str] = {
    "imap": (
        "IMAP: your mail stays on the server. All your devices show the same mail, and what you "
        "do here shows there too. It takes up the server's space. This machine keeps a copy, to "
        "read without a network."
    ),
    "pop3": (
        "POP: your mail comes to this machine and leaves the server when you say. Then the only "
        "copy is here: your other devices do not see it, backups are up to you. The server's "
        "space becomes free again."
    ),
}

SEVERAL = "Do you read this mail on other devices too (phone, another computer)?"
SHORT = "Is the space on the server short, or should the mail be off it?"
DAYS = "With POP, delete on the server after how many days? 0: once safe here; or never"
DEFAULT_DAYS = "14"

TRYING = "Trying the log-in. Nothing is fetched or deleted."
UNTOUCHED = "Nothing has been fetched or deleted yet."


class Advice(NamedTuple):
    """A way, and why."""

    protocol: Protocol
    why: str


def recommend(*, several: bool, short: bool) -> Advice:
    """What suits the answers to `SEVERAL` and `SHORT`."""
    if several and short:
        return Advice(
            "imap", "other devices need the mail on the server; make room by deleting there"
        )
    if several:
        return Advice("imap", "every device shows the same mail")
    if short:
        return Advice("pop3", "one device is enough, and mail can leave the server")
    return Advice("imap", "the server's copy is there if this machine breaks")


def recommend_among(probe: Probe, advice: Advice) -> Advice:
    """The same where only one way is open: the other is named as what would have suited."""
    if advice.protocol in probe.ways or not probe.ways:
        return advice
    return Advice(probe.ways[0], f"{NAMES[advice.protocol]} would suit you, but it is not open")


def outcomes(probe: Probe, days: int | None, *, several: bool) -> dict[Protocol, str]:
    """What each protocol that was tried would do with this mailbox, one sentence each."""
    found: dict[Protocol, str] = {}
    if probe.imap is not None:
        found["imap"] = f"IMAP: {_imap(probe.imap)}"
    if probe.pop3 is not None:
        boxes = probe.imap if isinstance(probe.imap, ImapNumbers) else None
        found["pop3"] = f"POP: {_pop3(probe.pop3, days, boxes, several=several)}"
    return found


def _imap(answer: ImapNumbers | Closed) -> str:
    if isinstance(answer, Closed):
        return f"not possible. {answer.why}"
    total = answer.inbox + answer.elsewhere
    verb = "stays" if total == 1 else "stay"
    used = in_words(answer.purposes)
    mailboxes = f" Mailboxes: {used}." if used else ""
    return f"{messages(total)} {verb} on the server, {_space(answer.quota)}.{mailboxes}"


def _space(quota: Quota | None) -> str:
    if quota is None:
        return "which does not say how much room it has"
    return f"{round(100 * quota.used / quota.limit)} % of {size_words(quota.limit)} used"


def _pop3(
    answer: Pop3Numbers | Closed, days: int | None, boxes: ImapNumbers | None, *, several: bool
) -> str:
    if isinstance(answer, Closed):
        return f"not possible. {answer.why}"
    verb = "comes" if answer.messages == 1 else "come"
    parts = [
        f"{messages(answer.messages)} ({size_words(answer.size)}) {verb} here",
        *_what_stays(answer, days, several=several),
    ]
    words = "; ".join(parts) + "."
    if boxes is not None and boxes.elsewhere:
        verb = "stays" if boxes.elsewhere == 1 else "stay"
        others = "another mailbox" if boxes.others == 1 else f"{boxes.others} other mailboxes"
        words += (
            f" POP sees the inbox only: {messages(boxes.elsewhere)} in {others} {verb} on the"
            " server, out of sight."
        )
    return words


def _what_stays(answer: Pop3Numbers, days: int | None, *, several: bool) -> list[str]:
    if days is None:
        seen = ["your other devices still see it all"] if several else []
        return ["the server keeps everything, so its space fills up", *seen]
    if days and not answer.ids:
        return [
            "the server does not number its mail (UIDL), so days cannot be counted: say 0 or never"
        ]
    when = "as soon as all is safe here" if days == 0 else f"after {_days(days)}"
    mail = "it" if answer.messages == 1 else "them"
    gone = f"your phone and other devices will not see {mail} then"
    lonely = "the only copy is on this machine then"
    return [f"the server is emptied {when}", gone if several else lonely]


def can_count(probe: Probe, protocol: Protocol, days: int | None) -> bool:
    """Whether `days` can be kept by `protocol`: without UIDL nobody knows a message again."""
    match protocol:
        case "imap":
            return True
        case "pop3":
            return not (isinstance(probe.pop3, Pop3Numbers) and days and not probe.pop3.ids)
        case _:
            assert_never(protocol)


def messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
