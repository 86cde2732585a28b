"""The routing table, and the door before it."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from tornado import httputil, web

from compare.contract import PONG, ContractError, asks_for_all, path_of
from compare.contract.cookie_bodies import is_json
from compare.contract.forms import TYPE
from compare.contract.origins import Malformed, Origins
from compare.contract.settings import Settings, default_threads
from compare.serving import keys
from compare.serving.feed import Feed
from compare.serving.flights import Flights
from compare.serving.lag import Ticker
from compare.serving.workers import Control

from compare.tornado_impl import cookie_routes, events, forms, long_io, pages
from compare.tornado_impl.answers import Handler, Refused, Route, log_function
from compare.tornado_impl.bodies import Bounded


class Ping(Handler):
    """Answer at once: the bystander whose latency shows what a paradigm does to others."""

    def get(self) -> None:
        self.answer(PONG)

    head = get


class Stats(Handler):
    """Tell how many long I/Os are in flight, how they ended, and how late the loop is: here, or in every worker."""

    def initialize(self, flights: Flights, ticker: Ticker, control: Control) -> None:
        """Take what the numbers are read from."""
        self.flights, self.ticker, self.control = flights, ticker, control

    async def get(self) -> None:
        if asks_for_all(self.request.uri or ""):
            self.answer(msgspec.json.encode(await self.control.everyone()))
            return
        self.answer(msgspec.json.encode(self.flights.stats(self.ticker.lag())))

    head = get


class App(web.Application):
    """Tornado's application, without what it does to a request before any handler has asked for it."""

    # Routes whose path is not a pattern: looked up, as aiohttp does it, not tried in turns.
    exact: dict[str, Any]
    origins: Origins

    def find_handler(self, request: httputil.HTTPServerRequest, **kwargs: Any) -> Any:
        """Route `request` by its normalised path; one route takes forms, and a broken one elsewhere is not a fault.

        A Router may return any delegate; Tornado's annotation names its own private one.
        """
        request.path = path_of(request.uri or "")
        headers = request.headers
        if "Content-Type" in headers and not is_json(headers["Content-Type"]):
            form = forms.takes(request)
            del headers["Content-Type"]
            if form:
                headers["Content-Type"] = TYPE  # the one spelling that Tornado reads
        try:
            self.origins.check(request.method or "", request.uri or "", request.host, headers)
        except ContractError as error:
            answering = self.get_handler_delegate(request, Refused, {"error": error})
            return Bounded(self, request, answering, refused=True)
        except Malformed as error:
            raise httputil.HTTPInputError("Invalid Host header") from error
        if "Expect" in headers:
            del headers["Expect"]
            if request.version != "HTTP/1.0":  # RFC 9110, section 10.1.1: no 100 Continue to such a client
                headers["Expect"] = "100-continue"  # the one spelling that Tornado reads
        found, route = self.exact.get(request.path), super().find_handler
        delegate = self.get_handler_delegate(request, *found) if found else route(request, **kwargs)
        if "Content-Length" in headers or "Transfer-Encoding" in headers:
            return Bounded(self, request, delegate)
        return delegate


def make_app(
    settings: Settings, origins: Origins, flights: Flights, ticker: Ticker, control: Control
) -> web.Application:
    """Return the application with its routes; it serves the long I/Os of `flights`."""
    pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="executor")
    feed = Feed(flights, settings, settings.threads or default_threads())
    cookie_keys = keys.load(settings)
    routes: list[Route] = [
        ("/ping", Ping, {}),
        *long_io.routes(flights, settings.work, pool),
        ("/stats", Stats, {"flights": flights, "ticker": ticker, "control": control}),
        *events.routes(feed),
        *pages.routes(settings.beside),
        *cookie_routes.routes(),
        *forms.routes(),
    ]
    app = App(
        routes,
        default_handler_class=Refused,
        cookie_secret=cookie_keys.cookie_secret,
        key_version=cookie_keys.key_version,
        signed_min_version=settings.signed_min_version,
        log_function=log_function if settings.access_log else lambda _handler: None,
    )
    app.origins = origins
    app.exact = {path: target for path, *target in routes if re.escape(path) == path}
    return app
