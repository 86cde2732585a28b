"""The ASGI face: Tornado's cookies, XSRF and origin checks in Starlette, FastAPI or any other ASGI application.

    app = TornadoCookies(app, cookie_secret)
    ...
    cookies_of(request).set_signed_cookie("user", "bob")

The cookies leave with `http.response.start` and `websocket.accept`. Put it around the whole application, outside its
other middlewares, so that error answers get the cookies too; only the standard library is imported.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import TYPE_CHECKING, Any

from . import forms, xsrf
from .session import Cookies, Options, Outgoing, Settings

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from . import signing

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["Cookies", "TornadoCookies", "cookies_of"]

_KEY = "tornado_cookies"
_log = logging.getLogger("tornado.general")  # Tornado's, so that log rules keep working


class _Outgoing(Outgoing):
    """The cookies of one answer, until its headers leave."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        super().__init__()
        self.left = False

    def begun(self) -> bool:
        """Say whether the headers have left."""
        return self.left


class _State:
    """What is kept in a request's scope; the cookies are made when they are asked for."""

    __slots__ = ("cookies", "headers", "outgoing", "settings")

    def __init__(self, settings: Settings, outgoing: _Outgoing) -> None:
        self.settings, self.outgoing = settings, outgoing
        self.cookies: Cookies | None = None
        self.headers: Any = None

    def cookies_in(self, headers: Any) -> Cookies:
        """The cookies of a request with these headers: a middleware may have passed others on."""
        if self.cookies is None or self.headers is not headers:
            lines = [value for name, value in headers if name == b"cookie"]
            self.cookies, self.headers = Cookies(lines, self.settings, self.outgoing), headers
        return self.cookies


def cookies_of(request: Any) -> Cookies:
    """Return the cookies of a request, a websocket (anything with a `scope`) or a scope itself.

    Raises RuntimeError outside `TornadoCookies`.
    """
    scope = getattr(request, "scope", request)
    state = scope.get(_KEY)
    if state is None:
        raise RuntimeError("Cookies need TornadoCookies(app) around the application.")
    own: Cookies = state.cookies_in(scope["headers"])
    return own


class TornadoCookies:
    """An ASGI application around another, which can use `cookies_of`.

    The arguments are Tornado's application settings of the same names, and:

    - `xsrf_exempt`: paths that need no token; one that ends in `/*` stands for all below it. The checks come before
      routing, so a request without a token to a path that is not there gets 403, where Tornado answers 404.
    - `max_form_bytes`: a form whose token is neither in the query nor in a header is read up to this size, then handed
      on; a larger one is answered with 413.

    One inside another has its own settings; both write into the same answer. Raises what `Settings` raises.
    """

    def __init__(
        self,
        app: App,
        cookie_secret: signing.CookieSecret | None = None,
        key_version: int | None = None,
        *,
        xsrf_exempt: Collection[str] = (),
        max_form_bytes: int = 2**20,
        **options: Unpack[Options],
    ) -> None:
        self.app = app
        self.settings = Settings(cookie_secret, key_version, **options)
        self.xsrf_exempt, self.max_form_bytes = frozenset(xsrf_exempt), max_form_bytes
        self._checks = self.settings.protects_xsrf or self.settings.protects_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        outer = scope.get(_KEY)
        outgoing = _Outgoing() if outer is None else outer.outgoing
        state = _State(self.settings, outgoing)

        async def send_with_cookies(message: Message) -> None:
            if not outgoing.left and message["type"] in _BEGINS:
                outgoing.left = True
                if len(outgoing):
                    mine = [(b"set-cookie", header.encode("latin-1")) for header in outgoing]
                    message = {**message, "headers": [*message.get("headers", ()), *mine]}
            await send(message)

        inner = {**scope, _KEY: state}
        if self._checks:
            allowed = await self._checked(inner, state, receive, send_with_cookies)
            if allowed is None:
                return
            receive = allowed
        await self.app(inner, receive, send_with_cookies)

    async def _checked(self, scope: Scope, state: _State, receive: Receive, send: Send) -> Receive | None:
        """Return what the application may receive from, or None when the request has been answered."""
        status = 403
        try:
            if scope["type"] == "websocket":
                if self.settings.protects_origin:
                    self._check_origin(scope)
                return receive
            if scope["method"] in xsrf.SAFE_METHODS:
                return receive
            if self.settings.protects_xsrf and not self._is_exempt(scope["path"]):
                given, receive = await self._given_token(scope, receive)
                state.cookies_in(scope["headers"]).check_xsrf_cookie(given)
            if self.settings.protects_origin:
                self._check_origin(scope)
        except xsrf.XsrfError as error:
            message = str(error)
        except _TooLarge:
            status, message = (
                413,
                f"A form over {self.max_form_bytes} bytes must bring its token in {xsrf.HEADERS[0]}",
            )
        except _Disconnected:
            return None
        else:
            return receive
        if scope["type"] == "websocket":
            _log.debug("Cross origin websockets not allowed: %s", message)
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return None
        _log.warning("%d %s %a: %s", status, scope["method"], scope["path"], message)
        body = message.encode("utf-8", "replace")
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return None

    def _is_exempt(self, path: str) -> bool:
        if path in self.xsrf_exempt:
            return True
        if ".." in path.split("/"):  # sent as %2F..: what is behind may read it as another path
            return False
        return any(path.startswith(one[:-1]) for one in self.xsrf_exempt if one.endswith("/*"))

    async def _given_token(self, scope: Scope, receive: Receive) -> tuple[str, Receive]:
        """The token in the query, a header or the form, in this order, and what gives the same body again."""
        token = forms.token_in_query(scope["query_string"].decode("latin-1"))
        for name in xsrf.HEADERS:
            token = token or _joined(scope, name.lower().encode()) or ""
        content_type = _joined(scope, b"content-type") or ""
        if token or not forms.is_form(content_type):
            return token, receive
        body = await self._body(receive)
        return forms.token_in_form(content_type, body), _again(body, receive)

    async def _body(self, receive: Receive) -> bytes:
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Disconnected
            body += message.get("body", b"")
            if len(body) > self.max_form_bytes:
                raise _TooLarge
            more = message.get("more_body", False)
        return bytes(body)

    def _check_origin(self, scope: Scope) -> None:
        host = _joined(scope, b"host") or ""
        self.settings.check_origin(_joined(scope, b"sec-fetch-site"), _joined(scope, b"origin"), host)


class _TooLarge(Exception):  # noqa: N818  # it is an answer
    """The form is larger than is read."""


class _Disconnected(Exception):  # noqa: N818  # nobody waits for an answer
    """The client left."""


_BEGINS = {"http.response.start", "websocket.accept", "websocket.http.response.start"}


def _joined(scope: Scope, name: bytes) -> str | None:
    """A header's lines joined by a comma, as Tornado reads them."""
    values = [value for key, value in scope["headers"] if key == name]
    return b",".join(values).decode("latin-1") if values else None


def _again(body: bytes, receive: Receive) -> Receive:
    """Give the body once more, in one piece, and then whatever comes."""
    left = [body]

    async def receive_again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return receive_again
