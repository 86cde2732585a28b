"""The kit in a bare aiohttp application: nothing of this project but what a user would import."""

import asyncio
import subprocess
import sys
import time

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient

from tornado_cookies.aiohttp import Cookies, cookies_of, setup
from tornado_cookies.cookies import CookieError

SECRET = "a secret of more than 32 bytes, for tests"


@pytest.fixture
def app() -> web.Application:
    app = web.Application()
    setup(app, SECRET)
    return app


@pytest.fixture
def call(aiohttp_client, app):
    """Run `handler` in the application on one GET; return the answer."""

    async def go(handler, *, path: str = "/", headers=None):
        app.router.add_get("/", handler)
        client = await aiohttp_client(app)
        return await client.get(path, headers=headers, allow_redirects=False)

    return go


@pytest.fixture
def aiohttp_client_cls():
    return TestClient


def written(answer) -> list[str]:
    return answer.headers.getall("Set-Cookie", [])


# --- which responses get the cookies


async def test_an_answer_gets_the_cookies_in_the_order_of_first_set(call):
    async def handler(request):
        own = cookies_of(request)
        own.set_cookie("b", "1", domain="x.org", secure=True, httponly=True)
        own.set_cookie("a", "2")
        own.set_cookie("b", "3")
        return web.Response()

    assert written(await call(handler)) == ["b=3; Path=/", "a=2; Path=/"]


@pytest.mark.parametrize("error", [web.HTTPFound("/x"), web.HTTPForbidden(), web.HTTPInternalServerError()])
async def test_a_raised_http_exception_gets_the_cookies(call, error):
    async def handler(request):
        cookies_of(request).set_cookie("a", "b")
        raise error

    answer = await call(handler)
    assert (answer.status, written(answer)) == (error.status, ["a=b; Path=/"])


async def test_an_answer_to_a_fault_gets_the_cookies_set_before_it(call, caplog):
    async def handler(request):
        cookies_of(request).set_cookie("a", "b")
        raise ZeroDivisionError

    answer = await call(handler)
    assert (answer.status, written(answer)) == (500, ["a=b; Path=/"])
    assert "ZeroDivisionError" in caplog.text


async def test_what_another_middleware_makes_of_a_fault_gets_the_cookies(call, app):
    @web.middleware
    async def errors(request, handler):
        try:
            return await handler(request)
        except LookupError:
            return web.Response(status=418)

    app.middlewares.append(errors)

    async def handler(request):
        cookies_of(request).set_cookie("a", "b")
        raise LookupError

    answer = await call(handler)
    assert (answer.status, written(answer)) == (418, ["a=b; Path=/"])


async def test_a_middleware_can_set_cookies_even_where_there_is_no_route(call, app):
    @web.middleware
    async def greet(request, handler):
        cookies_of(request).set_cookie("seen", "1")
        return await handler(request)

    app.middlewares.append(greet)

    async def handler(_request):
        raise AssertionError("nobody asked for this path")

    answer = await call(handler, path="/nowhere")
    assert (answer.status, written(answer)) == (404, ["seen=1; Path=/"])


async def test_a_streamed_answer_gets_the_cookies_set_before_it_began(call):
    async def handler(request):
        cookies_of(request).set_cookie("a", "b")
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"body")
        return response

    answer = await call(handler)
    assert (written(answer), await answer.read()) == (["a=b; Path=/"], b"body")


@pytest.mark.parametrize("asked_before", [True, False])
async def test_a_cookie_set_once_the_answer_has_begun_is_an_error_not_a_silent_loss(call, asked_before):
    said = []

    async def handler(request):
        if asked_before:
            cookies_of(request).get_cookie("a")
        response = web.StreamResponse()
        await response.prepare(request)
        own = cookies_of(request)
        for late in (lambda: own.set_cookie("a", "b"), lambda: own.clear_cookie("a")):
            with pytest.raises(RuntimeError) as caught:
                late()
            said.append(str(caught.value))
        return response

    assert written(await call(handler)) == []
    assert said == ["The response has begun; a cookie set now would never reach the browser."] * 2


async def test_an_upload_that_waits_for_100_continue_can_be_answered_with_a_cookie(aiohttp_client, app):
    async def handler(request):
        cookies_of(request).set_cookie("a", await request.text())
        return web.Response()

    app.router.add_put("/", handler)
    answer = await (await aiohttp_client(app)).put("/", data=b"b", expect100=True)
    assert written(answer) == ["a=b; Path=/"]


async def test_a_file_gets_the_cookies(call, tmp_path):
    (tmp_path / "file").write_text("content")

    async def handler(request):
        cookies_of(request).set_cookie("a", "b")
        return web.FileResponse(tmp_path / "file")

    answer = await call(handler)
    assert (written(answer), await answer.text()) == (["a=b; Path=/"], "content")


