"""Tornado's signed cookies, XSRF tokens and origin checks without Tornado, byte for byte.

``signing``, ``cookies``, ``xsrf`` and ``origin`` are pure; ``session`` joins them for one request. A face carries a
session into a framework: ``aiohttp``, ``asgi`` (Starlette, FastAPI and others) and ``tornado``.
"""

from .cookies import CookieError
from .signing import create_signed_value, decode_signed_value, get_signature_key_version

__version__ = "1.0.0"
__all__ = [
    "CookieError",
    "create_signed_value",
    "decode_signed_value",
    "get_signature_key_version",
]
