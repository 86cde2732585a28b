"""The ASGI face in Starlette and FastAPI, under uvicorn and hypercorn, over sockets; websockets included."""

import asyncio
import contextlib
import re
from urllib.parse import quote

import hypercorn.asyncio
import hypercorn.config
import pytest
import uvicorn
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError
from fastapi import FastAPI, Form, Request, WebSocket
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute
from tornado.testing import bind_unused_port
from yarl import URL

from tornado_cookies.asgi import TornadoCookies, cookies_of
from tornado_cookies.signing import create_signed_value, decode_signed_value

SECRET = "a secret of more than 32 bytes, for tests"
OTHER = "another secret of more than 32 bytes, for tests"

V1 = "00112233445566778899aabbccddeeff"


@contextlib.asynccontextmanager
async def under_uvicorn(app, sock):
    config = uvicorn.Config(
        app, log_config=None, log_level="critical", lifespan="off", ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[sock])
    try:
        yield
    finally:
        await server.shutdown()


@contextlib.asynccontextmanager
async def under_hypercorn(app, sock):
    config = hypercorn.config.Config()
    fd = sock.detach()  # hypercorn's own from here on
    config.bind, config.errorlog, config.accesslog = [f"fd://{fd}"], None, None
    config.graceful_timeout = 1
    over = asyncio.Event()
    serving = asyncio.create_task(hypercorn.asyncio.serve(app, config, shutdown_trigger=over.wait))
    try:
        yield
    finally:
        over.set()
        await serving


@pytest.fixture(params=[under_uvicorn, under_hypercorn], ids=["uvicorn", "hypercorn"])
async def serve(request):
    """Serve an ASGI application for the rest of the test; return a client's session for it."""
    async with contextlib.AsyncExitStack() as stack:

        async def go(app) -> ClientSession:
            sock, port = bind_unused_port()
            await stack.enter_async_context(request.param(app, sock))
            return await stack.enter_async_context(ClientSession(f"http://127.0.0.1:{port}"))

        yield go


def starlette_app(**options) -> TornadoCookies:
    async def signed(request):
        own = cookies_of(request)
        user = own.get_signed_cookie("user", min_version=2)
        own.set_signed_cookie("user", "bob", expires_days=1, httponly=True)
        own.set_cookie("plain", "1")
        own.set_cookie("plain", "2", secure=True)
        return PlainTextResponse(user or b"nobody")

    async def fault(request):
        cookies_of(request).clear_cookie("user")
        raise ZeroDivisionError

    async def late(request):
        async def body():
            yield b"begun"
            try:
                cookies_of(request).set_cookie("a", "b")
            except RuntimeError as error:
                yield str(error).encode()

        return StreamingResponse(body())

    async def socket(websocket):
        cookies_of(websocket).set_signed_cookie("ws", "1")
        await websocket.accept()
        await websocket.send_text(str(cookies_of(websocket).get_cookie("a")))
        await websocket.close()

    routes = [Route("/", signed), Route("/fault", fault), Route("/late", late), WebSocketRoute("/ws", socket)]
    return TornadoCookies(Starlette(routes=routes), SECRET, **options)


async def test_cookies_are_read_and_leave_with_the_answer(serve):
    client = await serve(starlette_app())
    value = create_signed_value(SECRET, "user", "mallory").decode()
    async with client.get("/", headers=[("Cookie", "x=y"), ("Cookie", f"user={value}")]) as answer:
        first, second = answer.headers.getall("Set-Cookie")
        assert await answer.text() == "mallory"
    assert re.fullmatch(r'user="?2\|[^;]+; expires=[^;]+; HttpOnly; Path=/', first)
    assert second == "plain=2; Path=/; Secure"
    signed = first.partition(";")[0].removeprefix("user=").strip('"')
    assert decode_signed_value(SECRET, "user", signed) == b"bob"


async def test_the_answer_to_a_fault_gets_the_cookies(serve):
    client = await serve(starlette_app())
    async with client.get("/fault") as answer:
        assert (answer.status, len(answer.headers.getall("Set-Cookie"))) == (500, 1)


async def test_a_cookie_set_once_the_answer_has_begun_is_an_error_not_a_silent_loss(serve):
    client = await serve(starlette_app())
    async with client.get("/late") as answer:
        assert (
            await answer.text()
            == "begunThe response has begun; a cookie set now would never reach the browser."
        )
        assert "Set-Cookie" not in answer.headers


async def test_a_websocket_handshake_gets_the_cookies(serve):
    client = await serve(starlette_app())
    async with client.ws_connect("/ws", headers={"Cookie": "a=b"}) as socket:
        message = await socket.receive()
        assert (message.type, message.data) == (WSMsgType.TEXT, "b")
        assert socket._response.headers["Set-Cookie"].startswith('ws="2|') or "ws=2|" in str(
            socket._response.headers
        )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 101),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "https://trusted.example"}, 101),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"}, 101),
        ({"Origin": "http://[evil"}, 403),
    ],
)
async def test_a_websocket_from_another_site_is_refused(serve, headers, status):
    client = await serve(
        starlette_app(cross_origin_protection=True, trusted_origins=["https://trusted.example"])
    )
    if status == 101:
        async with client.ws_connect("/ws", headers=headers) as socket:
            await socket.receive()
    else:
        with pytest.raises(WSServerHandshakeError) as caught:
            await client.ws_connect("/ws", headers=headers)
        assert caught.value.status == status