async def test_a_websocket_handshake_gets_the_cookies(aiohttp_client, app):
    async def handler(request):
        cookies_of(request).set_signed_cookie("user", "bob")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(str(cookies_of(request).get_cookie("a")))
        await socket.close()
        return socket

    app.router.add_get("/", handler)
    client = await aiohttp_client(app)
    async with client.ws_connect("/", headers={"Cookie": "a=b"}) as socket:
        (header,) = socket._response.headers.getall("Set-Cookie")
        message = await socket.receive()
    assert header.startswith(('user="2|', "user=2|"))
    assert (message.type, message.data) == (WSMsgType.TEXT, "b")


async def test_cookies_stand_beside_those_of_aiohttps_own_method(call):
    async def handler(request):
        cookies_of(request).set_cookie("a", "b")
        response = web.Response()
        response.set_cookie("c", "d")
        return response

    assert sorted(written(await call(handler))) == ["a=b; Path=/", "c=d; Path=/"]


async def test_a_handler_that_touches_no_cookie_sets_and_parses_none(call, monkeypatch):
    monkeypatch.setattr(Cookies, "__init__", None)

    async def handler(_request):
        return web.Response()

    answer = await call(handler, headers={"Cookie": "a=b"})
    assert (answer.status, written(answer)) == (200, [])


async def test_a_sub_application_shares_the_cookies_of_its_parent(aiohttp_client, app):
    async def handler(request):
        cookies_of(request).set_signed_cookie("a", "b")
        return web.Response()

    sub = web.Application()
    setup(sub, SECRET)  # twice on the way to this handler: written once all the same
    sub.router.add_get("/both", handler)
    other = web.Application()
    other.router.add_get("/one", handler)
    app.add_subapp("/sub", sub)
    app.add_subapp("/other", other)
    client = await aiohttp_client(app)
    for path in ("/sub/both", "/other/one"):
        answer = await client.get(path)
        assert (answer.status, len(written(answer))) == (200, 1)


async def test_two_requests_share_nothing(aiohttp_client, app):
    here, both = [], asyncio.Event()

    async def handler(request):
        cookies_of(request).set_cookie(request.query["name"], "x")
        here.append(request)
        if len(here) == 2:
            both.set()
        await both.wait()
        return web.Response()

    app.router.add_get("/", handler)
    client = await aiohttp_client(app)
    answers = await asyncio.gather(client.get("/?name=a"), client.get("/?name=b"))
    assert [written(answer) for answer in answers] == [["a=x; Path=/"], ["b=x; Path=/"]]


# --- what the methods do


async def inside(call, use, *cookie_lines: str):
    """Run `use(cookies)` in a handler; return what it returned, and the answer."""
    results = []

    async def handler(request):
        results.append(use(cookies_of(request)))
        assert cookies_of(request) is cookies_of(request)
        return web.Response()

    answer = await call(handler, headers=[("Cookie", line) for line in cookie_lines])
    assert answer.status == 200
    return results[0], written(answer)


async def test_reading_knows_what_came_and_not_what_is_being_set(call):
    def use(own):
        own.set_cookie("b", "new")
        return own.get_cookie("a"), own.get_cookie("b"), own.get_cookie("b", "x"), dict(own.received)

    result, _ = await inside(call, use, "a=1", "c=session=good; d=e")
    assert result == ("1", None, "x", {"a": "1", "c": "session=good", "d": "e"})


@pytest.mark.parametrize(
    "fail",
    [
        lambda own: own.set_cookie("a", "new", path="/; Domain=evil"),
        lambda own: own.set_cookie("a", "new", max_age="1; Path=/x"),
        lambda own: own.set_cookie("__Host-a", "new"),
        lambda own: own.set_cookie("a;b", "new"),
        lambda own: own.set_signed_cookie("a", "x" * 4000),
        lambda own: own.clear_cookie("a", domain="x;y"),
        lambda own: own.clear_all_cookies(domain="x;y"),
    ],
)
async def test_a_call_that_fails_changes_nothing(call, fail):
    def use(own):
        own.set_cookie("a", "old", path="/x")
        own.set_cookie("b", "2")
        with pytest.raises(CookieError):
            fail(own)

    _, headers = await inside(call, use, "a=1; b=2")
    assert headers == ["a=old; Path=/x", "b=2; Path=/"]


async def test_clearing_replaces_what_was_set_for_that_name(call):
    def use(own):
        own.set_cookie("a", "1", secure=True)
        own.clear_cookie("a")

    _, (header,) = await inside(call, use)
    assert header.startswith('a=""; expires=')
    assert header.endswith("; Path=/")


