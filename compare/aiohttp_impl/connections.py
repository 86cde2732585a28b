"""aiohttp's connections, known one by one: to end those of clients that are gone, and all at the stop."""

import asyncio
import socket
from typing import Any, cast

from aiohttp import web
from aiohttp.http import HttpProcessingError

from compare.serving.connections import Connections

from compare.aiohttp_impl.answers import malformed
from compare.aiohttp_impl.bodies import Bounded


class OpenConnections(Connections[asyncio.Transport]):
    """The transports of one server."""

    def socket_of(self, connection: asyncio.Transport) -> socket.socket:
        """Return the transport's socket."""
        return connection.get_extra_info("socket")  # type: ignore[no-any-return]  # asyncio types it as anything

    def has_unsent(self, connection: asyncio.Transport) -> bool:
        """Return whether the transport still writes."""
        return bool(connection.get_write_buffer_size())

    def is_deaf(self, connection: asyncio.Transport) -> bool:
        """Return whether aiohttp has stopped reading: too much lies behind the request it answers."""
        return not connection.is_reading()

    def hang_up(self, connection: asyncio.Transport) -> None:
        """Abort the transport, which cancels its handler."""
        connection.abort()


class Connection(Bounded):
    """aiohttp's side of one connection, among the server's open ones, and silent about what a malformed request held.

    aiohttp repeats the first bytes of the line at fault in its answer, so that a script which makes a header too long
    reads cookies it may not; and in the log, where secrets have no place either.
    """

    __slots__ = ("_opened", "_watched")

    def __init__(self, manager: web.Server, opened: OpenConnections, **options: Any) -> None:
        super().__init__(manager, **options)
        self._opened = opened
        self._watched: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a new connection."""
        super().connection_made(transport)
        self._watched = cast("asyncio.Transport", transport)  # uvloop's own does not derive from it
        self._opened.add(self._watched)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget a connection that has ended."""
        if self._watched is not None:
            self._opened.discard(self._watched)
            self._watched = None
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is not HTTP with a bare 400, as Tornado does, and log the kind of fault alone."""
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        return malformed(exc)
