"""No cookie is lost or mixed up in aiohttp: clones, sub-applications, signals, late calls, mocked requests."""

import contextlib
import gc
import weakref

import pytest
from aiohttp import ClientError, web
from aiohttp.test_utils import TestClient, make_mocked_request

from tornado_cookies.aiohttp import cookies_of, setup
from tornado_cookies.cookies import MAX_COOKIES
from tornado_cookies.signing import create_signed_value

SECRET = "a secret of more than 32 bytes, for tests"
OTHER = "another secret of more than 32 bytes, for tests"


@pytest.fixture
def aiohttp_client_cls():
    return TestClient


@pytest.fixture
def app() -> web.Application:
    app = web.Application()
    setup(app, SECRET)
    return app


@pytest.fixture
def get(aiohttp_client, app):
    """Serve `handler` at `path` in the application; return the answer to one GET."""

    async def go(handler=None, *, headers=None, path="/"):
        if handler is not None:
            app.router.add_get(path, handler)
        return await (await aiohttp_client(app)).get(path, headers=headers)

    return go


def written(answer) -> list[str]:
    return answer.headers.getall("Set-Cookie", [])


# --- secrets


@pytest.mark.parametrize(
    ("secret", "version"),
    [("", None), (b"", None), ({0: ""}, 0), ({0: SECRET, 1: b""}, 0), ({0: "", 1: SECRET}, 1)],
)
def test_an_empty_secret_is_refused_in_a_dict_too(secret, version):
    with pytest.raises(ValueError, match=r"^cookie_secret.* is empty"):
        setup(web.Application(), secret, version)


@pytest.mark.parametrize("secret", [5, [SECRET], {0: None}, bytearray(b"x" * 32)])
def test_a_secret_that_is_neither_text_nor_bytes_is_refused(secret):
    with pytest.raises(TypeError, match=r"^cookie_secret"):
        setup(web.Application(), secret, 0)


async def test_a_secret_that_becomes_empty_signs_and_reads_nothing(get, app):
    keys = {0: SECRET, 1: SECRET}
    setup(app, keys, 0)
    forged = create_signed_value("", "user", "admin").decode()
    keys[1] = ""

    async def handler(request):
        own = cookies_of(request)
        for use in (
            lambda: own.get_signed_cookie("user", forged),
            lambda: own.set_signed_cookie("user", "x"),
        ):
            with pytest.raises(RuntimeError, match="need a secret"):
                use()
        return web.Response()

    assert (await get(handler)).status == 200


@pytest.mark.parametrize("secret", ["x" * 31, {0: SECRET, 1: b"x" * 31}])
def test_a_short_secret_is_a_warning_that_does_not_show_it(secret, caplog):
    setup(web.Application(), secret, 0)
    assert "has fewer than 32 bytes" in caplog.text
    assert "xxx" not in caplog.text


@pytest.mark.parametrize("secret", [SECRET, {0: SECRET, 1: b"x" * 32}])
def test_a_secret_of_32_bytes_is_no_reason_for_a_warning(secret, caplog):
    setup(web.Application(), secret, 0)
    assert caplog.text == ""


# --- clones


@pytest.mark.parametrize("touched_before", [False, True])
async def test_a_cookie_set_on_a_clone_goes_out(get, app, touched_before):
    @web.middleware
    async def proxied(request, handler):
        if touched_before:
            cookies_of(request).set_cookie("before", "1")
        response = await handler(request.clone(scheme="https"))
        cookies_of(request).set_cookie("after", "1")
        return response

    app.middlewares.append(proxied)

    async def handler(request):
        assert request.scheme == "https"
        cookies_of(request).clear_cookie("user")
        return web.Response()

    names = [header.partition("=")[0] for header in written(await get(handler))]
    assert names == ["before"] * touched_before + ["user", "after"]


async def test_a_clone_reads_its_own_cookie_header(get, app):
    @web.middleware
    async def stripping(request, handler):
        assert cookies_of(request).get_cookie("user") == "bob"
        clone = request.clone(headers={"Cookie": "a=b"})
        assert dict(cookies_of(clone).received) == {"a": "b"}
        assert cookies_of(request).get_cookie("user") == "bob"
        return await handler(clone)

    app.middlewares.append(stripping)

    async def handler(request):
        return web.json_response(dict(cookies_of(request).received))

    assert await (await get(handler, headers={"Cookie": "user=bob"})).json() == {"a": "b"}


