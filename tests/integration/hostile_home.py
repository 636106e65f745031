"""A home whose accounts are on servers that mean it harm, and what the program writes there."""

import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.benchmarks.sandbox import Sandbox
from tests.servers.hostile_imap import HostileMailbox
from tests.servers.in_background import in_background
from tests.servers.pop3_server import PASSWORD, Pop3Server
from tests.ui.terminal.grammar import check_sentences, check_sync
from tests.ui.terminal.pty_program import PtyProgram

# How the worst of all texts looks once it is harmless.
SHOWN = "␛]0;pwned␇␛]52;c;cm0=␇␛[2J␛[32m␛c"
PROGRAM = [sys.executable, "-m", "tuimail"]


class Home(Sandbox):
    """A user's home, and what the program writes to the terminal there."""

    def close(self) -> None:
        if self.paths.lock.exists():
            super().close()
        else:
            shutil.rmtree(self.folder)

    def says(self, *arguments: str, status: int = 0, stdin: bytes | None = None) -> str:
        """Sentences and nothing else, or Leak; `stdin` comes from a file."""
        output = self._output(arguments, status, stdin)
        check_sentences(output)
        return output.decode()

    def syncs(self, *arguments: str, status: int = 0) -> str:
        """The same of a command that draws bars."""
        output = self._output(arguments or ("sync",), status)
        assert check_sync(output) == 1
        return output.decode()

    def _output(self, arguments: Sequence[str], status: int, stdin: bytes | None = None) -> bytes:
        command = [*PROGRAM, *arguments]
        if stdin is not None:
            file = self.folder / "stdin"
            file.write_bytes(stdin)
            command = ["sh", "-c", f"exec {shlex.join(command)} <{shlex.quote(str(file))}"]
        with PtyProgram(command, environment=self._surroundings) as program:
            assert program.ended() == status, program.output
            return program.output

    def terminal(self, *arguments: str, columns: int = 160, rows: int = 40) -> PtyProgram:
        """The program at work, and somebody who looks at it."""
        return PtyProgram(
            [*PROGRAM, *arguments],
            environment=self._surroundings,
            columns=columns,
            rows=rows,
        )

    @property
    def _surroundings(self) -> dict[str, str]:
        return {**self.environment, "LANG": "C.UTF-8"}

    def add_pop3(self, server: Pop3Server) -> None:
        word = PASSWORD.replace('"', '\\"')
        self.add_pop3_account("drop", "127.0.0.1", server.port, "anna", word)
        self.rewrite("drop", "delete_after_days = 0", "delete_after_days = 9")

    def add_smtp(self, port: int) -> None:
        """A way out for the account `work`."""
        way = f'[outgoing]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
        self.rewrite("work", "[incoming]\n", f"{way}[incoming]\n")

    def rewrite(self, account: str, words: str, others: str) -> None:
        """Change the settings of an account by hand."""
        file = self.paths.accounts / f"{account}.toml"
        assert words in file.read_text()
        file.write_text(file.read_text().replace(words, others))


@contextmanager
def home_on(mailbox: HostileMailbox) -> Iterator[Home]:
    """A home whose only account is on that server."""
    with in_background(mailbox.serving()) as server, Home() as home:
        home.add_account("work", "127.0.0.1", server.port, "anna", "secret")
        yield home
