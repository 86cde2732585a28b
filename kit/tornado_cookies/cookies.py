"""RFC 6265bis without a socket: `Cookie` lines in, `Set-Cookie` values out.

Two servers behind one proxy must read the same cookies from the same bytes and write the same bytes for the
same call. Their frameworks do neither, so the rules live here, once, and know of no framework and no clock.

Reading: only `;` separates, so that no value smuggles a second cookie in; the last duplicate wins; a name that is no
token or reads as an attribute is dropped. Writing refuses, at the call, what a browser would drop or misread: a
cookie that never arrives is harder to find than an exception. Legal cookies are spelled as Python's `http.cookies`
spells them (attributes sorted by lower-case name; an empty value, or one with any of `()/<=>?@[]{}`, in double
quotes), since sites have sent them so for years. It is not used itself: security releases change what it refuses.
"""

from __future__ import annotations

import calendar
import contextlib
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, TypedDict, Union

if TYPE_CHECKING:
    from typing_extensions import Unpack

# Beyond these a browser drops the cookie, ignores the attribute, shortens the life (RFC 6265bis 5.5, 5.6).
MAX_PAIR_BYTES = 4096  # name and value as sent, quotes included
MAX_ATTRIBUTE_BYTES = 1024
MAX_AGE_S = 400 * 86400
MAX_DOMAIN_CHARS = 253
MAX_COOKIES = 180  # what a browser keeps for one site at most; 50 is all that it must (RFC 6265bis 6.1)
MAX_CLEARING_BYTES = 64 * 1024  # of values in one answer that clears all: 180 of ordinary length have 20 kB

Expires = Union[float, tuple[int, ...], time.struct_time, datetime]
"""Seconds since 1970, a UTC time tuple, or a datetime (a naive one is UTC)."""

_EARLIEST_S = calendar.timegm((1601, 1, 1, 0, 0, 0))  # RFC 6265bis 5.1.1: an earlier date does not parse

_RESERVED = {"comment", "domain", "expires", "httponly", "max-age", "partitioned", "path", "samesite"}
_RESERVED |= {"secure", "version"}
_BLANK = " \t"  # str.strip() alone would turn \xa0__Host-n, which any page may set, into __Host-n
_NAME_CHARS = r"!#$%&'*+\-.^_`|~0-9A-Za-z"
_is_token = re.compile(f"[{_NAME_CHARS}]+").fullmatch
_is_bare = re.compile(f"[{_NAME_CHARS}:]+").fullmatch  # needs no quotes around it
_is_octets = re.compile(r"[!#-+\--:<-\[\]-~]*").fullmatch  # RFC 6265 4.1.1
_is_visible = re.compile(r"[!-~]*").fullmatch
_is_attribute = re.compile(r"[!-:<-~]*").fullmatch
_is_domain = re.compile(r"\.?(?!-)[\w-]+(?<!-)(\.(?!-)[\w-]+(?<!-))*|\[[0-9A-Fa-f:.]+\]", re.ASCII).fullmatch
_unescape = re.compile(r"\\(?:([0-3][0-7][0-7])|(.))").sub
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ESCAPES = str.maketrans({'"': r"\"", "\\": r"\\", ",": r"\054", ";": r"\073"})


class CookieError(ValueError):
    """A cookie that may not be written; the message is one sentence naming the field and the rule it breaks.

    `field` is the parameter of `set_cookie` at fault. Where a rule joins two, it is the one that brings the
    rule in: `name` for the prefixes, `samesite` and `partitioned` where they require `secure`.
    """

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(field, rule)
        self.field = field

    def __str__(self) -> str:
        return " ".join(self.args)


class Encoded:
    """The bytes of header values that a framework decoded as utf-8 (with surrogateescape) or latin-1.

    They are made at each iteration: kept, they would double what a request with long headers holds.
    """

    __slots__ = ("_charset", "_lines")

    def __init__(self, lines: Iterable[str], charset: str) -> None:
        self._lines, self._charset = lines, charset

    def __iter__(self) -> Iterator[bytes]:
        return (line.encode(self._charset, "surrogateescape") for line in self._lines)