async def test_nothing_is_kept_of_a_request_that_is_over(aiohttp_client, app):
    seen = []

    async def handler(request):
        own = cookies_of(request)
        own.set_cookie("a", "b")
        seen.append(weakref.ref(request.writer))
        response = web.StreamResponse()
        await response.prepare(request)
        if "abort" in request.query:
            request.transport.abort()
        return response

    app.router.add_get("/", handler)
    client = await aiohttp_client(app)
    await (await client.get("/")).read()
    with contextlib.suppress(ClientError):
        await (await client.get("/?abort")).read()
    await client.close()
    gc.collect()
    assert [ref() for ref in seen] == [None, None]


# --- sub-applications


@pytest.mark.parametrize("parent_looks_first", [False, True])
async def test_a_sub_application_has_its_own_secret_whoever_looked_first(get, app, parent_looks_first):
    @web.middleware
    async def look(request, handler):
        if parent_looks_first:
            cookies_of(request).set_signed_cookie("parent", "1")
        response = await handler(request)
        assert cookies_of(request).get_signed_cookie("user") == b"mallory"
        return response

    app.middlewares.append(look)
    sub = web.Application()
    setup(sub, OTHER)
    read = []

    async def handler(request):
        own = cookies_of(request)
        read.append(own.get_signed_cookie("user"))
        assert own.get_signed_cookie("sub", own.create_signed_value("sub", "x").decode()) == b"x"
        own.set_signed_cookie("sub", "1")
        return web.Response()

    sub.router.add_get("/", handler)
    app.add_subapp("/admin", sub)
    value = create_signed_value(SECRET, "user", "mallory").decode()
    answer = await get(path="/admin/", headers={"Cookie": f"user={value}"})
    assert (answer.status, read) == (200, [None])
    assert [header.partition("=")[0] for header in written(answer)] == ["parent"] * parent_looks_first + [
        "sub"
    ]


# --- signals and late calls


@pytest.mark.parametrize("touched_before", [False, True])
@pytest.mark.parametrize("whose", ["own", "sub"])
async def test_a_signal_appended_after_setup_can_set_cookies(aiohttp_client, app, touched_before, whose):
    async def slide(request, _response):
        cookies_of(request).set_cookie("sliding", "2")
        cookies_of(request).set_cookie("first", "2")

    async def handler(request):
        if touched_before:
            cookies_of(request).set_cookie("first", "1", httponly=True)
        response = web.Response()
        response.set_cookie("aiohttps", "own")
        return response

    serving = web.Application() if whose == "sub" else app
    serving.router.add_get("/x", handler)
    serving.on_response_prepare.append(slide)
    if whose == "sub":
        app.add_subapp("/sub", serving)
    answer = await (await aiohttp_client(app)).get("/sub/x" if whose == "sub" else "/x")
    assert answer.status == 200
    assert sorted(written(answer)) == ["aiohttps=own; Path=/", "first=2; Path=/", "sliding=2; Path=/"]


@pytest.mark.parametrize("asked_before", [True, False])
@pytest.mark.parametrize("kind", [web.Response, web.StreamResponse])
async def test_the_first_touch_after_prepare_raises_for_every_kind_of_response(get, asked_before, kind):
    async def handler(request):
        if asked_before:
            cookies_of(request)
        response = kind()
        await response.prepare(request)
        with pytest.raises(RuntimeError, match="The response has begun"):
            cookies_of(request).set_cookie("a", "b")
        return response

    answer = await get(handler)
    assert (answer.status, written(answer)) == (200, [])


# --- unit tests


def test_a_handler_that_sets_cookies_can_be_tested_with_a_mocked_request(app):
    request = make_mocked_request("GET", "/", headers={"Cookie": "a=b"}, app=app)
    own = cookies_of(request)
    own.set_cookie("c", "d")
    assert (own.get_cookie("a"), own.written) == ("b", ["c=d; Path=/"])


# --- clearing all


@pytest.mark.parametrize(
    ("count", "cleared", "left"),
    [(0, 0, 0), (1, 1, 0), (MAX_COOKIES, MAX_COOKIES, 0), (MAX_COOKIES + 7, MAX_COOKIES, 7)],
)
def test_clear_all_clears_what_a_browser_holds_and_says_how_many_are_left_out(
    app, caplog, count, cleared, left
):
    line = "; ".join([*(f"n{i}=" for i in range(count)), "a/b=", "path="])
    own = cookies_of(make_mocked_request("GET", "/", headers={"Cookie": line}, app=app))
    assert (own.clear_all_cookies(), len(own.written)) == (left, cleared)
    assert caplog.messages == ["clear_all_cookies: 180 cookies cleared, 7 left out"] * bool(left)
