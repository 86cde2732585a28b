"""Request targets, read once from the raw request line: the two frameworks decode them differently."""

import re
from urllib.parse import unquote_to_bytes

from compare.contract.bounds import DEFAULT_DELAY_S, MAX_DELAY_S
from compare.contract.errors import ContractError, ErrorCode

_ESCAPE = re.compile("%([2-7][0-9A-Fa-f])")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def path_of(target: str) -> str:
    """Return the path of a raw request target, normalised as RFC 3986, section 6.2.2, has it.

    Absolute form (`http://host/path`) and fragments are cut, escapes of unreserved characters are decoded: what
    aiohttp does before it routes, and Tornado does not.
    """
    if target[:1] == "/" and "%" not in target and "#" not in target:  # nearly all are
        return target.partition("?")[0]
    path = target.partition("#")[0].partition("?")[0]
    if not path.startswith("/"):
        _, scheme, rest = path.partition("://")
        path = "/" + rest.partition("/")[2] if scheme else path
    return _ESCAPE.sub(_unescaped, path) if "%" in path else path


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0]


def query_of(target: str) -> str:
    """Return the query string of a raw request target, as it was sent."""
    return target.partition("#")[0].partition("?")[2]


def last_segment(target: str) -> str:
    """Return what follows the last slash of a raw target's path, percent-decoded (no UTF-8: U+FFFD)."""
    return unquote_to_bytes(path_of(target).rpartition("/")[2]).decode("utf-8", "replace")


def query_values(query: str, name: str) -> list[str]:
    """Return every value of `name` in a raw query string, percent-decoded, in order.

    Both frameworks decode queries, each a little differently (stripping, `;`, bad escapes); one reading of
    the raw string is what makes the two answer alike. Source: the WHATWG URL standard's
    application/x-www-form-urlencoded parser; bytes that are not UTF-8 become U+FFFD.
    """
    pairs = (part.partition("=") for part in query.split("&") if part)
    return [_form_decode(value) for key, _, value in pairs if _form_decode(key) == name]


def _form_decode(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "replace")


def single(query: str, name: str) -> str | None:
    """Return the one value of `name` in a raw query string, or None; twice is an `invalid_parameter`."""
    values = query_values(query, name)
    if len(values) > 1:
        raise ContractError(
            ErrorCode.INVALID_PARAMETER, f"The parameter {name} may be given only once.", field=name
        )
    return values[0] if values else None


def asks_for_all(target: str) -> bool:
    """Return whether a target of `/stats` asks for every worker: `?all=1`; `all` with another value is refused."""
    if "?" not in target:
        return False
    text = single(query_of(target), "all")
    if text not in {None, "0", "1"}:
        raise ContractError(
            ErrorCode.INVALID_PARAMETER,
            "The parameter all must be 0 or 1, such as /stats?all=1.",
            field="all",
        )
    return text == "1"


_SECONDS = re.compile(r"\d{1,9}(\.\d{0,17})?|\.\d{1,17}", re.ASCII)


def delay_of(target: str) -> float:
    """Return `delay` of a raw request target in seconds, 0 to `MAX_DELAY_S`; `DEFAULT_DELAY_S` without one."""
    text = single(query_of(target), "delay")
    if text is None:
        return DEFAULT_DELAY_S
    if not _SECONDS.fullmatch(text) or float(text) > MAX_DELAY_S:
        raise ContractError(
            ErrorCode.INVALID_PARAMETER,
            f"The parameter delay must be a decimal number of seconds from 0 to {MAX_DELAY_S:g}.",
            field="delay",
        )
    return float(text)
