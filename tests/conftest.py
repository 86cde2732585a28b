"""The `server` fixture: one client, both servers, on the test's own loop.

`listen` is what `python -m compare.tornado_impl` and `python -m compare.aiohttp_impl` call too: what is tested is
what runs. A test that takes `server` runs twice; one that needs options takes `start` and runs twice as well.
"""

import asyncio
import gc
import resource
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import BaseTestServer, TestClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from running import HANG_S, HOSTS, PAUSE_S, SECRET, Held
from yarl import URL

from compare.contract import Server
from compare.contract.settings import Settings
from compare.serving.binding import bind
from compare.serving.flights import Flights
from compare.serving.lag import Ticker
from compare.serving.workers import Control
from compare.work.loading import load
from compare.work.promise import Work

import compare.aiohttp_impl.__main__ as aiohttp_main
import compare.tornado_impl.__main__ as tornado_main

# an ordinary account may open 1,024 files until it asks for more; tests open a thousand connections from this process
_, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
enough = 20_000 if most_files == resource.RLIM_INFINITY else min(most_files, 20_000)
resource.setrlimit(resource.RLIMIT_NOFILE, (enough, most_files))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # as in what a shell script runs in the background: processes that tests interrupt would inherit that they ignore it
    signal.signal(signal.SIGINT, signal.default_int_handler)

gc.disable()  # until all is collected: looking for garbage among objects that stay takes a fifth of that time


def pytest_collection_finish():
    gc.enable()


LISTEN = {Server.TORNADO: tornado_main.listen, Server.AIOHTTP: aiohttp_main.listen}

hypothesis_settings.register_profile(  # nothing of it judges how fast the machine is
    "suite", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("suite")


@pytest.fixture(scope="session", autouse=True)
def coarse_charts():
    """Charts have few pixels where no test looks at them: painting takes longer than all else about a chart."""
    with pytest.MonkeyPatch.context() as patch:
        if sheets := sys.modules.get("compare.report.figures.sheets"):
            patch.setattr(sheets, "DPI", 24)
        yield


class InProcess(BaseTestServer):
    """Either server on the running loop, started and stopped as its own process does it."""

    def __init__(self, settings: Settings, work: Work) -> None:
        super().__init__()
        self.settings, self.work = settings, work
        self.flights = Flights(work, settings.max_in_flight, settings.io_timeout)

    @property
    def started(self) -> bool:
        return self._root is not None

    async def _make_runner(self, **kwargs):
        raise NotImplementedError("either server starts itself")

    async def start_server(self, loop=None, **kwargs):
        if self.started:
            return
        self._loop = loop
        sock = bind(self.settings)
        self.host, self.port = sock.getsockname()[:2]
        self._root = URL(f"http://{self.host}:{self.port}")
        self.ticker = Ticker(self.flights.expire)
        self.listening = await LISTEN[self.settings.server](
            self.settings,
            sock,
            self.flights,
            self.ticker,
            Control(lambda: self.flights.stats(self.ticker.lag())),
        )
        self.ticker.start()

    async def close(self):
        if self.started and not self.closed:
            self.ticker.stop()
            await self.listening.stop_accepting()
            self.flights.cancel_all()
            await asyncio.sleep(0)
            await self.listening.close()
            self._closed = True


class Client(TestClient):
    """A client of one server, with what the tests ask of it."""

    @property
    def name(self) -> Server:
        return self.server.settings.server

    @property
    def flights(self) -> Flights:
        return self.server.flights

    async def stats(self) -> dict:
        return await (await self.get("/stats")).json()

    async def until(self, holds: Callable[[dict], bool]) -> dict:
        """Ask `/stats` until `holds` of it; `HANG_S` is the bound."""
        async with asyncio.timeout(HANG_S):
            while not holds(stats := await self.stats()):  # noqa: ASYNC110  # the server knows nothing of an event here
                await asyncio.sleep(PAUSE_S)
        return stats

    async def send(self, request: bytes, *, closing: bool = True) -> bytes:
        """Send raw bytes on a connection of their own; return all that comes until the server closes it.

        With `closing`, a `Connection: close` goes after the first line, so that a well-behaved server closes.
        """
        reader, writer = await asyncio.open_connection(self.host, self.port)
        if closing:
            request = request.replace(b"\r\n", b"\r\nHost: test\r\nConnection: close\r\n", 1)
        try:
            writer.write(request)
            return await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()


@pytest.fixture
def aiohttp_client_cls():
    return Client


@pytest.fixture(params=list(Server), ids=str)
def server_name(request) -> Server:
    return request.param


@pytest.fixture(scope="session")
def secret_file(tmp_path_factory) -> Path:
    """The file with the secret that signs cookies, the one that server processes get too."""
    path = tmp_path_factory.mktemp("secret") / "cookie"
    path.write_text(SECRET["COMPARE_COOKIE_SECRET"] + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def start(server_name, aiohttp_client, secret_file) -> Callable[..., Awaitable[Client]]:
    """Start the server under test with options and, if wanted, a work that is no timer."""

    async def go(work: Work | None = None, **options) -> Client:
        if not options.keys() & {"cookie_key", "cookie_secret_file"}:
            options["cookie_secret_file"] = str(secret_file)
        settings = Settings(server_name, port=0, **{"allow_host": HOSTS} | options)
        return await aiohttp_client(InProcess(settings, work or load("sleep")))

    return go


@pytest.fixture
async def server(start) -> Client:
    """The server under test with its defaults."""
    return await start()


@pytest.fixture
def held(tmp_path) -> Iterator[Held]:
    """A work for server processes, whose waits last until the test ends them."""
    held = Held(tmp_path)
    yield held
    held.release()


class Gate:
    """A work that says when it was entered and ends when told: no test needs to sleep."""

    name, limit = "gate", 0

    def __init__(self) -> None:
        self.entered, self.cancelled = 0, 0
        self._release = threading.Event()
        self._async_release = asyncio.Event()

    def blocking(self, _delay_s: float) -> bytes:
        self.entered += 1
        self._release.wait()
        return b"gate"

    async def native(self, _delay_s: float) -> bytes:
        self.entered += 1
        try:
            await self._async_release.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return b"gate"

    def open(self) -> None:
        self._release.set()
        self._async_release.set()

    async def start(self, capacity: int) -> None:
        pass

    async def stop(self) -> None:
        pass


@pytest.fixture
async def gate():
    gate = Gate()
    yield gate
    gate.open()
