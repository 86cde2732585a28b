"""Clients that are slow, many or large, on both servers."""

import asyncio
import contextlib
import resource
import select
import signal
import socket
import time

import psutil
import pytest
from running import HANG_S, PAUSE_S, running
from wire import answers

from compare.contract import MAX_BODY_BYTES, MAX_HEADER_BYTES, Server

import compare.aiohttp_impl.__main__ as aiohttp_main
import compare.tornado_impl.__main__ as tornado_main
from compare.aiohttp_impl import bodies as aiohttp_bodies
from compare.tornado_impl import bodies as tornado_bodies

PING = b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
IDLE = 2000
TRAILED = b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"


# --- slow clients


async def drip(server, sent: bytes, more: bytes, *, before: bytes = b"") -> bytes:
    """Send `sent` and then a byte now and then, for ever; return what the server said before it closed.

    What goes `before` is a request of its own, whose answer is read first: a reset later must not take it along.
    """
    reader, writer = await asyncio.open_connection(server.host, server.port)
    said = b""
    if before:
        writer.write(before)
        said = await reader.readuntil(b"}")

    async def dripping():
        with contextlib.suppress(ConnectionError):
            for byte in more * 100_000:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.01)

    writer.write(sent)
    task = asyncio.create_task(dripping())
    try:
        return said + await reader.read()
    except ConnectionResetError:
        return said
    finally:
        task.cancel()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture
def impatient(monkeypatch):
    """Let both servers wait a quarter of a second where they wait 75 s for headers and 10 s for a body."""
    for module in (aiohttp_main, tornado_main):
        monkeypatch.setattr(module, "KEEP_ALIVE_S", 0.25)
    for module in (aiohttp_main, aiohttp_bodies, tornado_bodies):
        monkeypatch.setattr(module, "BODY_TIMEOUT_S", 0.25)


@pytest.mark.parametrize("before", [b"", b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["first", "second"])
async def test_headers_that_come_a_byte_at_a_time_are_cut_off(impatient, start, before):
    server = await start()
    said = await drip(server, b"GET /io/native?delay=0 HTTP/1.1\r\nX-Slow: ", b"z", before=before)
    assert [answer.status for answer in answers(said)] == [200] * bool(before)
    assert (await server.stats())["completed"] == 0


async def test_a_connection_on_which_nothing_comes_is_closed(impatient, start):
    server = await start()
    reader, writer = await asyncio.open_connection(server.host, server.port)
    assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize("framing", [b"Content-Length: 60000", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize(
    "target", [b"GET /io/native?delay=0", b"PUT /cookies/a", b"POST /ping", b"GET /nowhere"]
)
async def test_a_body_that_comes_a_byte_at_a_time_is_cut_off_and_holds_no_slot(
    impatient, start, target, framing
):
    server = await start(max_in_flight=1)
    more = b"1\r\nx\r\n" if b"chunked" in framing else b"x"
    dripping = asyncio.create_task(
        drip(server, target + b" HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n\r\n", more)
    )
    # on a connection of its own: an impatient server closes one that waits, and the next request would meet that
    once = await server.get("/io/native?delay=0", headers={"Connection": "close"})
    assert once.status == 200
    said = answers(await dripping)
    assert len(said) <= 1
    assert (await server.stats())["in_flight"] == 0


# --- crowds


@contextlib.contextmanager
def many_files():
    """Raise this process's limit, and so that of what it starts, as far as it may."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("name", Server)
def test_thousands_of_idle_connections_hold_nobody_up_and_leave_nothing_behind(name):
    with many_files(), running(name) as process:
        own = psutil.Process(process.popen.pid)
        process.exchange(PING)
        files = own.num_fds()
        idle = [socket.create_connection(process.address) for _ in range(IDLE)]
        while own.num_fds() < files + IDLE:
            time.sleep(PAUSE_S)
        assert process.exchange(PING).endswith(b'{"pong":true}')
        watch = select.poll()
        for client in idle:
            watch.register(client, select.POLLIN)
        assert watch.poll(0) == [], "none was closed"
        idle[0].sendall(PING)
        assert idle[0].recv(4096).endswith(b'{"pong":true}')
        for client in idle:
            client.close()
        deadline = time.monotonic() + HANG_S
        while own.num_fds() > files:
            assert time.monotonic() < deadline, "idle connections that left are still open"
            time.sleep(PAUSE_S)
        code, stderr = process.stop(signal.SIGTERM)
    assert code == 0
    assert "ERROR" not in stderr


# --- large requests


@pytest.mark.parametrize(
    "head",
    [
        b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Large: %s",
        b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s: x",
        b"GET /ping?%s HTTP/1.1\r\nHost: x\r\nConnection: close",
    ],
    ids=["header", "header_name", "url"],
)
async def test_64_kib_of_headers_are_the_limit(server, head):
    fits = head % (b"x" * (MAX_HEADER_BYTES - len(head) - 500))
    assert answers(await server.send(fits + b"\r\n\r\n", closing=False))[0].body == b'{"pong":true}'
    too_large = head % (b"x" * (MAX_HEADER_BYTES + 1))
    said = await sent_in_vain(server, too_large + b"\r\n\r\n")
    assert [answer.status for answer in said if answer.status not in {400, 414, 431}] == []
    assert (await server.get("/ping")).status == 200


@pytest.mark.parametrize("end", [b"\r\n", b""], ids=["whole", "unfinished"])
@pytest.mark.parametrize(
    "begun",
    [b"GET /ping HTTP/1.1\r\nHost: x\r\n", b"PUT /cookies/a HTTP/1.1\r\nHost: x\r\n" + TRAILED],
    ids=["head", "trailers"],
)
async def test_many_lines_of_60_kib_are_too_long_together(server, begun, end):
    lines = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 60_000) for number in range(20))
    said = await sent_in_vain(server, begun + lines + end)
    assert [answer.status for answer in said if answer.status not in {400, 413, 431}] == []
    assert (await server.get("/ping")).status == 200


async def test_a_body_in_the_smallest_chunks_is_read_up_to_its_limit(server):
    """Its frames are five times as long as what they hold."""
    value = b'{"value":"%s"}' % (b"v" * 4000)
    body = value + b" " * (MAX_BODY_BYTES - len(value))
    head = b"PUT /cookies/a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    chunked = b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    said = answers(await server.send(head + chunked + b"0\r\n\r\n", closing=False))
    assert [answer.status for answer in said] == [204]


async def sent_in_vain(server, request: bytes):
    """Send what the server need not read to its end; a reset may take its answer away."""
    try:
        return answers(await server.send(request, closing=False))
    except ConnectionError:
        return []


async def test_headers_without_an_end_are_cut_off(server):
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"GET /ping HTTP/1.1\r\n")
    with contextlib.suppress(ConnectionError):
        for number in range(100_000):
            writer.write(b"X-%d: %s\r\n" % (number, b"y" * 1000))
            await writer.drain()
    with contextlib.suppress(ConnectionError):
        assert [answer.status for answer in answers(await reader.read())] in ([], [400], [431])
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    assert (await server.get("/ping")).status == 200


async def test_a_body_far_past_the_limit_is_refused(server):
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    head = b"PUT /cookies/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    said = await sent_in_vain(server, head + 100 * chunk + b"0\r\n\r\n")
    assert [answer.status for answer in said] in ([], [413])
    assert (await server.get("/ping")).status == 200
