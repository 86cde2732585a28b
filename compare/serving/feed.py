"""Who watches this server: what the loop and the threads do, fanned out to a few viewers, each of them bounded.

While nobody watches, flights are plain `Flight`s and nothing here is called. While somebody does, `Flights` makes
`Watched` ones, whose events gather in one list (threads append to it, which is atomic) and go out twenty times a
second. In a flood only as many flights as the budget allows are watched, each of them whole; a viewer that does
not read loses events. Both are told how much they miss, and neither slows the server.
"""

import asyncio
import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self, cast

from compare.contract import ContractError, Paradigm, too_many_viewers
from compare.contract.events import (
    Admitted,
    Answered,
    Cancelled,
    Ended,
    Event,
    Expired,
    Failed,
    Held,
    Hello,
    Lost,
    Orphaned,
    Rejected,
    Resumed,
    Started,
    Tick,
    frames,
)
from compare.contract.settings import Settings
from compare.serving.flights import Flight, Flights
from compare.serving.lanes import Lanes

FLUSH_S = 0.05
TICK_EVERY = 2  # flushes
HELD_S = 0.01  # a timer later than this says that the loop was held
BURST = 200 * len(Paradigm)  # flights that may be watched in one go: a crowd of 200 in each way of waiting
PER_SECOND = 400  # and on average
UNREAD_BYTES = 256 * 1024  # of one viewer


class Viewer:
    """One viewer: an asynchronous iterator over the bytes to send it, endless until `Feed.close`."""

    def __init__(self, feed: "Feed") -> None:
        self._feed = feed
        self._unread: deque[bytes] = deque()
        self._unread_bytes = self._lost = 0
        self._ready = asyncio.Event()
        self._closed = False
        self._task = asyncio.current_task()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._feed.leave(self)

    def offer(self, sent: bytes, events: int) -> None:
        """Keep `sent` until it is read; too much of it unread is lost, as a whole number of `events`."""
        if self._unread_bytes + len(sent) > UNREAD_BYTES:
            self._lost += events
            return
        if self._lost:
            sent = frames([Lost(self._feed.clock(), flights=0, events=self._lost)]) + sent
            self._lost = 0
        self._unread.append(sent)
        self._unread_bytes += len(sent)
        self._ready.set()

    def close(self) -> None:
        """End the iteration; one that is stuck in writing to a client that does not read is cancelled."""
        self._closed = True
        self._ready.set()
        if self._unread and self._task is not None:
            self._task.cancel()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while not self._unread:
            if self._closed:
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        sent = b"".join(self._unread)
        self._unread.clear()
        self._unread_bytes = 0
        return sent


class Watched(Flight, dict=True):
    """A flight that says what happens to it."""

    def __post_init__(self) -> None:
        self._feed = feed = cast("Feed", self.flights.feed)  # flights are watched only while there is one
        self._number = feed.number()
        feed.put(Admitted(self.admitted_s, self._number, self.paradigm, self.delay_s))

    def blocking(self) -> bytes:
        """Do the work's blocking face and say on which thread."""
        feed, number = self._feed, self._number
        with feed.lanes.taken() as lane:
            feed.put(Started(feed.clock(), number, lane))
            try:
                return super().blocking()
            finally:
                feed.put(Ended(feed.clock(), number, lane, orphan=self.closed))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        feed, number, now_s = self._feed, self._number, self._feed.clock()
        try:
            super().__exit__(kind, error, trace)
        except ContractError:
            feed.put((Expired if self.expired else Failed)(now_s, number))
            self._tell_orphan()
            raise
        if error is None:
            feed.put(Resumed(now_s, number))
            asyncio.get_running_loop().call_soon(self._tell_answered)
        else:
            feed.put(Cancelled(now_s, number))
            self._tell_orphan()

    def _tell_answered(self) -> None:
        """The handler's turn on the loop is over, and with it the writing of the answer."""
        self._feed.put(Answered(self._feed.clock(), self._number))

    def _tell_orphan(self) -> None:
        if self in self.flights.working:
            self._feed.put(Orphaned(self._feed.clock(), self._number))


