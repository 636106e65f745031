"""Settings that nothing reads yet: accepted, and told to whoever set them."""

from collections.abc import Iterable, Mapping

from tuimail.config.schema import (
    AccountConfig,
    ArchiveConfig,
    ContactsConfig,
    FolderNames,
    ImapConfig,
    OutgoingConfig,
    Pop3Config,
    ServerConfig,
    keys_of,
)

TABLES: Mapping[str, type] = {
    "": AccountConfig,
    "incoming": ServerConfig,
    "outgoing": OutgoingConfig,
    "pop3": Pop3Config,
    "imap": ImapConfig,
    "folders": FolderNames,
    "archive": ArchiveConfig,
    "contacts": ContactsConfig,
}


def idle_keys(table: Mapping[str, object]) -> tuple[str, ...]:
    """Those of an account's file, under their whole names."""
    found: list[str] = []
    for section, schema in TABLES.items():
        content = table.get(section) if section else table
        if not isinstance(content, Mapping):
            continue
        prefix = f"{section}." if section else ""
        found += [
            prefix + name
            for name, (_, key) in keys_of(schema).items()
            if key.idle and name in content
        ]
    return tuple(found)


def told(keys: Iterable[str]) -> str:
    """A sentence, empty if there are none."""
    names = list(keys)
    verb = "has" if len(names) == 1 else "have"
    return f"{', '.join(names)} {verb} no effect yet" if names else ""
