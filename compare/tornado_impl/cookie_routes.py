"""The cookie routes, on the kit. Line for line comparable with the twin in `aiohttp_impl`."""

from typing import Any

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
from tornado_cookies.cookies import Encoded
from tornado_cookies.tornado import Cookies

from compare.tornado_impl.answers import Handler, Route


class CookieHandler(Cookies, Handler):
    """What the handlers of cookies do alike."""

    def named(self) -> tuple[str, str]:
        """Return the cookie's name, from the path, and the query."""
        target = self.request.uri or ""
        return last_segment(target), query_of(target)

    def finish(self, chunk: Any = None) -> Any:
        """Show a page the lines that its scripts cannot see."""
        if LINES in self.request.headers:
            received = Encoded(self.request.headers.get_list("Cookie"), "latin-1")
            self.set_header(LINES, lines(received, self.kit.written))
        return super().finish(chunk)


class All(CookieHandler):
    """All cookies of the browser."""

    def get(self) -> None:
        self.answer(all_body(self.received))

    head = get

    def delete(self) -> None:
        _, query = self.named()
        with refusing():
            self.clear_all_cookies(**read_scope(query))
        self.done()


class One(CookieHandler):
    """One plain cookie."""

    def get(self) -> None:
        name, query = self.named()
        self.answer(one_body(name, self.get_cookie(name, single(query, "default"))))

    head = get

    def put(self) -> None:
        name, _ = self.named()
        wanted = read_wanted(self.request.body, self.request.headers.get("Content-Type"))
        with refusing():
            self.set_cookie(name, wanted.value, escape=False, **wanted.attributes())
        self.done()

    def delete(self) -> None:
        name, query = self.named()
        with refusing():
            self.clear_cookie(name, **read_scope(query))
        self.done()


class Signed(CookieHandler):
    """One signed cookie."""

    def get(self) -> None:
        name, query = self.named()
        days, default = read_max_age_days(query), single(query, "default")
        oldest = self.settings["signed_min_version"]
        value = self.get_signed_cookie(name, max_age_days=days, min_version=oldest)
        self.answer(signed_body(name, value, default, self.get_signed_cookie_key_version(name)))

    head = get

    def put(self) -> None:
        name, _ = self.named()
        wanted = read_wanted(self.request.body, self.request.headers.get("Content-Type"))
        with refusing():
            self.set_signed_cookie(name, wanted.value, **wanted.attributes())
        self.done()


def routes() -> list[Route]:
    """Return the routes; the application's settings hold the secrets and the oldest signed format that is read."""
    return [("/cookies", All, {}), ("/cookies/[^/]+", One, {}), ("/signed/[^/]+", Signed, {})]
