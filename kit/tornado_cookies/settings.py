"""What an application was set up with, checked once; knows no framework."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, TypedDict

from . import cookies, origin, signing, xsrf

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from typing_extensions import Unpack

    from .inspection import Unreadable

MIN_SECRET_BYTES = 32  # what RFC 7518, section 3.2, asks of a key for HMAC-SHA256

_log = logging.getLogger("tornado_cookies")


class Options(TypedDict, total=False):
    """Tornado's settings of these names, its handlers' `check_trusted_origin`, and the kit's own `on_unreadable`."""

    xsrf_cookies: bool
    xsrf_cookie_name: str
    xsrf_cookie_version: int
    xsrf_cookie_kwargs: Mapping[str, Any]
    cross_origin_protection: bool
    trusted_origins: Collection[str]
    check_trusted_origin: Callable[[str], bool]
    on_unreadable: Callable[[str, Unreadable], None]


class Settings:
    """What an application was set up with, checked.

    Raises ValueError for a secret that is empty, for keys of which `key_version` names none, and for an option that
    cannot be. A secret under 32 bytes is a warning in the log.
    """

    __slots__ = (
        "cookie_secret",
        "is_trusted",
        "key_version",
        "on_unreadable",
        "protects_origin",
        "protects_xsrf",
        "xsrf_cookie_kwargs",
        "xsrf_cookie_name",
        "xsrf_cookie_version",
    )

    def __init__(
        self,
        cookie_secret: signing.CookieSecret | None = None,
        key_version: int | None = None,
        **options: Unpack[Options],
    ) -> None:
        if unknown := options.keys() - Options.__annotations__:
            raise TypeError(f"unknown options: {', '.join(sorted(unknown))}")
        _check_secret(cookie_secret, key_version)
        self.cookie_secret, self.key_version = cookie_secret, key_version
        self.on_unreadable = options.get("on_unreadable")
        self.protects_xsrf = options.get("xsrf_cookies", False)
        self.xsrf_cookie_name = options.get("xsrf_cookie_name", "_xsrf")
        self.xsrf_cookie_version = options.get("xsrf_cookie_version", 2)
        self.xsrf_cookie_kwargs = dict(options.get("xsrf_cookie_kwargs") or {})
        self.protects_origin = options.get("cross_origin_protection", False)
        trusted = options.get("trusted_origins", ())
        if isinstance(trusted, (str, bytes)):
            raise ValueError("trusted_origins must be a list of origins, such as ['https://example.com']")  # noqa: TRY004
        self.is_trusted = options.get("check_trusted_origin", frozenset(trusted).__contains__)
        if self.xsrf_cookie_version not in {1, 2}:
            raise ValueError("xsrf_cookie_version must be 1 or 2")
        # Said now rather than on the first form; what depends on the time is said then.
        cookies.set_cookie(self.xsrf_cookie_name, "", now=time.time(), **lowered(self.xsrf_cookie_kwargs))

    def secret(self) -> signing.CookieSecret:
        """Return the secret or secrets; raise RuntimeError without any, or when one has become empty."""
        secret = self.cookie_secret
        if not secret or (isinstance(secret, dict) and not all(secret.values())):
            raise RuntimeError("Signed cookies need a secret: set up with cookie_secret.")
        return secret

    def check_origin(
        self,
        sec_fetch_site: str | None,
        from_origin: str | None,
        host: str,
        is_trusted: Callable[[str], bool] | None = None,
    ) -> None:
        """Raise XsrfError for a request from another site not trusted: by `is_trusted`, or else the settings."""
        refused = origin.refusal(
            sec_fetch_site=sec_fetch_site,
            origin=from_origin,
            host=host,
            is_trusted=is_trusted or self.is_trusted,
        )
        if refused is not None:
            raise xsrf.XsrfError(refused)


def _check_secret(secret: signing.CookieSecret | None, key_version: int | None) -> None:
    if secret is None:
        return
    if isinstance(secret, dict) and secret.keys().isdisjoint({key_version}):
        raise ValueError("key_version must name one of the secrets")
    for version, key in secret.items() if isinstance(secret, dict) else ((None, secret),):
        name = "cookie_secret" if version is None else f"cookie_secret[{version!r}]"
        if not isinstance(key, (str, bytes)):
            raise TypeError(f"{name} must be text or bytes")
        if not key:
            raise ValueError(
                f"{name} is empty, so that anybody could sign: make one with secrets.token_urlsafe(32)"
            )
        if len(key.encode() if isinstance(key, str) else key) < MIN_SECRET_BYTES:
            _log.warning(
                "%s has fewer than %d bytes: signatures made with it can be guessed", name, MIN_SECRET_BYTES
            )


def lowered(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes by the names they have in lower case; raises TypeError for those that have none."""
    lowered = {name.lower(): value for name, value in attributes.items()}
    if unknown := lowered.keys() - _ATTRIBUTES:
        raise TypeError(f"set_cookie() got unexpected keyword arguments: {', '.join(sorted(unknown))}")
    return lowered


_ATTRIBUTES = {"domain", "expires", "path", "expires_days", "max_age"}
_ATTRIBUTES |= {"httponly", "secure", "samesite", "partitioned"}
