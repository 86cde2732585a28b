"""The cookies of one request and of its answer, with a Tornado handler's methods; knows no framework.

A face makes one `Settings` per application and one `Outgoing` per answer, and gives each request its `Cookies`.
"""

from __future__ import annotations

import logging
import time
import warnings
from typing import TYPE_CHECKING, Any, overload

from . import cookies, signing, xsrf
from .settings import Options, Settings, lowered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Unpack

__all__ = ["Cookies", "Options", "Outgoing", "Settings"]

# Parsed cookies of one request: a browser's plain and its partitioned ones.
MAX_KEPT = 2 * cookies.MAX_COOKIES

_log = logging.getLogger("tornado_cookies")


class Outgoing(cookies.Jar):
    """The cookies of one answer; a face overrides `begun`."""

    __slots__ = ("raw_xsrf_tokens",)

    def __init__(self) -> None:
        super().__init__()
        self.raw_xsrf_tokens: dict[str, tuple[bytes, float]] = {}  # new ones, by the cookie's name

    def begun(self) -> bool:
        """Say whether the answer's headers have left."""
        return False

    def put(self, header: str) -> None:
        """Take a `Set-Cookie` value; raise RuntimeError when it would never reach the browser."""
        if self.begun():
            raise RuntimeError("The response has begun; a cookie set now would never reach the browser.")
        super().put(header)


class Cookies:
    """The cookies of one request and those its response will set; nothing is parsed before it is asked for.

    What is set here is not visible to the getters: the browser has not sent it yet.
    """

    __slots__ = ("_lines", "_outgoing", "_received", "_settings", "_xsrf_token")

    def __init__(self, lines: Iterable[bytes], settings: Settings, outgoing: Outgoing) -> None:
        self._lines, self._settings, self._outgoing = lines, settings, outgoing
        self._received: dict[str, str] | None = None
        self._xsrf_token: bytes | None = None

    @property
    def received(self) -> Mapping[str, str]:
        """Every cookie that came with the request, in order of first appearance.

        More than `MAX_KEPT` come from no browser; they are parsed at each look, or a request whose answer nobody reads
        would hold ten times its bytes.
        """
        if self._received is not None:
            return self._received
        found = cookies.parse(self._lines)
        if len(found) <= MAX_KEPT:
            self._received = found
        return found

    @property
    def written(self) -> list[str]:
        """The `Set-Cookie` values that the response will have, as far as they are known: for unit tests."""
        return list(self._outgoing)

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
        if mixed_case:
            attributes.update(lowered(mixed_case))
        try:
            header = cookies.set_cookie(name, value, now=time.time(), escape=escape, **attributes)
        except cookies.CookieError as error:
            error.cookie = name
            raise
        self._outgoing.put(header)
        if mixed_case:
            spelled = f"Deprecated arguments to set_cookie: {', '.join(mixed_case)} (should be lowercase)"
            warnings.warn(spelled, DeprecationWarning, stacklevel=2)

    def clear_cookie(self, name: str, **scope: Unpack[cookies.Scope]) -> None:
        """Have the browser delete a cookie; `scope` must repeat the path and domain it was set with."""
        self._outgoing.put(cookies.clear_cookie(name, now=time.time(), **scope))

    def clear_all_cookies(self, **scope: Unpack[cookies.Scope]) -> int:
        """Have the browser delete the cookies that came with the request, as far as `scope` is theirs.

        Returns how many were left out, and logs it: `cookies.clear_all` has the bounds.
        """
        received = self.received
        headers = cookies.clear_all(received, now=time.time(), **scope)
        for header in headers:
            self._outgoing.put(header)
        if not cookies.is_full(headers):
            return 0
        left = cookies.may_be_cleared(received) - len(headers)
        if left:
            _log.warning("clear_all_cookies: %d cookies cleared, %d left out", len(headers), left)
        return left

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
        key_version = self._settings.key_version
        return signing.create_signed_value(
            self._settings.secret(), name, value, version=version, key_version=key_version
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
        secret = self._settings.secret()
        if value is None:
            value = self.get_cookie(name)
        read = signing.decode_signed_value(
            secret, name, value, max_age_days=max_age_days, min_version=min_version
        )
        if read is None and value and self._settings.on_unreadable is not None:
            from .inspection import why_unreadable  # noqa: PLC0415  # only for who asked for it

            reason = why_unreadable(secret, name, value, max_age_days=max_age_days, min_version=min_version)
            self._settings.on_unreadable(name, reason)
        return read

    def get_signed_cookie_key_version(self, name: str, value: str | None = None) -> int | None:
        """Return the key version a cookie says it was signed with; it is not verified."""
        self._settings.secret()
        if value is None:
            value = self.get_cookie(name)
        return None if value is None else signing.get_signature_key_version(value)

    # Tornado's names before 6.3.
    set_secure_cookie = set_signed_cookie
    get_secure_cookie = get_signed_cookie
    get_secure_cookie_key_version = get_signed_cookie_key_version

    @property
    def xsrf_token(self) -> bytes:
        """The token that forms and scripts must send back, newly masked for each request.

        Without a valid one from the browser, the response sets the cookie. Raises RuntimeError when it cannot any
        more.
        """
        if self._xsrf_token is None:
            raw, created_s, is_new = self._raw_xsrf_token()
            token = xsrf.encode(raw, created_s, self._settings.xsrf_cookie_version)
            if is_new:
                self.set_cookie(self._settings.xsrf_cookie_name, token, **self._settings.xsrf_cookie_kwargs)
            self._xsrf_token = token
        return self._xsrf_token

    def xsrf_form_html(self) -> str:
        """Return the hidden field to put into each form."""
        return xsrf.form_html(self.xsrf_token)

    def check_xsrf_cookie(self, given: str | None) -> None:
        """Raise XsrfError unless `given`, the request's argument or header, is the cookie's token."""
        name = self._settings.xsrf_cookie_name
        expected = xsrf.raw_of(self.get_cookie(name) or "")
        # Without a cookie nothing may agree, not even an empty token with none.
        xsrf.check(given, expected or xsrf.new_token())

    def _raw_xsrf_token(self) -> tuple[bytes, float, bool]:
        """The cookie's token, when it was made, and whether the browser does not have it yet."""
        name = self._settings.xsrf_cookie_name
        token = xsrf.decode(self.get_cookie(name) or "")
        if token.raw is not None and self.get_cookie(name):
            return token.raw, time.time() if token.created_s is None else token.created_s, False
        raw, created_s = self._outgoing.raw_xsrf_tokens.setdefault(name, (xsrf.new_token(), time.time()))
        return raw, created_s, True
