"""The first screen, drawn from settings and stores with the least to load."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tuimail.config.files import account_files
from tuimail.config.paths import Paths
from tuimail.model.local_time import local_now
from tuimail.model.mail import AccountName
from tuimail.store.first_look import FirstLook, first_look
from tuimail.store.values import AccountFolders
from tuimail.ui.actions import Context
from tuimail.ui.hints import HINTS, hints_of
from tuimail.ui.keymap import Keymap
from tuimail.ui.terminal.boot_paint import Canvas, Opening, first_frame
from tuimail.ui.terminal.capabilities import capabilities
from tuimail.ui.terminal.diff_writer import DiffWriter
from tuimail.ui.terminal.frame import Frame
from tuimail.ui.theme import choose_looks

DEMO_TITLE = "sample mail"

# Whatever the terminal did before: plain colours, no margins, nothing on the screen.
CLEAR = b"\x1b[m\x1b[r\x1b[2J"

OwnKeys = Mapping[str, str | Sequence[str]]


class Taste(NamedTuple):
    """Of the settings what the first screen depends on, with the defaults of `Config`."""

    theme: str = "auto"
    unicode: bool = True
    keymap: str = "default"
    cursor: str = "bar"
    slow_link: bool | None = None


def read_taste(paths: Paths) -> Taste:
    """What config.toml says; raises ConfigError."""
    if not paths.config_file.exists():
        return Taste()
    from tuimail.config.plain import plain_file  # noqa: PLC0415  few have such a file

    if (plain := plain_file(paths.config_file)) is not None:
        taste = [plain.get(name, usual) for name, usual in Taste()._asdict().items()]
        match taste:
            case [
                str(theme),
                bool(unicode),
                str(keymap),
                str(cursor),
                (bool() | None | "auto") as slow_link,
            ]:
                return Taste(theme, unicode, keymap, cursor, slow_link is True)
    from tuimail.config.load import load_config  # noqa: PLC0415  takes time to load

    config = load_config(paths)
    return Taste(config.theme, config.unicode, config.keymap, config.cursor, config.slow_link)


def read_keymap(paths: Paths, name: str) -> Keymap:
    """The map `name` with the user's own keys; raises ConfigError and KeymapError."""
    return Keymap.make(name, _own_keys(paths) if paths.keys_file.exists() else {})


def _own_keys(paths: Paths) -> OwnKeys:
    from tuimail.config.plain import plain_file  # noqa: PLC0415  few have such a file

    plain = plain_file(paths.keys_file)
    if plain is not None:
        own = {key: value for key, value in plain.items() if not isinstance(value, bool)}
        if len(own) == len(plain):
            return own
    from tuimail.config.load import load_keys  # noqa: PLC0415  takes time to load

    return load_keys(paths)


def draw(
    environ: Mapping[str, str], width: int, height: int, *, demo: bool
) -> tuple[bytes, Frame, DiffWriter] | None:
    """What the terminal is to be sent, what it shows then, and who knows that.

    None where there is nothing to show yet, or no way to show it. Raises ConfigError,
    KeymapError, UnknownTheme and StoreError, and whatever else may be wrong.
    """
    able = capabilities(environ)
    if not able.usable:
        return None
    paths = Paths.from_environment(environ)
    taste = read_taste(paths)
    looks = choose_looks(taste.theme, environ, unicode=taste.unicode, cursor=taste.cursor)
    opening = _demo_opening(paths, taste) if demo else _opening(paths, taste.keymap, height)
    if opening is None:
        return None
    canvas = Canvas(width, height, looks, able.colours, brief=bool(taste.slow_link))
    frame = first_frame(opening, canvas, local_now())
    writer = able.writer()
    writer.seed(Frame(width, height))
    return able.enter + CLEAR + writer.paint(frame), frame, writer


def demo_notice(keymap: Keymap) -> str:
    return f"Sample mail: nothing here is kept. {keymap.first_key('help')} shows the keys."


def _demo_opening(paths: Paths, taste: Taste) -> Opening:
    """Of an account that has nothing yet."""
    keymap = read_keymap(paths, taste.keymap)
    return Opening((), (), hints_of(HINTS[Context.LIST], keymap), DEMO_TITLE, demo_notice(keymap))


def _opening(paths: Paths, keymap: str, messages: int) -> Opening | None:
    """The newest `messages` of all accounts; None if there is no account."""
    files = account_files(paths)
    if not files:
        return None
    looks = [_look(paths, file, messages) for file in files]
    newest = [message for look in looks for message in look.newest]
    newest.sort(key=lambda message: message.received, reverse=True)
    return Opening(
        [mailbox for look in looks for mailbox in look.mailboxes],
        newest[:messages],
        hints_of(HINTS[Context.LIST], read_keymap(paths, keymap)),
    )


def _look(paths: Paths, file: Path, messages: int) -> FirstLook:
    name = AccountName(file.stem)
    folders = AccountFolders(paths.account_data(name), paths.account_cache(name))
    return first_look(name, folders, messages)