async def test_clear_all_skips_names_nobody_could_have_set(call):
    _, headers = await inside(call, lambda own: own.clear_all_cookies(path="/x"), "a=1; a/b=2; path=3; b=4")
    assert [header.split(";")[0] for header in headers] == ['a=""', 'b=""']
    assert all(header.endswith("Path=/x") for header in headers)


async def test_mixed_case_arguments_work_and_warn_as_in_tornado(call):
    def use(own):
        with pytest.warns(DeprecationWarning, match=r"HttpOnly, pATH \(should be lowercase\)"):
            own.set_cookie("a", "b", HttpOnly=True, pATH="/foo")
        with pytest.raises(TypeError, match="unexpected keyword arguments: colour"):
            own.set_cookie("a", "b", colour="red")

    assert (await inside(call, use))[1] == ["a=b; HttpOnly; Path=/foo"]


async def test_octets_that_need_an_escape_are_escaped_unless_they_must_not_be(call):
    def use(own):
        own.set_cookie("a", 'x;y"z')
        with pytest.raises(CookieError, match="cookie 'b': value must not hold double quotes"):
            own.set_cookie("b", "x;y", escape=False)

    assert (await inside(call, use))[1] == ['a="x\\073y\\"z"; Path=/']


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone cannot be changed here")
async def test_a_time_tuple_is_utc_wherever_the_server_stands(call, monkeypatch):
    monkeypatch.setenv("TZ", "EST+5")
    time.tzset()
    try:
        _, headers = await inside(call, lambda own: own.set_cookie("a", "b", expires=time.gmtime(0)))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert headers == ["a=b; expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"]


async def test_a_signed_value_can_be_made_and_read_without_a_cookie(call):
    def use(own):
        value = own.create_signed_value("a", b"\0\xff").decode()
        return (
            own.get_signed_cookie("a", value),
            own.get_signed_cookie("b", value),
            own.get_signed_cookie("a", value, max_age_days=-1),
            own.get_signed_cookie_key_version("a", value),
            own.get_signed_cookie("absent"),
            own.get_signed_cookie_key_version("absent"),
        )

    assert (await inside(call, use))[0] == (b"\0\xff", None, None, 0, None, None)


async def test_tornados_older_names_work_too(call):
    def use(own):
        own.set_secure_cookie("a", "b")
        value = own.create_signed_value("a", "b", version=1).decode()
        return own.get_secure_cookie("a", value), own.get_secure_cookie_key_version("a", value)

    result, headers = await inside(call, use)
    assert (result, len(headers)) == ((b"b", None), 1)


async def test_min_version_refuses_format_1(call):
    def use(own):
        value = own.create_signed_value("a", "b", version=1).decode()
        return own.get_signed_cookie("a", value), own.get_signed_cookie("a", value, min_version=2)

    assert (await inside(call, use))[0] == (b"b", None)


async def test_without_a_secret_plain_cookies_work_and_signed_ones_say_what_is_missing(aiohttp_client):
    app = web.Application()
    setup(app)

    async def handler(request):
        own = cookies_of(request)
        own.set_cookie("a", "b")
        for signed in (own.set_signed_cookie, own.get_signed_cookie, own.get_signed_cookie_key_version):
            with pytest.raises(RuntimeError, match="Signed cookies need a secret"):
                signed("a", "b")
        return web.Response()

    app.router.add_get("/", handler)
    answer = await (await aiohttp_client(app)).get("/")
    assert (answer.status, written(answer)) == (200, ["a=b; Path=/"])


async def test_without_setup_it_says_what_is_missing(aiohttp_client):
    async def handler(request):
        with pytest.raises(RuntimeError, match=r"Cookies need setup\(app\)"):
            cookies_of(request)
        return web.Response()

    app = web.Application()
    app.router.add_get("/", handler)
    assert (await (await aiohttp_client(app)).get("/")).status == 200


@pytest.mark.parametrize("version", [None, 2])
def test_keys_need_the_version_that_signs(version):
    with pytest.raises(ValueError, match="key_version must name one of the secrets"):
        setup(web.Application(), {0: SECRET, 1: SECRET}, version)


async def test_no_secret_is_in_the_applications_repr(app):
    assert all(SECRET not in repr(value) for value in [app, *app.values()])


def test_the_kit_needs_aiohttp_the_cookies_and_the_signing_and_nothing_else_of_this_project():
    code = (
        "import sys, tornado_cookies.aiohttp\n"
        "print(sorted(name for name in sys.modules if name.startswith(('compare', 'tornado', 'msgspec'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = "aiohttp attributes cookies format1 forms keyed origin session settings signing xsrf"
    assert done.stdout.strip() == str(
        ["tornado_cookies", *(f"tornado_cookies.{module}" for module in modules.split())]
    )
