"""The routing table."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
from aiohttp import web

from compare.aiohttp_impl import cookie_routes, events, forms, long_io, pages
from compare.aiohttp_impl.answers import answer
from compare.contract import MAX_BODY_BYTES, PONG, asks_for_all
from compare.contract.settings import Settings, default_threads
from compare.serving.feed import Feed
from compare.serving.flights import Flights
from compare.serving.lag import Ticker
from compare.serving.workers import Control


class Ping:
    """Answer at once: the bystander whose latency shows what a paradigm does to others."""

    async def get(self, _request: web.Request) -> web.Response:
        return answer(PONG)


class Stats:
    """Tell how many long I/Os are in flight, how they ended, and how late the loop is: here, or in every worker."""

    def __init__(self, flights: Flights, ticker: Ticker, control: Control) -> None:
        """Take what the numbers are read from."""
        self.flights, self.ticker, self.control = flights, ticker, control

    async def get(self, request: web.Request) -> web.Response:
        if asks_for_all(request.raw_path):
            return answer(msgspec.json.encode(await self.control.everyone()))
        return answer(msgspec.json.encode(self.flights.stats(self.ticker.lag())))


def make_app(settings: Settings, flights: Flights, ticker: Ticker, control: Control) -> web.Application:
    """Return the application with its routes; it serves the long I/Os of `flights`."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="executor")
    feed = Feed(flights, settings, settings.threads or default_threads())
    app.add_routes(
        [
            web.get("/ping", Ping().get),
            *long_io.routes(flights, settings.work, pool),
            web.get("/stats", Stats(flights, ticker, control).get),
            *events.routes(feed),
            *pages.routes(settings.beside),
        ]
    )
    cookie_routes.mount(app, settings)
    forms.mount(app, settings)

    async def end_viewers(_app: web.Application) -> None:
        feed.close()

    app.on_shutdown.append(end_viewers)  # aiohttp waits for handlers that never end by themselves
    return app
