"""Account files for scripted servers, written as a user writes them by hand."""

from tests.servers.scripted_imap import ScriptedImap
from tests.servers.scripted_pop3 import ScriptedPop3
from tests.servers.scripted_smtp import ScriptedSmtp
from tuimail.config.paths import Paths


def add_scripted_account(
    incoming: ScriptedImap | ScriptedPop3,
    outgoing: ScriptedSmtp | None = None,
    *,
    name: str = "work",
    secret: str = 'password = "pw"',
    incoming_keys: str = "",
    outgoing_keys: str = "",
    more: str = "",
) -> None:
    """The account `name` of u1; further lines of each table, and further tables."""
    protocol = "imap" if isinstance(incoming, ScriptedImap) else "pop3"
    text = (
        f'email = "u1@example.com"\nname = "Una Test"\nprotocol = "{protocol}"\n'
        f"{_server('incoming', incoming.port)}"
        f'username = "u1"\n{secret}\n{incoming_keys}\n'
    )
    if outgoing is not None:
        text += f"{_server('outgoing', outgoing.port)}{outgoing_keys}\n"
    folder = Paths.from_environment().accounts
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.parent.chmod(0o700)
    file = folder / f"{name}.toml"
    file.touch(mode=0o600)
    file.write_text(text + more)


def _server(table: str, port: int) -> str:
    return f'[{table}]\nhost = "localhost"\nport = {port}\nsecurity = "none"\n'
