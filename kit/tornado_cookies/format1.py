"""Format 1 of Tornado's signed values, which sites wrote until Tornado 3.2: `base64|timestamp|signature`."""

from __future__ import annotations

import hmac
import logging
from binascii import a2b_base64
from collections.abc import Callable
from contextlib import suppress
from hmac import compare_digest

from .keyed import utf8

_DAY_S = 86400
_MAX_AHEAD_S = 31 * _DAY_S

# Tornado's logger and messages, so that log rules written for Tornado keep working.
_log = logging.getLogger("tornado.general")


def signature_of(secret: str | bytes, *parts: str | bytes) -> bytes:
    """The signature of the parts, with nothing between them."""
    made = hmac.new(utf8(secret), digestmod="sha1")
    for part in parts:
        made.update(utf8(part))
    return made.hexdigest().encode()


def decode(
    secret: str | bytes,
    name: str | bytes,
    value: bytes,
    max_age_days: float,
    clock: Callable[[], float],
) -> bytes | None:
    """What was signed, or None, with Tornado's line in the log that says why."""
    parts = value.split(b"|")
    if len(parts) != 3:
        return None
    payload, timestamp, signature = parts
    if not compare_digest(signature, signature_of(secret, name, payload, timestamp)):
        _log.warning("Invalid cookie signature %r", value)
        return None
    try:
        signed_at_s = int(timestamp)
    except ValueError:
        return None
    if signed_at_s < clock() - max_age_days * _DAY_S:
        _log.warning("Expired cookie %r", value)
    elif signed_at_s > clock() + _MAX_AHEAD_S:
        # Nothing parts what is signed: digits may have moved from the end of the payload to the timestamp.
        _log.warning("Cookie timestamp in future; possible tampering %r", value)
    elif timestamp.startswith(b"0"):
        _log.warning("Tampered cookie %r", value)
    else:
        with suppress(ValueError):
            return a2b_base64(payload)
    return None