def fastapi_app(**options) -> TornadoCookies:
    app = FastAPI()

    @app.get("/form")
    def form(request: Request):
        return JSONResponse({"field": cookies_of(request).xsrf_form_html()})

    @app.post("/form")
    def take(note: str = Form()):
        return {"note": note}

    @app.post("/api/raw")
    async def raw(request: Request):
        return {"bytes": len(await request.body())}

    @app.websocket("/ws")
    async def socket(websocket: WebSocket):
        await websocket.accept()
        await websocket.close()

    return TornadoCookies(app, SECRET, xsrf_cookies=True, **options)


def multipart(**fields: str) -> tuple[bytes, dict[str, str]]:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return "".join([*parts, "--b--\r\n"]).encode(), {"Content-Type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize("kind", ["urlencoded", "multipart", "query", "header"])
async def test_a_form_with_its_token_reaches_the_handler_whole(serve, kind):
    client = await serve(fastapi_app())
    async with client.get("/form") as answer:
        token = re.search(r'value="([^"]+)"', (await answer.json())["field"])[1]
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    data, headers = multipart(note="x" * 100_000, **({"_xsrf": token} if kind == "multipart" else {}))
    if kind == "urlencoded":
        data, headers = (
            f"_xsrf={quote(token)}&note={'x' * 100_000}".encode(),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
    headers |= {"Cookie": cookie} | ({"X-Xsrftoken": token} if kind == "header" else {})
    path = f"/form?_xsrf={quote(token)}" if kind == "query" else "/form"
    async with client.post(path, data=data, headers=headers) as answer:
        assert (answer.status, await answer.json()) == (200, {"note": "x" * 100_000})


@pytest.mark.parametrize(
    ("data", "kind", "status", "text"),
    [
        (b"note=x", "application/x-www-form-urlencoded", 403, "'_xsrf' argument missing from POST"),
        (b"_xsrf=3%7C", "application/x-www-form-urlencoded", 403, "'_xsrf' argument has invalid format"),
        (b"_xsrf=00", "application/x-www-form-urlencoded", 403, "XSRF cookie does not match POST argument"),
        (b"{}", "application/json", 403, "'_xsrf' argument missing from POST"),
        (b"\xff\0", "multipart/form-data; boundary=\xff", 403, "'_xsrf' argument missing from POST"),
        (b"x" * 1001, "multipart/form-data; boundary=b", 413, "A form over 1000 bytes must bring its token"),
    ],
)
async def test_a_form_without_its_token_is_refused(serve, data, kind, status, text):
    client = await serve(fastapi_app(max_form_bytes=1000))
    async with client.post(
        "/form", data=data, headers={"Content-Type": kind, "Cookie": f"_xsrf={V1}"}
    ) as answer:
        assert answer.status == status
        assert (await answer.text()).startswith(text)


@pytest.mark.parametrize(
    ("exempt", "status"), [((), 403), (("/api/raw",), 200), (("/api/*",), 200), (("/api",), 403)]
)
async def test_a_path_can_be_exempt(serve, exempt, status):
    client = await serve(fastapi_app(xsrf_exempt=exempt))
    async with client.post("/api/raw", data=b"x" * 70_000) as answer:
        assert answer.status == status
        if status == 200:
            assert await answer.json() == {"bytes": 70_000}


async def test_a_path_with_two_dots_is_not_below_an_exempt_one(serve):
    client = await serve(fastapi_app(xsrf_exempt=["/api/*"]))
    async with client.post(URL("/api/..%2Fapi/raw", encoded=True), data=b"x") as answer:
        assert answer.status == 403


async def test_a_mounted_application_has_its_own_secret_and_writes_into_the_same_answer(serve):
    async def inside(request):
        own = cookies_of(request)
        read = own.get_signed_cookie("user")
        own.set_signed_cookie("sub", "1")
        own.set_cookie("shared", "sub")
        return PlainTextResponse(read or b"nobody")

    class Outside:
        def __init__(self, app) -> None:
            self.app = app

        async def __call__(self, scope, receive, send):
            assert cookies_of(scope).get_signed_cookie("user") == b"mallory"
            cookies_of(scope).set_cookie("shared", "outer")
            cookies_of(scope).set_cookie("outer", "1")
            stripped = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"cookie"]}
            assert dict(cookies_of(stripped).received) == {}
            await self.app(scope, receive, send)

    sub = TornadoCookies(Starlette(routes=[Route("/", inside)]), OTHER)
    app = TornadoCookies(Outside(Starlette(routes=[Mount("/admin", app=sub)])), SECRET)
    client = await serve(app)
    value = create_signed_value(SECRET, "user", "mallory").decode()
    async with client.get("/admin/", headers={"Cookie": f"user={value}"}) as answer:
        assert await answer.text() == "nobody"
        names = [header.partition("=")[0] for header in answer.headers.getall("Set-Cookie")]
        assert "shared=sub; Path=/" in answer.headers.getall("Set-Cookie")
    assert names == ["shared", "outer", "sub"]
