"""Tornado's signed cookies, XSRF tokens and origin checks without Tornado, byte for byte.

``signing``, ``cookies``, ``xsrf`` and ``origin`` are pure; ``session`` joins them for one request. A face carries a
session into a framework: ``aiohttp``, ``asgi`` (Starlette, FastAPI and others) and ``tornado``.
"""

TYPE_CHECKING = False  # importing `typing` takes longer than all else here
if TYPE_CHECKING:
    from .cookies import CookieError
    from .signing import create_signed_value, decode_signed_value, get_signature_key_version

__version__ = "1.0.0"
__all__ = [
    "CookieError",
    "create_signed_value",
    "decode_signed_value",
    "get_signature_key_version",
]


def __getattr__(name: str) -> object:
    """Import what is asked for: a site that uses one face alone pays for nothing else."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import cookies, signing  # noqa: PLC0415

    return getattr(cookies if name == "CookieError" else signing, name)
