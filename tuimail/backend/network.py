"""What every line has in common: addresses, dead peers, and errors in a user's words."""

import asyncio
import ipaddress
import os
import socket
import ssl

from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.tls import reason_of

# A dead peer is noticed by the kernel within a minute, and no process need wake for it.
KEEPALIVE = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
# Seconds until the other address family is tried as well (RFC 8305).
NEXT_FAMILY = 0.25


def keep_alive(plug: socket.socket) -> None:
    """Let the kernel notice a dead peer; options that it does not have are left out."""
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, seconds in KEEPALIVE:
        if hasattr(socket, name):
            plug.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)


def is_address(host: str) -> bool:
    """Whether it is one already, and no name."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


async def loopback_address(host: str, port: int, otherwise: str) -> str:
    """An address of the host; Refused, in these words, unless all of them are this machine."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not all(
        ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in addresses
    ):
        raise Refused(f"{host} is not this machine, and {otherwise}")
    # One family is enough: IPv4 before IPv6, as servers on loopback have it.
    return min(addresses, key=lambda address: ":" in address)


def told(failure: OSError, host: str) -> Exception:
    """What an operating system's or OpenSSL's error means to a user."""
    match failure:
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError() | ConnectionResetError():
            sentence = f"{host} closed the connection"
        case ssl.SSLError():
            return Refused(f"{host} does not speak TLS as it should ({reason_of(failure)})")
        case TimeoutError():
            sentence = f"{host} did not answer in time"
        case socket.gaierror():
            sentence = f"The name {host} was not found"
        case ConnectionRefusedError():
            sentence = f"{host} refused the connection"
        case ConnectionAbortedError():
            sentence = f"{host} did not finish the TLS handshake"
        case OSError(errno=int(number)):
            # asyncio puts an address where the system has the words.
            sentence = f"{host} cannot be reached: {os.strerror(number).lower()}"
        case _:
            sentence = f"{host} cannot be reached"
    return Unreachable(sentence)
