"""The aiohttp face: a Tornado handler's cookie methods, same names, parameters and defaults, in any aiohttp app.

    from tornado_cookies.aiohttp import cookies_of, setup

    setup(app, cookie_secret)
    ...
    cookies_of(request).set_signed_cookie("user", "bob")

The cookies go out when a response's headers do, whichever response that is: so they reach error answers, raised HTTP
exceptions, streamed answers and websocket handshakes. A middleware would come too late for the last two, would not
see what another one makes of an exception, and costs every request more than all of this: a handler that touches no
cookie pays for one look into its request when its response begins.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from aiohttp import web

from . import cookies, signing

if TYPE_CHECKING:
    from typing_extensions import Unpack


@dataclass(frozen=True)
class _Keys:
    """What Tornado's application settings of these names hold."""

    cookie_secret: signing.CookieSecret | None = field(repr=False)
    key_version: int | None


class Cookies:
    """The cookies of one request and those its response will set; nothing is parsed before it is asked for.

    What is set here is not visible to the getters: the browser has not sent it yet.
    """

    __slots__ = ("_keys", "_received", "_request", "_response", "_written")

    def __init__(self, request: web.Request, keys: _Keys) -> None:
        self._request, self._keys = request, keys
        self._received: dict[str, str] | None = None
        self._written: cookies.Jar | None = None
        self._response: web.StreamResponse | None = None

    @property
    def received(self) -> Mapping[str, str]:
        """Every cookie that came with the request, in order of first appearance."""
        if self._received is None:
            lines = self._request.headers.getall("Cookie", ())
            self._received = cookies.parse(cookies.encoded(lines, "utf-8"))
        return self._received

    @overload
    def get_cookie(self, name: str, default: str) -> str: ...

    @overload
    def get_cookie(self, name: str, default: None = None) -> str | None: ...

    def get_cookie(self, name: str, default: str | None = None) -> str | None:
        """Return the value of the request's cookie `name`, or `default` without one."""
        return self.received.get(name, default)

    def set_cookie(
        self,
        name: str,
        value: str | bytes,
        domain: str | None = None,
        expires: cookies.Expires | None = None,
        path: str | None = "/",
        expires_days: float | None = None,
        *,
        max_age: int | None = None,
        httponly: bool = False,
        secure: bool = False,
        samesite: str | None = None,
        partitioned: bool = False,
        escape: bool = True,
        **mixed_case: Any,
    ) -> None:
        r"""Have the response set a cookie; of several calls for one name the last wins, whole.

        Arguments are those of `cookies.set_cookie`. As in Tornado, a value may hold `" , ; \`, which are escaped,
        unless `escape` is False. `mixed_case` takes names such as `HttpOnly`, deprecated in Tornado 6.3.
        Raises CookieError, which is a ValueError, for what browsers refuse, and RuntimeError once the response
        has begun; a call that raises changes nothing.
        """
        attributes: dict[str, Any] = {
            "domain": domain,
            "expires": expires,
            "path": path,
            "expires_days": expires_days,
            "max_age": max_age,
            "httponly": httponly,
            "secure": secure,
            "samesite": samesite,
            "partitioned": partitioned,
        }
        attributes |= _lowered(mixed_case)
        self._put(cookies.set_cookie(name, value, now=time.time(), escape=escape, **attributes))
        if mixed_case:
            spelled = ", ".join(mixed_case)
            warnings.warn(
                f"Deprecated arguments to set_cookie: {spelled} (should be lowercase)",
                DeprecationWarning,
                stacklevel=2,
            )

    def clear_cookie(self, name: str, **scope: Unpack[cookies.Scope]) -> None:
        """Have the browser delete a cookie; `scope` must repeat the path and domain it was set with."""
        self._put(cookies.clear_cookie(name, now=time.time(), **scope))

    def clear_all_cookies(self, **scope: Unpack[cookies.Scope]) -> None:
        """Have the browser delete every cookie that came with the request, as far as `scope` is theirs."""
        for header in cookies.clear_all(self.received, now=time.time(), **scope):
            self._put(header)

    def set_signed_cookie(
        self,
        name: str,
        value: str | bytes,
        expires_days: float | None = 30,
        version: int | None = None,
        **attributes: Any,
    ) -> None:
        """Have the response set a cookie that nobody can forge: any text or bytes, signed and timestamped.

        `version` is the format of the signature; `attributes` are those of `set_cookie`.
        """
        signed = self.create_signed_value(name, value, version)
        self.set_cookie(name, signed, expires_days=expires_days, **attributes)

    def create_signed_value(self, name: str, value: str | bytes, version: int | None = None) -> bytes:
        """Return `value` signed for the cookie `name`, for uses other than a cookie."""
        return signing.create_signed_value(
            self._secret(), name, value, version=version, key_version=self._keys.key_version
        )

    def get_signed_cookie(
        self,
        name: str,
        value: str | None = None,
        max_age_days: float = 31,
        min_version: int | None = None,
    ) -> bytes | None:
        """Return what was signed, or None for a cookie that is absent, forged, foreign or too old.

        `value` is read instead of the request's cookie `name`; `min_version` is the oldest format accepted.
        """
        if value is None:
            value = self.get_cookie(name)
        return signing.decode_signed_value(
            self._secret(), name, value, max_age_days=max_age_days, min_version=min_version
        )

    def get_signed_cookie_key_version(self, name: str, value: str | None = None) -> int | None:
        """Return the key version a cookie says it was signed with; it is not verified."""
        self._secret()
        if value is None:
            value = self.get_cookie(name)
        return None if value is None else signing.get_signature_key_version(value)

    # Tornado's names before 6.3.
    set_secure_cookie = set_signed_cookie
    get_secure_cookie = get_signed_cookie
    get_secure_cookie_key_version = get_signed_cookie_key_version

    def _secret(self) -> signing.CookieSecret:
        secret = self._keys.cookie_secret
        if secret is None:
            raise RuntimeError("Signed cookies need a secret: setup(app, cookie_secret).")
        return secret

    def _put(self, header: str) -> None:
        # The second is for who asks for the cookies only now: nothing has told them of the response.
        if self._response is not None or self._request.writer.output_size > 0:
            raise RuntimeError("The response has begun; a cookie set now would never reach the browser.")
        if self._written is None:
            self._written = cookies.Jar()
        self._written.put(header)

    def write(self, response: web.StreamResponse) -> None:
        """Add the cookies to the headers of `response`, which is about to be sent: none can be set any more."""
        if (
            self._response is not response
        ):  # twice when both an application and its sub-application were set up
            self._response = response
            for header in self._written or ():
                response.headers.add("Set-Cookie", header)


