"""XSRF tokens as Tornado makes, reads and compares them. Pure, except for the randomness of a new token.

A token is 16 random bytes. The cookie holds them, and each form or script sends them back beside the cookie, which
another site can neither read nor repeat. Two formats; the cookie and the field may have different ones:

- format 1: the token in hexadecimal (or, when it is not hexadecimal, the text itself);
- format 2: ``2|mask|masked|created``: a mask of 4 bytes and the token XOR the mask, both in hexadecimal, and the
  second since 1970 in which the token was made. A mask for each answer, so that compression tells nobody the token
  (the BREACH attack). The second is read and never judged.

Where Tornado's C and Python code differ (a mask of other than 4 bytes), this does what the C code does: absent.
"""

from __future__ import annotations

import os
import re
from binascii import Error, a2b_hex, b2a_hex
from hmac import compare_digest
from typing import NamedTuple, Optional

HEADERS = ("X-Xsrftoken", "X-Csrftoken")
"""The headers that may bring a token, the first first."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods that Tornado does not check."""

FIELD = "_xsrf"
"""The argument that brings a token, whatever the cookie's name."""

MISSING = "'_xsrf' argument missing from POST"
INVALID = "'_xsrf' argument has invalid format"
MISMATCH = "XSRF cookie does not match POST argument"

_VERSION = re.compile(r"([1-9][0-9]*)\|.*$")
_control_characters = re.compile(r"[\x00-\x08\x0e-\x1f]").sub
_FOUR_TIMES = 1 << 96 | 1 << 64 | 1 << 32 | 1  # times a mask of 4 bytes: the mask of 16 bytes

_number = int.from_bytes


class XsrfError(Exception):
    """A request that must be answered with 403; the message is Tornado's."""


class Token(NamedTuple):
    """A token as it was read: None in `raw` for what is malformed, None in `created_s` where the format has none."""

    version: Optional[int]  # noqa: UP045  # a NamedTuple's annotations are read at run time
    raw: Optional[bytes]  # noqa: UP045
    created_s: Optional[int] = None  # noqa: UP045


_ABSENT = Token(None, None)


def new_token() -> bytes:
    """Return 16 random bytes."""
    return os.urandom(16)


def encode(raw: bytes, created_s: float, version: int = 2, mask: bytes | None = None) -> bytes:
    """Return a token's text in format 1 or 2, with a random mask when none is given.

    Raises ValueError for another format.
    """
    if version == 1:
        return b2a_hex(raw)
    if version != 2:
        raise ValueError(f"unknown xsrf cookie version {version}")
    mask = os.urandom(4) if mask is None else mask
    return b"2|%b|%b|%d" % (b2a_hex(mask), b2a_hex(_masked(raw, mask)), int(created_s))


def decode(text: str) -> Token:
    """Read a token of either format; whatever is malformed reads as absent. Never raises for text."""
    try:
        if text[:2] == "2|" and "\n" not in text:
            return _decode_v2(text)
        match = _VERSION.match(text)
        if match:
            return _decode_v2(text) if match[1] == "2" else _ABSENT
        return Token(1, _raw_v1(text))
    except ValueError:  # a wrong number of fields, hexadecimal or number; lone surrogates
        return _ABSENT


def raw_of(text: str) -> bytes | None:
    """Return the raw token in a text of either format, None for what is malformed: `decode(text).raw`, only faster."""
    # What `encode` writes of 16 bytes, and so nearly all there is.
    try:
        version, mask, masked, created_s = text.split("|")
        if (
            version == "2"
            and len(mask) == 8
            and len(masked) == 32
            and len(created_s) < 20
            and created_s.isdecimal()
        ):
            raw = _number(a2b_hex(masked), "big") ^ _number(a2b_hex(mask), "big") * _FOUR_TIMES
            return raw.to_bytes(16, "big")
    except ValueError:
        pass  # with a line end among the digits, it is of format 1
    return decode(text).raw


def _decode_v2(text: str) -> Token:
    _, mask, masked, created_s = text.split("|")
    return Token(2, _masked(a2b_hex(masked), a2b_hex(mask)), int(created_s))


def _raw_v1(text: str) -> bytes:
    encoded = text.encode()
    try:
        return a2b_hex(encoded)
    except Error:
        return encoded


def _masked(data: bytes, mask: bytes) -> bytes:
    """XOR with the mask, again and again."""
    if len(mask) != 4:
        raise ValueError("a mask has 4 bytes")
    size = len(data)
    pad = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return (int.from_bytes(data, "big") ^ pad).to_bytes(size, "big")


def check(given: str | None, expected: bytes) -> None:
    """Compare a request's token with the cookie's raw one, in constant time; raise XsrfError unless they agree."""
    if not given:
        raise XsrfError(MISSING)
    raw = raw_of(given)
    if not raw:
        raise XsrfError(INVALID)
    if not compare_digest(raw, expected):
        raise XsrfError(MISMATCH)


def cleaned(argument: str | None) -> str:
    """Return an argument as Tornado's `get_argument` does: control characters are spaces, outer blanks go."""
    return _control_characters(" ", argument).strip() if argument else ""


def form_html(token: bytes) -> str:
    """Return the hidden field that brings the token back; a token has nothing in it that HTML must escape."""
    return f'<input type="hidden" name="{FIELD}" value="{token.decode()}"/>'
