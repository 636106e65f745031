"""Dovecot's configuration for tests, in the words of 2.3 and of 2.4."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SPECIAL_USE = ("Drafts", "Sent", "Trash", "Junk", "Archive")


@dataclass(frozen=True, slots=True)
class Setting:
    """All that the two templates are filled with."""

    version: tuple[int, ...]
    root: Path
    ports: dict[str, int]
    password: str
    internal_user: str
    internal_group: str
    login_user: str
    mail_uid: int
    mail_gid: int
    cert_file: Path
    key_file: Path
    capabilities: Sequence[str] | None
    lines: Sequence[str]


def render(setting: Setting) -> str:
    """The whole dovecot.conf, one setting a line."""
    dialect = _of_2_4 if setting.version >= (2, 4) else _of_2_3
    return "\n".join([*dialect(setting), *_shared(setting), *setting.lines, ""])


def _of_2_3(setting: Setting) -> list[str]:
    return [
        "disable_plaintext_auth = no",
        f"ssl_cert = <{setting.cert_file}",
        f"ssl_key = <{setting.key_file}",
        "mail_location = maildir:~/Maildir",
        *_block(
            "passdb",
            "driver = static",
            f"args = password={setting.password}",
        ),
        *_block(
            "userdb",
            "driver = static",
            f"args = uid={setting.mail_uid} gid={setting.mail_gid}"
            f" home={setting.root}/home/%n allow_all_users=yes",
        ),
    ]


def _of_2_4(setting: Setting) -> list[str]:
    return [
        "dovecot_config_version = 2.4.0",
        "dovecot_storage_version = 2.4.0",
        "auth_allow_cleartext = yes",
        f"ssl_server_cert_file = {setting.cert_file}",
        f"ssl_server_key_file = {setting.key_file}",
        "mail_driver = maildir",
        "mail_path = ~/Maildir",
        *_block("passdb static", f"passdb_static_password = {setting.password}"),
        *_block(
            "userdb static",
            "userdb_static_allow_all_users = yes",
            *_block(
                "fields",
                f"uid = {setting.mail_uid}",
                f"gid = {setting.mail_gid}",
                f"home = {setting.root}/home/%{{user}}",
            ),
        ),
    ]


def _shared(setting: Setting) -> list[str]:
    root = setting.root
    return [
        f"base_dir = {root}/run",
        f"state_dir = {root}/state",
        f"log_path = {root}/dovecot.log",
        f"instance_name = {root.name}",
        "protocols = imap pop3",
        "listen = 127.0.0.1",
        f"default_internal_user = {setting.internal_user}",
        f"default_internal_group = {setting.internal_group}",
        f"default_login_user = {setting.login_user}",
        "first_valid_uid = 1",
        "first_valid_gid = 1",
        "ssl = yes",
        "auth_mechanisms = plain login",
        "auth_failure_delay = 0",
        "mail_max_userip_connections = 200",
        "pop3_uidl_format = %08Xu%08Xv"
        if setting.version < (2, 4)
        else "pop3_uidl_format = %{uid | hex(8)}%{uidvalidity | hex(8)}",
        *_block("namespace inbox", "inbox = yes", "separator = /", *_special_use()),
        # No account may be slowed down because another test gave a wrong password.
        *_block(
            "service anvil",
            "chroot =",
            "client_limit = 3000",
            *_block("unix_listener anvil-auth-penalty", "mode = 0"),
        ),
        *_capabilities(setting),
        *_block("service auth", "client_limit = 3000"),
        *_block("service stats", "chroot ="),
        *_login(setting, "imap"),
        *_login(setting, "pop3"),
    ]


def _capabilities(setting: Setting) -> list[str]:
    if setting.capabilities is None:
        return []
    return [f"imap_capability = {' '.join(setting.capabilities)}"]


def _special_use() -> list[str]:
    return [
        line
        for name in SPECIAL_USE
        for line in _block(f"mailbox {name}", f"special_use = \\{name}", "auto = subscribe")
    ]


def _login(setting: Setting, protocol: str) -> list[str]:
    for_ever = (
        "service_count = 0" if setting.version < (2, 4) else "restart_request_count = unlimited"
    )
    plain, tls = setting.ports[protocol], setting.ports[protocol + "s"]
    return _block(
        f"service {protocol}-login",
        "chroot =",
        for_ever,
        "process_min_avail = 1",
        *_block(f"inet_listener {protocol}", f"port = {plain}"),
        *_block(f"inet_listener {protocol}s", f"port = {tls}", "ssl = yes"),
    )


def _block(head: str, *lines: str) -> list[str]:
    return [head + " {", *("  " + line for line in lines), "}"]
