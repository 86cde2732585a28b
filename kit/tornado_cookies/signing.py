"""Signed cookie values, byte for byte as Tornado writes and reads them, without Tornado.

The three public functions have the names, parameters, defaults, results and exception types of the functions
in ``tornado.web`` (6.6), so that either side of a migration reads what the other wrote.

**The one deliberate difference**: with a dict of secrets, a cookie that is not v2-shaped reads as ``None``;
Tornado raises AssertionError, which answers garbage with HTTP 500.

Format 2, the default. ``F(x)`` is the decimal length of ``x``, a colon, ``x``; each field but the last ends in ``|``:

====================  ===================================================================================
``2``                 the format version, bare
``F(key version)``    which secret of a dict signed; ``0`` without a dict
``F(timestamp)``      whole seconds since 1970, when it was signed
``F(name)``           the cookie's name, so that a value cannot be moved to another cookie. The length of a
                      ``str`` counts characters, so a non-ASCII name never reads back (Tornado's quirk)
``F(value)``          base64, standard alphabet, padded
signature             HMAC-SHA256 in lower-case hex of all before it, the last ``|`` included; its key is
                      the secret's raw bytes
====================  ===================================================================================

``2|1:0|10:1700000000|3:sid|4:Ym9i|ec53be031eee306c2285c366824fc90e8279ef745cf8d6e924dd3e5930628911``

Format 1, written only when asked for: ``base64|timestamp|signature``, the signature HMAC-SHA1 in hex of name, base64
and timestamp with nothing between them. Shifting characters from value to name forges another cookie; hence
refuse it by ``min_version=2`` as soon as no cookie of that age is left.

Reading is lenient where Tornado is (`` 1300000000``, ``1_300``, key version ``-1``, stray characters in base64), but
only behind a valid signature. What the signer writes itself (key versions 0 to 9) is read in half the time of the rest.
"""

from __future__ import annotations

import re
import time
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from hmac import compare_digest
from typing import Union

from . import format1
from .keyed import Cache, hmac_sha256, utf8

DEFAULT_SIGNED_VALUE_VERSION = 2
"""The format written when no ``version`` is given."""

DEFAULT_SIGNED_VALUE_MIN_VERSION = 1
"""The oldest format read when no ``min_version`` is given."""

CookieSecret = Union[str, bytes, dict[int, str], dict[int, bytes], dict[int, Union[str, bytes]]]
"""One secret, or secrets by key version; ``{0: old, 1: new}`` goes on reading what a bare ``old`` signed."""

_Fields = tuple[int, bytes, bytes, bytes, bytes]
"""Of format 2: key version, timestamp, name, base64 value, signature."""

_DAY_S = 86400
_VERSION = re.compile(rb"([1-9][0-9]{0,2})\|.*$")  # format 1 has none, but may begin with four digits or more

_name_fields: Cache[str, str] = Cache(lambda name: f"|{len(name)}:{name}|")


def create_signed_value(
    secret: CookieSecret,
    name: str | bytes,
    value: str | bytes,
    version: int | None = None,
    clock: Callable[[], float] | None = None,
    key_version: int | None = None,
) -> bytes:
    """Sign and timestamp ``value`` so that it cannot be changed or moved to a cookie of another name.

    Args:
        secret: the key, or keys by version; text counts as UTF-8.
        name: the cookie's name.
        value: anything; it is signed, not encrypted.
        version: the format, 1 or 2; None means DEFAULT_SIGNED_VALUE_VERSION.
        clock: returns seconds since 1970; None means ``time.time``.
        key_version: which key of a dict signs; written into format 2 in any case.

    Raises:
        ValueError: the format is neither 1 nor 2, or text that is not legal Unicode.
        TypeError: ``secret``, ``name`` or ``value`` is neither text nor bytes.
        AssertionError: a dict without ``key_version``, or for format 1.
        KeyError: the dict has no such ``key_version``.

    """
    if version is None:
        version = DEFAULT_SIGNED_VALUE_VERSION
    timestamp = b"%d" % int(time.time() if clock is None else clock())
    payload = b2a_base64(utf8(value), newline=False)
    if version == 2:
        to_sign = _v2_to_sign(key_version, timestamp, name, payload)
        if not isinstance(secret, dict):
            return to_sign + hmac_sha256(secret, to_sign).encode()
        if key_version is None:
            raise AssertionError("a dict of secrets needs a key_version to sign with")
        return to_sign + hmac_sha256(secret[key_version], to_sign).encode()
    if version == 1:
        if isinstance(secret, dict):
            raise AssertionError("format 1 has no key version, so a dict of secrets cannot sign it")
        return b"|".join((payload, timestamp, format1.signature_of(secret, name, payload, timestamp)))
    raise ValueError("Unsupported version %d" % version)  # noqa: UP031 - another type fails as Tornado fails


