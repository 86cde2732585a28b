"""XSRF tokens and origins: what a form's bytes hold, and the checks on aiohttp's routes."""

import time
from urllib.parse import parse_qsl

import pytest
from aiohttp import WSServerHandshakeError
from aiohttp import web as aioweb
from aiohttp.test_utils import TestClient, make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from tornado_cookies import forms, origin, xsrf
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


@given(st.binary(max_size=40), st.binary(min_size=4, max_size=4), st.sampled_from([1, 2]))
def test_a_token_comes_back_from_either_format(raw, mask, version):
    assert xsrf.decode(xsrf.encode(raw, 1_700_000_000, version, mask).decode()).raw == raw


@pytest.mark.parametrize("created_s", ["0" * 20, "1" * 5000, "-1", " 1", "1_0", ""])
def test_the_quick_way_reads_what_the_full_way_reads(created_s):
    text = f"2|01020304|{V1}|{created_s}"  # a number of more than 4,300 digits is none
    assert xsrf.raw_of(text) == xsrf.decode(text).raw


def test_another_format_is_refused():
    with pytest.raises(ValueError, match="unknown xsrf cookie version 3"):
        xsrf.encode(b"x", 0, 3)


def test_a_host_is_the_same_in_any_case():
    for host, from_origin in (("Site.example:80", "http://site.EXAMPLE:80"), ("a", "http://A/path")):
        said = origin.refusal(
            sec_fetch_site=None, origin=from_origin, host=host, is_trusted=set().__contains__
        )
        assert said is None


# --- a form in bytes


def part(disposition: bytes, content: bytes) -> bytes:
    return b"--b\r\nContent-Disposition: " + disposition + b"\r\n\r\n" + content + b"\r\n"


@pytest.mark.parametrize(
    ("body", "token"),
    [
        (part(b'form-data; name="_xsrf"', b"t"), "t"),
        (part(b"form-data; name=_xsrf", b" t "), "t"),
        (part(b'form-data; name="_xsrf"', b"t--bx"), "t--bx"),
        (part(b'Form-Data; Name="_xsrf"', b"t"), "t"),
        (part(b'form-data; filename="f"; name="_xsrf"', b"t"), ""),
        (part(b'form-data; name="a;name=_xsrf"', b"t"), ""),
        (part(b'form-data; name="a\\"; name=_xsrf"', b"t"), ""),
        (part(b'attachment; name="_xsrf"', b"t"), ""),
        (part(b'form-data; name="_xsrf', b"t"), ""),
        (part(b'form-data; name="other"', b"--b\r\n") + part(b'form-data; name="_xsrf"', b"t"), "t"),
        (part(b'form-data; name="_xsrf"', b"1") + part(b'form-data; name="_xsrf"', b"2"), "2"),
        (b"--b\r\n\r\n", ""),
        (b"", ""),
    ],
)
def test_a_form_in_parts_has_this_token(body, token):
    assert forms.token_in_form("multipart/form-data; boundary=b", body + b"--b--\r\n") == token
    assert forms.token_in_form('Multipart/Form-Data; charset=x; boundary="b"', body + b"--b--\r\n") == token


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary", "multipart/form-data; boundary=", "x"]
)
def test_a_form_without_a_boundary_has_no_token(kind):
    assert forms.token_in_form(kind, part(b'form-data; name="_xsrf"', b"t")) == ""


@pytest.mark.parametrize(
    ("query", "token"),
    [
        ("_xsrf=a", "a"),
        ("_xsrf=a&_xsrf=b", "b"),
        ("%5fxsrf=a", "a"),
        ("%5F%78srf=a", "a"),
        ("_xsrf=a&_xsrfx=b&x_xsrf=c", "a"),
        ("_xsrf=%20a%00", "a"),
        ("x=_xsrf", ""),
        ("", ""),
        ("_xsrf", ""),
    ],
)
def test_a_query_has_this_token(query, token):
    assert forms.token_in_query(query) == token


@given(
    st.lists(st.sampled_from(["_xsrf", "%5fxsrf", "_%78s%72%66", "=", "&", "+", "%20", "%", "a", ";"])).map(
        "".join
    )
)
def test_a_query_has_the_token_that_a_parser_finds(query):
    found = [value for name, value in parse_qsl(query, keep_blank_values=True) if name == xsrf.FIELD]
    assert forms.token_in_query(query) == xsrf.cleaned(["", *found][-1])


@given(st.binary(max_size=200), st.text(max_size=40))
def test_no_bytes_make_a_form_raise(body, kind):
    for start in ("", "multipart/form-data; boundary=", "application/x-www-form-urlencoded"):
        assert isinstance(forms.token_in_form(start + kind, body), str)


@pytest.mark.parametrize(
    ("kind", "pieces"),
    [
        (
            "multipart/form-data; boundary=b",
            [
                b"--b\r\n",
                b'--b\r\nContent-Disposition: x; name="',
                b"--b\r\n_xsrf\r\n\r\n",
                b';name="x',
                b"\r\n--b",
                b"&",
            ],
        ),
        ("application/x-www-form-urlencoded", [b"&", b"_xsrf&", b"&%5f", b"_xsrf=x&", b"_xsr", b"%"]),
    ],
)
def test_a_form_ten_times_as_long_takes_about_ten_times_as_long(kind, pieces):
    def seconds(size: int, piece: bytes) -> float:
        body = b"--b\r\nContent-Disposition: form-data;" + piece * (size // len(piece))
        began = time.thread_time()
        forms.token_in_form(kind, body)
        return time.thread_time() - began

    for piece in pieces:
        assert any(
            min(seconds(200_000, piece) for _ in range(3))
            < 0.002 + 30 * min(seconds(20_000, piece) for _ in range(5))
            for _ in range(3)
        ), piece


# --- in aiohttp


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


MULTIPART = "multipart/form-data; boundary=b"
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