class Feed:
    """All viewers of one server; `slots` is the width of its pool."""

    def __init__(
        self,
        flights: Flights,
        settings: Settings,
        slots: int,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.flights, self.clock = flights, clock
        self._settings, self._slots = settings, slots
        self._viewers: dict[Viewer, None] = {}
        self._events: list[Event] = []
        self._numbers = itertools.count(1)
        self._timer: asyncio.TimerHandle | None = None
        self.lanes = Lanes()

    def watch(self) -> Viewer:
        """Return the context of one viewer; raises ContractError (`too_many_viewers`) beyond the limit."""
        own = self._settings
        if len(self._viewers) >= own.viewers:
            raise too_many_viewers(own.viewers)
        viewer = Viewer(self)
        if not self._viewers:
            self._begin()
        self._viewers[viewer] = None
        hello = Hello(
            self.clock(), own.server, os.getpid(), own.work, self._slots, len(self.flights), own.beside
        )
        viewer.offer(frames([hello]), 1)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer; after the last one, flights are plain again."""
        self._viewers.pop(viewer, None)
        if not self._viewers:
            self._end()

    def close(self) -> None:
        """End every viewer's iteration."""
        for viewer in self._viewers:
            viewer.close()

    def _begin(self) -> None:
        self.lanes = Lanes()
        self._events = []
        self._budget = float(BURST)
        self._watched = self._flushes = 0
        self._most_lag_s = 0.0
        self._seen_s, self._counted = self.clock(), self.flights.came
        self.flights.watch(self, Watched)
        self._await_flush()

    def _end(self) -> None:
        self.flights.watch(None, Flight)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def number(self) -> int:
        """Count one more watched flight; beyond the budget the next ones are not watched for a while."""
        self._watched += 1
        if self._watched >= self._budget:
            self.flights.watch(self, Flight)
        return next(self._numbers)

    def put(self, event: Event) -> None:
        """Keep an event for the next flush. Called from any thread."""
        if self._viewers:
            self._events.append(event)

    def rejected(self, paradigm: Paradigm) -> None:
        """A long I/O was refused; called while somebody watches."""
        if self._watched < self._budget:
            self._watched += 1
            self.put(Rejected(self.clock(), paradigm))

    def _await_flush(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(FLUSH_S, self._flush, self.clock() + FLUSH_S)

    def _flush(self, due_s: float) -> None:
        now_s = self.clock()
        self._await_flush()
        lag_s = max(0.0, now_s - due_s)
        self._most_lag_s = max(self._most_lag_s, lag_s)
        if lag_s > HELD_S:
            self.put(Held(now_s, from_s=due_s))
        self._flushes += 1
        if self._flushes % TICK_EVERY == 0:
            self.put(self._tick(now_s))
        self._refill(now_s)
        events, self._events = self._events, []
        if events:
            sent = frames(events)
            for viewer in self._viewers:
                viewer.offer(sent, len(events))

    def _tick(self, now_s: float) -> Tick:
        lag_s, self._most_lag_s = self._most_lag_s, 0.0
        flights = self.flights
        return Tick(
            now_s,
            lag_s=lag_s,
            threads=threading.active_count(),
            in_flight=len(flights),
            orphaned=flights.orphaned(),
            completed=flights.completed,
            failed=flights.failed,
            rejected=flights.rejected,
        )

    def _refill(self, now_s: float) -> None:
        """Say how many flights were not watched, and allow as many as the time since earns."""
        came = self.flights.came
        unseen = came - self._counted - self._watched
        if unseen > 0:
            self.put(Lost(now_s, flights=unseen, events=0))
        left = max(0.0, self._budget - self._watched)
        self._budget = min(float(BURST), left + PER_SECOND * (now_s - self._seen_s))
        self._seen_s, self._counted, self._watched = now_s, came, 0
        self.flights.watch(self, Watched)
