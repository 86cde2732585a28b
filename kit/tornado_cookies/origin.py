"""Whether a request comes from a page of another site, decided as Tornado 6.6 decides it. Pure.

`Sec-Fetch-Site` is the browser's own word. Without it (an old browser, plain HTTP, a client that is not a browser)
a request without `Origin` passes, and one whose `Origin` names the host that was asked. All others must be trusted.
"""

from __future__ import annotations

from collections.abc import Callable


def refusal(
    *, sec_fetch_site: str | None, origin: str | None, host: str, is_trusted: Callable[[str], bool]
) -> str | None:
    """Return None for a request that may pass, and else Tornado's message for the 403.

    `is_trusted` is asked with the `Origin` of a request that seems to come from elsewhere. An `Origin` that is not a
    URL is refused, where Tornado answers 500.
    """
    if sec_fetch_site in {"same-origin", "none"}:
        return None
    if sec_fetch_site is None:
        if origin is None or _is_host(origin, host) or is_trusted(origin):
            return None
        return f"Origin {origin!r} not allowed"
    if origin and is_trusted(origin):
        return None
    return f"Sec-Fetch-Site {sec_fetch_site} & origin {origin!r} not allowed"


def _is_host(origin: str, host: str) -> bool:
    from urllib.parse import urlsplit  # noqa: PLC0415  # it takes longer to import than all of this, and is seldom needed

    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False
