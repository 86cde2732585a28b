"""What stands where `tornado.web.RequestHandler` does in Tornado's own tests: the kit, on aiohttp or Starlette.

Test methods and handlers are Tornado's, unchanged. A handler's few methods come down to a status and a text.
"""

import functools
import inspect
from typing import ClassVar

import uvicorn
from aiohttp import web
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route
from tornado.web import HTTPError

from tornado_cookies import aiohttp as on_aiohttp
from tornado_cookies import asgi

VERBS = ("get", "head", "options", "post", "put", "patch", "delete")


class OnTheKit:
    """A handler built on an adapter: what Tornado's tests use of `RequestHandler`."""

    app: ClassVar[object]

    WITH: ClassVar[dict[str, object]] = {}

    def __init__(self, kit, arguments: dict[str, str], settings) -> None:
        self._status_code, self.text, self.kit, self.arguments = 200, "", kit, arguments
        self.settings = LiveSettings(settings)
        self.initialize(**self.WITH)

    def initialize(self) -> None:
        """Tornado gives it what stands beside the handler in the routing table."""

    def set_status(self, status: int) -> None:
        self._status_code = status

    def write(self, text: str | bytes) -> None:
        self.text += text.decode() if isinstance(text, bytes) else text

    def get_argument(self, name: str, default: str) -> str:
        return self.arguments.get(name, default)

    def prepare(self) -> None:
        """Tornado calls it after the checks."""

    @property
    def xsrf_token(self) -> bytes:
        return self.kit.xsrf_token

    def check_xsrf_cookie(self) -> None:
        """An override is an exemption."""

    def check_trusted_origin(self, origin: str) -> bool:
        raise NotImplementedError

    @classmethod
    def verbs(cls) -> list[str]:
        """The methods it has; without any it answers all, as `ErrorHandler` does by `prepare`."""
        return [verb for verb in VERBS if hasattr(cls, verb)] or list(VERBS)

    def answer(self, verb: str) -> tuple[int, str]:
        try:
            self.prepare()
            getattr(self, verb)()
        except HTTPError as error:
            self.set_status(error.status_code)
        return self._status_code, self.text

    @classmethod
    def overrides(cls, name: str) -> bool:
        return getattr(cls, name) is not getattr(OnTheKit, name)


class LiveSettings:
    """One test changes a setting of the running application."""

    def __init__(self, settings) -> None:
        self._settings = settings

    def __setitem__(self, name: str, value: object) -> None:
        setattr(self._settings, name, value)


def rebuilt(handler: type, initialized_with: dict[str, object]) -> type[OnTheKit]:
    """The class with every method of the original, on the adapter."""
    own = {name: value for name, value in vars(handler).items() if not name.startswith("__")}
    return type(handler.__name__, (OnTheKit,), own | {"WITH": initialized_with})


def aiohttp_app(handlers: list, options: dict) -> web.Application:
    app = web.Application()
    on_aiohttp.setup(app, None, None, **options)
    settings = app[on_aiohttp._SETTINGS]
    for path, handler in handlers:

        async def serve(request, handler=handler):
            own = handler(on_aiohttp.cookies_of(request), dict(request.query), settings)
            status, text = own.answer(request.method.lower())
            return web.Response(status=status, text=text)

        if handler.overrides("check_trusted_origin"):
            on_aiohttp.trusting(lambda origin, handler=handler: handler.check_trusted_origin(None, origin))(
                serve
            )
        if handler.overrides("check_xsrf_cookie"):
            on_aiohttp.xsrf_exempt(serve)
        for verb in handler.verbs():
            app.router.add_route(verb.upper(), path, serve)
    return app


def starlette_app(handlers: list, options: dict) -> asgi.TornadoCookies:
    routes = []
    for path, handler in handlers:

        async def serve(request, handler=handler):
            own = handler(asgi.cookies_of(request), dict(request.query_params), app.settings)
            status, text = own.answer(request.method.lower())
            return Response(text, status)

        routes.append(Route(path, serve, methods=[verb.upper() for verb in handler.verbs()]))
    trusting = [handler for _, handler in handlers if handler.overrides("check_trusted_origin")]
    if trusting:
        options = options | {
            "check_trusted_origin": functools.partial(trusting[0].check_trusted_origin, None)
        }
    app = asgi.TornadoCookies(Starlette(routes=routes), **options)
    return app


def starlette_routes(handlers: list, options: dict) -> Starlette:
    """Each route with a `TornadoCookies` of its own: the checks come after routing, and a route can do without."""
    routes = []
    for path, handler in handlers:

        async def serve(request, handler=handler):
            own = handler(asgi.cookies_of(request), dict(request.query_params), None)
            status, text = own.answer(request.method.lower())
            return Response(text, status)

        more = {"xsrf_exempt": [path] if handler.overrides("check_xsrf_cookie") else ()}
        if handler.overrides("check_trusted_origin"):
            more["check_trusted_origin"] = functools.partial(handler.check_trusted_origin, None)
        verbs = [verb.upper() for verb in handler.verbs()]
        own = [Middleware(asgi.TornadoCookies, **options, **more)]
        routes.append(Route(path, serve, methods=verbs, middleware=own))
    return Starlette(routes=routes)


class AiohttpServer:
    """What Tornado's test case asks of its server."""

    def __init__(self, app: web.Application, run) -> None:
        self._runner, self._run = web.AppRunner(app, access_log=None), run

    def add_sockets(self, sockets) -> None:
        async def listen() -> None:
            await self._runner.setup()
            await web.SockSite(self._runner, sockets[0]).start()

        self._run(listen)

    def stop(self) -> None:
        """Closing is what stops it."""

    async def close_all_connections(self) -> None:
        await self._runner.cleanup()


class UvicornServer:
    """The same for an ASGI application, on a real socket."""

    # Without websockets, an Upgrade is a request like any other, as it is to a handler of Tornado's that is none.
    WS = "none"

    def __init__(self, app, run) -> None:
        config = uvicorn.Config(
            app, lifespan="off", log_config=None, log_level="critical", ws=self.WS, access_log=False
        )
        self._server, self._run = uvicorn.Server(config), run

    def add_sockets(self, sockets) -> None:
        async def listen() -> None:
            self._server.config.load()
            self._server.lifespan = self._server.config.lifespan_class(self._server.config)
            await self._server.startup(sockets=sockets)

        self._run(listen)

    def stop(self) -> None:
        """Closing is what stops it."""

    async def close_all_connections(self) -> None:
        await self._server.shutdown()


class Through:
    """Gives a test case of Tornado a server of another framework."""

    MAKE: ClassVar = {
        "aiohttp": (aiohttp_app, AiohttpServer),
        "starlette": (starlette_app, UvicornServer),
        "starlette_routes": (starlette_routes, UvicornServer),
    }
    framework: str

    def get_app(self):
        make, _ = self.MAKE[self.framework]
        given = self.get_handlers()
        handlers = [(path, rebuilt(handler, *with_ or [{}])) for path, handler, *with_ in given]
        self.Handler = handlers[0][1]
        return make(handlers, self.get_app_kwargs())

    def get_http_server(self):
        _, server = self.MAKE[self.framework]
        return server(self._app, self.io_loop.run_sync)


def own_tests(case: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(case, inspect.isfunction) if name.startswith("test_")}
