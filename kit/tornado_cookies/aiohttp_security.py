"""An identity policy for aiohttp-security on aiohttp-session, with a new session at each login.

    aiohttp_security.setup(app, FreshSessionPolicy(), authorization_policy)

aiohttp-security's own session policy keeps the session that was there before the login; what somebody else may have put
into it, by a cookie set on a shared host, would then belong to the user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp_security.abc import AbstractIdentityPolicy
from aiohttp_session import get_session, new_session

if TYPE_CHECKING:
    from aiohttp import web


class FreshSessionPolicy(AbstractIdentityPolicy):
    """Keeps who is logged in under `session_key` of a session that began at the login."""

    def __init__(self, session_key: str = "AIOHTTP_SECURITY") -> None:
        self._session_key = session_key

    async def identify(self, request: web.Request) -> str | None:
        """Return who is logged in, or None."""
        identity = (await get_session(request)).get(self._session_key)
        return identity if isinstance(identity, str) else None

    async def remember(
        self,
        request: web.Request,
        response: web.StreamResponse,  # noqa: ARG002  # the policy's signature
        identity: str,
        **kwargs: Any,  # noqa: ARG002  # the policy's signature
    ) -> None:
        """Begin a new session that belongs to `identity`; nothing of the old one stays."""
        (await new_session(request))[self._session_key] = identity

    async def forget(self, request: web.Request, response: web.StreamResponse) -> None:  # noqa: ARG002  # the policy's signature
        """End the session."""
        (await get_session(request)).invalidate()
