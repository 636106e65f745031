"""The one place that takes what Textual calls private; the version is pinned for its sake."""

from typing import TypeVar

from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual._context import visible_screen_stack
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.driver import Driver
from textual.screen import Screen

Result = TypeVar("Result")

__all__ = [
    "ChopsUpdate",
    "CompositorUpdate",
    "LayoutUpdate",
    "XTermParser",
    "driver_of",
    "is_drawing",
    "is_synchronized",
    "whole_screen",
]


def driver_of(app: App[Result]) -> Driver | None:
    return app._driver


def is_drawing(app: App[Result]) -> bool:
    """Whether what the compositor makes now is to be shown."""
    return app._running and not app._closed and not app._batch_count


def is_synchronized(app: App[Result]) -> bool:
    """Whether the terminal said that it can show a frame at once (mode 2026)."""
    return app._sync_available


def whole_screen(screen: Screen[Result]) -> LayoutUpdate:
    """All that the screen shows."""
    visible_screen_stack.set(screen.app._background_screens)
    return screen._compositor.render_full_update()
