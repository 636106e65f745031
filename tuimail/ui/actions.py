"""The table of actions: what the keys, the help, the palette and the README are made of."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Context(StrEnum):
    """Where a key is typed."""

    LIST = "list"
    MESSAGE = "message"
    MAILBOXES = "mailboxes"
    REVIEW = "review"


LIST, MESSAGE, MAILBOXES = Context.LIST, Context.MESSAGE, Context.MAILBOXES
REVIEW = Context.REVIEW
MAIL = frozenset({LIST, MESSAGE})
MOVING = frozenset({LIST, MAILBOXES})
EVERYWHERE = frozenset({LIST, MESSAGE, MAILBOXES})
ALL_SCREENS = frozenset(Context)
READING = frozenset({MESSAGE, REVIEW})


class Action(NamedTuple):
    """One thing a user can do; `keys` are those of the map "default", others by map.

    `hint` is one short word for the last line, where it has a place there.
    """

    id: str
    words: str
    group: str
    contexts: frozenset[Context]
    keys: tuple[str, ...]
    hint: str = ""
    others: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    def keys_in(self, keymap: str) -> tuple[str, ...]:
        return self.others.get(keymap, self.keys)


def _action(
    id: str, words: str, group: str, contexts: frozenset[Context], *keys: str, **others: str
) -> Action:
    """`keys` are those of the default map and the hint; two blanks stand between keys, one
    between the steps of a sequence."""
    default, hint = (*keys, "")[:2]
    maps = {name: _split(text) for name, text in others.items()}
    return Action(id, words, group, contexts, _split(default), hint, MappingProxyType(maps))


def _split(keys: str) -> tuple[str, ...]:
    return tuple(keys.split("  ")) if keys else ()


_MOVE, _READ, _TRIAGE = "Moving", "Reading", "Acting on the marked or the current message"
_MARK, GO, _REST = "Marking", "Mailboxes and searching", "The program"
_WRITE, _CHECK = "Writing", "Before a letter is sent"
_IN_LIST, _IN_MESSAGE = frozenset({LIST}), frozenset({MESSAGE})
_IN_REVIEW = frozenset({REVIEW})

ACTIONS: tuple[Action, ...] = (
    _action("next", "Next line", _MOVE, MOVING, "j  Down"),
    _action("previous", "Previous line", _MOVE, MOVING, "k  Up"),
    _action("scroll-down", "Scroll down", _MOVE, READING, "j  Down", mutt="Enter  Down"),
    _action("scroll-up", "Scroll up", _MOVE, READING, "k  Up", mutt="Backspace  Up"),
    _action("page-down", "Page down", _MOVE, ALL_SCREENS, "PgDn  C-f", mutt="PgDn  z"),
    _action("page-up", "Page up", _MOVE, ALL_SCREENS, "PgUp  C-b", mutt="PgUp  Z  -"),
    _action("half-down", "Half a page down", _MOVE, ALL_SCREENS, "C-d", mutt="]"),
    _action("half-up", "Half a page up", _MOVE, ALL_SCREENS, "C-u", mutt="["),
    _action("first", "To the top", _MOVE, ALL_SCREENS, "g g  Home", "top", mutt="g g  Home  ="),
    _action("last", "To the end", _MOVE, ALL_SCREENS, "G  End", mutt="G  End  *"),
    _action("open", "Open", _READ, MOVING, "Enter  o  Right", "open", mutt="Enter"),
    _action("read-on", "Read on, then the next unread", _READ, _IN_MESSAGE, "Space", "read on"),
    _action("next-message", "Next message", _READ, _IN_MESSAGE, "J", mutt="j  J", gmail="J  n"),
    _action(
        "previous-message", "Previous message", _READ, _IN_MESSAGE, "K", mutt="k  K", gmail="K  p"
    ),
    _action("next-unread", "Next unread message", _READ, MAIL, "Tab"),
    _action("headers", "All header fields, or few", _READ, _IN_MESSAGE, "H", mutt="h"),
    _action("yank", "Copy a link or an address", _READ, MAIL, "y", mutt="Y", gmail="Y"),
    _action("preview", "Message below the list, or not", _READ, MAIL, "p", gmail="P"),
    _action("delete", "Delete", _TRIAGE, MAIL, "d  Del", "del", aerc="d  D", gmail="#  Del"),
    _action("archive", "Archive", _TRIAGE, MAIL, "a  e", "arch", gmail="e"),
    _action("move", "Move to a mailbox", _TRIAGE, MAIL, "s", "move", gmail="v"),
    _action("copy", "Copy to a mailbox", _TRIAGE, MAIL, "C", gmail="y"),
    _action("flag", "Flag, or not", _TRIAGE, MAIL, "F", "flag", gmail="s"),
    _action("mark-read", "Mark as read", _TRIAGE, MAIL, "I"),
    _action("toggle-unread", "Mark as unread, or read", _TRIAGE, MAIL, "N", gmail="U"),
    _action("spam", "Spam: move to Junk", _TRIAGE, MAIL, "!"),
    _action(
        "keep-on-server", "Keep on the POP3 server, or not", _TRIAGE, MAIL, "g k", "keep there"
    ),
    _action("unmark-deleted", "Not deleted after all: unmark", _TRIAGE, MAIL, "g u"),
    _action(
        "bring-large", "Bring what was too large to come by itself", _TRIAGE, MAIL, "g f", "bring"
    ),
    _action("repeat", "Repeat the last action here", _TRIAGE, MAIL, "."),
    _action("undo", "Undo", _TRIAGE, EVERYWHERE, "u", "undo", gmail="z"),
    _action("redo", "Redo", _TRIAGE, EVERYWHERE, "U", "redo", gmail="Z"),
    _action("compose", "Write a letter, or go on with a draft", _WRITE, EVERYWHERE, "m", gmail="c"),
    _action("reply", "Answer", _WRITE, MAIL, "r", "reply", aerc="R r"),
    _action("reply-all", "Answer all", _WRITE, MAIL, "R", aerc="r r", gmail="a"),
    _action("reply-list", "Answer the mailing list", _WRITE, MAIL, "L"),
    _action("forward", "Forward", _WRITE, MAIL, "f"),
    _action("edit-as-new", "Edit as a new letter", _WRITE, MAIL, "E"),
    _action("send", "Send", _CHECK, _IN_REVIEW, "y", "send"),
    _action("edit-text", "Edit fields and text", _CHECK, _IN_REVIEW, "e", "edit"),
    _action("set-from", "From which address", _CHECK, _IN_REVIEW, "f"),
    _action("set-to", "To whom", _CHECK, _IN_REVIEW, "t", "to"),
    _action("set-cc", "Copies to", _CHECK, _IN_REVIEW, "c", "cc"),
    _action("set-bcc", "Blind copies to", _CHECK, _IN_REVIEW, "b", "bcc"),
    _action("set-subject", "Subject", _CHECK, _IN_REVIEW, "s", "subject"),
    _action("attach", "Attach a file", _CHECK, _IN_REVIEW, "a", "file"),
    _action("detach", "Take a file away", _CHECK, _IN_REVIEW, "d"),
    _action("postpone", "Keep as a draft", _CHECK, _IN_REVIEW, "p", "keep"),
    _action("leave", "Keep or throw away", _CHECK, _IN_REVIEW, "q  Esc  C-c", "leave"),
    _action("mark", "Mark and go on", _MARK, _IN_LIST, "Space  t", "mark", gmail="x  Space"),
    _action("range", "Mark from here to there", _MARK, _IN_LIST, "V"),
    _action("mark-matching", "Mark what matches", _MARK, _IN_LIST, "T"),
    _action("limit", "Show only what matches", GO, MAIL, "\\  l", "limit", mutt="l  \\"),
    _action("search", "Search all mail", GO, EVERYWHERE, "/", "search"),
    _action("go", "Go to a mailbox", GO, EVERYWHERE, "c", "go", gmail="g l"),
    _action("mailboxes", "Mailboxes", GO, EVERYWHERE, "B", mutt="B  y"),
    _action("go-inbox", "Go to the inbox", GO, EVERYWHERE, "g i", "inbox"),
    _action("go-archive", "Go to the archive", GO, EVERYWHERE, "g a", "archive"),
    _action("go-sent", "Go to the sent mail", GO, EVERYWHERE, "g s", "sent", gmail="g t"),
    _action("go-drafts", "Go to the drafts", GO, EVERYWHERE, "g d", "drafts"),
    _action("go-junk", "Go to the spam", GO, EVERYWHERE, "g j", "junk"),
    _action("go-trash", "Go to the trash", GO, EVERYWHERE, "g t", "trash", gmail="g b"),
    _action("pending", "What no server has yet", GO, EVERYWHERE, "g p", "pending"),
    _action("sync", "Fetch and send now", _REST, EVERYWHERE, "$  F5"),
    _action("palette", "Every action by name", _REST, EVERYWHERE, ":  C-k", "more"),
    _action("theme", "Change the theme", _REST, EVERYWHERE, "g T", "theme"),
    _action("keymap", "Change the key map", _REST, EVERYWHERE, "g K", "keys"),
    _action("help", "These keys", _REST, ALL_SCREENS, "?", "keys"),
    _action("back", "Back; to the inbox; from there: quit", _REST, EVERYWHERE, "q", "back"),
    _action("up", "Back; to the inbox; never out", _REST, EVERYWHERE, "Left", gmail="u  Left"),
    _action("escape", "Close what is open", _REST, EVERYWHERE, "Esc  C-c"),
    _action("redraw", "Draw the screen again", _REST, ALL_SCREENS, "C-l"),
    _action("suspend", "Suspend to the shell", _REST, ALL_SCREENS, "C-z"),
    _action("quit", "Quit", _REST, EVERYWHERE, "Q", mutt="Q  x"),
)

BY_ID: Mapping[str, Action] = MappingProxyType({action.id: action for action in ACTIONS})
KEYMAPS = ("default", "mutt", "aerc", "gmail")
