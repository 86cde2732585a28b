"""aiohttp-session and aiohttp-security on the kit's signed cookies."""

import json
import time

import aiohttp_session
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from aiohttp_security import AbstractAuthorizationPolicy, authorized_userid, forget, remember
from aiohttp_security import setup as setup_security

from tornado_cookies.aiohttp import setup
from tornado_cookies.aiohttp_security import FreshSessionPolicy
from tornado_cookies.aiohttp_session import SignedStorage
from tornado_cookies.signing import create_signed_value, decode_signed_value

# aiohttp-session keeps its session under a plain key.
pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")

SECRET = "a secret of more than 32 bytes, for tests"


@pytest.fixture
def aiohttp_client_cls():
    return TestClient


class Everybody(AbstractAuthorizationPolicy):
    async def permits(self, identity, permission, context=None):
        return True

    async def authorized_userid(self, identity):
        return identity


@pytest.fixture
def site(aiohttp_client):
    async def make(**storage):
        app = web.Application()
        setup(app, SECRET)
        aiohttp_session.setup(app, SignedStorage(cookie_name="s", **storage))
        setup_security(app, FreshSessionPolicy(), Everybody())

        async def count(request):
            session = await aiohttp_session.get_session(request)
            session["n"], new = session.get("n", 0) + 1, session.new
            return web.json_response(
                {"n": session["n"], "new": new, "user": await authorized_userid(request)}
            )

        async def login(request):
            response = web.Response()
            await remember(request, response, "bob")
            return response

        async def logout(request):
            response = web.Response()
            await forget(request, response)
            return response

        async def large(request):
            (await aiohttp_session.get_session(request))["x"] = "x" * 4000
            return web.Response()

        async def short(request):
            session = await aiohttp_session.get_session(request)
            session["n"], session.max_age = 1, 60
            return web.Response()

        app.add_routes(
            [web.get(f"/{handler.__name__}", handler) for handler in (count, login, logout, large, short)]
        )
        return await aiohttp_client(app)

    return make


async def counted(client, cookie: str | None = None) -> dict:
    headers = {} if cookie is None else {"Cookie": f"s={cookie}"}
    return await (await client.get("/count", headers=headers)).json()


async def test_a_session_goes_on_from_request_to_request(site):
    client = await site(max_age=3600, secure=False)
    said = [await counted(client) for _ in range(3)]
    assert [(one["n"], one["new"]) for one in said] == [(1, True), (2, False), (3, False)]


async def test_the_cookie_is_signed_json_that_says_when_it_ends(site):
    client = await site(max_age=3600)
    header = (await client.get("/count")).headers["Set-Cookie"]
    assert "; HttpOnly; Max-Age=3600; Path=/" in header
    value = header.partition(";")[0].partition("=")[2].strip('"')
    data = json.loads(decode_signed_value(SECRET, "s", value))
    assert data["session"] == {"n": 1}
    assert data["ends"] - data["created"] in {3600, 3601}


async def test_a_session_may_have_an_end_of_its_own(site):
    header = (await (await site(max_age=3600)).get("/short")).headers["Set-Cookie"]
    assert "; Max-Age=60; " in header


LIVE = json.dumps({"created": int(time.time()), "session": {"n": 5}, "ends": int(time.time()) + 3600})


async def test_a_session_of_now_goes_on(site):
    client, value = await site(max_age=3600), create_signed_value(SECRET, "s", LIVE).decode()
    assert await counted(client, value) == {"n": 6, "new": False, "user": None}


async def test_a_session_that_had_an_end_of_its_own_is_over_after_it(site):
    over = json.dumps(json.loads(LIVE) | {"ends": int(time.time()) - 1})
    assert (await counted(await site(), create_signed_value(SECRET, "s", over).decode()))["n"] == 1


@pytest.mark.parametrize(
    "value",
    [
        "garbage",
        create_signed_value(SECRET, "s", '{"created": 1, "session": {"n": 5}, "ends": 1}').decode(),
        create_signed_value(
            SECRET, "s", '{"created": 1, "session": {"n": 5}}', clock=lambda: 1_700_000_000
        ).decode(),
        create_signed_value(SECRET, "s", "[]").decode(),
        create_signed_value(SECRET, "s", b"\xff").decode(),
        create_signed_value(SECRET, "other", LIVE).decode(),
        create_signed_value(SECRET, "s", LIVE, version=1).decode(),
    ],
    ids=["garbage", "over", "too old", "a list", "no UTF-8", "another cookie's", "format 1"],
)
async def test_what_is_not_a_session_of_now_begins_a_new_one(site, value):
    assert (await counted(await site(max_age=3600), value))["n"] == 1


async def test_a_session_without_an_end_is_read_however_old(site):
    value = create_signed_value(
        SECRET, "s", '{"created": 1, "session": {"n": 5}}', clock=lambda: 1e9
    ).decode()
    assert (await counted(await site(), value))["n"] == 6


async def test_a_session_no_browser_would_keep_is_an_error_not_a_silent_loss(site, caplog):
    answer = await (await site()).get("/large")
    assert answer.status == 500
    assert "value and name may have at most 4096 bytes together" in caplog.text


async def test_a_login_begins_a_new_session_and_a_logout_ends_it(site):
    client = await site(secure=False)
    assert await counted(client) == {"n": 1, "new": True, "user": None}
    await client.get("/login")
    assert await counted(client) == {"n": 1, "new": False, "user": "bob"}  # nothing of before is left
    assert await counted(client) == {"n": 2, "new": False, "user": "bob"}
    answer = await client.get("/logout")
    assert answer.headers["Set-Cookie"].startswith('s=""; expires=')
    assert await counted(client) == {"n": 1, "new": True, "user": None}
