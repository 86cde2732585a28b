"""Settings, app, listen: `python -m compare.aiohttp_impl`."""

import os
import signal

if __name__ == "__main__":  # the imports below take a while, in which Ctrl-C has nothing to say either
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))

import asyncio
import functools
import socket
import sys
from typing import cast

from aiohttp import web

from compare.contract import BACKLOG, BODY_TIMEOUT_S, KEEP_ALIVE_S, MAX_HEADER_BYTES, Server
from compare.contract.settings import Settings
from compare.serving.access import access_log
from compare.serving.binding import origins_of
from compare.serving.flights import Flights
from compare.serving.lag import Ticker
from compare.serving.lifecycle import main
from compare.serving.workers import Control

from compare.aiohttp_impl import answers
from compare.aiohttp_impl.answers import AccessLog, log
from compare.aiohttp_impl.app import guarded, make_app
from compare.aiohttp_impl.connections import Connection, OpenConnections


class Listening:
    """A listening aiohttp server."""

    def __init__(self, runner: web.AppRunner, listener: asyncio.Server, opened: OpenConnections) -> None:
        self._runner, self._listener, self._opened = runner, listener, opened

    def retire(self) -> None:
        """Close the listening socket alone, and ask the client of each answer from now on to close its connection."""
        self._listener.close()
        answers.say_close()

    def connections(self) -> int:
        """Return how many connections are open."""
        return len(self._opened)

    async def stop_accepting(self) -> None:
        """Close the listening socket and idle connections; requests in flight go on."""
        self._listener.close()
        if self._runner.server is not None:
            self._runner.server.pre_shutdown()

    async def close(self) -> None:
        """Close every connection."""
        await self._runner.cleanup()
        self._opened.close()


async def listen(
    settings: Settings, sock: socket.socket, flights: Flights, ticker: Ticker, control: Control
) -> Listening:
    """Serve the app on `sock`."""
    opened = OpenConnections(KEEP_ALIVE_S)
    ticker.also(opened.sweep)
    runner = web.AppRunner(
        make_app(settings, flights, ticker, control), handler_cancellation=True, shutdown_timeout=0
    )
    await runner.setup()
    server = cast("web.Server", runner.server)  # there is one once it is set up
    server.request_handler = guarded(server.request_handler, origins_of(settings, sock))
    loop = asyncio.get_running_loop()
    connection = functools.partial(
        Connection,
        server,
        opened,
        loop=loop,
        access_log=access_log if settings.access_log else None,
        access_log_class=AccessLog,
        logger=log,
        keepalive_timeout=KEEP_ALIVE_S,
        lingering_time=BODY_TIMEOUT_S,
        max_field_size=MAX_HEADER_BYTES,
        max_line_size=MAX_HEADER_BYTES,
        auto_decompress=False,  # as in Tornado; a broken gzip body would be a traceback in the log each time
    )
    return Listening(runner, await loop.create_server(connection, sock=sock, backlog=BACKLOG), opened)


if __name__ == "__main__":
    sys.exit(main(Server.AIOHTTP, listen, sys.argv[1:]))
