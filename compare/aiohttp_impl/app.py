"""The routing table."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
from aiohttp import web

from compare.aiohttp_impl import cookie_routes, long_io, pages
from compare.aiohttp_impl.answers import answer
from compare.contract import MAX_BODY_BYTES, PONG
from compare.contract.settings import Settings
from compare.serving.flights import Flights
from compare.serving.lag import Ticker

FLIGHTS = web.AppKey("flights", Flights)
TICKER = web.AppKey("ticker", Ticker)


async def ping(_request: web.Request) -> web.Response:
    """Answer at once: the bystander whose latency shows what a paradigm does to others."""
    return answer(PONG)


async def stats(request: web.Request) -> web.Response:
    """Tell how many long I/Os are in flight, how they ended, and how late the loop is."""
    app = request.app
    return answer(msgspec.json.encode(app[FLIGHTS].stats(app[TICKER].lag())))


def make_app(settings: Settings, flights: Flights, ticker: Ticker) -> web.Application:
    """Return the application with its routes; it serves the long I/Os of `flights`."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app[FLIGHTS] = flights
    app[TICKER] = ticker
    pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="executor")
    app.add_routes(
        [
            web.get("/ping", ping),
            *(
                web.get(f"/io/{paradigm}", long_io.handler(paradigm, wait, flights, settings.work, pool))
                for paradigm, wait in long_io.HANDLERS.items()
            ),
            web.get("/stats", stats),
            *pages.routes(),
        ]
    )
    cookie_routes.mount(app, settings)
    return app
