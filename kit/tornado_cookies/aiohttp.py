"""The aiohttp face: a Tornado handler's cookie methods, and its XSRF and origin checks, in any aiohttp application.

    from tornado_cookies.aiohttp import cookies_of, setup

    setup(app, cookie_secret)
    ...
    cookies_of(request).set_signed_cookie("user", "bob")

The cookies go out when a response's headers do, whichever response that is: so they reach error answers, raised HTTP
exceptions, streamed answers and websocket handshakes. A middleware would come too late for the last two and would not
see what another one makes of an exception; it would cost every request, as a signal would: here one that touches no
cookie pays nothing. Only the XSRF and origin checks are a middleware, where they are asked for.
For aiohttp 3.9 or newer.
"""

from __future__ import annotations

import logging
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from aiohttp import web
from aiohttp.http import HttpProcessingError

from . import cookies, forms, xsrf
from .session import Cookies, Options, Outgoing, Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from multidict import CIMultiDict
    from typing_extensions import Unpack

    from . import signing

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
    Trust = Callable[[str], bool]  # of an `Origin`

__all__ = [
    "Cookies",
    "Forbidden",
    "any_origin",
    "check_websocket_origin",
    "cookies_of",
    "setup",
    "token_beside_form",
    "trusting",
    "xsrf_exempt",
]

_log = logging.getLogger("tornado.general")  # Tornado's, so that log rules keep working

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"  # aiohttp before 3.11 counts it as part of the answer
_Route = TypeVar("_Route", bound=Any)
_SETTINGS = web.AppKey("tornado_cookies", Settings)


class Forbidden(web.HTTPForbidden):
    """The answer to a request that fails the XSRF or the origin check; its text is Tornado's message."""


class _Outgoing(Outgoing):
    """The cookies of one answer, put before its writer's `write_headers`, by which the headers of any answer leave.

    The request and its clones share the writer, and so the cookies.
    """

    __slots__ = ("_write_headers", "_writer")

    def __init__(self, writer: Any) -> None:
        super().__init__()
        self._writer = weakref.ref(writer)  # it holds this
        self._write_headers = getattr(writer.write_headers, "__func__", writer.write_headers)

    def begun(self) -> bool:
        """Say whether the headers have left; aiohttp 3.12 and newer keep them back until the first write."""
        writer = self._writer()
        sent_bytes = getattr(writer, "output_size", 0)  # a mocked request's is not a number
        return (isinstance(sent_bytes, int) and sent_bytes > len(_CONTINUE)) or isinstance(
            getattr(writer, "_headers_buf", None), bytes
        )

    async def __call__(self, status_line: str, headers: CIMultiDict[str]) -> None:
        """Add the cookies to the headers, which are about to leave."""
        for header in self:
            headers.add("Set-Cookie", header)
        await self._write_headers(self._writer(), status_line, headers)


def setup(
    app: web.Application,
    cookie_secret: signing.CookieSecret | None = None,
    key_version: int | None = None,
    **options: Unpack[Options],
) -> None:
    """Let the handlers and middlewares of `app` and of its sub-applications use `cookies_of`.

    The arguments are Tornado's application settings of the same names: one secret, or secrets by version and the
    version that signs. Without a secret only plain cookies work. With `xsrf_cookies` or `cross_origin_protection`,
    a middleware checks requests; those in `app.middlewares` before this call see its refusals. Raises ValueError for
    an empty secret, when no secret has that version, and for an option that cannot be.
    """
    settings = Settings(cookie_secret, key_version, **options)
    app[_SETTINGS] = settings
    if settings.protects_xsrf or settings.protects_origin:
        app.middlewares.append(_protecting(settings))
    if settings.protects_origin:
        app.on_response_prepare.append(_guarding(settings))


def cookies_of(request: web.Request) -> Cookies:
    """Return the cookies of a request, the same object each time; raises RuntimeError without `setup`.

    A sub-application that was set up has its own secret. A clone of a request has its own received cookies; what is
    set through any of them goes out with the one answer.
    """
    kept = request.get(_KEPT)
    if kept is not None and kept.app is request.app and kept.headers is request.headers:
        return kept.cookies  # type: ignore[no-any-return]  # by a plain key where aiohttp has no typed one
    settings = request.config_dict.get(_SETTINGS)
    if settings is None:
        raise RuntimeError("Cookies need setup(app) before the application starts.")
    return _cookies(request, settings)


class _Kept(NamedTuple):
    """The cookies of one request, for one application and one set of headers."""

    app: web.Application
    headers: Any
    cookies: Cookies


_key: Any = getattr(web, "RequestKey", lambda name, _kind: name)  # typed ones since aiohttp 3.14

_KEPT = _key("tornado_cookies", _Kept)
_CHECKED = _key("tornado_cookies_checked", bool)


