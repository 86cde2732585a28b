"""Loop lag: how late the loop runs a timer, which is how long every other request waits for its turn."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable

from compare.contract import LoopLag

TICK_S = 0.02
KEPT = 512  # ticks: the last ten seconds of a loop that is on time


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

    def also(self, on_tick: Callable[[], None]) -> None:
        """Call `on_tick` as well each time."""
        self._on_tick.append(on_tick)

    def start(self) -> None:
        """Tick from now on."""
        self._await_tick()

    def _await_tick(self) -> None:
        self._handle = self._loop.call_later(TICK_S, self._tick, time.monotonic() + TICK_S)

    def stop(self) -> None:
        """Tick no more."""
        if self._handle is not None:
            self._handle.cancel()

    def _tick(self, due_s: float) -> None:
        self._late_s.append(max(0.0, time.monotonic() - due_s))
        self._await_tick()
        for call in self._on_tick:
            call()

    def lag(self) -> LoopLag:
        """Return quantiles (nearest rank) of the lateness over the ticks kept, in seconds."""
        late = sorted(self._late_s)
        if not late:
            return LoopLag()
        p50, p99 = (late[math.ceil(share * len(late)) - 1] for share in (0.5, 0.99))
        return LoopLag(p50=p50, p99=p99, max=late[-1])
