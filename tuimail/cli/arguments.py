"""What may be typed after `tuimail`: the options of every command, and its arguments."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from tuimail import __version__
from tuimail.cli.failure import Exit, Failure

LEVELS = ("debug", "info", "warning", "error")
# As config.toml has them; the registries themselves would take time to load.
KEYMAPS = ("default", "mutt", "aerc", "gmail")
THEMES = ("auto", "ansi", "calm", "paper")

_Command = Callable[[str, str], argparse.ArgumentParser]

EPILOG = """\
Global options may stand before or after the command. Exit codes: 0 done, 1 failed, 2 wrong
usage or configuration, 3 done in part, 75 nothing done, try again later. README.md has more.
"""


@dataclass(frozen=True, slots=True)
class TakenAsIs:
    """A command whose arguments are no options any more from the first one on."""

    arguments: str
    valued: tuple[str, ...] = ()
    """Its options that take a value."""


AS_IS = {
    "search": TakenAsIs("QUERY…", ("--account", "--limit")),
    "flag": TakenAsIs("ID… [+FLAG|-FLAG]…"),
    "move": TakenAsIs("ID… MAILBOX"),
    "copy": TakenAsIs("ID… MAILBOX"),
    "archive": TakenAsIs("ID…"),
    "delete": TakenAsIs("ID…"),
}


_SEARCH_USAGE = "[--account NAME] [--limit N] [--json-status] "


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Failure(f"{message}; see {self.prog} --help", Exit.USAGE)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments, with `command`, and `rest` for what is taken as it is.

    Raises Failure with USAGE; `--help` and `--version` end the program.
    """
    head, rest = split_rest(argv)
    arguments = argparse.Namespace(
        command="", rest=rest, json=False, quiet=False, verbose=0, log_level=None
    )
    build_parser().parse_args(head, arguments)
    if arguments.command in AS_IS and not rest:
        wanted = AS_IS[arguments.command].arguments
        raise Failure(f"{arguments.command} needs {wanted}", Exit.USAGE)
    return arguments