def _cookies(request: web.Request, settings: Settings) -> Cookies:
    lines = cookies.Encoded(request.headers.getall("Cookie", ()), "utf-8")
    own = Cookies(lines, settings, _outgoing(request))
    request[_KEPT] = _Kept(request.app, request.headers, own)
    return own


def _outgoing(request: web.Request) -> _Outgoing:
    writer: Any = request.writer
    if not isinstance(writer.write_headers, _Outgoing):
        writer.write_headers = _Outgoing(writer)
    outgoing: _Outgoing = writer.write_headers
    return outgoing


# --- the XSRF and origin checks ---


def xsrf_exempt(handler: _Route) -> _Route:
    """Let a handler, or a view class, be called without an XSRF token."""
    handler._xsrf_exempt = True  # noqa: SLF001  # this module's own mark
    return handler


def trusting(is_trusted: Trust) -> Callable[[_Route], _Route]:
    """Let a handler, or a view class, ask this function about an `Origin`: `check_trusted_origin` for one route."""

    def mark(handler: _Route) -> _Route:
        handler._is_trusted = is_trusted  # noqa: SLF001  # this module's own mark
        return handler

    return mark


def any_origin(handler: _Route) -> _Route:
    """Let a handler, or a view class, be called from pages of any site."""
    return trusting(lambda _origin: True)(handler)


def check_websocket_origin(request: web.Request, is_trusted: Trust | None = None) -> None:
    """Raise Forbidden for a handshake from a page of another site, as every Tornado websocket handler does.

    With `cross_origin_protection`, `WebSocketResponse.prepare` does; without it, call this before `prepare`.
    `is_trusted` is asked in place of the settings about an `Origin` that is not this site's: Tornado's `check_origin`.
    """
    _check_websocket(request, request.config_dict[_SETTINGS], is_trusted)
    request[_CHECKED] = True


def _check_websocket(request: web.Request, settings: Settings, is_trusted: Trust | None = None) -> None:
    try:
        _check_origin(request, settings, is_trusted)
    except xsrf.XsrfError as error:
        _log.debug("Cross origin websockets not allowed: %s", error)
        raise Forbidden(text=str(error)) from error


def _guarding(settings: Settings) -> Any:
    """Make the signal that refuses websockets to pages of other sites."""

    async def guard(request: web.Request, response: web.StreamResponse) -> None:
        if isinstance(response, web.WebSocketResponse) and _CHECKED not in request:
            _check_websocket(request, settings)

    return guard


def _protecting(settings: Settings) -> Any:
    """Make the middleware that checks what `settings` ask for; where there is no route it is 404, as in Tornado."""

    @web.middleware
    async def protect(request: web.Request, handler: Handler) -> web.StreamResponse:
        route = request.match_info
        found = route.http_exception is None or isinstance(route.http_exception, web.HTTPMethodNotAllowed)
        if found and request.method not in xsrf.SAFE_METHODS:
            try:
                if settings.protects_xsrf and not getattr(route.handler, "_xsrf_exempt", False):
                    _cookies(request, settings).check_xsrf_cookie(await _given_token(request))
                if settings.protects_origin:
                    _check_origin(request, settings)
            except xsrf.XsrfError as error:
                _log.warning("403 %s %a: %s", request.method, request.path, error)
                raise Forbidden(text=str(error)) from error
        return await handler(request)

    return protect


# No boundary, an unknown charset, bytes that are not of the charset, and so on.
_BROKEN_FORM = (HttpProcessingError, LookupError, RuntimeError, ValueError)


def token_beside_form(request: web.Request) -> str | None:
    """The XSRF token in the query or in a header, in this order; nothing where neither has one."""
    token = xsrf.cleaned(request.query.getall(xsrf.FIELD, [""])[-1])
    for name in xsrf.HEADERS:
        token = token or ",".join(request.headers.getall(name, ()))
    return token


async def _given_token(request: web.Request) -> str | None:
    """The token in the query, a header or the form, in this order; the form is read only when it must be."""
    token = token_beside_form(request)
    if token or request.method not in request.POST_METHODS:
        return token
    try:
        if request.content_type == forms.URL_ENCODED:  # `post` before 3.14.4: quadratic for many equal names
            return forms.token_in_form(request.content_type, await request.read())
        form = await request.post()  # aiohttp keeps it: the handler's own post() reads no body
    except _BROKEN_FORM:
        return None
    field = form.getall(xsrf.FIELD, [""])[-1]
    return xsrf.cleaned(field) if isinstance(field, str) else None


def _check_origin(request: web.Request, settings: Settings, is_trusted: Trust | None = None) -> None:
    def joined(name: str) -> str | None:
        values = request.headers.getall(name, None)
        return None if values is None else ",".join(values)

    is_trusted = is_trusted or getattr(request.match_info.handler, "_is_trusted", None)
    settings.check_origin(joined("Sec-Fetch-Site"), joined("Origin"), joined("Host") or "", is_trusted)
