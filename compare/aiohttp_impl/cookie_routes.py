"""The cookie routes, on the kit. Line for line comparable with the twin in `tornado_impl`."""

from aiohttp import web

from compare.contract import last_segment, query_of, single
from compare.contract.cookie_bodies import (
    LINES,
    all_body,
    lines,
    one_body,
    read_max_age_days,
    read_scope,
    read_wanted,
    refusing,
    signed_body,
)
from compare.serving.keys import Keys
from tornado_cookies.aiohttp import Cookies, cookies_of, setup
from tornado_cookies.cookies import Encoded

from compare.aiohttp_impl.answers import answer, done

MIN_VERSION = web.AppKey("signed_min_version", int)  # the oldest signed format that is read


class CookieHandler(web.View):
    """What the handlers of cookies do alike."""

    def named(self) -> tuple[str, str]:
        """Return the cookie's name, from the path, and the query."""
        target = self.request.raw_path
        return last_segment(target), query_of(target)

    @property
    def cookies(self) -> Cookies:
        """The cookies of the request and those its answer will set."""
        return cookies_of(self.request)


class All(CookieHandler):
    """All cookies of the browser."""

    async def get(self) -> web.Response:
        return answer(all_body(self.cookies.received))

    head = get

    async def delete(self) -> web.Response:
        _, query = self.named()
        with refusing():
            self.cookies.clear_all_cookies(**read_scope(query))
        return done()


class One(CookieHandler):
    """One plain cookie."""

    async def get(self) -> web.Response:
        name, query = self.named()
        return answer(one_body(name, self.cookies.get_cookie(name, single(query, "default"))))

    head = get

    async def put(self) -> web.Response:
        name, _ = self.named()
        wanted = read_wanted(await self.request.read(), self.request.headers.get("Content-Type"))
        with refusing():
            self.cookies.set_cookie(name, wanted.value, escape=False, **wanted.attributes())
        return done()

    async def delete(self) -> web.Response:
        name, query = self.named()
        with refusing():
            self.cookies.clear_cookie(name, **read_scope(query))
        return done()


class Signed(CookieHandler):
    """One signed cookie."""

    async def get(self) -> web.Response:
        name, query = self.named()
        days, default = read_max_age_days(query), single(query, "default")
        oldest = self.request.app[MIN_VERSION]
        value = self.cookies.get_signed_cookie(name, max_age_days=days, min_version=oldest)
        return answer(signed_body(name, value, default, self.cookies.get_signed_cookie_key_version(name)))

    head = get

    async def put(self) -> web.Response:
        name, _ = self.named()
        wanted = read_wanted(await self.request.read(), self.request.headers.get("Content-Type"))
        with refusing():
            self.cookies.set_signed_cookie(name, wanted.value, **wanted.attributes())
        return done()


async def show_lines(request: web.Request, response: web.StreamResponse) -> None:
    """Show a page the lines that its scripts cannot see."""
    if LINES in request.headers:
        received = Encoded(request.headers.getall("Cookie", ()), "utf-8")
        response.headers[LINES] = lines(received, cookies_of(request).written)


def mount(app: web.Application, keys: Keys, min_version: int) -> None:
    """Add the routes to `app`, each prefix as an application of its own: no other route pays for the kit.

    `min_version` is the oldest signed format that is read.
    """
    for prefix, routes in {
        "/cookies": [web.view("", All), web.view("/{name:[^/]+}", One)],
        "/signed": [web.view("/{name:[^/]+}", Signed)],
    }.items():
        own = web.Application()
        own[MIN_VERSION] = min_version
        setup(own, keys.cookie_secret, keys.key_version)
        own.on_response_prepare.append(show_lines)
        own.add_routes(routes)
        app.add_subapp(prefix, own)