def split_rest(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Options and command, and what follows the first argument of a command in AS_IS."""
    at = _past_options(argv, 0, ("--log-level",))
    if at == len(argv) or argv[at] not in AS_IS:
        return list(argv), []
    at = _past_options(argv, at + 1, ("--log-level", *AS_IS[argv[at]].valued))
    head, rest = list(argv[:at]), list(argv[at:])
    return head, rest[1:] if rest[:1] == ["--"] else rest


def _past_options(argv: Sequence[str], at: int, valued: Sequence[str]) -> int:
    while at < len(argv) and _is_option(argv[at]):
        at += 2 if argv[at] in valued else 1
    return min(at, len(argv))


def _is_option(argument: str) -> bool:
    """`-from:x` is none: of one-letter options there are only -q, -v and -h."""
    if argument.startswith("--"):
        return argument != "--"
    return len(argument) > 1 and argument[0] == "-" and not set(argument[1:]) - set("qvh")


def build_parser() -> argparse.ArgumentParser:
    everywhere = _global_options()
    parser = _Parser(
        prog="tuimail",
        description="A terminal mail reader. Without a command: the interface.",
        epilog=EPILOG,
        parents=[everywhere],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"tuimail {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")

    def command(name: str, words: str) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name, help=words, description=words, parents=[everywhere], allow_abbrev=False
        )
        added.set_defaults(command=name)
        if name in AS_IS:
            options = _SEARCH_USAGE if name == "search" else ""
            added.usage = f"tuimail {name} {options}{AS_IS[name].arguments}"
        return added

    _reading(command)
    _acting(command)
    _sending(command)
    _administration(command)
    return parser


def _global_options() -> _Parser:
    """For the parser and every command; SUPPRESS keeps what was given before the command."""
    options = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    options.add_argument("--json", action="store_true", help="one JSON object a line")
    options.add_argument("-q", "--quiet", action="store_true", help="say less")
    options.add_argument("-v", "--verbose", action="count", help="log to stderr; -vv: more")
    options.add_argument("--log-level", choices=LEVELS, help="how much is logged")
    return options


def _reading(command: _Command) -> None:
    search = command("search", "list the messages that match, newest arrival first")
    search.add_argument("--account", metavar="NAME", help="in this account only")
    search.add_argument("--limit", metavar="N", type=_count, help="at most so many")
    search.add_argument(
        "--json-status", action="store_true", help="--json, and an object at the end: what it saw"
    )
    show = command("show", "print one message")
    show.add_argument("id", metavar="ID")
    form = show.add_mutually_exclusive_group()
    form.add_argument("--raw", action="store_true", help="the exact bytes as on the wire")
    form.add_argument("--text", action="store_true", help="as text (the default)")
    show.add_argument("--hidden", action="store_true", help="with what the letter's style hides")
    show.add_argument("--force", action="store_true", help="--raw to a terminal too")
    mailboxes = command("mailboxes", "list the mailboxes with their counts")
    mailboxes.add_argument("--account", metavar="NAME", help="of this account only")
    mailboxes.add_argument(
        "--all", action="store_true", help="ask the server for those, too, that are not kept here"
    )


def _acting(command: _Command) -> None:
    sync = command("sync", "tell the servers what is pending, fetch what is new")
    sync.add_argument("names", metavar="NAME", nargs="*", help="accounts; all of them if none")
    sync.add_argument("--watch", action="store_true", help="stay, and keep fetching")
    command("flag", "set and remove flags: +seen -flagged")
    command("move", "move messages to a mailbox")
    command("copy", "copy messages to a mailbox")
    command("archive", "move messages to the archive")
    command("delete", "move messages to the trash; from the trash delete them for good")
    undo = command("undo", "take back the newest command, on the server too")
    undo.add_argument("--list", action="store_true", help="list what was done, newest first")
    command("redo", "do again what was undone last")
    pending = command("pending", "what is not on the server yet, and what it refused")
    pending.add_argument("action", nargs="?", choices=("retry", "drop"))
    pending.add_argument("number", metavar="N", nargs="?")


def _sending(command: _Command) -> None:
    send = command("send", "send the letter on standard input")
    send.add_argument("--account", metavar="NAME", help="from this account")
    send.add_argument("--at", metavar="TIME", help="+2h, 08:30 or 2026-01-31 08:30")
    send.add_argument("--wait", action="store_true", help="send at once, and say what came of it")
    outbox = command("outbox", "letters on their way out, and those of late")
    outbox.add_argument("action", nargs="?", choices=("cancel", "resend"))
    outbox.add_argument("number", metavar="N", nargs="?")


def _administration(command: _Command) -> None:
    _pop(command("pop", "what is on a POP3 server, and what of it is to stay there"))
    _account(command("account", "add, list, check, convert or remove an account"))
    doctor = command("doctor", "check settings, permissions, store and servers")
    doctor.add_argument("--rebuild", action="store_true", help="fetch the index anew")
    doctor.add_argument(
        "--restore", action="store_true", help="put a copy in the place of a lost journal"
    )
    engine = command("engine", "the process that talks to the servers")
    engine.add_argument("action", choices=("status", "stop"))
    demo = command("demo", "look around in a throw-away sandbox with sample mail")
    demo.add_argument("--keymap", choices=KEYMAPS, help="with the keys of this map")
    demo.add_argument("--theme", choices=THEMES, help="with the colours of this theme")


def _pop(pop: argparse.ArgumentParser) -> None:
    actions = pop.add_subparsers(dest="action", metavar="ACTION", required=True)
    everywhere = _global_options()
    for name, words in (
        ("plan", "what is on the server, and when it is deleted there"),
        ("keep", "leave messages on the server"),
        ("release", "let messages leave the server again"),
    ):
        action = actions.add_parser(
            name, help=words, description=words, parents=[everywhere], allow_abbrev=False
        )
        if name == "plan":
            action.add_argument("name", metavar="NAME", nargs="?")
        else:
            action.add_argument("names", metavar="ID", nargs="+")


def _account(account: argparse.ArgumentParser) -> None:
    actions = account.add_subparsers(dest="action", metavar="ACTION", required=True)
    everywhere = _global_options()
    for name, words in (
        ("list", "list the accounts"),
        ("check", "log in to both servers, and say what they can do"),
        ("remove", "forget an account; its mail on the server stays"),
        ("add", "set up an account; asks for what is missing"),
        ("convert", "let an account work by the other protocol; its mail is copied first"),
    ):
        action = actions.add_parser(
            name, help=words, description=words, parents=[everywhere], allow_abbrev=False
        )
        optional = name in ("list", "add", "check")
        if name != "list":
            action.add_argument("name", metavar="NAME", nargs="?" if optional else None)
        if name == "remove":
            action.add_argument("--force", action="store_true", help="do not ask")
        if name == "add":
            _account_settings(action)
        if name == "convert":
            _conversion(action)


def _conversion(convert: argparse.ArgumentParser) -> None:
    convert.add_argument("protocol", choices=("imap", "pop3"))
    convert.add_argument("--host", help="the server for the new protocol")
    convert.add_argument("--security", choices=("tls", "starttls", "none"))
    convert.add_argument("--port", metavar="N")
    convert.add_argument(
        "--delete-after-days", metavar="N", help="pop3: when mail leaves the server, or never"
    )


def _account_settings(add: argparse.ArgumentParser) -> None:
    add.add_argument("--email", metavar="ADDRESS")
    add.add_argument("--real-name", metavar="NAME")
    add.add_argument("--protocol", choices=("imap", "pop3"), help="asks which one if not given")
    add.add_argument("--host", help="the server that mail comes from")
    add.add_argument("--security", choices=("tls", "starttls", "none"))
    add.add_argument("--port", metavar="N")
    add.add_argument("--username", metavar="NAME")
    add.add_argument("--smtp", metavar="SERVER", help="host, port and security of the way out")
    add.add_argument(
        "--delete-after-days", metavar="N", help="POP: 0 once stored here, N days, or never"
    )
    secret = add.add_mutually_exclusive_group()
    secret.add_argument(
        "--password-command", metavar="COMMAND", help="a program that prints the password"
    )
    secret.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )
    add.add_argument("--ca-file", metavar="PATH")
    add.add_argument(
        "--fingerprint", metavar="sha256:…", help="of the servers' certificate: exactly that one"
    )
    add.add_argument(
        "--smtp-fingerprint",
        metavar="sha256:…",
        help="the same for sending, where it is another; none: certificates as usual",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 10**9:
        raise argparse.ArgumentTypeError(f'"{text}" is no count')
    return int(text)
