"""The cookie rules of `tornado_cookies.cookies` under their former name."""

from tornado_cookies.cookies import (
    MAX_AGE_S,
    MAX_ATTRIBUTE_BYTES,
    MAX_PAIR_BYTES,
    CookieError,
    Expires,
    Jar,
    Scope,
    clear_all,
    clear_cookie,
    parse,
    set_cookie,
)

__all__ = [
    "MAX_AGE_S",
    "MAX_ATTRIBUTE_BYTES",
    "MAX_PAIR_BYTES",
    "CookieError",
    "Expires",
    "Jar",
    "Scope",
    "clear_all",
    "clear_cookie",
    "parse",
    "set_cookie",
]
