"""Waiting for another HTTP service: urllib3 on a thread, aiohttp's client on the loop.

Both clients come with hidden caps that would be measured in place of the paradigms: urllib3 keeps 1 connection per
host (requests: 10), aiohttp opens at most 100, so that request 101 waits for a slot and looks slow. Here both caps are
set on purpose and printed at start. Neither client follows redirects, retries, keeps cookies or unpacks bodies.
"""

import asyncio
import logging
import os
import re
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from compare.contract import MAX_DELAY_S
from compare.errors import CompareError
from compare.services.companion import Companion
from compare.work.masking import mask_dsn
from compare.work.promise import WorkError

log = logging.getLogger("compare.work.http")

CONNECT_S = 5.0
READ_S = MAX_DELAY_S + 10  # a face must not hang forever, nor give up on the longest wait allowed
PROBE_S = 5.0
MOST_CONNECTIONS = 10_000  # urllib3's pool when the server has no limit of its own

UPSTREAM = ["-P", "-m", "compare.services.upstream", "--port", "0", "--while-stdin-open"]


_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # in a field's value: RFC 9110, 5.5


class UpstreamError(CompareError):
    """The upstream answered other than 200."""


class Http:
    """Asks `upstream` to answer after the delay, as `?delay=` in its URL; starts one of its own when that is empty."""

    name = "http"
    limit = 0

    def __init__(self, upstream: str = "") -> None:
        self.upstream = upstream
        self._companion: Companion | None = None
        self._pool: Any = None
        self._session: Any = None
        self._targets: Any = None
        self._urls: Any = None

    async def start(self, capacity: int) -> None:
        """Find the upstream, or start one, and open both clients; raises WorkError or ServiceError."""
        _require_clients()
        if not self.upstream:
            self._companion = Companion(UPSTREAM)
            self.upstream = str(self._companion.ready["url"])
        try:
            self._open(capacity or MOST_CONNECTIONS)
            await _probe(self.native(0.0), self.upstream)
        except BaseException:
            await self.stop()
            raise

    def _open(self, connections: int) -> None:
        import aiohttp  # noqa: PLC0415  # imported when the work is used
        import urllib3  # noqa: PLC0415
        from yarl import URL  # noqa: PLC0415

        base = _checked(self.upstream)
        self._targets = lru_cache(maxsize=1024)(lambda delay_s: _with_delay(base, delay_s))
        self._urls = lru_cache(maxsize=1024)(lambda delay_s: URL(self._targets(delay_s), encoded=True))
        # It logs a malformed head with a traceback; what is wrong with one is raised here, and logged once.
        logging.getLogger("urllib3.connection").setLevel(logging.ERROR)
        timeout = urllib3.Timeout(connect=CONNECT_S, read=READ_S)
        self._pool = urllib3.PoolManager(
            num_pools=1, maxsize=connections, block=True, timeout=timeout, retries=False
        )
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=READ_S),
            auto_decompress=False,
        )
        # A GET whose connection breaks would silently be sent again: a second wait in the name of one request. No
        # public switch turns that off; aiohttp's own TestClient sets this one.
        self._session._retry_connection = False  # noqa: SLF001  # see above
        log.info(
            "upstream %s; urllib3: %d connections at most (its default is 1 per host), blocking when all are in use; "
            "aiohttp client: no cap (its default is 100)",
            mask_dsn(self.upstream),
            connections,
        )

    def blocking(self, delay_s: float) -> bytes:
        """Ask by urllib3; raises what it raises, and UpstreamError."""
        response = self._pool.request(
            "GET", self._targets(delay_s), redirect=False, decode_content=False, preload_content=False
        )
        try:
            _check_head(response)
            body = bytes(response.read())
        except BaseException:
            response.close()
            raise
        finally:
            response.release_conn()
        if response.status != 200:
            raise UpstreamError(f"The upstream answered {response.status}.")
        return body

    async def native(self, delay_s: float) -> bytes:
        """Ask by aiohttp's client; raises what it raises, and UpstreamError."""
        async with self._session.get(self._urls(delay_s), allow_redirects=False) as response:
            body: bytes = await response.read()
        if response.status != 200:
            raise UpstreamError(f"The upstream answered {response.status}.")
        return body

    async def stop(self) -> None:
        """Close both clients, and the upstream if it was started here."""
        if self._session is not None:
            await self._session.close()
        if self._pool is not None:
            self._pool.clear()
        if self._companion is not None:
            self._companion.release()


def _check_head(response: Any) -> None:
    """Raise what is wrong with an answer's head, as aiohttp's client does: http.client takes what it cannot read."""
    from urllib3.util.response import assert_header_parsing  # noqa: PLC0415  # imported when the work is used

    assert_header_parsing(response._original_response.msg)  # noqa: SLF001  # urllib3 only logs what this finds
    for name, value in response.headers.items():
        if not _FIELD_NAME.fullmatch(name) or _FORBIDDEN.search(value):
            raise UpstreamError("The upstream answered with a malformed header.")
    length = response.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise UpstreamError("The upstream answered with a Content-Length that is not a whole number.")


def _require_clients() -> None:
    try:
        import urllib3  # noqa: F401, PLC0415  # only whether it is there
    except ImportError as error:
        raise WorkError(
            "--work http needs urllib3: install it with `pip install 'tornado-aiohttp-compare[http]'`."
        ) from error


def _checked(url: str) -> str:
    unfit = WorkError(f"--upstream must be an http URL like http://127.0.0.1:8003, not {mask_dsn(url)!r}.")
    try:
        parts = urlsplit(url)
        fit = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise unfit from None  # it quotes what it took for a port, which may be a password
    if not fit:
        raise unfit
    return url if parts.path else f"{url}/"


def _with_delay(base: str, delay_s: float) -> str:
    return f"{base}{'&' if '?' in base else '?'}delay={delay_s}"


async def _probe(asking: Any, upstream: str) -> None:
    """Ask once; raises WorkError when the upstream is not an HTTP service, is down or answers other than 200."""
    import aiohttp  # noqa: PLC0415  # imported when the work is used

    where = f"Tried GET {mask_dsn(upstream)}?delay=0"
    todo = "start an HTTP service there, or leave --upstream out and one is started for you."
    try:
        async with asyncio.timeout(PROBE_S):
            await asking
    except TimeoutError as error:
        raise WorkError(f"{where}: no answer within {PROBE_S:g} s; {todo}") from error
    except UpstreamError as error:
        raise WorkError(f"{where}: {error} It must answer 200 after `delay` seconds.") from error
    except aiohttp.ClientConnectorError as error:
        reason = os.strerror(error.errno) if error.errno else error.strerror
        raise WorkError(f"{where}: {reason}; {todo}") from error
    except aiohttp.ClientError as error:
        raise WorkError(f"{where}: what answers there is no HTTP service; {todo}") from error
