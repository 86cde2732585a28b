"""How many times as fast the kit reads and compares XSRF tokens as Tornado, and what ASGI and an import pay.

Everything takes turns in one process; the median of the rounds is printed. Run: ``python -m benchmarks.kit_xsrf``.
"""

import asyncio
import hmac
import statistics
import subprocess
import sys
import time
import timeit
from collections.abc import Callable
from typing import Any

from tornado import web
from tornado.escape import utf8

from tornado_cookies import xsrf
from tornado_cookies.asgi import TornadoCookies

ROUNDS, CALLS, STARTS = 7, 10_000, 11
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


def cpu_s(job: Callable[[], object]) -> float:
    """CPU seconds of many calls."""
    return timeit.timeit(job, number=CALLS, timer=time.process_time)


def ratio(fast: Callable[[], object], slow: Callable[[], object]) -> float:
    """Return how many times as long `slow` takes, in turns."""
    return statistics.median(cpu_s(slow) / cpu_s(fast) for _ in range(ROUNDS))


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


def import_ms(module: str) -> float:
    """Milliseconds that a start of Python with this import takes, the least of several."""
    command = [sys.executable, "-I", "-c", f"import {module}"]
    return (
        min(timeit.timeit(lambda: subprocess.run(command, check=True), number=1) for _ in range(STARTS)) * 1e3
    )


def main() -> None:
    """Print each figure with its target."""
    print(f"XSRF, decode and compare: {ratio(ours, tornados):.2f} times as fast as Tornado (2 wanted)")
    print(f"ASGI, a request that touches no cookie: {asyncio.run(asgi_us()):.2f} us more (under 5 wanted)")
    more_ms = import_ms("tornado_cookies") - import_ms("sys")
    print(f"import tornado_cookies: {more_ms:.1f} ms more than Python alone (under 15 wanted)")


if __name__ == "__main__":
    main()
