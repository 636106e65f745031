"""The faulty line breaks where it is told to, and nowhere else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from tests.servers.proxy import Direction, Fault, Kind, Proxy

TEXT = bytes(range(256)) * 1000


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def received(proxy: Proxy, text: bytes = TEXT) -> bytes:
    """What comes back until the line ends or is silent for half a second."""
    reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
    writer.write(text)
    writer.write_eof()
    back = b""
    try:
        async with asyncio.timeout(0.5):
            while data := await reader.read(1 << 16):
                back += data
    except (ConnectionError, TimeoutError):
        pass
    writer.transport.abort()
    return back


async def test_a_whole_line_passes_everything_and_counts_it(echo: int) -> None:
    async with Proxy("127.0.0.1", echo) as proxy:
        assert await received(proxy) == TEXT
        assert proxy.passed == dict.fromkeys(Direction, len(TEXT))


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("at", [0, 1, 65_536, 200_001])
async def test_a_fault_strikes_at_its_byte_and_only_once(echo: int, kind: Kind, at: int) -> None:
    async with Proxy("127.0.0.1", echo, faults=[Fault(kind, Direction.TO_CLIENT, at)]) as proxy:
        assert await received(proxy) == TEXT[:at]
        assert await received(proxy) == TEXT


async def test_what_is_cut_on_its_way_to_the_server_never_comes_back(echo: int) -> None:
    async with Proxy("127.0.0.1", echo, faults=[Fault(Kind.CUT, Direction.TO_SERVER, 5)]) as proxy:
        assert TEXT[:5].startswith(await received(proxy))
        assert proxy.passed[Direction.TO_SERVER] == 5


async def test_a_slow_line_takes_its_delay_both_ways(echo: int) -> None:
    async with Proxy("127.0.0.1", echo, delay=0.05) as proxy:
        clock = asyncio.get_running_loop().time
        start = clock()
        assert await received(proxy) == TEXT
        assert 0.1 <= clock() - start < 0.4


async def test_a_stalled_line_goes_on_where_it_stood(echo: int) -> None:
    async with Proxy("127.0.0.1", echo) as proxy:
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        writer.write(b"before")
        assert await reader.readexactly(6) == b"before"
        proxy.stall()
        writer.write(b"after")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.1)
        proxy.resume()
        assert await reader.readexactly(5) == b"after"
        writer.close()


async def test_after_an_outage_the_same_port_serves_again(echo: int) -> None:
    async with Proxy("127.0.0.1", echo) as proxy:
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        await asyncio.sleep(0.05)
        await proxy.shut()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(proxy.host, proxy.port)
        await proxy.open()
        assert await received(proxy) == TEXT
