"""The signed values of `tornado_cookies.signing` under their former name."""

from tornado_cookies.signing import (
    DEFAULT_SIGNED_VALUE_MIN_VERSION,
    DEFAULT_SIGNED_VALUE_VERSION,
    CookieSecret,
    create_signed_value,
    decode_signed_value,
    get_signature_key_version,
)

__all__ = [
    "DEFAULT_SIGNED_VALUE_MIN_VERSION",
    "DEFAULT_SIGNED_VALUE_VERSION",
    "CookieSecret",
    "create_signed_value",
    "decode_signed_value",
    "get_signature_key_version",
]
