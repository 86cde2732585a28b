"""Loop lag: how late the loop runs what is due, which is how long every other request waits for its turn.

Ticks are due on a schedule that does not wait for them. A loop that is held up for a second missed fifty of them, and
each counts with its own lateness: a timer armed anew when it fires would count that second once among the many ticks
that were on time.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable

from compare.contract import LoopLag

TICK_S = 0.02
KEPT = 100  # ticks that were due last: two seconds, about the measured window


class Ticker:
    """A periodic timer on the running loop that records its own lateness and calls `on_tick` each time.

    It also bounds how long the loop sleeps. A Python signal handler runs only when the main thread next runs
    Python code, and a signal may be delivered to a worker thread: an idle loop would not notice it.

    Lateness is read from `time.monotonic`: uvloop's own clock counts whole milliseconds.
    """

    def __init__(self, on_tick: Callable[[], None]) -> None:
        self._on_tick = [on_tick]
        self._late_s: deque[float] = deque(maxlen=KEPT)
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.TimerHandle | None = None
        self._due_s = 0.0

    def also(self, on_tick: Callable[[], None]) -> None:
        """Call `on_tick` as well each time."""
        self._on_tick.append(on_tick)

    def start(self) -> None:
        """Tick from now on."""
        self._due_s = time.monotonic() + TICK_S
        self._await_tick(TICK_S)

    def _await_tick(self, left_s: float) -> None:
        self._handle = self._loop.call_later(left_s, self._tick)

    def stop(self) -> None:
        """Tick no more."""
        if self._handle is not None:
            self._handle.cancel()

    def _tick(self) -> None:
        late_s = time.monotonic() - self._due_s
        missed = int(max(0.0, late_s) / TICK_S)  # those that were due since, each late by a tick less
        self._late_s.extend(max(0.0, late_s - number * TICK_S) for number in range(min(missed + 1, KEPT)))
        self._due_s += (missed + 1) * TICK_S
        self._await_tick((missed + 1) * TICK_S - late_s)
        for call in self._on_tick:
            call()

    def lag(self) -> LoopLag:
        """Return quantiles (nearest rank) of the lateness of the ticks that were due last, in seconds."""
        late = sorted(self._late_s.copy())  # another thread may ask, for all loops of the process
        if not late:
            return LoopLag()
        p50, p99 = (late[math.ceil(share * len(late)) - 1] for share in (0.5, 0.99))
        return LoopLag(p50=p50, p99=p99, max=late[-1])
