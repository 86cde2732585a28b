"""XSRF tokens and origins in an aiohttp application."""

import pytest
from aiohttp import WSServerHandshakeError
from aiohttp import web as aioweb
from aiohttp.test_utils import TestClient, make_mocked_request
from multidict import CIMultiDict

from tornado_cookies import xsrf
from tornado_cookies.aiohttp import (
    Forbidden,
    any_origin,
    check_websocket_origin,
    cookies_of,
    setup,
    trusting,
    xsrf_exempt,
)

SECRET = "a secret of more than 32 bytes, for tests"

V1 = "00112233445566778899aabbccddeeff"


@pytest.fixture
def aiohttp_client_cls():
    return TestClient


@pytest.fixture
def site(aiohttp_client):
    async def make(**options):
        app = aioweb.Application()
        setup(app, SECRET, **options)

        async def form(request):
            return aioweb.json_response({name: str(value) for name, value in (await request.post()).items()})

        class View(aioweb.View):
            async def post(self):
                return aioweb.Response()

        async def socket(request):
            response = aioweb.WebSocketResponse()
            await response.prepare(request)
            await response.close()
            return response

        async def guarded_socket(request):
            check_websocket_origin(request)
            return await socket(request)

        async def unread(_request):
            return aioweb.Response()

        async def free(_request):
            return aioweb.Response()

        async def partner(_request):
            return aioweb.Response()

        app.router.add_post("/form", form)
        app.router.add_post("/unread", unread)
        app.router.add_view("/view", xsrf_exempt(View))
        app.router.add_post("/free", any_origin(xsrf_exempt(free)))
        app.router.add_post("/partner", trusting("https://partner.example".__eq__)(partner))
        app.router.add_get("/ws", socket)
        app.router.add_get("/guarded", guarded_socket)
        return await aiohttp_client(app)

    return make


COOKIE = {"Cookie": f"_xsrf={V1}"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_the_handlers_own_post_still_reads_the_form(site):
    client = await site(xsrf_cookies=True)
    body = f"_xsrf={V1}&note=x"
    answer = await client.post("/form", data=body, headers=COOKIE | FORM)
    assert await answer.json() == {"_xsrf": V1, "note": "x"}
    answer = await client.post("/form", data=b"note=x", headers=COOKIE | FORM | {"X-Csrftoken": V1})
    assert await answer.json() == {"note": "x"}


async def test_a_form_of_more_fields_than_aiohttp_parses_still_brings_its_token(site):
    client = await site(xsrf_cookies=True)
    body = "&".join(["a=b"] * 2000 + [f"_xsrf={V1}"])
    for path, status in (("/unread", 200), ("/form", 413)):  # 413 is aiohttp's, to the handler's own post()
        assert (await client.post(path, data=body, headers=COOKIE | FORM)).status == status
    assert (await client.post("/unread", data=body[:-1], headers=COOKIE | FORM)).status == 403


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"_xsrf=x", "application/x-www-form-urlencoded; charset=nonsense"),
        (b"\xff\xfe", "application/x-www-form-urlencoded; charset=utf-16"),
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=b"),
        (b"--b\r\nx", "multipart/form-data; boundary=b"),
        (
            b"--b\r\nContent-Disposition: form-data; name=_xsrf; filename=f\r\n\r\nx\r\n--b--",
            "multipart/form-data; boundary=b",
        ),
        (b"{}", "application/json"),
    ],
)
async def test_garbage_instead_of_a_form_is_403_never_500(site, data, kind):
    client = await site(xsrf_cookies=True)
    answer = await client.post("/form", data=data, headers=COOKIE | {"Content-Type": kind})
    assert answer.status == 403


async def test_a_route_can_be_exempt_and_what_is_not_there_is_404(site):
    client = await site(xsrf_cookies=True, cross_origin_protection=True)
    statuses = [(await client.post(path)).status for path in ("/form", "/view", "/free", "/nowhere")]
    assert statuses == [403, 200, 200, 404]
    evil = {"Origin": "https://evil.example"}
    assert [(await client.post(path, headers=evil)).status for path in ("/view", "/free")] == [403, 200]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_each_method_that_may_change_something_is_checked_before_it_is_looked_for(site, method):
    client = await site(xsrf_cookies=True)
    assert (await client.request(method, "/form")).status == 403


async def test_a_route_can_trust_an_origin_of_its_own(site):
    client = await site(cross_origin_protection=True)
    statuses = [
        (await client.post("/partner", headers={"Origin": who, "Sec-Fetch-Site": "cross-site"})).status
        for who in ("https://partner.example", "https://evil.example")
    ]
    assert statuses == [200, 403]


@pytest.mark.parametrize(("options", "path"), [({"cross_origin_protection": True}, "/ws"), ({}, "/guarded")])
async def test_a_websocket_from_another_site_is_refused(site, options, path):
    client = await site(**options)
    async with client.ws_connect(path, headers={"Origin": str(client.make_url("")).rstrip("/")}):
        pass
    with pytest.raises(WSServerHandshakeError, match="403"):
        await client.ws_connect(path, headers={"Origin": "http://evil.example"})


async def test_two_lines_of_one_header_are_read_as_tornado_reads_them(site):
    client = await site(cross_origin_protection=True)
    headers = [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")]
    assert (await client.post("/form", headers=headers)).status == 403


async def test_of_two_hosts_none_is_the_origins(site):
    client = await site(cross_origin_protection=True)
    request = make_mocked_request(
        "POST",
        "/form",
        headers=CIMultiDict([("Host", "a"), ("Host", "b"), ("Origin", "http://a")]),
        app=client.app,
    )
    request.match_info.route.handler = None  # else a mock, which trusts everybody
    with pytest.raises(Forbidden) as caught:
        check_websocket_origin(request)
    assert caught.value.text == "Origin 'http://a' not allowed"


async def test_the_refusal_is_logged_as_tornado_logs_it(site, caplog):
    client = await site(xsrf_cookies=True)
    await client.post("/form?a=%0a")
    assert (
        "tornado.general",
        30,
        "403 POST '/form': '_xsrf' argument missing from POST",
    ) in caplog.record_tuples


async def test_a_token_asked_for_on_a_clone_and_on_the_request_is_one(aiohttp_client):
    app = aioweb.Application()
    setup(app, SECRET)

    async def handler(request):
        first = cookies_of(request).xsrf_token
        second = cookies_of(request.clone()).xsrf_token
        assert xsrf.decode(first.decode()).raw == xsrf.decode(second.decode()).raw
        return aioweb.Response()

    app.router.add_get("/", handler)
    answer = await (await aiohttp_client(app)).get("/")
    assert (answer.status, len(answer.headers.getall("Set-Cookie"))) == (200, 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"trusted_origins": "https://a.example"}, "trusted_origins must be a list"),
        ({"xsrf_cookie_version": 3}, "xsrf_cookie_version must be 1 or 2"),
        ({"xsrf_cookie_name": "a b"}, "name must be an RFC 6265bis token"),
        ({"xsrf_cookie_name": "__Host-x"}, "requires secure"),
        ({"xsrf_cookie_kwargs": {"samesite": "x"}}, "samesite must be"),
    ],
)
def test_an_option_that_cannot_be_is_refused_at_once(options, words):
    with pytest.raises(ValueError, match=words):
        setup(aioweb.Application(), SECRET, **options)


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match="unknown options: xsrf"):
        setup(aioweb.Application(), SECRET, xsrf=True)
