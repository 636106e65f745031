"""Keys to actions."""

import re
import tomllib
from pathlib import Path

import pytest

from tuimail.ui.actions import ACTIONS, BY_ID, KEYMAPS, Context
from tuimail.ui.keymap import Keymap, KeymapError, Waiting, key_name

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "keymaps").glob("*.toml"))


def found(keymap: Keymap, context: Context, *typed: str) -> str:
    action = keymap.find(context, typed)
    assert action is not None
    assert not isinstance(action, Waiting)
    return action.id


@pytest.mark.parametrize("name", KEYMAPS)
@pytest.mark.parametrize("context", Context)
def test_no_key_of_a_map_means_two_things_in_one_place(name: str, context: Context) -> None:
    chords = [
        tuple(key.split(" "))
        for action in ACTIONS
        if context in action.contexts
        for key in action.keys_in(name)
    ]
    for place, chord in enumerate(chords):
        for other in chords[place + 1 :]:
            shorter = min(len(chord), len(other))
            assert chord[:shorter] != other[:shorter], f"{chord} and {other}"


@pytest.mark.parametrize("name", KEYMAPS)
def test_every_action_can_be_had_by_a_key_in_every_map(name: str) -> None:
    keymap = Keymap.make(name)
    assert [action.id for action in ACTIONS if not keymap.keys_of(action)] == []


def test_the_default_map_is_what_mutt_and_aerc_share() -> None:
    keymap = Keymap.make()
    wanted = {"j": "next", "d": "delete", "u": "undo", "q": "back", "/": "search", "?": "help"}
    assert {key: found(keymap, Context.LIST, key) for key in wanted} == wanted


def test_a_sequence_waits_and_says_what_may_follow() -> None:
    waiting = Keymap.make().find(Context.LIST, ("g",))
    assert isinstance(waiting, Waiting)
    assert ("i", BY_ID["go-inbox"]) in waiting.choices
    assert found(Keymap.make(), Context.LIST, "g", "i") == "go-inbox"


def test_a_key_means_what_its_place_makes_of_it() -> None:
    keymap = Keymap.make()
    assert found(keymap, Context.LIST, "Space") == "mark"
    assert found(keymap, Context.MESSAGE, "Space") == "read-on"


def test_own_keys_win_over_the_map() -> None:
    keymap = Keymap.make("default", {"delete": ["x", "g x"], "archive": "d"})
    assert found(keymap, Context.LIST, "x") == "delete"
    assert found(keymap, Context.LIST, "g", "x") == "delete"
    assert found(keymap, Context.LIST, "d") == "archive"


def test_an_own_key_that_begins_a_sequence_of_the_map_ends_the_sequence() -> None:
    keymap = Keymap.make("default", {"archive": "g"})
    assert found(keymap, Context.LIST, "g") == "archive"
    assert keymap.find(Context.MAILBOXES, ("g", "i")) is None


def test_an_action_can_lose_all_keys() -> None:
    keymap = Keymap.make("default", {"spam": []})
    assert keymap.find(Context.LIST, ("!",)) is None


@pytest.mark.parametrize(
    ("name", "own", "sentence"),
    [
        ("emacs", {}, 'no key map "emacs"'),
        ("default", {"delte": "x"}, 'no action "delte"'),
        (
            "default",
            {"delete": "x", "archive": ["x"]},
            '"x" is given to both "delete" and "archive"',
        ),
        ("default", {"delete": "g", "archive": "g x"}, "one begins with the other"),
        ("default", {"delete": "PageDown"}, '"PageDown" for "delete" is no key'),
        ("default", {"delete": "C-"}, '"C-" for "delete" is no key'),
        ("default", {"delete": ""}, 'for "delete" is no key'),
    ],
)
def test_impossible_keys_are_named_in_a_sentence(
    name: str, own: dict[str, str | list[str]], sentence: str
) -> None:
    with pytest.raises(KeymapError, match=re.escape(sentence)):
        Keymap.make(name, own)


@pytest.mark.parametrize(
    ("key", "character", "name"),
    [
        ("j", "j", "j"),
        ("G", "G", "G"),
        ("backslash", "\\", "\\"),
        ("exclamation_mark", "!", "!"),
        ("space", " ", "Space"),
        ("enter", "\r", "Enter"),
        ("ctrl+k", "\x0b", "C-k"),
        ("alt+d", "d", "M-d"),
        ("shift+tab", None, "S-Tab"),
        ("pagedown", None, "PgDn"),
        ("f5", None, "F5"),
        ("ctrl+pageup", None, "C-PgUp"),
    ],
)
def test_keys_have_short_names(key: str, character: str | None, name: str) -> None:
    assert key_name(key, character) == name


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("name", KEYMAPS)
def test_the_example_keys_go_with_every_map(example: Path, name: str) -> None:
    own = tomllib.loads(example.read_text())
    keymap = Keymap.make(name, own)
    for action, keys in own.items():
        wanted = [keys] if isinstance(keys, str) else keys
        assert list(keymap.keys_of(BY_ID[action])) == wanted


def test_enter_typed_before_the_terminal_was_ours_is_enter() -> None:
    assert key_name("ctrl+j", "\n") == key_name("enter", "\r") == "Enter"
