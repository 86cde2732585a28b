"""The lines of the migration guide that are not the kit's: what Tornado does, what aiohttp does, how to get it back."""

import asyncio
import urllib.parse

import pytest
from aiohttp import ClientSession, WSMsgType
from aiohttp import web as aioweb
from tornado import httpserver, netutil, web, websocket

from tornado_cookies.aiohttp import cookies_of, setup

SECRET = "a secret of more than 32 bytes, for tests"
PROXY = {"X-Forwarded-For": "203.0.113.7"}


@pytest.fixture
async def client():
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def tornado_site():
    servers = []

    def serve(*routes, xheaders=False, **settings) -> str:
        server = httpserver.HTTPServer(
            web.Application(routes, log_function=lambda _: None, **settings), xheaders=xheaders
        )
        (sock,) = netutil.bind_sockets(0, "127.0.0.1")
        server.add_sockets([sock])
        servers.append(server)
        return f"http://127.0.0.1:{sock.getsockname()[1]}"

    yield serve
    for server in servers:
        server.stop()
        await server.close_all_connections()


@pytest.fixture
async def aiohttp_site():
    runners = []

    async def serve(*routes, middlewares=()) -> str:
        app = aioweb.Application(middlewares=middlewares)
        setup(app, SECRET)
        app.add_routes(routes)
        runner = aioweb.AppRunner(app, access_log=None, shutdown_timeout=1)
        runners.append(runner)
        await runner.setup()
        await aioweb.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield serve
    for runner in runners:
        await runner.cleanup()


# --- the address of the client behind a proxy


class Address(web.RequestHandler):
    def get(self):
        self.write(self.request.remote_ip)


async def address(request):
    return aioweb.Response(text=request.remote)


@aioweb.middleware
async def behind_a_proxy(request, handler):
    """Believe the last `X-Forwarded-For`, as `xheaders=True` does; only where a proxy sets it."""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return await handler(request.clone(remote=forwarded) if forwarded else request)


async def test_the_address_a_proxy_names_is_believed_only_where_that_is_asked_for(
    client, tornado_site, aiohttp_site
):
    sites = [
        (tornado_site(("/", Address)), "127.0.0.1"),
        (tornado_site(("/", Address), xheaders=True), "203.0.113.7"),
        (await aiohttp_site(aioweb.get("/", address)), "127.0.0.1"),
        (await aiohttp_site(aioweb.get("/", address), middlewares=[behind_a_proxy]), "203.0.113.7"),
    ]
    for url, expected in sites:
        async with client.get(url, headers=PROXY) as answer:
            assert await answer.text() == expected


# --- pings of websockets, and their closing


class Silent(websocket.WebSocketHandler):
    pass


async def test_a_websocket_is_pinged_by_a_setting_in_tornado_and_by_heartbeat_in_aiohttp(
    client, tornado_site, aiohttp_site
):
    async def pinging(request):
        response = aioweb.WebSocketResponse(heartbeat=0.05)
        await response.prepare(request)
        async for _ in response:
            pass
        return response

    sites = [
        tornado_site(("/", Silent), websocket_ping_interval=0.05, websocket_ping_timeout=0.05),
        await aiohttp_site(aioweb.get("/", pinging)),
    ]
    for url in sites:
        async with client.ws_connect(url, autoping=False) as socket:
            assert (await socket.receive(timeout=60)).type is WSMsgType.PING


async def test_an_aiohttp_site_that_stops_closes_the_websockets_it_kept_with_1001(client, aiohttp_site):
    kept = set()

    async def keep(request):
        response = aioweb.WebSocketResponse()
        await response.prepare(request)
        kept.add(response)
        async for _ in response:
            pass
        return response

    async def close_all(_app):
        for response in list(kept):
            await response.close(code=1001)

    app = aioweb.Application()
    app.add_routes([aioweb.get("/", keep)])
    app.on_shutdown.append(close_all)
    runner = aioweb.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await aioweb.TCPSite(runner, "127.0.0.1", 0).start()
    async with client.ws_connect(f"http://127.0.0.1:{runner.addresses[0][1]}") as socket:
        stopping = asyncio.create_task(runner.cleanup())
        assert (await socket.receive(timeout=60)).data == 1001
        await stopping


# --- HEAD


class Page(web.RequestHandler):
    def get(self):
        self.write("page")


async def page(_request):
    return aioweb.Response(text="page")


async def test_head_is_405_in_tornado_and_as_get_in_aiohttp_unless_forbidden(
    client, tornado_site, aiohttp_site
):
    sites = [
        (tornado_site(("/", Page)), 405),
        (await aiohttp_site(aioweb.get("/", page)), 200),
        (await aiohttp_site(aioweb.get("/", page, allow_head=False)), 405),
    ]
    for url, status in sites:
        async with client.head(url) as answer:
            assert answer.status == status


# --- login_url and @authenticated


class Private(web.RequestHandler):
    def get_current_user(self):
        return self.get_signed_cookie("user", min_version=2)

    @web.authenticated
    def get(self):
        self.write("private")

    post = get


def authenticated(handler):
    """Tornado's decorator: who is not logged in is sent to the login, and from a form refused."""

    async def checked(request):
        if cookies_of(request).get_signed_cookie("user", min_version=2) is None:
            if request.method not in {"GET", "HEAD"}:
                raise aioweb.HTTPForbidden
            raise aioweb.HTTPFound("/login?" + urllib.parse.urlencode({"next": request.path_qs}))
        return await handler(request)

    return checked


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_who_is_not_logged_in_is_sent_to_the_login_by_either(
    client, tornado_site, aiohttp_site, method
):
    sites = [
        tornado_site(("/private", Private), cookie_secret=SECRET, login_url="/login"),
        await aiohttp_site(aioweb.route("*", "/private", authenticated(page))),
    ]
    said = []
    for url in sites:
        async with client.request(method, f"{url}/private?a=b c", allow_redirects=False) as answer:
            where = urllib.parse.urlsplit(answer.headers.get("Location", ""))
            said.append((answer.status, where.path, urllib.parse.parse_qs(where.query)))
    assert said[0] == said[1]
    assert said[0] == ((302, "/login", {"next": ["/private?a=b+c"]}) if method == "GET" else (403, "", {}))
