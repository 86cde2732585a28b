"""A slow HTTP service in a process of its own: what `--work http` waits for.

    python -m compare.services.upstream --port 0 --delay 0.1 --jitter 0.02 --failure-rate 0.01

`GET /` answers after `delay` seconds, plus or minus up to `jitter`. A share of `failure_rate` of the requests fails in
the way `fail` names. Each of the four may be given as an option, in a request's query (for that request), and by
`PUT /control?...` (from then on, for all): that is how a test makes a healthy upstream go bad. A page of another site
cannot: browsers ask first before they send a PUT there, and a `Host` that is not an address (DNS rebinding) is refused.

A bare `asyncio.Protocol` on uvloop with httptools, because it shares a CPU with the load generator: a framework's
cost per request would show in the results as waiting time.
"""

import argparse
import asyncio
import contextlib
import os
import random
import re
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable
from functools import lru_cache

import httptools

from compare.contract import BACKLOG
from compare.services.behaviour import Behaviour, Fail, amount
from compare.services.companion import announce

BODY = b"slow but sure"
MAX_HEAD_BYTES = 64 * 1024


def _answer(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


OK = _answer("200 OK", BODY)
ERROR = _answer("500 Internal Server Error", b"failed on purpose")
BAD_REQUEST = _answer("400 Bad Request", b"delay, jitter and failure_rate are seconds, seconds and a share")
_OWN_HOST = re.compile(rb"\r\nhost: *(localhost|[0-9.]+|\[[0-9a-f:]+\])(:[0-9]*)?\r\n", re.IGNORECASE)
GARBAGE = b"\x00\xffthis is not HTTP\r\n\r\n"


class Upstream:
    """What all connections share: the behaviour, the dice, the listening socket."""

    def __init__(self, behaviour: Behaviour, seed: int | None = None) -> None:
        self.behaviour = behaviour
        self.chance = random.Random(seed)
        self.listening: asyncio.Server | None = None

    @property
    def behaviour(self) -> Behaviour:
        """How requests without a query are answered."""
        return self._behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self.asked = lru_cache(maxsize=1024)(behaviour.changed_by)  # a load sends one query a million times

    def control(self, query: str) -> None:
        """Change the behaviour from now on; raises ValueError."""
        self.behaviour = self.behaviour.changed_by(query)
        if self.behaviour.fail is Fail.REFUSE and self.listening:
            self.listening.close()


class Connection(asyncio.Protocol):
    """One keep-alive connection; pipelined requests are answered in order, one after the other."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.parser = httptools.HttpRequestParser(self)
        self.loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport
        self.waiting: deque[bytes] = deque()  # targets of requests that came while one is being answered
        self.timer: asyncio.TimerHandle | None = None
        self.busy = False
        self.target = b""
        self.head_bytes = 0
        self.head = b""  # the bytes that came last

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport  # type: ignore[assignment]  # asyncio types it as the base of all transports

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget the request that nobody waits for any more."""
        self.waiting.clear()
        if self.timer:
            self.timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Feed the parser; what is not HTTP, or has no end, closes the connection."""
        self.head_bytes += len(data)
        self.head = data
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.close()
        if self.head_bytes > MAX_HEAD_BYTES:
            self.transport.close()

    def on_message_begin(self) -> None:
        """Begin a request: httptools hands the target over in pieces."""
        self.target = b""

    def on_url(self, piece: bytes) -> None:
        """Collect the target."""
        self.target += piece

    def on_message_complete(self) -> None:
        """Answer the request, or queue it behind the one being answered."""
        self.head_bytes = 0
        if self.busy:
            self.waiting.append(self.target)
        else:
            self.begin(self.target)

    def begin(self, target: bytes) -> None:
        """Start the wait for one request."""
        self.busy = True
        path, _, query = target.decode("latin-1").partition("?")
        try:
            if path == "/control":
                self.check_control()
                self.upstream.control(query)
                behaviour = Behaviour()
            else:
                behaviour = self.upstream.asked(query)
        except ValueError:
            self.timer = self.loop.call_later(0, self.finish, BAD_REQUEST)
            return
        chance = self.upstream.chance
        act = _FAILURES[behaviour.fail] if behaviour.fails(chance) else succeed
        self.timer = self.loop.call_later(behaviour.wait_s(chance), act, self)

    def check_control(self) -> None:
        """Raise ValueError for a change that a page of another site may have asked for."""
        if self.parser.get_method() != b"PUT" or not _OWN_HOST.search(self.head):
            raise ValueError("not from this machine's own tools")

    def finish(self, answer: bytes) -> None:
        """Write an answer and take the next request in line."""
        self.timer = None
        self.busy = False
        self.transport.write(answer)
        if self.waiting:
            self.begin(self.waiting.popleft())


def succeed(connection: Connection) -> None:
    """Answer 200."""
    connection.finish(OK)


def _half(connection: Connection) -> None:
    connection.transport.write(OK[: -len(BODY) // 2])
    connection.transport.close()


def _garbage(connection: Connection) -> None:
    connection.transport.write(GARBAGE)
    connection.transport.close()


def _reset(connection: Connection) -> None:
    sock = connection.transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # on, 0 s: close sends RST
    connection.transport.abort()


def _hang(_connection: Connection) -> None:
    """Never answer."""


_FAILURES: dict[Fail, Callable[[Connection], None]] = {
    Fail.ERROR: lambda connection: connection.finish(ERROR),
    Fail.RESET: _reset,
    Fail.HALF: _half,
    Fail.GARBAGE: _garbage,
    Fail.HANG: _hang,
    Fail.REFUSE: _reset,
}


async def serve(upstream: Upstream, host: str, port: int, *, while_stdin_open: bool) -> None:
    """Serve until SIGTERM, SIGINT or, if asked for, the end of standard input."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(lambda: Connection(upstream), host, port, backlog=BACKLOG)
    upstream.listening = server
    if while_stdin_open:
        loop.add_reader(0, _watch, stopped)
    announce(url=f"http://{host}:{server.sockets[0].getsockname()[1]}", pid=os.getpid())
    await stopped.wait()
    server.close()


def _watch(stopped: asyncio.Event) -> None:
    if not os.read(0, 4096):
        stopped.set()


def _raise_open_files() -> None:
    """Raise the soft limit of open files to the hard one: 10,000 connections are 10,000 files."""
    import resource  # noqa: PLC0415  # there is none on Windows

    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="compare.services.upstream", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8003)
    parser.add_argument("--delay", type=amount, default=0.0, help="seconds")
    parser.add_argument("--jitter", type=amount, default=0.0, help="seconds, plus or minus")
    parser.add_argument("--failure-rate", type=amount, default=0.0, help="share of requests, 0 to 1")
    parser.add_argument("--fail", type=Fail, choices=list(Fail), default=Fail.ERROR)
    parser.add_argument("--seed", type=int, help="of jitter and failures")
    parser.add_argument("--while-stdin-open", action="store_true", help="stop when standard input ends")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Run the service; return the exit code."""
    import uvloop  # noqa: PLC0415  # there is none on Windows

    given = _arguments(argv)
    _raise_open_files()
    upstream = Upstream(Behaviour(given.delay, given.jitter, given.failure_rate, given.fail), given.seed)
    try:
        uvloop.run(serve(upstream, given.host, given.port, while_stdin_open=given.while_stdin_open))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        sys.stderr.write(f"The upstream cannot listen on {given.host}:{given.port}: {reason}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