_COOKIES = web.RequestKey("cookies", Cookies)
_KEYS = web.AppKey("cookie_keys", _Keys)


def setup(
    app: web.Application,
    cookie_secret: signing.CookieSecret | None = None,
    key_version: int | None = None,
) -> None:
    """Let the handlers and middlewares of `app` and of its sub-applications use `cookies_of`.

    The arguments are Tornado's application settings of the same names: one secret, or secrets by version and the
    version that signs. Without a secret only plain cookies work. Raises ValueError when no secret has that version.
    """
    if isinstance(cookie_secret, dict) and cookie_secret.keys().isdisjoint({key_version}):
        raise ValueError("key_version must name one of the secrets")
    app[_KEYS] = _Keys(cookie_secret, key_version)
    app.on_response_prepare.append(_write)


def cookies_of(request: web.Request) -> Cookies:
    """Return the cookies of a request, always the same object; raises RuntimeError without `setup`."""
    own = request.get(_COOKIES)
    if own is None:
        keys = request.config_dict.get(_KEYS)
        if keys is None:
            raise RuntimeError("Cookies need setup(app) before the application starts.")
        own = request[_COOKIES] = Cookies(request, keys)
    return own


async def _write(request: web.Request, response: web.StreamResponse) -> None:
    if (
        len(request) == 0
    ):  # nobody put anything on it: asking for a key that is not there costs four times as much
        return
    own = request.get(_COOKIES)
    if own is not None:
        own.write(response)


def _lowered(mixed_case: dict[str, Any]) -> dict[str, Any]:
    """Attributes by the names they have in lower case; raises TypeError for those that have none."""
    lowered = {name.lower(): value for name, value in mixed_case.items()}
    known = {"domain", "expires", "path", "secure", "httponly", "samesite", "partitioned"}
    if unknown := lowered.keys() - known:
        raise TypeError(f"set_cookie() got unexpected keyword arguments: {', '.join(sorted(unknown))}")
    return lowered
