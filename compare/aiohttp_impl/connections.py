"""aiohttp's connections, known one by one: to end those of clients that are gone, and to word what is not HTTP."""

import asyncio
import socket
from typing import Any, cast

from aiohttp import web, web_protocol
from aiohttp.http import HttpProcessingError
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader

from compare.aiohttp_impl.answers import malformed
from compare.contract import MAX_BODY_BYTES, MAX_HEADER_BYTES
from compare.serving.connections import Connections

# Requests that are kept, parsed, behind the one that is answered; aiohttp has 32, of 64 KiB each. With one, reading
# would pause and resume at each request.
web_protocol.MAX_MSG_QUEUE_SIZE = 2
MAX_FRAMING_BYTES = 8 * MAX_BODY_BYTES  # of a body in chunks: six times as much as the smallest chunks hold


class Transports(Connections[asyncio.Transport]):
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


class Connection(web.RequestHandler):
    """One connection: aiohttp's own, watched, bounded, and silent about what a malformed request held.

    aiohttp bounds each line of a head and their number, which together let 8 MB pass; so do the lines behind a body.
    It repeats the first bytes of the line at fault in its answer, so that a script which makes a header too long
    reads cookies it may not; and in the log, where secrets have no place either.
    """

    __slots__ = ("_body", "_transports", "_unread_bytes", "_watched")

    def __init__(self, manager: web.Server, transports: Transports, **options: Any) -> None:
        super().__init__(manager, **options)
        self._transports = transports
        self._watched: asyncio.Transport | None = None
        self._body: StreamReader = EMPTY_PAYLOAD  # of the latest request
        self._unread_bytes = 0  # that came since its head

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a new connection."""
        super().connection_made(transport)
        self._watched = cast("asyncio.Transport", transport)  # uvloop's own does not derive from it
        self._transports.add(self._watched)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget a connection that has ended."""
        if self._watched is not None:
            self._transports.discard(self._watched)
            self._watched = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; hang up on a head of more than `MAX_HEADER_BYTES`, as Tornado does."""
        before = self._request_count
        super().data_received(data)
        self._unread_bytes += len(data)
        if self._request_count == before:
            self._bound()
        elif self._messages:
            if self._unread_bytes > MAX_HEADER_BYTES:
                self._bound_heads(self._request_count - before)
            self._body = self._messages[-1][1]
            self._unread_bytes = 0

    def _bound(self) -> None:
        """Bound what came since the latest head: it belongs to the next one, which is not complete, or to a body."""
        if self._body is EMPTY_PAYLOAD:
            if self._unread_bytes > MAX_HEADER_BYTES:
                self._hang_up()
        elif self._body.is_eof():
            self._body = EMPTY_PAYLOAD
            self._unread_bytes = 0
        elif self._unread_bytes - self._body.total_bytes > MAX_FRAMING_BYTES:
            self._hang_up()

    def _bound_heads(self, new: int) -> None:
        for message, _body in list(self._messages)[-new:]:
            lines = getattr(message, "raw_headers", ())  # a fault has none
            if sum(len(name) + len(value) for name, value in lines) > MAX_HEADER_BYTES:
                self._hang_up()

    def _hang_up(self) -> None:
        if self._watched is not None:
            self._watched.abort()

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
