"""Tornado's own cookie tests, run against an aiohttp server through the kit.

Test methods and handlers are those of `tornado.test.web_test`, unchanged: the handlers are built on an adapter in
place of `RequestHandler`, whose cookie methods are the kit's and whose few others come down to an aiohttp response. One
thing is adapted: the tests look for the wording of Tornado's refusals, so a refusal of the kit is raised again in it.
"""

import http.cookies
from unittest.mock import patch

from aiohttp import web
from tornado.test import web_test

from tornado_cookies.aiohttp import cookies_of, setup
from tornado_cookies.cookies import CookieError


class TornadosCookieError(http.cookies.CookieError, ValueError):
    """What the kit refuses, as Tornado's tests expect to be told."""


class OnTheKit:
    """Stands where `tornado.web.RequestHandler` does."""

    def __init__(self, request: web.Request) -> None:
        self.response = web.Response()
        kit = cookies_of(request)
        self._set_cookie = kit.set_cookie
        self.get_cookie, self.clear_all_cookies = kit.get_cookie, kit.clear_all_cookies
        self.text = ""

    def set_cookie(self, name, value, **attributes) -> None:
        try:
            self._set_cookie(name, value, **attributes)
        except CookieError as error:
            typed = next((key for key in attributes if key.lower() == error.field), error.field)
            raise TornadosCookieError(f"Invalid cookie attribute {typed}") from error

    def set_status(self, status: int) -> None:
        self.response.set_status(status)

    def write(self, text: str) -> None:
        self.text += text

    @classmethod
    async def serve(cls, request: web.Request) -> web.Response:
        handler = cls(request)
        handler.get()
        handler.response.text = handler.text
        return handler.response


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


class ThroughTheKit:
    """Gives a test case of Tornado an aiohttp server."""

    def get_app(self) -> web.Application:
        app = web.Application()
        setup(app)
        app.add_routes(web.get(path, handler.serve) for path, handler in self.get_handlers())
        return app

    def get_http_server(self) -> AiohttpServer:
        return AiohttpServer(self._app, self.io_loop.run_sync)


class TestCookie(ThroughTheKit, web_test.CookieTest):
    def get_handlers(self):
        with patch.object(web_test, "RequestHandler", OnTheKit):
            return super().get_handlers()

    def test_it_is_aiohttp_that_answers(self):
        assert "aiohttp" in self.fetch("/get").headers["Server"]


class TestClearAllCookies(ThroughTheKit, web_test.ClearAllCookiesTest):
    def get_handlers(self):
        get = web_test.ClearAllCookiesTest.Handler.get
        return [("/", type("Handler", (OnTheKit,), {"get": get}))]


def test_every_test_method_is_tornados_own():
    own = {name for name in vars(TestCookie) | vars(TestClearAllCookies) if name.startswith("test_")}
    assert own == {"test_it_is_aiohttp_that_answers"}
    theirs = [name for name in dir(web_test.CookieTest) if name.startswith("test_")]
    assert len(theirs) >= 10
