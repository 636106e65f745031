"""A thread of its own for every open store, so that no disk ever blocks the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from tuimail.store.store import Store

P = ParamSpec("P")
R = TypeVar("R")


class Disk:
    """One store in one thread: opened at the first use, calls are carried out in order."""

    def __init__(self, open_store: Callable[[], Store], name: str) -> None:
        self._open_store = open_store
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._store: Store | None = None

    async def __call__(
        self, method: Callable[Concatenate[Store, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Call a method of the store, as `await disk(Store.pending)`.

        A caller that is cancelled stops waiting; what it began is carried out all the same.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._thread, lambda: method(self._opened(), *args, **kwargs)
        )

    async def close(self) -> None:
        """Carry out what was asked for, then close the store; it opens again when used."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._close_store)
        self._thread.shutdown(wait=False)

    def _opened(self) -> Store:
        if self._store is None:
            self._store = self._open_store()
        return self._store

    def _close_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
