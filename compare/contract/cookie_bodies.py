"""What the cookie routes of both servers promise: how requests are read and answers spelled. Pure."""

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from compare.contract import ContractError, ErrorCode, single
from tornado_cookies.cookies import CookieError, Scope

MAX_AGE_DAYS = 31.0  # Tornado's default for reading a signed cookie
LINES = "X-Cookie-Lines"
"""A request that has this header is answered with one of the same name, made by `lines`."""

_MOST_LINES, _MOST_CHARS = 10, 500

_TimeTuple = tuple[int, int, int, int, int, int, int, int, int]


def lines(received: Iterable[bytes], written: Iterable[str]) -> str:
    """Return the `Cookie` lines of a request and the `Set-Cookie` values of its answer, as JSON in ASCII.

    A page's scripts can see neither. Ten of each at most, each cut after 500 characters.
    """
    came = [line.decode("utf-8", "replace") for line in received]
    told = {"cookie": came, "set_cookie": list(written)}
    return json.dumps(
        {name: [line[:_MOST_CHARS] for line in all_[:_MOST_LINES]] for name, all_ in told.items()}
    )


class Wanted(msgspec.Struct, frozen=True):
    """The body of a PUT: the value of a cookie and its attributes, named as the parameters of `set_cookie`."""

    value: str
    path: str | None = "/"
    domain: str | None = None
    expires_days: float | msgspec.UnsetType | None = msgspec.UNSET  # not given is not null: see `attributes`
    expires: float | datetime | _TimeTuple | None = None
    max_age: int | None = None
    secure: bool = False
    httponly: bool = False
    samesite: str | None = None
    partitioned: bool = False

    def attributes(self) -> dict[str, Any]:
        """Return the arguments of `set_cookie` but the value; what is not given is left to the method's default.

        That is 30 days for a signed cookie, and the browser's session, as for null, for any other.
        """
        given = msgspec.structs.asdict(self).items()
        return {name: value for name, value in given if name != "value" and value is not msgspec.UNSET}


_ALLOWED = {
    "value": "text",
    "path": "text or null",
    "domain": "text or null",
    "expires_days": "a number of days or null",
    "expires": "seconds since 1970, an RFC 3339 date, a list of nine numbers as in a time tuple, or null",
    "max_age": "a whole number of seconds or null",
    "secure": "true or false",
    "httponly": "true or false",
    "samesite": "text or null",
    "partitioned": "true or false",
}
_TYPES = {name: msgspec.json.Decoder(kind) for name, kind in Wanted.__annotations__.items()}
_UNREADABLE = (ValueError, RecursionError)  # msgspec.DecodeError and UnicodeDecodeError are ValueErrors
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


def is_json(content_type: str | None) -> bool:
    """Return whether a Content-Type names JSON: another site's page can send none such without being asked first."""
    return (content_type or "").partition(";")[0].strip().lower() == "application/json"


def read_wanted(body: bytes, content_type: str | None) -> Wanted:
    """Read the body of a PUT; raises `invalid_body` naming the header or the member at fault."""
    if not is_json(content_type):
        raise _invalid_body("Content-Type", "A body must have the Content-Type application/json.")
    try:
        members = _members.decode(body)
    except _UNREADABLE as error:
        raise _invalid_body("body", "The body must be a JSON object.") from error
    if unknown := sorted(members.keys() - _TYPES.keys()):
        known = ", ".join(_TYPES)
        raise _invalid_body(unknown[0][:40], f"The body may have only these members: {known}.")
    if "value" not in members:
        raise _invalid_body("value", "The body must have the member value.")
    return Wanted(**{name: _member(name, raw) for name, raw in members.items()})


def _member(name: str, raw: msgspec.Raw) -> Any:
    try:
        return _TYPES[name].decode(raw)
    except _UNREADABLE as error:
        raise _invalid_body(name, f"The member {name} must be {_ALLOWED[name]}.") from error


def _invalid_body(field: str, message: str) -> ContractError:
    return ContractError(ErrorCode.INVALID_BODY, message, field=field)


def read_scope(query: str) -> Scope:
    """Read where the cookies of a DELETE live; raises `invalid_parameter` for what is given twice or is not a flag."""
    scope = Scope()
    if (path := single(query, "path")) is not None:
        scope["path"] = path
    if (domain := single(query, "domain")) is not None:
        scope["domain"] = domain
    if (samesite := single(query, "samesite")) is not None:
        scope["samesite"] = samesite
    for flag in ("secure", "httponly", "partitioned"):
        if (text := single(query, flag)) is not None:
            scope[flag] = _flag(flag, text)
    return scope


def _flag(name: str, text: str) -> bool:
    if text not in {"true", "false"}:
        raise ContractError(
            ErrorCode.INVALID_PARAMETER, f"The parameter {name} must be true or false.", field=name
        )
    return text == "true"


_is_days = re.compile(r"\d{1,9}(\.\d{0,17})?|\.\d{1,17}", re.ASCII).fullmatch


def read_max_age_days(query: str) -> float:
    """Read how old a signed cookie may be, in days; raises `invalid_parameter`."""
    text = single(query, "max_age_days")
    if text is None:
        return MAX_AGE_DAYS
    if not _is_days(text):
        raise ContractError(
            ErrorCode.INVALID_PARAMETER,
            "The parameter max_age_days must be a decimal number of days below 1000000000.",
            field="max_age_days",
        )
    return float(text)


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Turn the refusal of a cookie into an `invalid_cookie` that names field and rule."""
    try:
        yield
    except CookieError as error:
        message = f"The cookie's {' '.join(error.args)}."
        raise ContractError(ErrorCode.INVALID_COOKIE, message, field=error.field) from error


def all_body(cookies: Mapping[str, str]) -> bytes:
    """Return the answer that lists all cookies, sorted by name."""
    return msgspec.json.encode({"cookies": dict(sorted(cookies.items()))})


def one_body(name: str, value: str | None) -> bytes:
    """Return the answer that tells of one plain cookie."""
    return msgspec.json.encode({"name": name, "value": value})


def signed_body(name: str, value: bytes | None, default: str | None, key_version: int | None) -> bytes:
    """Return the answer that tells of one signed cookie; without a valid `value` it has no key version.

    Bytes that are not UTF-8 are read as Latin-1, as in plain cookies.
    """
    if value is None:
        text, key_version = default, None
    else:
        text = _text(value)
    return msgspec.json.encode({"name": name, "value": text, "key_version": key_version})


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
