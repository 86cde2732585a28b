"""A storage for aiohttp-session: the session as JSON in one cookie, signed in Tornado's format.

    aiohttp_session.setup(app, SignedStorage(max_age=86400))     # after tornado_cookies.aiohttp.setup(app, secret)

It is signed, not encrypted: the user can read it. The second in which it ends is in the value, so a browser that
keeps a cookie longer gains nothing. A session that a browser would not keep (over 4,096 bytes with its name) raises
CookieError.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aiohttp_session import AbstractStorage, Session

from .aiohttp import cookies_of

if TYPE_CHECKING:
    from aiohttp import web


class SignedStorage(AbstractStorage):
    """Keeps a session in a signed cookie; the parameters are those of `aiohttp_session.AbstractStorage`."""

    async def load_session(self, request: web.Request) -> Session:
        """Return the session of a request, a new one for what is absent, forged, malformed or over."""
        days = 36500.0 if self.max_age is None else self.max_age / 86400
        value = cookies_of(request).get_signed_cookie(self.cookie_name, max_age_days=days, min_version=2)
        if value is not None:
            try:
                data = self._decoder(value.decode())
                ends_s = data.pop("ends", None)
                if ends_s is None or time.time() < ends_s:
                    return Session(None, data=data, new=False, max_age=self.max_age)
            except (AttributeError, KeyError, TypeError, ValueError):
                pass  # signed by another part of the site, or by an earlier release of it
        return await self.new_session()

    async def save_session(
        self,
        request: web.Request,
        response: web.StreamResponse,  # noqa: ARG002  # the storage's signature
        session: Session,
    ) -> None:
        """Have the answer set the session's cookie, or clear it when the session is empty."""
        params: Any = self.cookie_params
        scope = {name: params[name] for name in ("domain", "path", "httponly", "samesite")}
        scope["secure"] = bool(params["secure"])
        own = cookies_of(request)
        if session.empty:
            own.clear_cookie(self.cookie_name, **scope)
            return
        max_age_s = session.max_age if session.max_age is not None else self.max_age
        data: dict[str, Any] = {"created": session.created, "session": dict(session)}
        if max_age_s is not None:
            data["ends"] = int(time.time()) + max_age_s
        own.set_signed_cookie(
            self.cookie_name, self._encoder(data), expires_days=None, max_age=max_age_s, **scope
        )
