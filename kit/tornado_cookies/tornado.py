"""The Tornado face: a handler whose cookies follow the same rules, from the same code, as on the other frameworks.

    class Home(Cookies, web.RequestHandler): ...

Mixed into a handler, this changes how cookies are read (several `Cookie` lines, bytes that are not ASCII), refuses at
the call what a browser would drop, and writes what Tornado leaves out (a zero, `Partitioned`). The XSRF and origin
checks are Tornado's own. Where both frameworks answer behind one proxy, both then read and write the same bytes.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from tornado import web

from . import cookies
from .session import Cookies as Session
from .session import Outgoing, Settings

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Mapping

    from typing_extensions import Unpack


class _Outgoing(Outgoing):
    """The cookies of one answer, until its headers leave."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        super().__init__()
        self.left = False

    def begun(self) -> bool:
        """Say whether the headers have left."""
        return self.left


_SETTINGS: weakref.WeakKeyDictionary[web.Application, Settings] = weakref.WeakKeyDictionary()


def _settings(app: web.Application) -> Settings:
    """The application's settings as the kit checks them, once for each secret."""
    secret, key_version = app.settings.get("cookie_secret"), app.settings.get("key_version")
    kept = _SETTINGS.get(app)
    if kept is None or kept.cookie_secret is not secret or kept.key_version != key_version:
        kept = _SETTINGS[app] = Settings(secret, key_version)
    return kept


class Cookies(web.RequestHandler):
    """A handler whose cookie methods are the kit's, with Tornado's names, parameters and defaults."""

    __session: Session | None = None
    __outgoing: _Outgoing | None = None
    __left = False

    @property
    def kit(self) -> Session:
        """The cookies of this request and its answer; raises what `Settings` raises for the application's secret."""
        if self.__session is None:
            lines = cookies.Encoded(self.request.headers.get_list("Cookie"), "latin-1")
            self.__outgoing = _Outgoing()
            self.__outgoing.left = self.__left
            self.__session = Session(lines, _settings(self.application), self.__outgoing)
        return self.__session

    @property
    def received(self) -> Mapping[str, str]:
        """Every cookie that came with the request, in order of first appearance."""
        return self.kit.received

    def get_cookie(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]  # not overloaded
        """Return the value of the request's cookie `name`, or `default` without one."""
        return self.kit.get_cookie(name, default)

    def set_cookie(self, name: str, value: str | bytes, *scope: Any, **attributes: Any) -> None:
        """Have the response set a cookie: the kit's `set_cookie`, whose last word for a name wins whole."""
        self.kit.set_cookie(name, value, *scope, **attributes)

    def clear_cookie(self, name: str, **scope: Unpack[cookies.Scope]) -> None:  # type: ignore[override]  # only what counts
        """Have the browser delete a cookie; `scope` must repeat the path and domain it was set with."""
        self.kit.clear_cookie(name, **scope)

    def clear_all_cookies(self, **scope: Unpack[cookies.Scope]) -> int:  # type: ignore[override]
        """Have the browser delete the cookies that came; return how many were left out as no browser holds them."""
        return self.kit.clear_all_cookies(**scope)

    def create_signed_value(self, name: str, value: str | bytes, version: int | None = None) -> bytes:
        """Return `value` signed for the cookie `name`, for uses other than a cookie."""
        return self.kit.create_signed_value(name, value, version)

    def set_signed_cookie(self, name: str, value: str | bytes, *args: Any, **attributes: Any) -> None:
        """Have the response set a cookie that nobody can forge, for 30 days unless `expires_days` says otherwise."""
        self.kit.set_signed_cookie(name, value, *args, **attributes)

    def get_signed_cookie(
        self,
        name: str,
        value: str | None = None,
        max_age_days: float = 31,
        min_version: int | None = None,
    ) -> bytes | None:
        """Return what was signed, or None for a cookie that is absent, forged, foreign or too old."""
        return self.kit.get_signed_cookie(name, value, max_age_days, min_version)

    def get_signed_cookie_key_version(self, name: str, value: str | None = None) -> int | None:
        """Return the key version a cookie says it was signed with; it is not verified."""
        return self.kit.get_signed_cookie_key_version(name, value)

    set_secure_cookie = set_signed_cookie
    get_secure_cookie = get_signed_cookie
    get_secure_cookie_key_version = get_signed_cookie_key_version

    def flush(self, include_footers: bool = False) -> Future[None]:  # noqa: FBT001, FBT002  # Tornado's signature
        """Send what was written so far; the first call sends the headers, and the cookies with them."""
        if not self.__left:
            self.__left = True
            if self.__outgoing is not None:
                self.__outgoing.left = True
                for header in self.__outgoing:
                    self.add_header("Set-Cookie", header)
        return super().flush(include_footers)
