"""When and on which connection requests leave: the closed loop and the open one.

Both have requests that are due, connections that are free, and a queue for when none is. They differ in what an
answer causes: the closed loop's next request, or in the open loop nothing at all.
"""

import asyncio
import errno
import math
import ssl
from collections import deque
from collections.abc import Iterator
from time import monotonic

from compare.loadgen import pace
from compare.loadgen.connection import Connection
from compare.loadgen.dial import Dialer
from compare.loadgen.ledger import Ended, Ledger
from compare.loadgen.protocol import UNASKED, StreamOrder, StreamOutcome
from compare.loadgen.timer import Pacer

OPENING = 128  # connections being opened at once: few enough for any backlog
FIRST_RETRY_S, LAST_RETRY_S = (
    0.01,
    1.0,
)  # after a failure; doubled each time, so that nothing dead is hammered
LIMITS = {
    errno.EMFILE: "open files of this process (ulimit -n)",
    errno.ENFILE: "open files of the system",
    errno.EADDRNOTAVAIL: "local ports for new connections",
    errno.ENOBUFS: "socket memory",
    errno.ENOMEM: "memory",
}


class Stream:
    """Requests of one kind, and their stamps in `ledger`.

    `settled` is set once the window is over and all that were due before its end have ended.
    """

    def __init__(self, order: StreamOrder, loop: asyncio.AbstractEventLoop, ledger: Ledger) -> None:
        self.order, self.ledger, self.notes = order, ledger, set[str]()
        self.settled = asyncio.Event()
        self._loop, self._failures = loop, 0
        # last in, first out: the latest used is the least likely to be closed by the server
        self._idle: dict[Connection, None] = {}
        self._queue = deque[float]()
        self._open, self._opening = set[Connection](), set[asyncio.Task[None]]()
        self._opened = self._reconnects = self._to_replace = 0
        self._ends_s, self._unsettled, self._closing, self._stopped = math.inf, 0, False, False
        self._pacer: Pacer | None = None
        self._dialer = Dialer(order, loop, self)

    async def open(self) -> None:
        """Open the first connections; a server that refuses is left for the measurement to find."""
        missing = self.order.opened_first
        while missing > 0 and not self._failures:
            opening = [self._loop.create_task(self._connect()) for _ in range(min(OPENING, missing))]
            missing -= len(opening)
            await asyncio.gather(*opening)

    def begin(self, start_s: float, ends_s: float, timeout_s: float) -> None:
        """Send from `start_s` on; the window ends at `ends_s`, the waiting for its answers `timeout_s` later."""
        self._ends_s = ends_s
        self._pacer = Pacer(self._loop, self._schedule(start_s, ends_s + timeout_s), self._due)
        if self._pacer.note:
            self.notes.add(self._pacer.note)

    def close_window(self, ends_s: float | None = None) -> None:
        """The window is over, at `ends_s` where that was not known before. The load stays on.

        So its last requests are answered under load too.
        """
        self._ends_s = self._ends_s if ends_s is None else ends_s
        self._closing = True
        self._unsettled = sum(intended_s < self._ends_s for intended_s, _ in self._under_way())
        self._settle(0)

    def stop(self) -> StreamOutcome:
        """Close everything and write down what has not ended."""
        self._stopped = True
        if self._pacer:
            self._pacer.close()
        for intended_s, sent_s in list(self._under_way()):
            status = Ended.UNSENT if math.isnan(sent_s) else Ended.UNANSWERED
            self.ledger.add(intended_s, sent_s, math.nan, status)
        for connection in list(self._open):
            connection.busy = False
            connection.close()
        for task in self._opening:
            task.cancel()
        return StreamOutcome(self.ledger.count, self._opened - self._reconnects, self._reconnects)

    def ended(self, connection: Connection, status: int, done_s: float, io_s: float) -> None:
        """Write the row; go on."""
        self.ledger.add(connection.intended_s, connection.sent_s, done_s, status, io_s)
        if self._closing and connection.intended_s < self._ends_s:
            self._settle(1)
        if connection.usable:
            self._failures = 0
            self._free(connection, done_s)
        elif status > 0:
            self._failures = 0
            connection.close()
            self._parted(done_s)
        else:
            self._failures += 1
            self._failed(done_s)

    def unasked(self) -> None:
        """Say so: the numbers of such a server mean nothing."""
        self.notes.add(UNASKED)

    def lost(self, connection: Connection) -> None:
        """Open another one if there is a request for it."""
        self._open.discard(connection)
        self._to_replace += 1
        self._idle.pop(connection, None)
        self._reach()

    def _schedule(self, start_s: float, until_s: float) -> Iterator[float]:
        raise NotImplementedError

    def _free(self, connection: Connection, done_s: float) -> None:
        """A connection has its answer and may be used again."""
        raise NotImplementedError

    def _parted(self, done_s: float) -> None:
        """A connection had its answer and was closed."""

    def _failed(self, done_s: float) -> None:
        """A request ended without an answer."""

    def _due(self, intended_s: float) -> None:
        if self._closing and intended_s < self._ends_s:  # the pacer is behind
            self._unsettled += 1
        if self._idle:
            self._idle.popitem()[0].send(intended_s)
        else:
            self._queue.append(intended_s)
            self._reach()

    def _reach(self) -> None:
        room = self.order.connections - len(self._open) - len(self._opening)
        if room > 0 and len(self._opening) < min(len(self._queue), OPENING) and not self._stopped:
            task = self._loop.create_task(self._connect())
            self._opening.add(task)
            task.add_done_callback(self._reached)

    def _reached(self, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        if not task.cancelled():
            task.result()  # a fault of ours is not to pass for one of the server's
            self._reach()

    async def _connect(self) -> None:
        try:
            connection = await self._dialer.connect()
        except OSError as error:
            self._refused(error)
            return
        self._connected(connection)

    def _connected(self, connection: Connection) -> None:
        self._opened += 1
        if self._to_replace:
            self._to_replace -= 1
            self._reconnects += 1
        if not connection.usable:
            return  # closed again already
        self._open.add(connection)
        if self._queue:
            connection.send(self._queue.popleft())
        else:
            self._idle[connection] = None

    def _refused(self, error: OSError) -> None:
        self._failures += 1
        if error.errno in LIMITS:
            self.notes.add(f"A limit was hit: no more {LIMITS[error.errno]}.")
        if isinstance(error, ssl.SSLError):
            self.notes.add(f"A TLS handshake failed: {error.reason or error}.")
        if self._queue:
            now_s, intended_s = monotonic(), self._queue.popleft()
            self.ledger.add(intended_s, math.nan, now_s, Ended.REFUSED)
            if self._closing and intended_s < self._ends_s:
                self._settle(1)
            self._failed(now_s)

    def _settle(self, ended: int) -> None:
        self._unsettled -= ended
        if not self._unsettled and (self._pacer is None or self._pacer.next_s >= self._ends_s):
            self.settled.set()

    def _under_way(self) -> Iterator[tuple[float, float]]:
        yield from ((one.intended_s, one.sent_s) for one in self._open if one.busy)
        yield from ((intended_s, math.nan) for intended_s in self._queue)


class Closed(Stream):
    """Each of N connections sends again when it is answered: N requests are in flight, whatever the server does."""

    def _schedule(self, start_s: float, until_s: float) -> Iterator[float]:
        firsts = pace.ramp(self.order.connections, self.order.ramp_s, self.order.seed)
        return pace.shifted(iter(firsts), start_s, until_s)

    def _free(self, connection: Connection, done_s: float) -> None:
        connection.send(done_s)

    def _parted(self, done_s: float) -> None:
        self._due(done_s)

    def _failed(self, done_s: float) -> None:
        if not self._stopped:
            turns = self._failures // self.order.connections  # each connection has failed so often in a row
            wait_s = min(LAST_RETRY_S, FIRST_RETRY_S * 2 ** min(max(0, turns - 1), 10))
            self._loop.call_later(wait_s, self._retry, done_s + wait_s)

    def _retry(self, intended_s: float) -> None:
        if not self._stopped:
            self._due(intended_s)


class Open(Stream):
    """A schedule that never waits for answers. A request for which no connection is free leaves late, and says so."""

    def _schedule(self, start_s: float, until_s: float) -> Iterator[float]:
        rate_rps = self.order.rate_rps or 1.0
        poisson = self.order.poisson
        gaps = pace.poisson(rate_rps, self.order.seed) if poisson else pace.constant(rate_rps)
        return pace.shifted(gaps, start_s + self.order.first_s, until_s)

    def _free(self, connection: Connection, done_s: float) -> None:  # noqa: ARG002 - the closed loop's signature
        if self._queue:
            connection.send(self._queue.popleft())
        else:
            self._idle[connection] = None


def make(order: StreamOrder, loop: asyncio.AbstractEventLoop, ledger: Ledger) -> Stream:
    """Return the stream that `order` describes."""
    return (Closed if order.rate_rps is None else Open)(order, loop, ledger)
