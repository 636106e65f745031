"""POP3 accounts on a real Dovecot, and what is in their Maildir, read by other code."""

import hashlib
import mailbox
import os
from collections import Counter
from pathlib import Path

from tests.servers.mail_user import MailUser
from tuimail.config.paths import Paths
from tuimail.config.save import save_account
from tuimail.config.schema import AccountConfig, Pop3Config, Security, ServerConfig
from tuimail.model.mail import AccountName

WORK = AccountName("work")


def add_pop3_account(
    user: MailUser,
    *,
    port: int | None = None,
    security: Security = "none",
    delete_after_days: int | None = 0,
    password: str | None = None,
    pop3: Pop3Config | None = None,
) -> None:
    """An account file for `user`, as if its owner had written it."""
    usual = user.server.pop3s if security == "tls" else user.server.pop3
    server = ServerConfig(
        host="localhost",
        security=security,
        port=port or usual,
        username=user.name,
        password=password or user.password,
        ca_file=user.ca_file,
    )
    account = AccountConfig(
        WORK,
        f"{user.name}@example.org",
        server,
        protocol="pop3",
        pop3=pop3 or Pop3Config(delete_after_days=delete_after_days),
    )
    save_account(Paths.from_environment(), account)


def mail_folder() -> Path:
    return Paths.from_environment().account_mail(WORK)


def local_hashes() -> Counter[str]:
    """What another program finds in all mailboxes, as it was on the wire."""
    found: Counter[str] = Counter()
    if not mail_folder().exists():
        return found
    root = mailbox.Maildir(mail_folder(), create=False)
    for folder in (root, *(root.get_folder(name) for name in root.list_folders())):
        for key in folder.iterkeys():
            stored = folder.get_bytes(key)
            name = os.fsdecode(key)
            wire = stored if name.endswith(",RAW") else stored.replace(b"\n", b"\r\n")
            found[hashlib.sha256(wire).hexdigest()] += 1
    return found


def server_hashes(user: MailUser) -> Counter[str]:
    return Counter(each.sha256 for each in user.letters().elements())


def pop3_hashes(user: MailUser) -> Counter[str]:
    """The same as POP3 gives it: RFC 1939 ends every line, also the last one."""
    contents = []
    for path in user.maildir().glob("[cn]*/*"):
        stored = path.read_bytes().replace(b"\r\n", b"\n")
        whole = stored if stored.endswith(b"\n") else stored + b"\n"
        contents.append(whole.replace(b"\n", b"\r\n"))
    return Counter(hashlib.sha256(each).hexdigest() for each in contents)


def names_in(folder: str) -> list[str]:
    return sorted(path.name for path in (mail_folder() / folder).iterdir())
