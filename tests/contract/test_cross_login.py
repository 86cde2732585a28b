"""Nobody is logged out: what a Tornado site signed an aiohttp site reads, and the other way round.

The Tornado site is Tornado alone, with nothing of this project in it; the aiohttp site uses the kit.
"""

import enum
import itertools

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

from compare.contract import Server
from tornado_cookies.aiohttp import cookies_of, setup

OLD, NEW = "the old secret, of more than 32 bytes", b"the new secret, of more than 32 bytes"


class Keys(enum.Enum):
    """Secrets with the version that signs."""

    PLAIN = (OLD, None)
    BYTES = (OLD.encode(), None)
    VERSIONED = ({0: OLD, 1: NEW}, 0)
    ROTATED = ({0: OLD, 1: NEW}, 1)
    RETIRED = ({1: NEW}, 1)


class TornadoSite(RequestHandler):
    """PUT signs the body, GET tells what was signed."""

    def put(self):
        version = self.get_query_argument("version")
        self.set_signed_cookie("user", self.request.body, version=int(version))

    def get(self):
        value = self.get_signed_cookie("user")
        self.set_header("X-Key-Version", str(self.get_signed_cookie_key_version("user")))
        self.set_status(404 if value is None else 200)
        self.finish(value)


async def put(request):
    """Sign the body."""
    version = int(request.query["version"])
    cookies_of(request).set_signed_cookie("user", await request.read(), version=version)
    return web.Response()


async def get(request):
    """Tell what was signed."""
    own = cookies_of(request)
    value = own.get_signed_cookie("user")
    key_version = str(own.get_signed_cookie_key_version("user"))
    return web.Response(
        body=value, status=404 if value is None else 200, headers={"X-Key-Version": key_version}
    )


@pytest.fixture
async def site():
    """Start a site of either framework with some keys; return its URL."""
    closing = []

    async def tornado(keys: Keys) -> str:
        secret, key_version = keys.value
        sock, port = bind_unused_port()
        server = HTTPServer(Application([("/", TornadoSite)], cookie_secret=secret, key_version=key_version))
        server.add_sockets([sock])
        closing.extend((server.close_all_connections, lambda: stopped(server)))
        return f"http://127.0.0.1:{port}/"

    async def aiohttp(keys: Keys) -> str:
        app = web.Application()
        setup(app, *keys.value)
        app.add_routes([web.put("/", put), web.get("/", get)])
        server = TestServer(app)
        await server.start_server()
        closing.append(server.close)
        return str(server.make_url("/"))

    async def stopped(server):
        server.stop()

    starts = {Server.TORNADO: tornado, Server.AIOHTTP: aiohttp}
    yield lambda framework, keys: starts[framework](keys)
    for close in reversed(closing):
        await close()


@pytest.fixture
async def session():
    async with ClientSession() as session:
        yield session


async def sign(session, url: str, value: bytes, version: int = 2) -> str:
    """Return the cookie pair that the site at `url` sets."""
    async with session.put(url, params={"version": version}, data=value) as answer:
        assert answer.status == 200
        return answer.headers["Set-Cookie"].partition(";")[0]


async def read(session, url: str, cookie: str) -> tuple[bytes | None, str]:
    """Return what the site at `url` reads in the cookie, and its key version."""
    async with session.get(url, headers={"Cookie": cookie}) as answer:
        value = await answer.read()
        return (value if answer.status == 200 else None), answer.headers["X-Key-Version"]


four_ways = pytest.mark.parametrize(("signer", "reader"), list(itertools.product(Server, Server)))
VALUES = {"text": "Grüße, bob".encode(), "binary": bytes(range(256)), "empty": b""}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize(
    ("version", "signs_with", "reads_with", "key_version"),
    [
        (1, Keys.PLAIN, Keys.PLAIN, "None"),
        (1, Keys.PLAIN, Keys.BYTES, "None"),
        (2, Keys.PLAIN, Keys.PLAIN, "0"),
        (2, Keys.PLAIN, Keys.VERSIONED, "0"),
        (2, Keys.PLAIN, Keys.ROTATED, "0"),
        (2, Keys.VERSIONED, Keys.VERSIONED, "0"),
        (2, Keys.VERSIONED, Keys.PLAIN, "0"),
        (2, Keys.ROTATED, Keys.VERSIONED, "1"),
        (2, Keys.ROTATED, Keys.RETIRED, "1"),
    ],
)
@four_ways
async def test_what_one_site_signs_the_other_reads(
    site, session, signer, reader, version, signs_with, reads_with, key_version, value
):
    cookie = await sign(session, await site(signer, signs_with), value, version)
    assert await read(session, await site(reader, reads_with), cookie) == (value, key_version)


@pytest.mark.parametrize(
    ("signs_with", "reads_with"), [(Keys.VERSIONED, Keys.RETIRED), (Keys.ROTATED, Keys.PLAIN)]
)
@four_ways
async def test_what_was_signed_with_a_key_the_other_lacks_is_absent(
    site, session, signer, reader, signs_with, reads_with
):
    cookie = await sign(session, await site(signer, signs_with), b"bob")
    value, _ = await read(session, await site(reader, reads_with), cookie)
    assert value is None


@pytest.mark.parametrize(("value", "head"), [(b"bob", "user=2|1:0"), (b"bob!", 'user="2|1:0')])
async def test_both_set_the_same_cookie_but_for_the_second_it_was_made_in(site, session, value, head):
    cookies = [await sign(session, await site(framework, Keys.PLAIN), value) for framework in Server]
    tornado, aiohttp = [cookie.split("|10:") for cookie in cookies]
    assert tornado[0] == aiohttp[0] == head
    assert [len(cookie) for cookie in tornado] == [len(cookie) for cookie in aiohttp]


@pytest.mark.parametrize("framework", Server)
async def test_neither_signs_format_1_with_versioned_secrets(site, session, framework, caplog):
    async with session.put(await site(framework, Keys.VERSIONED), params={"version": 1}, data=b"x") as answer:
        assert answer.status == 500
        assert "Set-Cookie" not in answer.headers
    assert "AssertionError" in caplog.text


async def test_a_format_1_cookie_and_versioned_secrets_are_absent_here_and_a_fault_in_tornado(
    site, session, caplog
):
    cookie = await sign(session, await site(Server.TORNADO, Keys.PLAIN), b"bob", version=1)
    value, _ = await read(session, await site(Server.AIOHTTP, Keys.VERSIONED), cookie)
    assert value is None
    tornado = await site(Server.TORNADO, Keys.VERSIONED)
    async with session.get(tornado, headers={"Cookie": cookie}) as answer:
        assert answer.status == 500
    assert "AssertionError" in caplog.text
