"""Opening connections: from which local address, with TLS or without, for one request or for many."""

import asyncio
import itertools
import socket
import sys

from compare.loadgen import tls
from compare.loadgen.connection import Connection, Owner
from compare.loadgen.protocol import StreamOrder

# <linux/in.h>; Python 3.12 has it in `socket`. The kernel then picks the port when it knows the peer, so that one local
# port serves many peers. Bound without it, all connections of one local address share one range of ports.
IP_BIND_ADDRESS_NO_PORT = 24


class Dialer:
    """Opens the connections of one stream."""

    def __init__(self, order: StreamOrder, loop: asyncio.AbstractEventLoop, owner: Owner) -> None:
        self._order, self._loop, self._owner = order, loop, owner
        self._sources = itertools.cycle(order.sources)
        self._tls = None if order.tls is None else tls.context(verify=order.tls.verify)

    async def connect(self) -> Connection:
        """Return a new connection, ready for its request; raises OSError, of which ssl.SSLError is one."""
        sock = socket.socket(self._order.family, socket.SOCK_STREAM)
        try:
            session = await self._dial(sock)
        except BaseException:
            sock.close()
            raise
        request, keep = self._order.request, self._order.keep_alive
        connection = (
            tls.Secure(self._owner, sock, request, session, keep=keep)
            if session
            else Connection(self._owner, sock, request, keep=keep)
        )
        await self._loop.create_connection(lambda: connection, sock=sock)
        return connection

    async def _dial(self, sock: socket.socket) -> tls.Session | None:
        sock.setblocking(False)
        if self._order.sources:
            leave_from(sock, next(self._sources))
        await self._loop.sock_connect(sock, self._order.address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is None or self._order.tls is None:
            return None
        session = tls.Session(self._tls, self._order.tls.host)
        await session.shake_hands(self._loop, sock)
        return session


def leave_from(sock: socket.socket, source: str) -> None:
    """Have `sock` connect from `source`; raises OSError where this machine has no such address."""
    if sys.platform == "linux":
        sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    sock.bind((source, 0))
