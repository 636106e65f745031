"""Finding an action by the words of other mail programs; rather nothing than nonsense. Pure."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

# What mutt, aerc, alpine, Thunderbird and Gmail call it, besides our own words.
_OTHER_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "next": "down",
        "previous": "up prev",
        "first": "beginning start home",
        "last": "bottom",
        "open": "read view show display select enter",
        "scroll-down": "line",
        "page-down": "next forward pgdn",
        "page-up": "prev previous pgup",
        "read-on": "continue",
        "next-message": "newer older",
        "previous-message": "prev older newer",
        "next-unread": "new jump",
        "headers": "header display weed details full toggle",
        "yank": "url urls clipboard copy",
        "preview": "pane split layout reading",
        "delete": "trash remove bin erase del rm discard",
        "archive": "done arch",
        "move": "mv refile folder file label labels",
        "copy": "cp duplicate folder label",
        "flag": "star starred unflag favourite favorite urgent follow",
        "mark-read": "seen",
        "toggle-unread": "unseen new",
        "spam": "junk phishing report",
        "keep-on-server": "leave pop pop3",
        "bring-large": "download fetch big whole",
        "repeat": "again",
        "undo": "undelete restore revert unsend back",
        "redo": "again",
        "compose": "new mail message draft drafts recall postponed resume continue email letter",
        "reply": "respond re",
        "reply-all": "group everyone respond",
        "reply-list": "respond group",
        "forward": "fwd fw pass",
        "edit-as-new": "resend reuse again",
        "mark": "select tag check toggle",
        "range": "select visual several",
        "mark-matching": "select tag pattern all",
        "limit": "filter narrow quick quickfilter",
        "search": "find query look",
        "go": "folder folders change directory cd cf jump switch goto open",
        "mailboxes": "folder folders sidebar tree list",
        "go-inbox": "home",
        "go-sent": "outgoing",
        "go-drafts": "postponed",
        "go-junk": "junk",
        "go-trash": "deleted bin",
        "pending": "outbox queue waiting unsent offline",
        "sync": "check new get receive refresh update poll mail synchronize",
        "palette": "commands command menu",
        "help": "shortcuts bindings manual keyboard",
        "back": "close exit leave index",
        "up": "close leave index",
        "escape": "cancel abort close",
        "redraw": "refresh repaint",
        "suspend": "background stop",
        "quit": "exit close bye",
        "theme": "themes colour colours color colors dark light appearance looks",
        "keymap": "keymaps keyboard shortcuts bindings mutt aerc gmail",
        "send": "mail deliver",
        "attach": "attachment enclose",
        "detach": "attachment remove",
        "postpone": "draft save",
        "leave": "abort cancel discard close",
        "set-from": "identity sender",
        "set-to": "recipient address",
        "edit-text": "body headers",
    }
)
# They stand beside what is meant.
_FILLERS = frozenset(
    {"a", "an", "the", "to", "of", "my", "this", "all", "entry", "item", "items", "letter"}
    | {"letters", "message", "messages", "mail", "mails", "email", "emails"}
)
# What a word means that stands in several of our sentences, or in none of them.
_MEANS = {
    **{"mail": "compose", "new": "compose", "read": "open", "unread": "toggle-unread"},
    **{"mark": "mark", "again": "repeat", "refresh": "sync", "close": "back", "index": "back"},
    **{"folder": "go", "folders": "go", "label": "move", "labels": "move", "last": "last"},
}
# What others have and tuimail has not, though the word begins like one of ours.
_ABSENT = frozenset({"fold"})
_WORD = re.compile(r"\w+")
_ENDINGS = ("ing", "ed", "s")
_OWN, _OTHER = 40, 30
_WHOLE = 8
# A few letters of somebody else's word say too little.
_LEAST = 3


def points(pattern: str, words: str, keys: str, action: str) -> int | None:
    """How well `action`, with its `words` and `keys`, is what was typed; None if it is not."""
    if pattern.strip() in keys.split("   "):
        return 2000
    asked = _WORD.findall(pattern.casefold())
    needed = [word for word in asked if word not in _FILLERS] or asked
    if not needed:
        return None
    own = _WORD.findall(words.casefold())
    other = _WORD.findall(f"{action} {_OTHER_WORDS.get(action, '')}")
    worth = [_best(word, own, other) for word in needed]
    if min(worth) == 0 or not _ABSENT.isdisjoint(needed):
        return None
    beside = sum(_best(word, own, other) > 0 for word in asked if word not in needed)
    meant = sum(_MEANS.get(word) == action for word in asked)
    return 500 * meant + 10 * min(worth) + 20 * beside - min(len(words), 99) // 10


def _best(word: str, own: list[str], other: list[str]) -> int:
    """Our own words count more, earlier ones too, and whole ones most; 0 if it is not there."""
    best = 0
    for form in _forms(word):
        for weight, there in ((_OWN, own), (_OTHER, other)):
            for place, each in enumerate(there):
                least = 1 if weight == _OWN else _LEAST
                if not each.startswith(form) or len(form) < min(least, len(each)):
                    continue
                best = max(best, weight + (_WHOLE if each == form else 0) - min(place, 5))
    return best


def _forms(word: str) -> Iterator[str]:
    yield word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) > _LEAST:
            yield word.removesuffix(ending)
