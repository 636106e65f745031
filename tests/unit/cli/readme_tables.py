"""The README's tables, as the program's own registries say them.

`python -m tests.unit.cli.readme_tables` writes them into the README.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from pathlib import Path

from tuimail.config import schema
from tuimail.config.schema import keys_of
from tuimail.ui.actions import ACTIONS, KEYMAPS

README = Path(__file__).parents[3] / "README.md"


def keys_table() -> str:
    """Every action with its keys in each map; empty where a map keeps the default's."""
    head = ("what", "`default`", *(f"`{name}`" for name in KEYMAPS[1:]), "name for keys.toml")
    rows = [
        (
            action.words,
            _keys(action.keys),
            *(
                _keys(keys) if (keys := action.keys_in(name)) != action.keys else ""
                for name in KEYMAPS[1:]
            ),
            f"`{action.id}`",
        )
        for action in ACTIONS
    ]
    return _table(head, rows)


def _keys(keys: Iterable[str]) -> str:
    return " · ".join(_code(key) for key in keys)


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def settings_table() -> str:
    """The keys of config.toml."""
    return _table(("key", "default", "what"), list(_rows("", schema.Config)))


def account_table() -> str:
    """The keys of accounts/NAME.toml."""
    sections = (
        ("", schema.AccountConfig),
        ("incoming.", schema.ServerConfig),
        ("outgoing.", schema.OutgoingConfig),
        ("pop3.", schema.Pop3Config),
        ("imap.", schema.ImapConfig),
        ("folders.", schema.FolderNames),
    )
    rows = [row for prefix, section in sections for row in _rows(prefix, section)]
    # The keys that it shares with [incoming] stand there.
    shared = {f"`outgoing.{name}`" for name in keys_of(schema.ServerConfig)}
    rows = [row for row in rows if row[0] not in shared]
    return _table(("key", "default", "what"), rows)


def _rows(prefix: str, section: type) -> Iterable[tuple[str, str, str]]:
    defaults = {field.name: field for field in fields(section)}
    for name, (field, key) in keys_of(section).items():
        if key.idle:
            continue
        default = defaults[field].default if field in defaults else None
        yield f"`{prefix}{name}`", key.shown or _default(default), key.words


def _default(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int):
        return f"`{value}`"
    if isinstance(value, str) and value:
        return f'`"{value}"`'
    return ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


TABLES: dict[str, Callable[[], str]] = {
    "keys": keys_table,
    "settings": settings_table,
    "account": account_table,
}


def with_tables(readme: str) -> str:
    """The README with every table as it has to be, between its two marks."""
    for name, table in TABLES.items():
        between = re.compile(rf"(<!-- {name}: [^\n]* -->\n).*?(\n<!-- end -->)", re.DOTALL)
        found = between.search(readme)
        if found is None:
            raise ValueError(f"the README has no place for the table {name}")
        readme = readme[: found.end(1)] + table() + readme[found.start(2) :]
    return readme


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text()))
