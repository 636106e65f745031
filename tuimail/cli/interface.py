"""The terminal interface, and `demo`: the same in a throw-away sandbox."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import textual

import tuimail
from tuimail.cli import logs
from tuimail.cli.byte_code import advice
from tuimail.cli.failure import FAULT, Exit, Failure
from tuimail.cli.keys import read_keymap
from tuimail.cli.opening import DEMO_TITLE, demo_notice
from tuimail.cli.run import NO_ACCOUNT, Run
from tuimail.cli.sandbox import sandbox
from tuimail.cli.session import channel_to, open_mail
from tuimail.cli.unlock import unlock
from tuimail.config.files import account_files
from tuimail.config.load import load_config
from tuimail.config.paths import Paths
from tuimail.config.schema import Config
from tuimail.engine.channel import Channel
from tuimail.engine.engine_channel import EngineChannel
from tuimail.engine.process import Place, stop
from tuimail.ui.app import TuimailApp
from tuimail.ui.letters.editor import chosen_editor
from tuimail.ui.parts.appearance import Wardrobe
from tuimail.ui.terminal.capabilities import capabilities, is_remote, wants_mouse
from tuimail.ui.terminal.controls import Notify
from tuimail.ui.terminal.driver import Manners
from tuimail.ui.theme import Looks, choose_looks

if TYPE_CHECKING:
    from tuimail.ui.setup.app import Added, SetupApp

# All that has to be kept is on disk; what still runs then only waits for others.
_LEAVE_SECONDS = 1.2
# A thread that reads rows or lists gives the interpreter back to a key this soon.
_SWITCH_SECONDS = 0.0005


class Taste:
    """What the user's settings say of the interface, read once; raises ConfigError."""

    def __init__(self, paths: Paths, keymap: str | None = None, theme: str | None = None) -> None:
        """A key map and a theme that are named win over the settings."""
        self.paths = paths
        config = load_config(paths)
        self.config = config if theme is None else replace(config, theme=theme)
        self.keymap = read_keymap(paths, keymap)


def interface(run: Run) -> int:
    if account_files(run.paths):
        check_terminal()
        settled = asyncio.Event()
        channel = channel_to(run.paths, settled.wait)
        notices = [advice((tuimail, textual), run.paths.state), logs.unusable(run.paths)]
        return asyncio.run(show(run, channel, notices=notices, settled=settled.set))
    if not run.can_ask:
        raise Failure(NO_ACCOUNT, Exit.USAGE)
    check_terminal()
    added = asyncio.run(_set_up(run))
    if isinstance(added, int):
        return added
    # The form has given the terminal back.
    afresh = replace(run, booted=None)
    return asyncio.run(show(afresh, channel_to(run.paths), added=added))


def check_terminal() -> None:
    """Raises Failure where no interface can be shown."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Failure("the interface needs a terminal; see tuimail --help", Exit.USAGE)
    if not capabilities(os.environ).usable:
        kind = os.environ.get("TERM") or "not set"
        raise Failure(f"this terminal cannot show the interface (TERM is {kind})", Exit.USAGE)


async def _set_up(run: Run) -> "Added | int":
    """The form for the first account; an exit code if it was left."""
    from tuimail.cli.setup import ServerSetup  # noqa: PLC0415 (loads protocols)
    from tuimail.ui.setup.app import SetupApp  # noqa: PLC0415

    gc.enable()
    looks = _looks(load_config(run.paths))
    app = SetupApp(ServerSetup(run.paths), looks, _manners(), run.booted)
    _leave_on_signals(app)
    return await app.run_async(mouse=False) or _end_of(app)


async def show(
    run: Run,
    channel: Channel,
    title: str = "",
    notices: Sequence[str] = (),
    *,
    added: "Added | None" = None,
    taste: "Taste | None" = None,
    settled: Callable[[], None] = lambda: None,
) -> int:
    """Run the interface until the user leaves it or the terminal goes away.

    `added` is the account that was set up just now, `taste` what the user likes, where the
    folders of `run` do not say that; `settled` is called when the first list
    stands.
    """

    def settle() -> None:
        # What is here by now stays to the end; what comes from now on may be garbage.
        gc.freeze()
        gc.enable()
        settled()

    sys.setswitchinterval(_SWITCH_SECONDS)
    taste = taste or Taste(run.paths)
    config = taste.config
    async with open_mail(run, channel) as mail:
        if added is not None and added.password is not None:
            await mail.give_secret(added.name, added.password)
        app = TuimailApp(
            mail,
            keymap=taste.keymap,
            looks=_looks(config),
            wardrobe=Wardrobe(
                lambda name: read_keymap(taste.paths, name),
                lambda name: _looks(replace(config, theme=name)),
            ),
            title=title,
            notices=[notice for notice in (*notices, *_left_out(run)) if notice],
            by_line=config.scroll == "line",
            slow_link=config.slow_link or False,
            notify=Notify(config.notify),
            manners=replace(_manners(), paced=is_remote(os.environ) and config.slow_link is None),
            booted=run.booted,
            settled=settle,
            drafts=run.paths.account_data,
            editor=chosen_editor(os.environ),
            find_secret=lambda name, terminal: unlock(run.account(name), terminal),
        )
        _leave_on_signals(app)
        await app.run_async(mouse=wants_mouse(os.environ))
        code = _end_of(app)
        if app.on_leave is not None:
            app.on_leave(code)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return code


def _left_out(run: Run) -> list[str]:
    return [f"{name}: {fault}" for name, fault in run.left_out.items()]


def _end_of(app: "TuimailApp | SetupApp") -> int:
    """The exit code; raises Failure after a fault of ours, which the log names."""
    if app.return_code == Exit.FAILED:
        raise Failure(FAULT)
    return app.return_code or Exit.DONE


def _looks(config: Config) -> Looks:
    return choose_looks(config.theme, os.environ, unicode=config.unicode, cursor=config.cursor)


def _manners() -> Manners:
    return Manners(patient=is_remote(os.environ), able=capabilities(os.environ))


def _leave_on_signals(app: "TuimailApp | SetupApp") -> None:
    """Whoever ends us, or takes the terminal away, does not wait long for it."""

    def give_up(code: int) -> None:
        app.restore_terminal()
        os._exit(code)

    def hurry(code: int) -> None:
        signal.signal(signal.SIGALRM, lambda *_: give_up(code))
        signal.setitimer(signal.ITIMER_REAL, _LEAVE_SECONDS)

    app.on_leave = hurry
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, app.leave, 128 + number)


def demo(run: Run) -> int:
    """The interface over sample mail; no file of the user's is touched."""
    check_terminal()
    taste = Taste(run.paths, run.arguments.keymap, run.arguments.theme)
    with sandbox() as (paths, place):
        logs.start(paths, run.arguments)
        own = replace(run, paths=paths)
        return asyncio.run(_demo(own, place, taste))


async def _demo(run: Run, place: Place, taste: "Taste") -> int:
    notice = demo_notice(taste.keymap)
    try:
        return await show(run, EngineChannel(place), DEMO_TITLE, (notice,), taste=taste)
    finally:
        await stop(place)