def parse(lines: Iterable[bytes]) -> dict[str, str]:
    r"""The cookies in the values of one request's `Cookie` headers, in order of first appearance.

    Several lines count as one joined by `; `. Names that are no token, and reserved ones in upper or lower
    case, are dropped; of duplicates the last wins. A value is UTF-8, else Latin-1. One in double quotes loses
    them and has its `\073` and `\"` escapes undone. Never raises, whatever the bytes; takes linear time.
    """
    found: dict[str, str] = {}
    for pair in b";".join(lines).decode("latin-1").split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            found[name.strip(_BLANK)] = value
    # One look at all names and one at all values: far cheaper than at each, and nearly always enough.
    if not _is_token("".join(found)) or "" in found or not _RESERVED.isdisjoint(map(str.lower, found)):
        found = {name: value for name, value in found.items() if _is_name(name)}
    values = "".join(found.values())
    untidy = " " in values or "\t" in values or not values.isascii()
    if untidy or '"' in values:
        found |= {name: _decoded(value) for name, value in found.items() if untidy or value[:1] == '"'}
    return found


def _is_name(name: str) -> bool:
    return bool(_is_token(name)) and name.lower() not in _RESERVED


def _decoded(raw: str) -> str:
    """The text of one value, given its bytes as Latin-1."""
    value = raw.strip(_BLANK)
    if not value.isascii():
        with contextlib.suppress(UnicodeDecodeError):
            value = value.encode("latin-1").decode("utf-8")
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    # One pass, never a search from each backslash on: that was quadratic (CVE-2024-52804).
    return _unescape(_unescaped, value[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    octal: str | None = match[1]
    return chr(int(octal, 8)) if octal else match[2]


class Scope(TypedDict, total=False):
    """The attributes that say where a cookie lives; a clearing cookie must repeat those it was set with."""

    domain: str | None
    path: str | None
    secure: bool
    httponly: bool
    samesite: str | None
    partitioned: bool


def set_cookie(
    name: str,
    value: str | bytes,
    *,
    now: float,
    domain: str | None = None,
    expires: Expires | None = None,
    path: str | None = "/",
    expires_days: float | None = None,
    max_age: int | None = None,
    httponly: bool = False,
    secure: bool = False,
    samesite: str | None = None,
    partitioned: bool = False,
    escape: bool = False,
) -> str:
    r"""The value of the `Set-Cookie` header, in visible ASCII and spaces.

    `value` is cookie-octets (visible ASCII except `" , ; \`) as text or UTF-8 bytes; `escape` allows those
    four too, written as `\"`, `\054`, `\073` and `\\`, which `parse` undoes. `now` is the time in seconds
    since 1970, for `expires_days` and the limits. `expires` goes before `expires_days`; `max_age` is in seconds
    and may be 0. None or "" leaves out `domain`, `path` or `samesite`. Raises CookieError for what browsers refuse.
    """
    _check_name(name)
    pair = f"{name}={_coded(value, escape=escape)}"
    if len(pair) - 1 > MAX_PAIR_BYTES:
        raise CookieError("value", f"and name may have at most {MAX_PAIR_BYTES} bytes together")
    attributes = (
        _domain(domain),
        _expiry(expires, expires_days, now),
        "HttpOnly" if httponly else "",
        _age(max_age),
        "Partitioned" if partitioned else "",
        _path(path),
        _same_site(samesite, secure=secure),
        "Secure" if secure else "",
    )
    if partitioned and not secure:
        raise CookieError("partitioned", "requires secure")
    _check_prefix(name, secure=secure, httponly=httponly, host_only=path == "/" and not domain)
    return "; ".join(filter(None, (pair, *attributes)))


def clear_cookie(name: str, *, now: float, **scope: Unpack[Scope]) -> str:
    """The `Set-Cookie` value that makes a browser delete a cookie set with the same `path` and `domain`.

    A name with a prefix brings along the `Secure` and `HttpOnly` it requires, or no browser would obey it.
    """
    prefix = _prefix(name)
    if prefix:
        scope["secure"] = True
    if prefix in _HTTP_ONLY:
        scope["httponly"] = True
    return set_cookie(name, "", now=now, expires_days=-365, **scope)


def clear_all(names: Iterable[str], *, now: float, **scope: Unpack[Scope]) -> list[str]:
    """The clearing `Set-Cookie` value for each of these names, which came with a request.

    Names that may not be written are skipped: nobody can have set them here. `__Host-` names are cleared at
    the only path and domain they can have. After MAX_COOKIES values or MAX_CLEARING_BYTES it ends: no browser holds
    more, and a short request must not have a long answer. Raises CookieError for the attributes alone, even without
    a name.
    """
    clear_cookie("any", now=now, **scope)
    headers: list[str] = []
    for name in names:
        if is_full(headers):
            break
        own: Scope = {**scope, "domain": None, "path": "/"} if _prefix(name) in _HOST_ONLY else scope
        with contextlib.suppress(CookieError):  # the attributes passed above, so it is the name
            headers.append(clear_cookie(name, now=now, **own))
    return headers


def is_full(headers: Sequence[str]) -> bool:
    """Whether `clear_all` ended with these values because of a bound: there may be names that it left out."""
    return len(headers) >= MAX_COOKIES or sum(map(len, headers)) >= MAX_CLEARING_BYTES


def may_be_cleared(names: Iterable[str]) -> int:
    """How many of these names somebody can have set here: those that `clear_all` does not skip."""
    return sum(1 for name in names if _is_name(name))


class Jar:
    """The `Set-Cookie` values of one response: one per name, in order of first set, the last wins whole."""

    __slots__ = ("_headers",)

    def __init__(self) -> None:
        self._headers: dict[str, str] = {}

    def put(self, header: str) -> None:
        """Take a value written by `set_cookie`, `clear_cookie` or `clear_all`."""
        self._headers[header.partition("=")[0]] = header

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers.values())

    def __len__(self) -> int:
        return len(self._headers)


def _check_name(name: str) -> None:
    if not isinstance(name, str) or not _is_token(name):
        raise CookieError("name", "must be an RFC 6265bis token: ASCII letters, digits and !#$%&'*+-.^_`|~")
    if name.lower() in _RESERVED:
        raise CookieError("name", "must not be that of a cookie attribute")


# The longest first (RFC 6265bis 5.4; the Http ones: Chromium 140 and newer).
_PREFIXES = ("__host-http-", "__secure-", "__host-", "__http-")
_HOST_ONLY = {"__host-http-", "__host-"}
_HTTP_ONLY = {"__host-http-", "__http-"}


def _prefix(name: str) -> str:
    """The prefix that browsers police whatever its case, in lower case, or nothing."""
    lowered = name.lower()
    return next(filter(lowered.startswith, _PREFIXES), "") if lowered[:2] == "__" else ""


def _check_prefix(name: str, *, secure: bool, httponly: bool, host_only: bool) -> None:
    prefix = _prefix(name)
    if not prefix:
        return
    both = "__Http- or __Host-Http-" if prefix in _HTTP_ONLY else "__Secure- or __Host-"
    if not secure:
        raise CookieError("name", f"with the prefix {both} requires secure")
    if prefix in _HTTP_ONLY and not httponly:
        raise CookieError("name", f"with the prefix {both} requires httponly")
    if prefix in _HOST_ONLY and not host_only:
        one = "__Host-Http-" if prefix in _HTTP_ONLY else "__Host-"
        raise CookieError("name", f"with the prefix {one} requires the path / and no domain")


def _coded(value: str | bytes, *, escape: bool) -> str:
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


def _domain(domain: str | None) -> str:
    if isinstance(domain, str) and len(domain) > MAX_DOMAIN_CHARS:
        raise CookieError("domain", f"may have at most {MAX_DOMAIN_CHARS} characters")
    attribute = _text("domain", "Domain", domain)
    if domain and not _is_domain(domain):
        raise CookieError("domain", "must be a host name without a port, such as example.com")
    return attribute


def _path(path: str | None) -> str:
    attribute = _text("path", "Path", path)
    if path and path[0] != "/":
        raise CookieError("path", "must begin with /, or browsers take the path of the request")
    return attribute


def _same_site(samesite: str | None, *, secure: bool) -> str:
    attribute = _text("samesite", "SameSite", samesite)
    policy = attribute.lower()
    if policy not in {"", "samesite=strict", "samesite=lax", "samesite=none"}:
        raise CookieError("samesite", "must be Strict, Lax or None")
    if policy == "samesite=none" and not secure:
        raise CookieError("samesite", "None requires secure")
    return attribute


def _age(max_age: int | None) -> str:
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


def _expiry(expires: Expires | None, expires_days: float | None, now: float) -> str:
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
