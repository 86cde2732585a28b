"""What a cookie and each of its attributes may be, and how it is written (RFC 6265bis). Pure."""

from __future__ import annotations

import calendar
import re
import time
from datetime import datetime, timedelta, timezone
from typing import Union

# Beyond these a browser drops the cookie, ignores the attribute, shortens the life (RFC 6265bis 5.5, 5.6).
MAX_PAIR_BYTES = 4096  # name and value as sent, quotes included
MAX_ATTRIBUTE_BYTES = 1024
MAX_AGE_S = 400 * 86400
MAX_DOMAIN_CHARS = 253

Expires = Union[float, tuple[int, ...], time.struct_time, datetime]
"""Seconds since 1970, a UTC time tuple, or a datetime (a naive one is UTC)."""

_EARLIEST_S = calendar.timegm((1601, 1, 1, 0, 0, 0))  # RFC 6265bis 5.1.1: an earlier date does not parse

NAME_CHARS = r"!#$%&'*+\-.^_`|~0-9A-Za-z"
_is_bare = re.compile(f"[{NAME_CHARS}:]+").fullmatch  # needs no quotes around it
_is_octets = re.compile(r"[!#-+\--:<-\[\]-~]*").fullmatch  # RFC 6265 4.1.1
_is_visible = re.compile(r"[!-~]*").fullmatch
_is_attribute = re.compile(r"[!-:<-~]*").fullmatch
_is_domain = re.compile(r"\.?(?!-)[\w-]+(?<!-)(\.(?!-)[\w-]+(?<!-))*|\[[0-9A-Fa-f:.]+\]", re.ASCII).fullmatch
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ESCAPES = str.maketrans({'"': r"\"", "\\": r"\\", ",": r"\054", ";": r"\073"})


class CookieError(ValueError):
    """A cookie that may not be written; the message is one sentence naming the field and the rule it breaks.

    `field` is the parameter of `set_cookie` at fault. Where a rule joins two, it is the one that brings the
    rule in: `name` for the prefixes, `samesite` and `partitioned` where they require `secure`. `cookie` is the name of
    the cookie where a request's cookies were to be set, and then begins the message.
    """

    cookie: str | None = None

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(field, rule)
        self.field = field

    def __str__(self) -> str:
        told = " ".join(self.args)
        return told if self.cookie is None else f"cookie {self.cookie!r}: {told}"


# The longest first (RFC 6265bis 5.4; the Http ones: Chromium 140 and newer).
_PREFIXES = ("__host-http-", "__secure-", "__host-", "__http-")
HOST_ONLY = {"__host-http-", "__host-"}
HTTP_ONLY = {"__host-http-", "__http-"}


def prefix_of(name: str) -> str:
    """The prefix that browsers police whatever its case, in lower case, or nothing."""
    lowered = name.lower()
    return next(filter(lowered.startswith, _PREFIXES), "") if lowered[:2] == "__" else ""


def check_prefix(name: str, *, secure: bool, httponly: bool, host_only: bool) -> None:
    """Raise CookieError when `name` has a prefix whose conditions are not met."""
    prefix = prefix_of(name)
    if not prefix:
        return
    both = "__Http- or __Host-Http-" if prefix in HTTP_ONLY else "__Secure- or __Host-"
    if not secure:
        raise CookieError("name", f"with the prefix {both} requires secure")
    if prefix in HTTP_ONLY and not httponly:
        raise CookieError("name", f"with the prefix {both} requires httponly")
    if prefix in HOST_ONLY and not host_only:
        one = "__Host-Http-" if prefix in HTTP_ONLY else "__Host-"
        raise CookieError("name", f"with the prefix {one} requires the path / and no domain")


def coded(value: str | bytes, *, escape: bool) -> str:
    """The value as it goes over the wire."""
    try:
        text = value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError as error:
        raise CookieError("value", "must be UTF-8 when given as bytes") from error
    if not isinstance(text, str) or not _is_visible(text):
        raise CookieError("value", "must be visible ASCII without spaces")
    if not escape and not _is_octets(text):
        raise CookieError("value", "must not hold double quotes, commas, semicolons or backslashes")
    return text if _is_bare(text) else f'"{text.translate(_ESCAPES)}"'


