"""The terminal interface, and `demo`: the same in a throw-away sandbox."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace

from tuimail.cli import logs
from tuimail.cli.arguments import parse
from tuimail.cli.ask import ask_choice
from tuimail.cli.failure import Exit, Failure
from tuimail.cli.keys import read_keymap
from tuimail.cli.run import NO_ACCOUNT, Run
from tuimail.cli.sandbox import sandbox
from tuimail.cli.session import channel_to, open_mail
from tuimail.cli.unlock import unlock
from tuimail.config.load import account_files, load_config
from tuimail.engine.channel import Channel
from tuimail.engine.engine_channel import EngineChannel
from tuimail.engine.process import Place, stop
from tuimail.ui.app import TuimailApp
from tuimail.ui.theme import choose_looks


def interface(run: Run) -> int:
    if not account_files(run.paths):
        return _without_account(run)
    check_terminal()
    return asyncio.run(show(run, channel_to(run.paths)))


def check_terminal() -> None:
    """Raises Failure where no interface can be shown."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Failure("the interface needs a terminal; see tuimail --help", Exit.USAGE)
    if os.environ.get("TERM", "dumb") in ("", "dumb"):
        raise Failure("this terminal cannot show the interface (TERM is dumb)", Exit.USAGE)


async def show(run: Run, channel: Channel, title: str = "", notices: Sequence[str] = ()) -> int:
    """Run the interface until the user leaves it or the terminal goes away."""
    config = load_config(run.paths)
    looks = choose_looks(config.theme, os.environ, unicode=config.unicode)
    keymap = read_keymap(run.paths)
    async with open_mail(run, channel) as mail:
        app = TuimailApp(
            mail,
            keymap=keymap,
            looks=looks,
            title=title,
            notices=notices,
            slow_link=config.slow_link,
            find_secret=lambda name: unlock(run.account(name)),
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, app.exit)
        await app.run_async(mouse=not _is_remote())
        return app.return_code or Exit.DONE


def _is_remote() -> bool:
    """Over a slow line reports of the mouse cost more than they are worth."""
    return "SSH_CONNECTION" in os.environ or "SSH_TTY" in os.environ


def _without_account(run: Run) -> int:
    """Say what can be done, and do it where somebody is there to choose."""
    if not run.can_ask:
        raise Failure(NO_ACCOUNT, Exit.USAGE)
    sys.stderr.write("Welcome to tuimail. There is no account yet.\n")
    choices = (
        ("d", "look around with sample mail; nothing is kept"),
        ("a", "add an account"),
        ("q", "leave"),
    )
    match ask_choice(run, "What now", choices):
        case "d":
            return demo(run)
        case "a":
            from tuimail.cli.account_add import add  # noqa: PLC0415 (loads protocols)

            asyncio.run(add(replace(run, arguments=parse(["account", "add"]))))
            return interface(run)
        case _:
            return Exit.DONE


def demo(run: Run) -> int:
    """The interface over sample mail; no file of the user's is touched."""
    check_terminal()
    with sandbox() as (paths, place):
        logs.start(paths, run.arguments)
        own = replace(run, paths=paths)
        return asyncio.run(_demo(own, place))


async def _demo(run: Run, place: Place) -> int:
    try:
        notice = "Sample mail: nothing here is kept. ? shows the keys."
        return await show(run, EngineChannel(place), "sample mail", (notice,))
    finally:
        await stop(place)
