"""Long I/Os in flight: how many at once, for how long, and how they ended.

One registry answers what otherwise takes a timer per request, a semaphore and four counters. All flights have the
same timeout and are kept in order of admission, so the oldest is always the next to expire: one look per tick of
the loop replaces a timer per request, which at 10,000 in flight is a heap of 10,000 timers that rarely fire.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Protocol, Self

import msgspec

from compare.contract import ContractError, LoopLag, Paradigm, Stats, io_failed, io_timeout, overloaded
from compare.serving import collecting
from compare.work.promise import Work

log = logging.getLogger("compare.serving")


class Feed(Protocol):
    """What is told about long I/Os that get no flight."""

    def rejected(self, paradigm: Paradigm) -> None:
        """A long I/O was refused."""


class Flight(msgspec.Struct, eq=False):  # made in C: each long I/O needs one
    """One long I/O from admission to answer: what a paradigm waits for, and the context in which it waits.

        with flights.admit(paradigm, delay_s) as flight:
            flight.result = await wait(flight)

    Leaving the context counts how the flight ended and sets `took_s`, the seconds since its admission. It raises
    ContractError: `overloaded` when no thread could be started, `io_timeout`, and `io_failed` when the work raised
    or its result is not bytes.
    """

    flights: "Flights"
    paradigm: Paradigm
    delay_s: float
    admitted_s: float
    task: asyncio.Task[Any] | None = msgspec.field(default_factory=asyncio.current_task)
    closed: bool = False
    expired: bool = False
    result: bytes | None = None
    took_s: float = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.closed = True
        flights = self.flights
        del flights.open[self]
        if error is None and type(self.result) is bytes:  # done here: a method of theirs would cost a call
            flights.completed += 1
            self.took_s = flights.clock() - self.admitted_s
        else:
            flights.fail(self, error)

    def blocking(self) -> bytes:
        """Do the work's blocking face, here and now; on a worker thread it counts as running until it ends."""
        working = self.flights.working
        working.add(self)  # set.add and set.discard are atomic, with and without the GIL
        try:
            return self.flights.work.blocking(self.delay_s)  # type: ignore[misc]  # `missing_faces` is checked at start
        finally:
            working.discard(self)

    def native(self) -> Awaitable[bytes]:
        """Return the awaitable of the work's native face."""
        return self.flights.work.native(self.delay_s)  # type: ignore[misc]  # as in `blocking`

    def expire(self) -> None:
        """Cancel the waiting; leaving the context turns that into `io_timeout`."""
        if self.task is not None and not self.closed:
            self.expired = True
            self.task.cancel()


class Flights:
    """All flights of one server.

    `limit` is how many may be in flight at once (0 = any number), `timeout_s` how long each may take.
    completed + failed + rejected + in flight is the number of long I/O requests that came.
    """

    def __init__(
        self, work: Work, limit: int, timeout_s: float, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.work, self._limit, self._timeout_s, self.clock = work, limit, timeout_s, clock
        self.open: dict[Flight, None] = {}  # in order of admission
        self.working: set[Flight] = set()  # flights whose work runs on a thread right now
        self.completed = self.failed = self.rejected = 0
        self.feed: Feed | None = None
        self._make: type[Flight] = Flight
        self.draining = False

    def __len__(self) -> int:
        return len(self.open)

    def admit(self, paradigm: Paradigm, delay_s: float) -> Flight:
        """Return the context of one long I/O; raises ContractError (`overloaded`) beyond the limit: nothing queues."""
        if self.draining or (self._limit and len(self.open) >= self._limit):
            self.rejected += 1
            if self.feed is not None:
                self.feed.rejected(paradigm)
            raise overloaded(
                "The server is stopping."
                if self.draining
                else f"The server already has {self._limit} long I/Os in flight."
            )
        flight = self._make(self, paradigm, delay_s, self.clock())
        self.open[flight] = None
        return flight

    def watch(self, feed: "Feed | None", make: type[Flight]) -> None:
        """Make flights of this class from now on, and tell `feed` what is refused."""
        self.feed, self._make = feed, make

    @property
    def came(self) -> int:
        """How many long I/O requests came since the start, refused ones included."""
        return self.completed + self.failed + self.rejected + len(self.open)

    def fail(self, flight: Flight, error: BaseException | None) -> None:
        """Count a flight that failed; raises ContractError for a fault. A cancellation from outside passes."""
        if error is None:
            error = TypeError(f"the work returned {type(flight.result).__name__}, not bytes")
        if isinstance(error, asyncio.CancelledError):
            self.failed += 1
            if flight.expired and flight.task is not None:
                flight.task.uncancel()
                raise io_timeout(self._timeout_s) from None
        elif isinstance(error, Exception):
            raise self._fault(error) from error

    def _fault(self, error: Exception) -> ContractError:
        if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
            self.rejected += 1
            return overloaded("The server has no thread left for this long I/O.")
        self.failed += 1
        log.warning("long I/O failed: %s: %s", type(error).__name__, error)
        return io_failed()

    def expire(self) -> None:
        """Cancel every flight older than the timeout. Called on each tick of the loop."""
        due = self.clock() - self._timeout_s
        for flight in self.open:
            if flight.admitted_s > due:
                return
            if not flight.expired:
                flight.expire()

    def cancel_all(self) -> int:
        """Cancel what is left at the end of the drain; return how many that were."""
        for flight in self.open:
            if flight.task is not None:
                flight.task.cancel()
        return len(self.open)

    def orphaned(self) -> int:
        """How many worker threads still work for a request that is over: its client left, or it timed out."""
        return sum(flight.closed for flight in self.working.copy())

    def stats(self, lag: LoopLag) -> Stats:
        """Return what `GET /stats` answers."""
        return Stats(
            in_flight=len(self.open),
            orphaned=self.orphaned(),
            completed=self.completed,
            failed=self.failed,
            rejected=self.rejected,
            threads=threading.active_count(),
            loop_lag_s=lag,
            gc=collecting.pauses(),
        )
