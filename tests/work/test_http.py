"""Waiting for a real upstream by both clients: no hidden cap, no retries, faults passed on, one sentence at start."""

import asyncio
import contextlib
import logging
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import psutil
import pytest
import urllib3

from compare.services.companion import Companion
from compare.services.upstream import BODY
from compare.work.http import UPSTREAM, Http, UpstreamError
from compare.work.loading import check_faces
from compare.work.promise import WorkError


@pytest.fixture(scope="module")
def url():
    with Companion(UPSTREAM) as companion:
        yield companion.ready["url"]


def control(url: str, query: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{url}/control?{query}", method="PUT")).close()


@pytest.fixture
async def http(url):
    work = Http(url)
    await work.start(20)
    yield work
    control(url, "failure_rate=0")
    await work.stop()


async def test_both_faces_return_what_the_upstream_answered(http):
    await check_faces(http, 0.01)
    assert await http.native(0.0) == BODY


async def test_a_url_may_have_a_path_and_a_query_of_its_own(url):
    work = Http(f"{url}/deep/path?jitter=0.001")
    await work.start(2)
    try:
        await check_faces(work, 0.0)
    finally:
        await work.stop()


class Gathering:
    """An upstream that answers nobody until `wanted` requests are there: who sends fewer waits for ever."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.connections, self.waiting = wanted, 0, 0
        self.all_there = asyncio.Event()
        self.serving: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.serving.add(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while request := await reader.readuntil(b"\r\n\r\n"):
                if b"delay=0.0 " not in request:
                    await self._gather()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def _gather(self) -> None:
        self.waiting += 1
        if self.waiting == self.wanted:
            self.all_there.set()
        await self.all_there.wait()


@contextlib.asynccontextmanager
async def gathering(wanted: int):
    upstream = Gathering(wanted)
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0, backlog=1000)
    work = Http(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await work.start(wanted)
    try:
        yield work, upstream
    finally:
        await work.stop()
        server.close()
        await asyncio.gather(*upstream.serving)


async def test_the_native_face_is_not_capped_at_a_hundred():
    async with gathering(150) as (work, _):
        assert set(await asyncio.gather(*(work.native(1.0) for _ in range(150)))) == {b"ok"}


async def test_the_blocking_face_is_not_capped_below_the_capacity_and_keeps_its_connections():
    loop = asyncio.get_running_loop()
    async with gathering(20) as (work, upstream):
        with ThreadPoolExecutor(20) as pool:
            for _ in range(3):
                answers = await asyncio.gather(
                    *(loop.run_in_executor(pool, work.blocking, 1.0) for _ in range(20))
                )
                assert set(answers) == {b"ok"}
        assert upstream.connections <= 21  # one more by the probe


async def test_a_request_that_fails_is_not_sent_again():
    """A retry would be a second wait in the name of one request."""
    connections = 0

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        work = Http(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        work._open(1)
        with pytest.raises(urllib3.exceptions.HTTPError):
            await asyncio.to_thread(work.blocking, 0.0)
        assert connections == 1
        with pytest.raises(aiohttp.ClientError):
            await work.native(0.0)
        assert connections == 2
        await work.stop()


async def test_a_cancelled_native_wait_leaves_no_connection_behind(http):
    waiting = asyncio.create_task(http.native(60.0))
    while not http._session.connector._acquired:  # noqa: ASYNC110  # the client has no event for it
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not http._session.connector._acquired


@pytest.mark.parametrize("fail", ["error", "reset", "half", "garbage"])
async def test_what_the_upstream_does_wrong_is_raised_by_both_faces(http, url, fail):
    control(url, f"fail={fail}")
    with pytest.raises((aiohttp.ClientError, UpstreamError)):
        await http.native(0.0)
    with pytest.raises((urllib3.exceptions.HTTPError, UpstreamError)):
        await asyncio.to_thread(http.blocking, 0.0)


async def test_a_healthy_upstream_is_used_again_after_a_fault(http, url):
    control(url, "fail=reset")
    with pytest.raises(aiohttp.ClientError):
        await http.native(0.0)
    control(url, "failure_rate=0")
    await check_faces(http, 0.0)


async def test_the_caps_are_printed_at_start(url, caplog):
    caplog.set_level(logging.INFO)
    work = Http(url)
    await work.start(33)
    await work.stop()
    (line,) = [record.getMessage() for record in caplog.records if record.name == "compare.work.http"]
    assert "urllib3: 33 connections at most (its default is 1 per host)" in line
    assert "aiohttp client: no cap (its default is 100)" in line


async def test_without_a_url_it_starts_its_own_and_stops_it():
    work = Http()
    await work.start(0)
    companion = psutil.Process(work._companion.pid)
    await check_faces(work, 0.0)
    await work.stop()
    companion.wait(60)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("upstream", "--upstream must be an http URL like http://127.0.0.1:8003, not 'upstream'."),
        ("ftp://127.0.0.1/", "--upstream must be an http URL"),
        ("http://", "--upstream must be an http URL"),
        (
            "http://ann:hunter2@127.0.0.1:9/",
            "Tried GET http://ann:***@127.0.0.1:9/?delay=0: Connection refused;",
        ),
        (
            "http://host.invalid/",
            "start an HTTP service there, or leave --upstream out and one is started for you.",
        ),
        ("{url}/?fail=garbage", "what answers there is no HTTP service; start an HTTP service there"),
        ("{url}/?fail=reset", "what answers there is no HTTP service"),
        ("{url}/?fail=error", "The upstream answered 500. It must answer 200 after `delay` seconds."),
        ("{url}/?fail=hang", "no answer within 0.1 s"),
    ],
)
async def test_an_upstream_that_is_none_is_told_in_a_sentence(url, given, said, monkeypatch):
    if "hang" in given:
        monkeypatch.setattr("compare.work.http.PROBE_S", 0.1)
    with pytest.raises(WorkError) as refused:
        await Http(given.format(url=url)).start(1)
    assert said in str(refused.value)
    assert "hunter2" not in str(refused.value)


GARBAGE = {
    "a line without a colon": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno header\r\n\r\nok",
    "a length that is no number": b"HTTP/1.1 200 OK\r\nContent-Length: zz\r\n\r\nok",
    "a NUL in a value": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: a\x00b\r\n\r\nok",
    "a space in a name": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX y: a\r\n\r\nok",
}


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_a_malformed_head_is_an_error_of_both_faces_and_logs_nothing(garbage, caplog):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(GARBAGE[garbage])
        await reader.read()  # the connection stays: only the head says that something is wrong
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        work = Http(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        work._open(1)
        for _ in range(2):  # the one connection of the pool is given back
            with pytest.raises((urllib3.exceptions.HTTPError, UpstreamError)):
                await asyncio.wait_for(asyncio.to_thread(work.blocking, 0.0), 60)
        with pytest.raises(aiohttp.ClientError):
            await work.native(0.0)
        await work.stop()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