def _text(field: str, label: str, value: str | None) -> str:
    """One attribute; unchecked, a `;` in it would add others (CVE-2026-35536, CVE-2026-91991)."""
    if not value:
        return ""
    if not isinstance(value, str) or not _is_attribute(value):
        raise CookieError(field, "must be visible ASCII without spaces and semicolons")
    if len(value) > MAX_ATTRIBUTE_BYTES:
        raise CookieError(field, f"may have at most {MAX_ATTRIBUTE_BYTES} bytes")
    return f"{label}={value}"


def domain_attribute(domain: str | None) -> str:
    """`Domain`, or nothing."""
    if isinstance(domain, str) and len(domain) > MAX_DOMAIN_CHARS:
        raise CookieError("domain", f"may have at most {MAX_DOMAIN_CHARS} characters")
    attribute = _text("domain", "Domain", domain)
    if domain and not _is_domain(domain):
        raise CookieError("domain", "must be a host name without a port, such as example.com")
    return attribute


def path_attribute(path: str | None) -> str:
    """`Path`, or nothing."""
    attribute = _text("path", "Path", path)
    if path and path[0] != "/":
        raise CookieError("path", "must begin with /, or browsers take the path of the request")
    return attribute


def same_site(samesite: str | None, *, secure: bool) -> str:
    """`SameSite`, or nothing."""
    attribute = _text("samesite", "SameSite", samesite)
    policy = attribute.lower()
    if policy not in {"", "samesite=strict", "samesite=lax", "samesite=none"}:
        raise CookieError("samesite", "must be Strict, Lax or None")
    if policy == "samesite=none" and not secure:
        raise CookieError("samesite", "None requires secure")
    return attribute


def age(max_age: int | None) -> str:
    """`Max-Age`, through int() so that no text gets into the header with it (CVE-2026-123535)."""
    if max_age is None:
        return ""
    try:
        seconds = int(max_age)
    except (TypeError, ValueError, OverflowError) as error:
        raise CookieError("max_age", "must be a whole number of seconds") from error
    if not -(10**18) < seconds <= MAX_AGE_S:
        raise CookieError("max_age", f"must lie between -10**18 and {MAX_AGE_S} seconds (400 days)")
    return f"Max-Age={seconds}"


def expiry(expires: Expires | None, expires_days: float | None, now: float) -> str:
    """`Expires` as an RFC 9110 date, or nothing for a cookie that ends with the session."""
    if expires is None and expires_days is None:
        return ""
    field = "expires_days" if expires is None else "expires"
    try:
        moment_s = _days_ahead(expires_days or 0, now) if expires is None else _epoch(expires)
        date = _http_date(moment_s)
    except (TypeError, ValueError, LookupError, OverflowError, OSError) as error:
        raise CookieError(field, "must be a number, a time tuple or a datetime of our calendar") from error
    if moment_s >= now + MAX_AGE_S + 1:
        raise CookieError(field, "must not lie more than 400 days ahead")
    if moment_s < _EARLIEST_S:
        raise CookieError(field, "must not lie before 1601, where browsers read no date")
    return f"expires={date}"


def _http_date(moment_s: float) -> str:
    """RFC 9110's date; `email.utils` writes the same, and takes longer to import than all of this."""
    at = datetime.fromtimestamp(moment_s, timezone.utc)
    return f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} {at:%H:%M:%S} GMT"


def _days_ahead(days: float, now: float) -> int:
    return calendar.timegm((datetime.fromtimestamp(now, timezone.utc) + timedelta(days=days)).utctimetuple())


def _epoch(expires: Expires) -> float:
    if isinstance(expires, datetime):
        return calendar.timegm(expires.utctimetuple())
    if isinstance(expires, (int, float)):
        return expires
    return calendar.timegm(expires)
