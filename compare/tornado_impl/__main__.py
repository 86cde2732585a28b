"""Settings, app, listen: `python -m compare.tornado_impl`."""

import socket
import sys

from tornado.httpserver import HTTPServer

from compare.contract import KEEP_ALIVE_S, MAX_HEADER_BYTES, Server
from compare.serving.flights import Flights
from compare.serving.lag import Ticker
from compare.serving.lifecycle import main
from compare.settings import Settings
from compare.tornado_impl.app import make_app


class Listening:
    """A listening Tornado server."""

    def __init__(self, server: HTTPServer) -> None:
        self._server = server

    async def stop_accepting(self) -> None:
        """Close the listening socket; requests in flight go on, a new one on an old connection gets a 503."""
        self._server.stop()

    async def close(self) -> None:
        """Close every connection."""
        await self._server.close_all_connections()


async def listen(settings: Settings, sock: socket.socket, flights: Flights, ticker: Ticker) -> Listening:
    """Serve the app on `sock`."""
    server = HTTPServer(
        make_app(settings, flights, ticker),
        idle_connection_timeout=KEEP_ALIVE_S,
        max_header_size=MAX_HEADER_BYTES,
    )
    server.add_sockets([sock])
    return Listening(server)


if __name__ == "__main__":
    sys.exit(main(Server.TORNADO, listen, sys.argv[1:]))
