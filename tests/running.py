"""Servers as a user starts them: a process each, real sockets, one ready line."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

import psutil
import pytest

from compare.contract import Ready, Server, read_ready

READY_S = 20
# the hosts that tests name in their requests
HOSTS = (
    "x",
    "test",
    "example.test",
    "shop.example.test",
    "deep.shop.example.test",
    "blog.example.test",
    "www.other.test",
)
NAMES = [word for host in HOSTS for word in ("--allow-host", host)]
PAUSE_S = 0.005  # between two looks: a spin without one takes a CPU from what is tested
SERVERS = pytest.mark.parametrize("name", list(Server))
# For what is written once and names no framework (the supervisor, signals, the log): a start takes half a second of
# CPU, so one server shows it in `make test`, and in `make test-long` the other one too.
EITHER = pytest.mark.parametrize(
    "name", [Server.TORNADO, pytest.param(Server.AIOHTTP, marks=pytest.mark.full)]
)
PING = b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
SECRET = {"COMPARE_COOKIE_SECRET": "one secret for every server under test"}

# A database whose folder outlives it, so that it can be killed and come back.
KEEPING = """
import sys
from pathlib import Path
from compare.services.companion import announce
from compare.services.database import running
with running(Path(sys.argv[1])) as dsn:
    announce(dsn=dsn)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Process:
    """A running server."""

    ready: Ready
    popen: subprocess.Popen[str]
    stderr: IO[str]  # a file: a pipe that nobody reads would stop a server that logs

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.ready.url.removeprefix("http://").rpartition(":")
        return host, int(port)

    def exchange(self, request: bytes) -> bytes:
        """Send raw bytes on a connection of their own and return all that comes until the server closes it."""
        with socket.create_connection(self.address, timeout=20) as sock:
            sock.sendall(request)
            return b"".join(iter(lambda: _received(sock), b""))

    def connected(self) -> socket.socket:
        """Return a connection of its own."""
        return socket.create_connection(self.address, timeout=20)

    def rest_of(self, sock: socket.socket, request: bytes) -> bytes:
        """Send `request` on a connection the server may have closed; return all that comes until it is closed."""
        with contextlib.suppress(ConnectionError):
            sock.sendall(request)
        return b"".join(iter(lambda: _received(sock), b""))

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Signal the server and wait for its end; return its exit code and what it wrote to stderr."""
        self.popen.send_signal(number)
        return self.wait()

    def wait(self) -> tuple[int, str]:
        """Wait for the end; return exit code and stderr."""
        self.popen.communicate(timeout=30)
        return self.popen.returncode, self.logged()

    def logged(self) -> str:
        """Return what the server has written to stderr so far."""
        self.stderr.seek(0)
        return self.stderr.read()


def _received(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65536)
    except ConnectionResetError:
        return b""


def command(server: Server, *options: str) -> list[str]:
    """Return the command line that starts `server` itself, or with `--workers` its supervisor."""
    return [sys.executable, "-m", f"compare.{server}_impl", *options]


def supervised(server: Server, *options: str) -> list[str]:
    """Return the command line that starts `server` under its supervisor, as a user does."""
    return [sys.executable, "-m", "compare", "serve", server, *options]


@contextlib.contextmanager
def running(
    server: Server,
    *options: str,
    env: dict[str, str] | None = None,
    how: Callable[..., list[str]] = command,
) -> Iterator[Process]:
    """Start `server`, on a free port unless told otherwise, and stop it at the end, however the test ends.

    It signs with `SECRET`, so that it has nothing to warn of and reads what the other one signed.
    """
    port = () if "--port" in options else ("--port", "0")
    secret = {} if any("--cookie" in option for option in options) else SECRET
    with tempfile.TemporaryFile("w+") as stderr:
        popen = subprocess.Popen(
            how(server, *port, *NAMES, *options),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=os.environ | secret | (env or {}),
        )
        try:
            assert popen.stdout is not None
            assert select.select([popen.stdout], [], [], READY_S)[0], "no ready line"
            yield Process(read_ready(popen.stdout.readline()), popen, stderr)
        finally:
            if popen.returncode is None:
                popen.kill()
                popen.communicate()


def names(family: list[psutil.Process]) -> set[str]:
    """Return the names of those processes that still run: some of a family may end at any time."""
    found = set()
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            found.add(process.name())
    return found


def left(family: list[psutil.Process], timeout_s: float = 20) -> list[psutil.Process]:
    """Return who still runs after so many seconds; a zombie, which nobody collected, has ended."""
    until_s = time.monotonic() + timeout_s
    while (alive := [process for process in family if _runs(process)]) and time.monotonic() < until_s:
        time.sleep(PAUSE_S)
    return alive


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False