def decode_signed_value(
    secret: CookieSecret,
    name: str | bytes,
    value: str | bytes | None,
    max_age_days: float = 31,
    clock: Callable[[], float] | None = None,
    min_version: int | None = None,
) -> bytes | None:
    """Return the value that was signed, or None for whatever is absent, forged, foreign, malformed or too old.

    Args:
        secret: the key, or keys by version; of a dict, the key is picked by the cookie's own key version.
        name: the name it must have been signed for.
        value: what came in the cookie.
        max_age_days: it is valid while its timestamp is no older than that many days of 86,400 s.
        clock: returns seconds since 1970; None means ``time.time``.
        min_version: the oldest format read; None means DEFAULT_SIGNED_VALUE_MIN_VERSION.

    Raises:
        ValueError: ``min_version`` is above 2, or text that is not legal Unicode.
        TypeError: an argument is neither text nor bytes.

    """
    if min_version is None:
        min_version = DEFAULT_SIGNED_VALUE_MIN_VERSION
    if clock is None:
        clock = time.time
    if min_version > 2:
        raise ValueError("Unsupported min_version %d" % min_version)  # noqa: UP031 - another type fails as Tornado fails
    if not value:
        return None
    text = value.decode("latin-1") if type(value) is bytes else value
    if type(text) is str and type(name) is str and text.isascii() and "\n" not in text:
        key_version, timestamp, signed = text[4:5], text[9:19], text[:-64]
        payload = text[:-65].rpartition(":")[2]
        # Equal to what the signer writes of these, all fields are checked; with a line end it is not format 2.
        canonical = f"2|1:{key_version}|10:{timestamp}{_name_fields[name]}{len(payload)}:{payload}|"
        if signed == canonical and key_version in "0123456789":
            try:
                key = secret[int(key_version)] if isinstance(secret, dict) else secret
            except KeyError:
                return None
            if compare_digest(text[-64:], hmac_sha256(key, signed.encode())):
                return _payload_if_fresh(payload, timestamp, max_age_days, clock)
            return None
    return _decode_leniently(secret, name, utf8(value), max_age_days, clock, min_version)


def get_signature_key_version(value: str | bytes) -> int | None:
    """Return the key version a value says it was signed with, None for format 1 and for the malformed.

    Nothing is verified. Raises TypeError when ``value`` is neither text nor bytes.
    """
    raw = utf8(value)
    fields = _v2_fields(raw) if _version(raw) > 1 else None
    return None if fields is None else fields[0]


def _decode_leniently(
    secret: CookieSecret,
    name: str | bytes,
    value: bytes,
    max_age_days: float,
    clock: Callable[[], float],
    min_version: int,
) -> bytes | None:
    """Read any value of either format as Tornado does; ``decode_signed_value`` without its short way."""
    version = _version(value)
    if version < min_version or version > 2:
        return None
    if version == 1:
        return None if isinstance(secret, dict) else format1.decode(secret, name, value, max_age_days, clock)
    fields = _v2_fields(value)
    if fields is None:
        return None
    key_version, timestamp, signed_name, payload, signature = fields
    try:
        key = secret[key_version] if isinstance(secret, dict) else secret
    except KeyError:
        return None
    authentic = compare_digest(signature, hmac_sha256(key, value[: -len(signature)]).encode())
    if not authentic or name is None or signed_name != utf8(name):
        return None
    return _payload_if_fresh(payload, timestamp, max_age_days, clock)


def _version(value: bytes) -> int:
    match = _VERSION.match(value)
    return int(match[1]) if match else 1


def _payload_if_fresh(
    payload: str | bytes, timestamp: str | bytes, max_age_days: float, clock: Callable[[], float]
) -> bytes | None:
    try:
        signed_at_s = int(timestamp)
    except ValueError:
        return None
    if signed_at_s < clock() - max_age_days * _DAY_S:
        return None
    try:
        return a2b_base64(payload)
    except ValueError:
        return None


# --- format 2 ---


def _v2_to_sign(key_version: int | None, stamp: bytes, name: str | bytes, payload: bytes) -> bytes:
    key = str(key_version) if key_version else "0"
    fields = (len(key), key.encode(), len(stamp), stamp, len(name), utf8(name), len(payload), payload)
    return b"2|%d:%b|%d:%b|%d:%b|%d:%b|" % fields


def _v2_fields(value: bytes) -> _Fields | None:
    """Take each field by the length it states; None when malformed."""
    try:
        key_version, rest = _take_field(value[2:])
        timestamp, rest = _take_field(rest)
        name, rest = _take_field(rest)
        payload, signature = _take_field(rest)
        return int(key_version), timestamp, name, payload, signature
    except ValueError:
        return None


def _take_field(text: bytes) -> tuple[bytes, bytes]:
    length, _, rest = text.partition(b":")
    size = int(length)
    if rest[size : size + 1] != b"|":
        raise ValueError("malformed field")
    return rest[:size], rest[size + 1 :]
