"""Settings, app, listen: `python -m compare.aiohttp_impl`."""

import socket
import sys

from aiohttp import web

from compare.aiohttp_impl.answers import AccessLog, guarded, http_log
from compare.aiohttp_impl.app import make_app
from compare.contract import BACKLOG, BODY_TIMEOUT_S, KEEP_ALIVE_S, MAX_HEADER_BYTES, Server
from compare.contract.settings import Settings
from compare.serving.access import access_log
from compare.serving.flights import Flights
from compare.serving.lag import Ticker
from compare.serving.lifecycle import main


class Listening:
    """A listening aiohttp server."""

    def __init__(self, runner: web.AppRunner, site: web.SockSite) -> None:
        self._runner, self._site = runner, site

    async def stop_accepting(self) -> None:
        """Close the listening socket and idle connections; requests in flight go on."""
        await self._site.stop()
        if self._runner.server is not None:
            self._runner.server.pre_shutdown()

    async def close(self) -> None:
        """Close every connection."""
        await self._runner.cleanup()


async def listen(settings: Settings, sock: socket.socket, flights: Flights, ticker: Ticker) -> Listening:
    """Serve the app on `sock`."""
    runner = web.AppRunner(
        make_app(settings, flights, ticker),
        access_log=access_log if settings.access_log else None,
        access_log_class=AccessLog,
        logger=http_log,
        handler_cancellation=True,
        keepalive_timeout=KEEP_ALIVE_S,
        lingering_time=BODY_TIMEOUT_S,
        max_field_size=MAX_HEADER_BYTES,
        max_line_size=MAX_HEADER_BYTES,
        auto_decompress=False,  # as in Tornado; a broken gzip body would be a traceback in the log each time
        shutdown_timeout=0,
    )
    await runner.setup()
    if runner.server is not None:
        runner.server.request_handler = guarded(runner.server.request_handler)
    site = web.SockSite(runner, sock, backlog=BACKLOG)
    await site.start()
    return Listening(runner, site)


if __name__ == "__main__":
    sys.exit(main(Server.AIOHTTP, listen, sys.argv[1:]))
