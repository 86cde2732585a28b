"""Tornado's connections, known one by one: to end those of clients that are gone, and all at the stop."""

import contextlib
import socket
import sys
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream, StreamClosedError

from compare.serving.connections import Connections

FAR_OFF_S = 3600.0  # for Tornado's own timer, which is in the way; its default


class OpenConnections(Connections[IOStream]):
    """The streams of one server."""

    def socket_of(self, connection: IOStream) -> socket.socket:
        """Return the stream's socket."""
        return connection.socket

    def has_unsent(self, connection: IOStream) -> bool:
        """Return whether the stream still writes."""
        return connection.writing()

    def is_deaf(self, connection: IOStream) -> bool:
        """Return whether a handler has yet to answer; a close callback is set exactly as long as that is so."""
        return connection._close_callback is not None and not connection.writing()  # noqa: SLF001  # Tornado has no public word for it

    def awaited(self, connection: IOStream) -> object | None:
        """Return the future of the head: Tornado reads nothing else by a pattern."""
        return None if connection._read_regex is None else connection._read_future  # noqa: SLF001  # as above

    def hang_up(self, connection: IOStream) -> None:
        """Close the stream, which tells its handler, and drop what was read: Tornado would answer it to nobody."""
        connection.close()
        with contextlib.suppress(StreamClosedError):
            connection.read_bytes(sys.maxsize, partial=True)


class TrackingServer(HTTPServer):
    """Tornado's server and its connections.

    `close_all_connections` alone closes them one by one, each waiting for a turn of the loop; under load that takes
    seconds in which new requests keep coming.
    """

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Take the empty collection that this server fills."""
        self.opened: OpenConnections = kwargs.pop("opened")
        super().initialize(*args, **kwargs)

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """Take a new connection."""
        self.opened.add(stream)
        super().handle_stream(stream, address)

    def on_close(self, server_conn: Any) -> None:
        """Forget a connection that has ended."""
        self.opened.discard(server_conn.stream)
        super().on_close(server_conn)
