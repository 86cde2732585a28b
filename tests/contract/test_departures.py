"""Clients that leave with bytes lying behind their request, and clients that do not read: on both servers."""

import asyncio
import socket
import struct

import pytest
from running import PING, running

import compare.aiohttp_impl.__main__ as aiohttp_main
import compare.tornado_impl.__main__ as tornado_main
from compare.contract import Loop, Server

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


@pytest.mark.parametrize("name", Server)
def test_on_uvloop_too_a_client_that_left_is_noticed(name):
    with running(name, "--loop", Loop.UVLOOP) as process:
        with process.connected() as client:
            client.sendall(NATIVE * 34)
            while b'"in_flight":1' not in process.exchange(PING.replace(b"/ping", b"/stats")):
                pass
        while b'"in_flight":0' not in process.exchange(PING.replace(b"/ping", b"/stats")):
            pass
        assert process.stop() == (0, "")
