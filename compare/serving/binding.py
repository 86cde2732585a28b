"""The listening sockets of a server that has no supervisor, and what their address allows."""

import ipaddress
import os
import socket

from compare.contract import BACKLOG
from compare.contract.origins import Origins
from compare.contract.settings import Settings
from compare.errors import CompareError
from compare.serving import ports
from compare.serving.accepting import Listener


class StartError(CompareError):
    """The server cannot start; the message is one sentence."""


def bind(settings: Settings) -> Listener:
    """Return a listening socket; raises StartError, one sentence, when the address cannot be had."""
    where = f"{settings.host}:{settings.port}"
    try:
        family, *_, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise StartError(f"Cannot listen on {where}: {reason(error)}.") from error
    return _listener(sock)


def bind_all(settings: Settings) -> list[Listener]:
    """Return a listening socket for each loop, all on one port; raises CompareError as `bind`."""
    if settings.loops == 1:
        return [bind(settings)]
    return [_listener(sock) for sock in ports.listen(settings.host, settings.port, settings.loops)]


def _listener(sock: socket.socket) -> Listener:
    listener = Listener.of(sock)
    listener.setblocking(False)
    return listener


def origins_of(settings: Settings, sock: socket.socket) -> Origins:
    """Return the rules on who may ask a server that listens on `sock`."""
    return Origins(guarded=is_loopback(sock), allowed=settings.allow_host)


def is_loopback(sock: socket.socket) -> bool:
    """Return whether only this machine can reach `sock`."""
    return ipaddress.ip_address(sock.getsockname()[0].partition("%")[0]).is_loopback


def reason(error: OSError) -> str:
    """Return the system's own words; Python adds the address, which is already in the sentence."""
    return str(error.strerror) if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
