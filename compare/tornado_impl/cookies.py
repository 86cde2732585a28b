"""Cookies in Tornado: its own methods where they are right, the shared rules where they are not.

Mixed into a handler, this changes how cookies are read (several `Cookie` lines, bytes that are no ASCII), refuses at
the call what a browser would drop, and writes what Tornado leaves out (a zero, `Partitioned`); docs/cookies.md has the
table. `set_signed_cookie` and `get_signed_cookie_key_version` are Tornado's own.
"""

import time
from collections.abc import Container, Mapping
from functools import cached_property
from http.cookies import Morsel
from typing import Any, overload

from tornado import web

from tornado_cookies import cookies


class Cookies(web.RequestHandler):
    """A handler whose cookies follow RFC 6265bis; its twin is the `Cookies` of aiohttp_impl."""

    @cached_property
    def received(self) -> Mapping[str, str]:
        """Every cookie that came with the request, in order of first appearance."""
        return cookies.parse(cookies.encoded(self.request.headers.get_list("Cookie"), "latin-1"))

    @overload
    def get_cookie(self, name: str, default: str) -> str: ...

    @overload
    def get_cookie(self, name: str, default: None = None) -> str | None: ...

    def get_cookie(self, name: str, default: str | None = None) -> str | None:
        """Return the value of the request's cookie `name`, or `default` without one."""
        return self.received.get(name, default)

    def set_cookie(  # type: ignore[override]  # without the mixed-case names deprecated in 6.3
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
    ) -> None:
        """Set a cookie as Tornado does, once the shared rules allow it; a call that raises changes nothing."""
        scope: dict[str, Any] = {
            "domain": domain,
            "expires": expires,
            "path": path,
            "expires_days": expires_days,
        }
        flags: dict[str, Any] = {
            "httponly": httponly,
            "secure": secure,
            "samesite": samesite,
            "max_age": max_age,
        }
        header = cookies.set_cookie(
            name, value, now=time.time(), partitioned=partitioned, escape=escape, **scope, **flags
        )
        # Tornado drops a zero, and Python's own cookies know no `Partitioned` before 3.14.
        if max_age == 0 or expires == 0 or partitioned:
            self._spell(name, header)
        else:
            super().set_cookie(name, value, **scope, **flags)

    def clear_cookie(self, name: str, **scope: Any) -> None:
        """Delete a cookie as Tornado does; one whose prefix asks for `Secure` gets it."""
        header = cookies.clear_cookie(name, now=time.time(), **scope)
        scope["secure"] = header.endswith("; Secure")
        super().clear_cookie(name, **scope)

    def clear_all_cookies(self, **scope: Any) -> None:
        """Delete all cookies that came with the request, save those with names nobody can have set here."""
        for header in cookies.clear_all(self.received, now=time.time(), **scope):
            self._spell(header.partition("=")[0], header)

    def get_signed_cookie(
        self,
        name: str,
        value: str | None = None,
        max_age_days: float = 31,
        min_version: int | None = None,
    ) -> bytes | None:
        """Return what was signed; with versioned secrets, no format without a version: there Tornado fails."""
        if isinstance(self.settings.get("cookie_secret"), dict):
            min_version = max(min_version or 0, 2)
        return super().get_signed_cookie(name, value, max_age_days, min_version)

    def _spell(self, name: str, header: str) -> None:
        """Put a header of our own where Tornado keeps its cookies, in place of one of that name."""
        super().set_cookie(name, "")
        self._new_cookie[name] = Spelled(header)


class Spelled(Morsel[str]):
    """A cookie that is already a header."""

    def __init__(self, header: str) -> None:
        super().__init__()
        self.header = header

    def OutputString(self, attrs: Container[str] | None = None) -> str:  # noqa: ARG002, N802  # what Tornado calls
        """Return the header's value."""
        return self.header
