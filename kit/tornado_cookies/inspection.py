"""Why a signed value does not read: for logs, metrics and `python -m tornado_cookies inspect`."""

from __future__ import annotations

import enum
import time
from binascii import a2b_base64
from collections import Counter
from hmac import compare_digest
from typing import TYPE_CHECKING, NamedTuple, Optional

from . import signing
from .format1 import signature_of
from .keyed import hmac_sha256
from .signing import _v2_fields, _version  # this package's own

if TYPE_CHECKING:
    from collections.abc import Callable


class Unreadable(str, enum.Enum):
    """The reasons, in the order in which they are found."""

    MALFORMED = "malformed"
    UNKNOWN_FORMAT = "unknown format"
    FORMAT_TOO_OLD = "format below min_version"
    FORMAT_WITHOUT_KEY_VERSION = "format 1 has no key version, and there is a dict of secrets"
    NO_SUCH_KEY = "no such key version"
    WRONG_SIGNATURE = "wrong signature"
    OTHER_NAME = "signed for another name"
    NO_TIMESTAMP = "timestamp is not a number"
    EXPIRED = "too old"
    IN_THE_FUTURE = "more than 31 days ahead"
    LEADING_ZERO = "timestamp with a leading zero"
    NOT_BASE64 = "value is not base64"
    READABLE = "readable"

    def __str__(self) -> str:
        return self.value


class Fields(NamedTuple):
    """What a signed value says about itself; nothing of it is verified. None where the format has no such field."""

    version: int
    key_version: Optional[int]  # noqa: UP045  # a NamedTuple's annotations are read at run time
    timestamp: bytes
    name: Optional[bytes]  # noqa: UP045
    payload: bytes


class UnreadableCounts(Counter[tuple[str, str]]):
    """Counts cookies that came and could not be read, by name and reason: give it to `setup` as `on_unreadable`."""

    def __call__(self, name: str, reason: Unreadable) -> None:
        """Count one."""
        self[name, reason.value] += 1


def fields_of(value: str | bytes) -> Fields | None:
    """Return the fields of a value of either format, None for what is neither."""
    raw = value.encode() if isinstance(value, str) else value
    version = _version(raw)
    if version == 1:
        parts = raw.split(b"|")
        return Fields(1, None, parts[1], None, parts[0]) if len(parts) == 3 else None
    found = _v2_fields(raw) if version == 2 else None
    return None if found is None else Fields(2, found[0], found[1], found[2], found[3])


def why_unreadable(
    secret: signing.CookieSecret,
    name: str,
    value: str | bytes,
    max_age_days: float = 31,
    clock: Callable[[], float] = time.time,
    min_version: int | None = None,
) -> Unreadable:
    """Return the first reason for which `decode_signed_value` of these arguments returns None, or READABLE."""
    if min_version is None:
        min_version = signing.DEFAULT_SIGNED_VALUE_MIN_VERSION
    raw = value.encode() if isinstance(value, str) else value
    version = _version(raw)
    if version > 2:
        return Unreadable.UNKNOWN_FORMAT
    fields = fields_of(raw)
    if fields is None:
        return Unreadable.MALFORMED
    if version < min_version:
        return Unreadable.FORMAT_TOO_OLD
    refused = _before_the_time(secret, name, raw, fields)
    return _time_and_value(fields, max_age_days, clock) if refused is None else refused


def _before_the_time(
    secret: signing.CookieSecret, name: str, raw: bytes, fields: Fields
) -> Unreadable | None:
    if isinstance(secret, dict):
        if fields.version == 1:
            return Unreadable.FORMAT_WITHOUT_KEY_VERSION
        if fields.key_version not in secret:
            return Unreadable.NO_SUCH_KEY
    key = secret[fields.key_version or 0] if isinstance(secret, dict) else secret
    if fields.version == 1:
        signature = raw.rpartition(b"|")[2]
        expected = signature_of(key, name, fields.payload, fields.timestamp)
    else:
        signature = (_v2_fields(raw) or (0, b"", b"", b"", b""))[4]
        expected = hmac_sha256(key, raw[: -len(signature)]).encode()
    if not compare_digest(signature, expected):
        return Unreadable.WRONG_SIGNATURE
    if fields.name is not None and fields.name != name.encode():
        return Unreadable.OTHER_NAME
    return None


def _time_and_value(fields: Fields, max_age_days: float, clock: Callable[[], float]) -> Unreadable:
    try:
        signed_at_s = int(fields.timestamp)
    except ValueError:
        return Unreadable.NO_TIMESTAMP
    if signed_at_s < clock() - max_age_days * 86400:
        return Unreadable.EXPIRED
    if fields.version == 1 and signed_at_s > clock() + 31 * 86400:
        return Unreadable.IN_THE_FUTURE
    if fields.version == 1 and fields.timestamp.startswith(b"0"):
        return Unreadable.LEADING_ZERO
    try:
        a2b_base64(fields.payload)
    except ValueError:
        return Unreadable.NOT_BASE64
    return Unreadable.READABLE
