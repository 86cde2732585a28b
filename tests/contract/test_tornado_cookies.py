"""Tornado's handler with the shared rules mixed in, in a bare Tornado application."""

import pytest
from aiohttp import ClientSession
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, HTTPError, RequestHandler

from tornado_cookies.cookies import CookieError
from tornado_cookies.signing import create_signed_value
from tornado_cookies.tornado import Cookies

OLD, NEW = "the old secret, of more than 32 bytes", "the new secret, of more than 32 bytes"


@pytest.fixture
async def call():
    """Run `use(handler)` in a handler; return the status and the `Set-Cookie` values."""
    servers = []

    async def go(use, *cookie_lines: str) -> tuple[int, list[str]]:
        class Handler(Cookies):
            def get(self):
                use(self)

        sock, port = bind_unused_port()
        app = Application([("/", Handler)], cookie_secret={0: OLD, 1: NEW}, key_version=1)
        servers.append(HTTPServer(app))
        servers[-1].add_sockets([sock])
        headers = [("Cookie", line) for line in cookie_lines]
        async with (
            ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}/", headers=headers) as got,
        ):
            return got.status, got.headers.getall("Set-Cookie", [])

    yield go
    for server in servers:
        server.stop()
        await server.close_all_connections()


async def test_the_last_call_for_a_name_wins_whole_whoever_spells_it(call):
    def use(handler):
        handler.set_cookie("a", "1", domain="x.org", httponly=True)
        handler.set_cookie("a", "2", max_age=0)
        handler.set_cookie("b", "1", expires=0, secure=True)
        handler.set_cookie("b", "2")
        handler.set_cookie("c", "1", max_age=0)
        handler.clear_cookie("c")

    _, (a, b, c) = await call(use)
    assert (a, b) == ("a=2; Max-Age=0; Path=/", "b=2; Path=/")
    assert c.startswith('c=""; expires=')


@pytest.mark.parametrize(
    "fail",
    [
        lambda handler: handler.set_cookie("a", "new", path="/; Domain=evil"),
        lambda handler: handler.set_cookie("a", "new", max_age="1; Path=/x"),
        lambda handler: handler.set_cookie("a", "x y"),
        lambda handler: handler.set_cookie("a", "new", partitioned=True),
        lambda handler: handler.set_cookie("__Host-a", "new"),
        lambda handler: handler.set_signed_cookie("a", "x" * 4000),
        lambda handler: handler.clear_cookie("a", domain="x;y"),
        lambda handler: handler.clear_all_cookies(domain="x;y"),
    ],
)
async def test_a_call_that_fails_changes_nothing(call, fail):
    def use(handler):
        handler.set_cookie("a", "old", path="/x")
        with pytest.raises(CookieError):
            fail(handler)

    assert await call(use, "a=1; b=2") == (200, ["a=old; Path=/x"])


async def test_cookies_reach_the_answer_to_an_error(call):
    def use(handler):
        handler.set_cookie("a", "b")
        handler.set_cookie("c", "d", secure=True, partitioned=True)
        raise HTTPError(403)

    assert await call(use) == (403, ["a=b; Path=/", "c=d; Partitioned; Path=/; Secure"])


async def test_octets_that_need_an_escape_are_escaped_unless_they_must_not_be(call):
    def use(handler):
        handler.set_cookie("a", 'x;y"z')
        with pytest.raises(CookieError, match="value must not hold double quotes"):
            handler.set_cookie("b", "x;y", escape=False)

    assert (await call(use))[1] == ['a="x\\073y\\"z"; Path=/']


async def test_a_value_given_to_read_is_read_instead_of_the_cookie(call):
    read = []

    def use(handler):
        for secret, version, key in ((OLD, 2, None), ({0: OLD, 1: NEW}, 2, 1), (OLD, 1, None)):
            value = create_signed_value(secret, "a", "bob", version=version, key_version=key).decode()
            read.append(handler.get_signed_cookie("a", value))
        read.append(handler.get_signed_cookie("a", "garbage", min_version=1))
        read.append(handler.get_signed_cookie_key_version("absent"))

    assert (await call(use, "a=x"))[0] == 200
    assert read == [b"bob", b"bob", None, None, None]


@pytest.mark.parametrize("asked_before", [True, False])
async def test_a_cookie_set_once_the_headers_have_left_is_an_error_not_a_silent_loss(call, asked_before):
    def use(handler):
        if asked_before:
            handler.get_cookie("a")
        handler.flush()
        with pytest.raises(RuntimeError, match="The response has begun"):
            handler.set_cookie("a", "b")

    assert await call(use) == (200, [])


async def test_a_cookie_goes_out_once_though_the_answer_goes_in_pieces(call):
    def use(handler):
        handler.set_cookie("a", "b")
        handler.write("piece")
        handler.flush()
        handler.write("piece")

    assert await call(use) == (200, ["a=b; Path=/"])


async def test_all_is_cleared_as_far_as_a_browser_holds_it(call):
    left = []
    line = "; ".join(f"n{i}=" for i in range(100))
    assert len((await call(lambda handler: left.append(handler.clear_all_cookies()), line))[1]) == 100
    assert left == [0]


async def test_an_empty_secret_signs_nothing(call):
    def use(handler):
        handler.application.settings["cookie_secret"] = ""
        with pytest.raises(ValueError, match="cookie_secret is empty"):
            handler.set_signed_cookie("a", "b")

    assert await call(use) == (200, [])


def test_nothing_private_of_tornados_is_overridden():
    private = {name for name in vars(Cookies) if name.startswith("_") and not name.startswith("__")}
    assert not {name for name in private if hasattr(RequestHandler, name)}
    assert {name for name in private if not name.startswith("_Cookies__")} == set()
