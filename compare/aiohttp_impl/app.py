"""The routing table, and the door before it."""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
from aiohttp import hdrs, web
from aiohttp.http import HttpProcessingError
from multidict import istr

from compare.contract import MAX_BODY_BYTES, PONG, ContractError, asks_for_all
from compare.contract.origins import Malformed, Origins
from compare.contract.settings import Settings, default_threads
from compare.serving import keys
from compare.serving.feed import Feed
from compare.serving.flights import Flights
from compare.serving.lag import Ticker
from compare.serving.workers import Control

from compare.aiohttp_impl import cookie_routes, events, forms, long_io, pages
from compare.aiohttp_impl.answers import Route, answer, answer_error, log_exception, malformed
from compare.aiohttp_impl.bodies import receive

_SITE = istr("Sec-Fetch-Site")


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


Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def guarded(handle: Handle, origins: Origins) -> Handle:
    """Make of an application's way to handle a request one that answers every fault as the contract says.

    It stands around the whole application, router included, and costs a request one call. A middleware, the usual
    place, makes aiohttp look up a chain of calls for each request: 7 % of all the work behind `/ping`.
    """
    known = origins.known

    async def answering(request: web.BaseRequest) -> web.StreamResponse:
        headers = request.headers
        try:
            if headers.get(hdrs.HOST) not in known or _SITE in headers or hdrs.EXPECT in headers:
                origins.check(request.method, request.raw_path, headers.get(hdrs.HOST), headers)
            # a request without either has no body (RFC 9112, section 6.3), and `body_exists` costs a call to say so
            if (hdrs.CONTENT_LENGTH in headers or hdrs.TRANSFER_ENCODING in headers) and request.body_exists:
                await receive(request)
            response = await handle(request)
        except (ContractError, web.HTTPException) as error:
            response = answer_error(error)
        except (Malformed, web.RequestPayloadError, HttpProcessingError) as error:
            response = malformed(error)
        except Exception as error:  # noqa: BLE001  # delivered: logged and answered
            log_exception(request, error)
            response = answer_error(error)
        if hdrs.UPGRADE in headers:
            response.force_close()  # aiohttp drops what it read behind it, and would go on in the middle of a request
        return response

    return answering


def make_app(settings: Settings, flights: Flights, ticker: Ticker, control: Control) -> web.Application:
    """Return the application with its routes; it serves the long I/Os of `flights`."""
    pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="executor")
    feed = Feed(flights, settings, settings.threads or default_threads())
    cookie_keys = keys.load(settings)
    routes: list[Route] = [
        web.get("/ping", Ping().get),
        *long_io.routes(flights, settings.work, pool),
        web.get("/stats", Stats(flights, ticker, control).get),
        *events.routes(feed),
        *pages.routes(settings.beside),
    ]
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.add_routes(routes)
    cookie_routes.mount(app, cookie_keys, settings.signed_min_version)
    forms.mount(app, cookie_keys)

    async def end_viewers(_app: web.Application) -> None:
        feed.close()

    app.on_shutdown.append(end_viewers)  # aiohttp waits for handlers that never end by themselves
    return app
