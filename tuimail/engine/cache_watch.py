"""Notices that an account's cache was deleted, and lets the store forget what is old."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress

from tuimail.engine.events import MailboxesChanged
from tuimail.engine.link import Link
from tuimail.store.store import CacheLost, Store, StoreError

LOOK_AT_CACHE = 2.0
EXPIRE = 6 * 3600.0

log = logging.getLogger(__name__)


async def watch_cache(link: Link, pull: Callable[[], None]) -> None:
    """Go on until cancelled; `pull` is called where everything has to come anew."""
    generation = await link.disk(_generation)
    expire_at = time.monotonic()
    while True:
        if time.monotonic() >= expire_at:
            await _expire(link)
            expire_at += EXPIRE
        await asyncio.sleep(LOOK_AT_CACHE)
        now = await link.disk(_generation)
        if now != generation:
            log.warning("%s: the cache was deleted; pulling from nothing", link.account)
            generation = now
            pull()
            link.publish(MailboxesChanged(link.account))


async def _expire(link: Link) -> None:
    """What cannot be forgotten or copied now is no reason to stop reading mail."""
    try:
        await link.disk(Store.expire)
    except (StoreError, OSError) as trouble:
        log.warning("%s: %s", link.account, trouble)


def _generation(store: Store) -> int:
    """Which index this is, after a look whether it is still there."""
    with suppress(CacheLost):
        store.unparsed(0)
    return store.generation
