"""How many times as fast the kit reads and compares XSRF tokens as Tornado, and what ASGI and imports pay.

All by CPU time, taking turns; the median of the rounds is printed. Run: ``python -m benchmarks.kit_xsrf``.
"""

import asyncio
import hmac
import resource
import statistics
import subprocess
import sys
import time
from typing import Any

from tornado import web
from tornado.escape import utf8

from benchmarks.turns import cpu_us, ratio
from tornado_cookies import xsrf
from tornado_cookies.asgi import TornadoCookies

ROUNDS, CALLS, STARTS = 60, 1_000, 15
IMPORTS = {
    "tornado_cookies": "pass",
    "tornado_cookies.aiohttp": "import aiohttp.web",
    "tornado_cookies.asgi": "import asyncio",
    "tornado.web": "pass",  # which a site that has moved no longer pays
}  # what a site has imported before
RAW = bytes(range(16))
COOKIE, FIELD = (xsrf.encode(RAW, 1_700_000_000).decode() for _ in range(2))


def ours() -> None:
    """Decode the field and the cookie and compare them."""
    xsrf.check(FIELD, xsrf.raw_of(COOKIE) or b"")


def tornados() -> None:
    """Do the same with Tornado's functions."""
    _, given, _ = web.RequestHandler._decode_xsrf_token(None, FIELD)  # type: ignore[arg-type]  # noqa: SLF001  # it uses no self
    _, expected, _ = web.RequestHandler._decode_xsrf_token(None, COOKIE)  # type: ignore[arg-type]  # noqa: SLF001
    if not hmac.compare_digest(utf8(given), utf8(expected)):
        raise AssertionError


async def app(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer, and touch no cookie."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def asgi_us() -> float:
    """Microseconds that the ASGI face adds to such a request, the median of the rounds."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"cookie", b"a=b")],
    }
    around = TornadoCookies(app, "x" * 32, xsrf_cookies=True, cross_origin_protection=True)

    async def send(_message: Any) -> None:
        pass

    async def seconds(one: Any) -> float:
        began = time.process_time()
        for _ in range(CALLS):
            await one(scope, None, send)
        return time.process_time() - began

    return statistics.median(
        [(await seconds(around) - await seconds(app)) / CALLS * 1e6 for _ in range(ROUNDS)]
    )


def start_ms(statement: str) -> float:
    """Milliseconds of CPU that Python takes to start and run one statement."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-I", "-c", statement], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


def import_ms(module: str, before: str) -> float:
    """Milliseconds of CPU that an import adds to a start of Python: the least of several beside the least."""
    pairs = [(start_ms(f"{before}; import {module}"), start_ms(before)) for _ in range(STARTS)]
    return min(one for one, _ in pairs) - min(other for _, other in pairs)


def main() -> None:
    """Print each figure with its target."""
    times_us = cpu_us({"ours": ours, "Tornado's": tornados})
    times = ratio(times_us["Tornado's"], times_us["ours"])
    print(f"XSRF, decode and compare: {times:.2f} times as fast as Tornado (2 wanted)")
    print(f"ASGI, a request that touches no cookie: {asyncio.run(asgi_us()):.2f} us more (under 5 wanted)")
    for module, before in IMPORTS.items():
        more_ms = import_ms(module, before)
        wanted = "" if module == "tornado.web" else " (under 15 wanted)"
        print(f"import {module} after {before!r}: {more_ms:.1f} ms more{wanted}")


if __name__ == "__main__":
    main()
