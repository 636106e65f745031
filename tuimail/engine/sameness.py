"""Whether a UIDL still leads to the message it led to: by the header, before anything is risked.

A UIDL names one message for ever (RFC 1939 7). Servers that use message numbers for it, or that
lost their records, give it to another one; nothing may be hidden or deleted for that.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from tuimail.backend.pop3.session import Retrieved
from tuimail.engine.same_letter import head_print
from tuimail.wire.pop3_commands import Listed

# Shorter ones of digits alone are numbers of messages rather than names.
_LONGEST_NUMBER = 4


@dataclass(slots=True)
class Checked:
    """The numbers of those that are the `same`, and the `others`, to be fetched again."""

    same: set[int] = field(default_factory=set)
    others: list[Listed] = field(default_factory=list)


async def checked(
    ask: Callable[[Sequence[Listed]], AsyncIterator[Retrieved]],
    wanted: Sequence[Listed],
    heads: Mapping[int, bytes],
    doubtful: Collection[int] = (),
) -> Checked:
    """By the hashes of their headers, `heads`; what has none is fetched again. `ask` does TOP.

    Without TOP a UIDL is believed, unless it is a number, or its message is `doubtful`.
    """
    found = Checked()
    asked = [each for each in wanted if heads.get(each.number)]
    found.others += [each for each in wanted if not heads.get(each.number)]
    answered = True
    for some in (asked[:1], asked[1:]):
        if not answered:
            _believe(found, some, doubtful)
            continue
        async for head in ask(some):
            if head.content is None:
                answered = False
                _believe(found, [head.listed], doubtful)
            elif head_print(head.content) == heads[head.listed.number]:
                found.same.add(head.listed.number)
            else:
                found.others.append(head.listed)
    return found


def _believe(found: Checked, listed: Sequence[Listed], doubtful: Collection[int]) -> None:
    for each in listed:
        if each.number in doubtful or _is_number(each.uidl or ""):
            found.others.append(each)
        else:
            found.same.add(each.number)


def _is_number(uidl: str) -> bool:
    return uidl.isdigit() and len(uidl) <= _LONGEST_NUMBER
