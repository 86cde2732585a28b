"""Servers as a user starts them: a process each, real sockets, one ready line."""

import contextlib
import http.client
import itertools
import json
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
from pathlib import Path
from typing import IO, Any

import psutil
import pytest

from compare.contract import Ready, Server, read_ready

# Far longer than anything takes on a machine that is slow and busy, and shorter than what ends by itself in a server
# (an idle connection after 75 s, a long I/O after 65): only what hangs meets it.
HANG_S = 45
READY_S = HANG_S
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
# A work whose waits last for as long as a file is there, and write down that they have begun.
HELD_WORK = """
import asyncio, os, time
from pathlib import Path

HELD, BEGUN = Path(os.environ["HELD"]), Path(os.environ["BEGUN"])

def begin():
    with BEGUN.open("a") as file:
        file.write(f"{os.getpid()}\\n")

class Work:
    def blocking(self, _delay_s):
        begin()
        while HELD.exists():
            time.sleep(0.01)
        return b"held"

    async def native(self, _delay_s):
        begin()
        while HELD.exists():
            await asyncio.sleep(0.02)
        return b"held"
"""
# Below the ports that the kernel hands out by itself, so that nothing else gets one before it is used, and beyond
# 10080, which a browser opens for nobody; each process of pytest begins elsewhere.
PORTS = itertools.count(10_100 + os.getpid() * 101 % 20_000)


def free_port() -> int:
    """Return a port on which nobody listens, each once."""
    while True:
        port = next(PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Held:
    """A work whose waits a test ends, so that it may look at them for however long that takes.

    A server gets it by `options` and `env`.
    """

    options = ("--work", "held_work:Work")

    def __init__(self, folder: Path) -> None:
        (folder / "held_work.py").write_text(HELD_WORK)
        self._file, self._begun = folder / "held", folder / "begun"
        self.env = {"PYTHONPATH": str(folder), "HELD": str(self._file), "BEGUN": str(self._begun)}
        self.hold()

    def hold(self) -> None:
        """Let waits last from now on."""
        self._begun.write_text("")
        self._file.touch()

    def release(self) -> None:
        """End all waits, also those that begin later."""
        self._file.unlink(missing_ok=True)

    def begun(self) -> list[int]:
        """Return the process ids of the servers that wait, one for each wait."""
        return [int(line) for line in self._begun.read_text().split("\n")[:-1]]

    def until(self, waits: int) -> None:
        """Return once so many waits have begun; the test's own timeout is the bound."""
        while len(self.begun()) < waits:
            time.sleep(PAUSE_S)


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
        with socket.create_connection(self.address, timeout=HANG_S) as sock:
            sock.sendall(request)
            return b"".join(iter(lambda: _received(sock), b""))

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: dict[str, str] | None = None,
        timeout_s: float = HANG_S,
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Ask on a connection of its own; return status, headers and body."""
        connection = http.client.HTTPConnection(*self.address, timeout=timeout_s)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def stats_of_all(self) -> dict[str, Any]:
        """Return what `/stats` says of each worker and loop, and of all together."""
        return json.loads(self.ask("/stats?all=1")[2])

    def connected(self) -> socket.socket:
        """Return a connection of its own."""
        return socket.create_connection(self.address, timeout=HANG_S)

    def rest_of(self, sock: socket.socket, request: bytes) -> bytes:
        """Send `request` on a connection the server may have closed; return all that comes until it is closed."""
        with contextlib.suppress(ConnectionError):
            sock.sendall(request)
        return b"".join(iter(lambda: _received(sock), b""))

    def until_refused(self) -> None:
        """Return once the server accepts nothing any more: it has seen the signal."""
        with contextlib.suppress(ConnectionRefusedError, ConnectionResetError):
            while True:
                self.connected().close()
                time.sleep(PAUSE_S)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Signal the server and wait for its end; return its exit code and what it wrote to stderr."""
        self.popen.send_signal(number)
        return self.wait()

    def wait(self) -> tuple[int, str]:
        """Wait for the end; return exit code and stderr."""
        self.popen.communicate(timeout=HANG_S)
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


def left(family: list[psutil.Process], timeout_s: float = HANG_S) -> list[psutil.Process]:
    """Return who still runs after so many seconds; a zombie, which nobody collected, has ended."""
    until_s = time.monotonic() + timeout_s
    while (alive := [process for process in family if _runs(process)]) and time.monotonic() < until_s:
        time.sleep(PAUSE_S)
    return alive


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


# Read by Python at its start: an import that lasts until the process is interrupted, and says that it has begun.
HELD_IMPORT = """
import os, sys, time

class Finder:
    @staticmethod
    def find_spec(name, *_):
        if name == os.environ["HELD_AT"]:
            os.write(2, b"held\\n")
            time.sleep(3600)

sys.meta_path.insert(0, Finder)
"""


def interrupted_at(imported: str, folder: Path, module: str, *options: str) -> tuple[int, bytes]:
    """Press Ctrl-C while Python, started with `-m module`, imports a module; return exit code and what it said."""
    (folder / "sitecustomize.py").write_text(HELD_IMPORT)
    env = os.environ | {"PYTHONPATH": str(folder), "HELD_AT": imported}
    argv = [sys.executable, "-m", module, *options]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=env) as popen:
        assert popen.stderr is not None
        try:
            assert popen.stderr.readline() == b"held\n"
            popen.send_signal(signal.SIGINT)
            return popen.wait(HANG_S), popen.stderr.read()
        finally:
            popen.kill()
