"""RFC 6265bis without a socket: `Cookie` lines in, `Set-Cookie` values out.

Two servers behind one proxy must read the same cookies from the same bytes and write the same bytes for the
same call. Their frameworks do neither, so the rules live here, once, and know of no framework and no clock.

Reading: only `;` separates, so that no value smuggles a second cookie in; the last duplicate wins; a name that is not a
token or reads as an attribute is dropped. Writing refuses, at the call, what a browser would drop or misread: a
cookie that never arrives is harder to find than an exception. Legal cookies are spelled as Python's `http.cookies`
spells them (attributes sorted by lower-case name; an empty value, or one with any of `()/<=>?@[]{}`, in double
quotes), since sites have sent them so for years. It is not used itself: security releases change what it refuses.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypedDict

from .attributes import (
    HOST_ONLY,
    HTTP_ONLY,
    MAX_AGE_S,
    MAX_ATTRIBUTE_BYTES,
    MAX_DOMAIN_CHARS,
    MAX_PAIR_BYTES,
    NAME_CHARS,
    CookieError,
    Expires,
    age,
    check_prefix,
    coded,
    domain_attribute,
    expiry,
    path_attribute,
    prefix_of,
    same_site,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = [
    "MAX_AGE_S",
    "MAX_ATTRIBUTE_BYTES",
    "MAX_CLEARING_BYTES",
    "MAX_COOKIES",
    "MAX_DOMAIN_CHARS",
    "MAX_PAIR_BYTES",
    "CookieError",
    "Encoded",
    "Expires",
    "Jar",
    "Scope",
    "clear_all",
    "clear_cookie",
    "is_full",
    "may_be_cleared",
    "parse",
    "set_cookie",
]

MAX_COOKIES = 180  # what a browser keeps for one site at most; 50 is all that it must (RFC 6265bis 6.1)
MAX_CLEARING_BYTES = 64 * 1024  # of values in one answer that clears all: 180 of ordinary length have 20 kB

_RESERVED = {"comment", "domain", "expires", "httponly", "max-age", "partitioned", "path", "samesite"}
_RESERVED |= {"secure", "version"}
_BLANK = " \t"  # str.strip() alone would turn \xa0__Host-n, which any page may set, into __Host-n
_is_token = re.compile(f"[{NAME_CHARS}]+").fullmatch
_unescape = re.compile(r"\\(?:([0-3][0-7][0-7])|(.))").sub


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

    Several lines count as one joined by `; `. Names that are not tokens, and reserved ones in upper or lower
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
    pair = f"{name}={coded(value, escape=escape)}"
    if len(pair) - 1 > MAX_PAIR_BYTES:
        raise CookieError("value", f"and name may have at most {MAX_PAIR_BYTES} bytes together")
    attributes = (
        domain_attribute(domain),
        expiry(expires, expires_days, now),
        "HttpOnly" if httponly else "",
        age(max_age),
        "Partitioned" if partitioned else "",
        path_attribute(path),
        same_site(samesite, secure=secure),
        "Secure" if secure else "",
    )
    if partitioned and not secure:
        raise CookieError("partitioned", "requires secure")
    check_prefix(name, secure=secure, httponly=httponly, host_only=path == "/" and not domain)
    return "; ".join(filter(None, (pair, *attributes)))


def clear_cookie(name: str, *, now: float, **scope: Unpack[Scope]) -> str:
    """The `Set-Cookie` value that makes a browser delete a cookie set with the same `path` and `domain`.

    A name with a prefix brings along the `Secure` and `HttpOnly` it requires, or no browser would obey it.
    """
    prefix = prefix_of(name)
    if prefix:
        scope["secure"] = True
    if prefix in HTTP_ONLY:
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
        own: Scope = {**scope, "domain": None, "path": "/"} if prefix_of(name) in HOST_ONLY else scope
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
