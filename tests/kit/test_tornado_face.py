"""The Tornado face on a bare application: its settings as they are now, cookies in time, every `Cookie` line."""

import json

import pytest
from aiohttp import ClientSession
from tornado import httpserver, netutil, web

from tornado_cookies.tornado import Cookies

KEYS = {0: "0" * 32, 1: "1" * 32}


class Handler(Cookies):
    async def get(self):
        if self.get_argument("touched", ""):
            self.set_cookie("early", "1")
            self.set_cookie("soon", "2")
        if self.get_argument("flushed", ""):
            self.write(" ")
            await self.flush()
            with pytest.raises(RuntimeError, match="has begun"):
                self.set_cookie("late", "1")
        signed = self.create_signed_value("n", "v").decode() if self.settings.get("cookie_secret") else ""
        self.write(json.dumps({"received": dict(self.received), "signed": signed}))


@pytest.fixture
async def site():
    app = web.Application([("/", Handler)], log_function=lambda _: None, cookie_secret=KEYS, key_version=0)
    server = httpserver.HTTPServer(app)
    (sock,) = netutil.bind_sockets(0, "127.0.0.1")
    server.add_sockets([sock])
    async with ClientSession() as session:

        async def ask(query="", headers=()):
            url = f"http://127.0.0.1:{sock.getsockname()[1]}/{query}"
            async with session.get(url, headers=headers) as answer:
                said = json.loads(await answer.text() or "{}")
                return answer.status, said | {"set": answer.headers.getall("Set-Cookie", [])}

        yield app, ask
    server.stop()
    await server.close_all_connections()


async def test_every_cookie_line_is_read(site):
    _, said = await site[1](headers=[("Cookie", "a=1"), ("Cookie", "b=2")])
    assert said["received"] == {"a": "1", "b": "2"}


async def test_the_secret_and_the_version_that_signs_are_those_of_the_settings_now(site):
    app, ask = site
    first = (await ask())[1]["signed"]
    app.settings["key_version"] = 1
    assert (first[:6], (await ask())[1]["signed"][:6]) == ("2|1:0|", "2|1:1|")
    app.settings["cookie_secret"] = {1: "x" * 32}
    signed = (await ask())[1]["signed"]
    assert web.decode_signed_value({1: "x" * 32}, "n", signed) == b"v"


@pytest.mark.parametrize("query", ["?flushed=1", "?flushed=1&touched=1"])
async def test_a_cookie_set_once_the_headers_left_is_an_error(site, query):
    assert (await site[1](query))[0] == 200
    assert "signed" in (await site[1](query))[1]


async def test_each_cookie_leaves_in_a_line_of_its_own(site):
    _, said = await site[1]("?touched=1")
    assert said["set"] == ["early=1; Path=/", "soon=2; Path=/"]
