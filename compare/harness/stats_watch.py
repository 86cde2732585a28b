"""What a server says of itself while the load runs: its loop's lag, and work whose clients have left."""

import threading
import time
from types import TracebackType
from typing import Self

import msgspec

from compare.contract import GcPauses, LoopLag, Stats
from compare.harness import probe

INTERVAL_S = 0.25
PATIENCE_S = (
    1.0  # for one answer: a loop that is blocked by queued work does not answer in time, which says enough
)

LEAVE_S = 0.05  # a question still open then is left to end with the server, which nobody needs any more


class Heard(msgspec.Struct, frozen=True):
    """One answer of `/stats`; `at_s` is on `time.monotonic`."""

    at_s: float
    stats: Stats


class StatsWatch:
    """Asks `/stats` four times a second from entering to leaving the context, in a thread of its own."""

    def __init__(self, base_url: str, *, interval_s: float = INTERVAL_S) -> None:
        self._base_url, self._interval_s = base_url, interval_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="stats-watch")
        self.heard: list[Heard] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(LEAVE_S)

    def linger(self, at_most_s: float) -> None:
        """Keep asking until no work is left whose client has gone, `at_most_s` seconds at most."""
        deadline = time.monotonic() + at_most_s
        while time.monotonic() < deadline:
            asked = self._ask(timeout_s=max(0.05, deadline - time.monotonic()))
            if asked is None or not asked.stats.orphaned:
                return
            self._stop.wait(self._interval_s)

    def _watch(self) -> None:
        while not self._stop.wait(self._interval_s):
            self._ask(PATIENCE_S)

    def _ask(self, timeout_s: float) -> Heard | None:
        try:
            stats = probe.stats(self._base_url, timeout_s=timeout_s)
        except probe.NoAnswerError:
            return None  # a missing answer says nothing: the series has a gap there
        self.heard.append(Heard(time.monotonic(), stats))
        return self.heard[-1]


def loop_lag(heard: list[Heard], window: tuple[float, float]) -> LoopLag | None:
    """Return the last lag heard of within `window`; else the first after it; None when there is none."""
    inside = [one for one in heard if window[0] <= one.at_s <= window[1]]
    after = [one for one in heard if one.at_s > window[1]]
    chosen = inside[-1:] or after[:1]
    return chosen[0].stats.loop_lag_s if chosen else None


def gc_pauses(heard: list[Heard]) -> GcPauses | None:
    """Return the last that was heard of the garbage collector; None when nothing was."""
    return heard[-1].stats.gc if heard else None


def orphaned(heard: list[Heard], window: tuple[float, float]) -> tuple[tuple[float, int], ...]:
    """Return (seconds since the window's start, orphaned) from the window's start on; () when there never was any."""
    series = tuple((one.at_s - window[0], one.stats.orphaned) for one in heard if one.at_s >= window[0])
    return series if any(count for _, count in series) else ()
