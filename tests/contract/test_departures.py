"""Clients that leave with bytes lying behind their request, and clients that do not read: on both servers."""

import asyncio
import contextlib
import os
import select
import socket
import struct
import time

import psutil
import pytest
from running import HANG_S, PAUSE_S, PING, running

from compare.contract import MAX_HEADER_BYTES, PONG, Loop, Server

import compare.aiohttp_impl.__main__ as aiohttp_main
import compare.tornado_impl.__main__ as tornado_main

NATIVE = b"GET /io/native?delay=30 HTTP/1.1\r\nHost: x\r\n\r\n"
CROWD = 20
RESET = struct.pack("ii", 1, 0)


@pytest.fixture
def impatient(monkeypatch):
    """Let both servers wait a quarter of a second where they wait 75 s."""
    for module in (aiohttp_main, tornado_main):
        monkeypatch.setattr(module, "KEEP_ALIVE_S", 0.25)


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("behind", [b"", b"G", NATIVE * 33], ids=["nothing", "a_byte", "33_requests"])
async def test_clients_that_left_hold_no_slot_whatever_lay_behind_their_request(start, gate, behind, reset):
    server = await start(gate, max_in_flight=CROWD)
    clients = [socket.create_connection((server.host, server.port)) for _ in range(CROWD)]
    for client in clients:
        client.sendall(NATIVE + behind)
    await server.until(lambda stats: stats["in_flight"] == CROWD)
    for client in clients:
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        client.close()
    await server.until(lambda stats: stats["in_flight"] == 0)
    assert (gate.entered, gate.cancelled) == (CROWD, CROWD)


async def test_who_only_stays_quiet_behind_a_byte_is_answered(start, gate):
    server = await start(gate)
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(NATIVE + b"G")
    await server.until(lambda stats: stats["in_flight"] == 1)
    for _ in range(20):
        await server.stats()
    gate.open()
    assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_a_client_that_does_not_read_is_cut_off(impatient, start):
    server = await start()
    loop = asyncio.get_running_loop()
    with socket.create_connection((server.host, server.port)) as client:
        client.setblocking(False)
        with pytest.raises(ConnectionError):
            await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 1_000_000)
    assert (await server.get("/ping")).status == 200


async def test_a_request_sent_in_time_is_answered_though_the_loop_looks_when_patience_is_over(
    impatient, start
):
    client = await idle(await start())
    with client:
        answer = asyncio.create_task(ping(client))
        await asyncio.sleep(0)
        time.sleep(0.4)  # noqa: ASYNC251  # the loop is held up, as by a blocking handler
        await answer


async def idle(server):
    """Return a connection that the server has seen to be idle, and has not ended yet."""
    looked = asyncio.Event()
    server.server.ticker.also(looked.set)
    while True:
        client = socket.create_connection((server.host, server.port))
        client.setblocking(False)
        await ping(client)
        for _ in range(2):
            looked.clear()
            await looked.wait()
        if not select.select([client], [], [], 0)[0]:
            return client
        client.close()  # this machine was busy elsewhere for all of the server's patience


async def ping(client):
    """Ask on a kept connection; return when it is answered."""
    client.send(PING.replace(b"Connection: close\r\n", b""))
    said = b""
    while not said.endswith(PONG):
        piece = await asyncio.get_running_loop().sock_recv(client, 4096)
        assert piece, f"closed after {said!r}"
        said += piece


def long_requests(head: bytes, how_many: int) -> bytes:
    """As many requests, each with nearly as many cookies as a head holds: 10,000 of the shortest."""
    cookies = b";".join(b"%x=" % number for number in range(0x1000, 0x3710))[: MAX_HEADER_BYTES - 4096]
    return (head + b" HTTP/1.1\r\nHost: x\r\nCookie: " + cookies + b"\r\n\r\n") * how_many


UNREAD = 100 if os.environ.get("FULL") else 25
SHAPES = {
    "clearing_all": long_requests(b"DELETE /cookies?path=/" + 1000 * b"x", 1),
    "showing_all": long_requests(b"GET /cookies", 1),
    "40_requests_behind_a_wait": NATIVE + long_requests(b"GET /ping", 40),
}


@pytest.mark.longer
@pytest.mark.parametrize("name", Server)
@pytest.mark.parametrize("shape", SHAPES)
def test_clients_that_do_not_read_cost_less_than_300_kb_each(name, shape):
    """That is 60 MB for 200 of them; before, they cost a megabyte each, and four behind a wait on aiohttp."""
    with running(name) as process, contextlib.ExitStack() as clients:
        before = psutil.Process(process.ready.pid).memory_info().rss
        for _ in range(UNREAD):
            client = clients.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(process.address)
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                client.sendall(SHAPES[shape])
            if not SHAPES[shape].startswith(NATIVE):
                client.settimeout(HANG_S)
                client.recv(1)  # the answer has begun
        if SHAPES[shape].startswith(NATIVE):
            while b'"in_flight":%d' % UNREAD not in process.exchange(PING.replace(b"/ping", b"/stats")):
                time.sleep(PAUSE_S)
        grown = psutil.Process(process.ready.pid).memory_info().rss - before
        assert grown < UNREAD * 300_000


@pytest.mark.parametrize("name", Server)
def test_on_uvloop_too_a_client_that_left_is_noticed(name):
    with running(name, "--loop", Loop.UVLOOP) as process:
        with process.connected() as client:
            client.sendall(NATIVE * 34)
            while b'"in_flight":1' not in process.exchange(PING.replace(b"/ping", b"/stats")):
                time.sleep(PAUSE_S)
        while b'"in_flight":0' not in process.exchange(PING.replace(b"/ping", b"/stats")):
            time.sleep(PAUSE_S)
        assert process.stop() == (0, "")
