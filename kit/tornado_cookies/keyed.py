"""HMAC-SHA256 with keys made ready once: most of a signature's cost is keying, and a site has few keys."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _hashlib import HASH

    _Copies = tuple[Callable[[], HASH], Callable[[], HASH]]

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Cache(dict[_Key, _Value]):
    """Makes what is missing; forgets all when full, so that a secret per tenant neither fills it nor stays forever."""

    LIMIT = 64

    def __init__(self, make: Callable[[_Key], _Value]) -> None:
        self._make: Callable[[_Key], _Value] = make

    def __missing__(self, key: _Key) -> _Value:
        if len(self) >= self.LIMIT:
            self.clear()
        self[key] = value = self._make(key)
        return value

    def __repr__(self) -> str:
        return f"<a cache of {len(self)}>"  # its keys are secrets


def utf8(text: str | bytes) -> bytes:
    """The bytes of a text, or the bytes that were given; raises TypeError for anything else."""
    if isinstance(text, str):
        return text.encode()
    if isinstance(text, bytes):
        return text
    raise TypeError(f"expected text or bytes, got {type(text)}")


# RFC 2104: what turns each byte of the key into the inner and the outer pad.
_IPAD = bytes(byte ^ 0x36 for byte in range(256))
_OPAD = bytes(byte ^ 0x5C for byte in range(256))


def _keyed(secret: str | bytes) -> _Copies:
    """What copies the inner and the outer SHA-256 of HMAC, each fed with its half of the key.

    Copying both costs half of keying anew, and less than copying one ``hmac.HMAC``.
    """
    key = utf8(secret)
    block = (sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    return sha256(block.translate(_IPAD)).copy, sha256(block.translate(_OPAD)).copy


# Text and bytes apart: they may share a hash, and comparing them is an error under `python -bb`.
_keyed_by_text: Cache[str, _Copies] = Cache(_keyed)
_keyed_by_bytes: Cache[bytes, _Copies] = Cache(_keyed)


def hmac_sha256(secret: str | bytes, message: bytes) -> str:
    """The HMAC-SHA256 of `message` in lower-case hex; raises TypeError for a secret of another type."""
    if isinstance(secret, str):
        copy_inner, copy_outer = _keyed_by_text[secret]
    elif isinstance(secret, bytes):
        copy_inner, copy_outer = _keyed_by_bytes[secret]
    else:
        raise TypeError(f"expected a secret of text or bytes, got {type(secret)}")
    inner = copy_inner()
    inner.update(message)
    outer = copy_outer()
    outer.update(inner.digest())
    return outer.hexdigest()
