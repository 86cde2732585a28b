"""Settings, app, listen: `python -m compare.tornado_impl`."""

import os
import signal

if __name__ == "__main__":  # the imports below take a while, in which Ctrl-C has nothing to say either
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))

import socket
import sys

from compare.contract import KEEP_ALIVE_S, MAX_HEADER_BYTES, Server
from compare.contract.settings import Settings
from compare.serving.binding import origins_of
from compare.serving.flights import Flights
from compare.serving.lag import Ticker
from compare.serving.lifecycle import main
from compare.serving.workers import Control

from compare.tornado_impl import answers
from compare.tornado_impl.app import make_app
from compare.tornado_impl.connections import FAR_OFF_S, OpenConnections, TrackingServer


class Listening:
    """A listening Tornado server."""

    def __init__(self, server: TrackingServer, opened: OpenConnections) -> None:
        self._server, self._opened = server, opened

    def retire(self) -> None:
        """Close the listening socket alone, and ask the client of each answer from now on to close its connection."""
        self._server.stop()
        answers.say_close()

    def connections(self) -> int:
        """Return how many connections are open."""
        return len(self._opened)

    async def stop_accepting(self) -> None:
        """Close the listening socket; requests in flight go on, a new one on an old connection gets a 503."""
        self._server.stop()

    async def close(self) -> None:
        """Close every connection."""
        for stream in self._opened:
            stream.close()
        await self._server.close_all_connections()
        self._opened.close()


async def listen(
    settings: Settings, sock: socket.socket, flights: Flights, ticker: Ticker, control: Control
) -> Listening:
    """Serve the app on `sock`."""
    opened = OpenConnections(KEEP_ALIVE_S)
    ticker.also(opened.sweep)
    server = TrackingServer(
        make_app(settings, origins_of(settings, sock), flights, ticker, control),
        idle_connection_timeout=FAR_OFF_S,
        max_header_size=MAX_HEADER_BYTES,
        opened=opened,
    )
    server.add_sockets([sock])
    return Listening(server, opened)


if __name__ == "__main__":
    sys.exit(main(Server.TORNADO, listen, sys.argv[1:]))
