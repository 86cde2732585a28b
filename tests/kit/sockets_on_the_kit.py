"""What stands where `tornado.websocket.WebSocketHandler` does in Tornado's own tests: the kit, on aiohttp or Starlette.

Test methods and handlers are Tornado's, unchanged. An origin that no override judges is the kit's to judge.
"""

import asyncio
import functools
from typing import ClassVar

from aiohttp import web
from on_the_kit import AiohttpServer, UvicornServer
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocketDisconnect
from tornado.websocket import WebSocketHandler

from tornado_cookies import aiohttp as on_aiohttp
from tornado_cookies import asgi
from tornado_cookies.settings import Options


class SocketOnTheKit:
    """A handler on another framework's websocket: what Tornado's tests of origins use of `WebSocketHandler`."""

    GIVEN: ClassVar[dict[str, object]] = {}

    def __init__(self, arguments: dict[str, str], send) -> None:
        self._arguments, self._send = arguments, send
        self.initialize(**self.GIVEN)

    async def write_message(self, message: str, _is_binary: bool) -> None:
        await self._send(message)

    def get_argument(self, name: str, default: str | None) -> str | None:
        return self._arguments.get(name, default)

    def prepare(self) -> None:
        """Tornado calls it before it looks at the origin."""

    def check_origin(self, origin: str) -> bool:
        """An override replaces the whole check."""
        raise NotImplementedError

    def check_trusted_origin(self, origin: str) -> bool:
        """An override replaces `trusted_origins`."""
        raise NotImplementedError

    @classmethod
    def overrides(cls, name: str) -> bool:
        return getattr(cls, name) is not getattr(SocketOnTheKit, name)


def rebuilt(handler: type[WebSocketHandler], given: dict[str, object]) -> type[SocketOnTheKit]:
    """The class with every method that Tornado's test module gives the original, on the adapter."""
    own: dict[str, object] = {"GIVEN": given}
    for one in reversed(handler.__mro__[: handler.__mro__.index(WebSocketHandler)]):
        own |= {name: value for name, value in vars(one).items() if not name.startswith("__")}
    return type(handler.__name__, (SocketOnTheKit,), own)


def on_one_aiohttp_route(handler: type[SocketOnTheKit], *, by_hand: bool):
    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        own = handler(dict(request.query), socket.send_str)
        own.prepare()
        if by_hand or own.overrides("check_origin"):
            own_rule = own.check_origin if own.overrides("check_origin") else None
            on_aiohttp.check_websocket_origin(request, own_rule)
        await socket.prepare(request)
        async for message in socket:
            await own.on_message(message.data)
        return socket

    if handler.overrides("check_trusted_origin"):
        serve = on_aiohttp.trusting(functools.partial(handler.check_trusted_origin, None))(serve)
    return serve


def aiohttp_app(
    handlers: dict[str, type[SocketOnTheKit]], options: dict, *, by_hand: bool
) -> web.Application:
    """By hand, each handler asks for the check; otherwise the kit makes it of every handshake."""
    app = web.Application()
    on_aiohttp.setup(app, None, None, **options, cross_origin_protection=not by_hand)
    for path, handler in handlers.items():
        app.router.add_get(path, on_one_aiohttp_route(handler, by_hand=by_hand))
    return app


def on_one_starlette_route(path: str, handler: type[SocketOnTheKit], options: dict) -> WebSocketRoute:
    async def serve(websocket) -> None:
        own = handler(dict(websocket.query_params), websocket.send_text)
        own.prepare()
        if own.overrides("check_origin") and not own.check_origin(websocket.headers.get("Origin")):
            await websocket.close()
            return
        await websocket.accept()
        try:
            while True:
                await own.on_message(await websocket.receive_text())
        except WebSocketDisconnect:
            return

    options = options | {"cross_origin_protection": not handler.overrides("check_origin")}
    if handler.overrides("check_trusted_origin"):
        options["check_trusted_origin"] = functools.partial(handler.check_trusted_origin, None)
    return WebSocketRoute(path, serve, middleware=[Middleware(asgi.TornadoCookies, **options)])


def starlette_app(handlers: dict[str, type[SocketOnTheKit]], options: dict) -> Starlette:
    """Each route with a `TornadoCookies` of its own, since some have rules of their own."""
    return Starlette(routes=[on_one_starlette_route(*one, options) for one in handlers.items()])


class UvicornWithWebsockets(UvicornServer):
    WS = "websockets-sansio"

    async def close_all_connections(self) -> None:
        async with asyncio.timeout(60):  # uvicorn cannot shut down while a closing handshake is under way
            while self._server.server_state.connections:  # noqa: ASYNC110  # uvicorn has no event for it
                await asyncio.sleep(0)
        await super().close_all_connections()


class SocketsThrough:
    """Gives a websocket test case of Tornado's a server of another framework, with the handlers of the case."""

    MAKE: ClassVar = {
        "aiohttp": (functools.partial(aiohttp_app, by_hand=False), AiohttpServer),
        "aiohttp_by_hand": (functools.partial(aiohttp_app, by_hand=True), AiohttpServer),
        "starlette": (starlette_app, UvicornWithWebsockets),
    }
    framework: str
    paths: ClassVar[set[str]] = {"/echo", "/permissive", "/token", "/trusted_override"}

    def get_app(self):
        theirs = super().get_app()
        rules = {rule.matcher.regex.pattern.removesuffix("$"): rule for rule in theirs.wildcard_router.rules}
        handlers = {
            path: rebuilt(rule.target, rule.target_kwargs)
            for path, rule in rules.items()
            if path in self.paths
        }
        options = {name: value for name, value in theirs.settings.items() if name in Options.__annotations__}
        make, _ = self.MAKE[self.framework]
        return make(handlers, options)

    def get_http_server(self):
        _, server = self.MAKE[self.framework]
        return server(self._app, self.io_loop.run_sync)
