"""A line to a test server that takes its time."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy


@contextmanager
def line(server_port: int, delay: float) -> Iterator[int]:
    """A port that leads to the server's, behind a line of `delay` seconds one way."""
    if not delay:
        yield server_port
        return
    loop = asyncio.new_event_loop()
    proxy = Proxy(Dovecot.host, server_port, delay=delay)
    loop.run_until_complete(proxy.open())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield proxy.port
    asyncio.run_coroutine_threadsafe(proxy.shut(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
