"""The cookie routes, on the kit. Line for line comparable with the twin in `tornado_impl`."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler

from compare.aiohttp_impl.answers import answer
from compare.contract import (
    BODY_TIMEOUT_S,
    HEADERS,
    ContractError,
    ErrorCode,
    last_segment,
    query_of,
    single,
)
from compare.contract.cookie_bodies import (
    all_body,
    one_body,
    read_max_age_days,
    read_scope,
    read_wanted,
    refusing,
    signed_body,
)
from compare.contract.settings import Settings
from compare.serving import keys
from tornado_cookies.aiohttp import cookies_of, setup


def named(request: web.Request) -> tuple[str, str]:
    """Return the cookie's name, from the path, and the query."""
    target = request.raw_path
    return last_segment(target), query_of(target)


def done() -> web.Response:
    """Answer without a body."""
    return web.Response(status=204, headers=_BODILESS)


_BODILESS = {name: value for name, value in HEADERS.items() if name != "Content-Type"}


async def read_body(request: web.Request) -> bytes:
    """Read the body; `MAX_BODY_BYTES` is the application's own limit. Who takes too long is hung up on."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await request.read()
    except TimeoutError as error:
        if request.transport is not None:
            request.transport.abort()
        raise ContractError(ErrorCode.INVALID_BODY, "The body did not come in time.", field="body") from error


async def get_all(request: web.Request) -> web.Response:
    """Tell of all cookies of the browser."""
    return answer(all_body(cookies_of(request).received))


async def delete_all(request: web.Request) -> web.Response:
    """Clear all cookies of the browser."""
    _, query = named(request)
    with refusing():
        cookies_of(request).clear_all_cookies(**read_scope(query))
    return done()


async def get_one(request: web.Request) -> web.Response:
    """Tell of one plain cookie."""
    name, query = named(request)
    return answer(one_body(name, cookies_of(request).get_cookie(name, single(query, "default"))))


async def put_one(request: web.Request) -> web.Response:
    """Set one plain cookie."""
    name, _ = named(request)
    wanted = read_wanted(await read_body(request))
    with refusing():
        cookies_of(request).set_cookie(name, wanted.value, escape=False, **wanted.attributes())
    return done()


async def delete_one(request: web.Request) -> web.Response:
    """Clear one cookie."""
    name, query = named(request)
    with refusing():
        cookies_of(request).clear_cookie(name, **read_scope(query))
    return done()


def get_signed(min_version: int) -> Handler:
    """Make the handler that tells of one signed cookie, of format `min_version` or newer."""

    async def get(request: web.Request) -> web.Response:
        name, query = named(request)
        days, default = read_max_age_days(query), single(query, "default")
        own = cookies_of(request)
        value = own.get_signed_cookie(name, max_age_days=days, min_version=min_version)
        return answer(signed_body(name, value, default, own.get_signed_cookie_key_version(name)))

    return get


async def put_signed(request: web.Request) -> web.Response:
    """Set one signed cookie."""
    name, _ = named(request)
    wanted = read_wanted(await read_body(request))
    with refusing():
        cookies_of(request).set_signed_cookie(name, wanted.value, **wanted.attributes())
    return done()


def mount(app: web.Application, settings: Settings) -> None:
    """Add the routes to `app`, each prefix as an application of its own: nobody else pays for the kit.

    They read signed values as `settings` allow. Raises `keys.SecretError`.
    """
    cookie_keys = keys.load(settings)
    for prefix, routes in {
        "/cookies": [
            web.get("", get_all),
            web.delete("", delete_all),
            web.get("/{name:[^/]+}", get_one),
            web.put("/{name:[^/]+}", put_one),
            web.delete("/{name:[^/]+}", delete_one),
        ],
        "/signed": [
            web.get("/{name:[^/]+}", get_signed(settings.signed_min_version)),
            web.put("/{name:[^/]+}", put_signed),
        ],
    }.items():
        own = web.Application()
        setup(own, cookie_keys.cookie_secret, cookie_keys.key_version)
        own.add_routes(routes)
        app.add_subapp(prefix, own)
