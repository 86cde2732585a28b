"""The file-descriptor limit: reached, survived and told in a line, on both servers."""

import os
import resource
import socket
import time
from pathlib import Path

import psutil
import pytest
from running import PAUSE_S, running

from compare.contract import Loop, Server
from compare.serving import accepting
from compare.serving.accepting import Listener

PING = b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
LIMIT = 64


@pytest.fixture
def listener():
    with Listener.of(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.setblocking(False)
        yield listener


@pytest.fixture
def exhausted(monkeypatch):
    """Make this process as one without a descriptor to spare, until the returned function is called."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    filled = [os.open(os.devnull, os.O_RDONLY)]
    highest = max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())

    def free():
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, hard))
    while True:
        try:
            filled.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            break
    yield free
    free()
    for number in filled:
        os.close(number)


def closed(client: socket.socket) -> bool:
    client.settimeout(60)
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def test_without_a_descriptor_a_connection_is_refused_and_the_backlog_empties(listener, request, caplog):
    clients = [socket.create_connection(listener.getsockname()) for _ in range(3)]
    free = request.getfixturevalue("exhausted")
    with pytest.raises(BlockingIOError):
        listener.accept()
    assert all(map(closed, clients))
    assert [record.message for record in caplog.records] == [
        "no file descriptor left: 1 connections closed unserved so far (see ulimit -n)"
    ]
    free()
    with socket.create_connection(listener.getsockname()) as client, listener.accept()[0] as accepted:
        assert accepted.getpeername() == client.getsockname()
    for each in clients:
        each.close()


def test_a_flood_of_refusals_gives_the_loop_a_turn(listener, request, monkeypatch):
    monkeypatch.setattr(accepting, "REFUSED_AT_ONCE", 2)
    clients = [socket.create_connection(listener.getsockname()) for _ in range(3)]
    request.getfixturevalue("exhausted")
    with pytest.raises(BlockingIOError, match="gets a turn"):
        listener.accept()
    assert [closed(client) for client in clients[:2]] == [True, True]
    for each in clients:
        each.close()


def test_a_reserve_that_a_thread_took_is_taken_back_when_there_is_one(listener, request, monkeypatch):
    client = socket.create_connection(listener.getsockname())
    free = request.getfixturevalue("exhausted")
    os.close(listener._reserve)
    taken = os.open(os.devnull, os.O_RDONLY)
    listener._reserve = None
    with pytest.raises(BlockingIOError, match="not even to refuse with"):
        listener.accept()
    os.close(taken)
    free()
    listener.accept()[0].close()
    client.close()


def test_nothing_to_accept_and_other_faults_are_as_ever(listener):
    with pytest.raises(BlockingIOError):
        listener.accept()
    listener.close()
    assert listener._reserve is None
    with pytest.raises(OSError, match="Bad file descriptor"):
        listener.accept()


@pytest.mark.parametrize("loop", Loop)
@pytest.mark.parametrize("name", Server)
def test_at_the_descriptor_limit_the_server_refuses_quietly_and_recovers(name, loop):
    with running(name, "--loop", loop) as process:
        resource.prlimit(process.popen.pid, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
        kept = socket.create_connection(process.address)
        kept.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(4096).endswith(b'{"pong":true}')
        crowd = [socket.create_connection(process.address) for _ in range(4 * LIMIT)]
        assert closed(crowd[-1]), "the last one found no descriptor left"
        kept.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(4096).endswith(b'{"pong":true}'), "whoever is connected is served as before"
        used = psutil.Process(process.popen.pid).cpu_times()
        for client in (*crowd, kept):
            client.close()
        while not process.exchange(PING).endswith(b'{"pong":true}'):
            time.sleep(PAUSE_S)  # the crowd's descriptors are being freed
        code, stderr = process.stop()
    assert code == 0
    assert stderr.count("\n") < 10, "one line a second, not one a connection"
    assert used.user + used.system < 5, "no hot loop"
