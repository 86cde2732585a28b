"""The samples of one round, counted: what completed, how long it took, what was in flight. Pure numpy.

Rates count what completed in the window, whenever it was intended; latencies are those of the requests intended in
it, whenever they completed. In flight counts both.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Collection
from typing import TYPE_CHECKING

import msgspec

from compare.analysis import quantiles
from compare.analysis.quantiles import Latency
from compare.late import Late
from compare.records import Samples, SampleStatus

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = Late("numpy")

_KINDS = {
    SampleStatus.UNANSWERED: "unanswered",
    SampleStatus.REFUSED: "refused",
    SampleStatus.RESET: "reset",
    SampleStatus.MALFORMED: "malformed",
    SampleStatus.UNSENT: "unsent",
}
BEFORE = "unanswered from before the window"
_CENSORED = (SampleStatus.UNANSWERED, SampleStatus.UNSENT)


class ErrorCount(msgspec.Struct, frozen=True):
    """How many of the requests intended in the window, or still unanswered when it began, ended this way."""

    kind: str  # "HTTP 503", "refused", "reset", "malformed", "unanswered" or "unsent"
    count: int


class Window:
    """Masks over `samples`, one entry per request, and what they count.

    A success is an answer with an `expected` status; where none is named, any from 200 to 299.
    """

    def __init__(self, samples: Samples, expected: Collection[int] = ()) -> None:
        self.samples, self.window_s = samples, samples.window_s
        intended, done, status = samples.intended_s, samples.done_s, samples.status
        self.mine: NDArray[np.bool_] = (intended >= 0) & (intended < samples.window_s)
        usual = (status >= 200) & (status < 300)
        self.success: NDArray[np.bool_] = np.isin(status, list(expected)) if expected else usual
        self.censored: NDArray[np.bool_] = np.isin(status, _CENSORED)
        self.completed: NDArray[np.bool_] = (done >= 0) & (done < samples.window_s)
        self.answered: NDArray[np.bool_] = (status > 0) & self.completed
        self.ended_s: NDArray[np.float64] = np.where(np.isnan(done), samples.end_s, done)

    @functools.cached_property
    def intended(self) -> int:
        """How many requests the window intended."""
        return int(np.count_nonzero(self.mine))

    @functools.cached_property
    def successes(self) -> int:
        """How many succeeded in the window."""
        return int(np.count_nonzero(self.success & self.completed))

    @functools.cached_property
    def answers(self) -> int:
        """How many got any HTTP answer in the window: what the server worked for."""
        return int(np.count_nonzero(self.answered))

    @functools.cached_property
    def failures(self) -> int:
        """How many intended in the window were answered with an error, refused or broken."""
        return int(np.count_nonzero(self.mine & ~self.success & ~self.censored))

    @functools.cached_property
    def unanswered_before(self) -> int:
        """How many sent before the window were never answered."""
        return int(np.count_nonzero(self.censored & (self.samples.intended_s < 0)))

    def errors(self) -> tuple[ErrorCount, ...]:
        """Return how those ended that did not succeed, most frequent first: nothing is in no count."""
        statuses, counts = np.unique(self.samples.status[self.mine & ~self.success], return_counts=True)
        found = [(int(status), int(count)) for status, count in zip(statuses, counts, strict=True)]
        named = [ErrorCount(_kind(status), count) for status, count in found]
        named += [ErrorCount(BEFORE, self.unanswered_before)] if self.unanswered_before else []
        return tuple(sorted(named, key=lambda error: (-error.count, error.kind)))

    def response(self) -> Latency:
        """Return done - intended: what a user waits, being late to be sent included."""
        return self._latency(self.samples.intended_s, self.mine & self.censored)

    def service(self) -> Latency:
        """Return done - sent: what the server took. What was never sent has no service time."""
        unanswered = self.mine & (self.samples.status == SampleStatus.UNANSWERED)
        return self._latency(self.samples.sent_s, unanswered & ~np.isnan(self.samples.sent_s))

    def _latency(self, since_s: NDArray[np.float64], censored: NDArray[np.bool_]) -> Latency:
        good = self.mine & self.success
        took = self.samples.done_s[good] - since_s[good]
        waited = self.samples.end_s - since_s[censored]
        return quantiles.latency(took, waited)

    @functools.cached_property
    def median_s(self) -> float:
        """The median response however few there are, NaN without any; what is censored took at least as it waited."""
        good, waiting = self.mine & self.success, self.mine & self.censored
        took = self.samples.done_s[good] - self.samples.intended_s[good]
        waited = self.samples.end_s - self.samples.intended_s[waiting]
        return _quantile(np.concatenate([took, waited]), 0.5)

    @functools.cached_property
    def lags_s(self) -> NDArray[np.float64]:
        """How late each was sent: sent - intended, of those intended in the window that were sent."""
        lags = self.samples.sent_s[self.mine] - self.samples.intended_s[self.mine]
        return lags[~np.isnan(lags)]

    def lag_s(self, p: float) -> float:
        """Return a percentile of the lag, NaN when nothing was sent."""
        return _quantile(self.lags_s, p)

    def sent_share(self, scheduled: float) -> float:
        """Return the share of the requests due that were sent; `scheduled` is 0 where the samples alone tell."""
        due = max(scheduled, self.intended)
        return len(self.lags_s) / due if due else math.nan

    def short_waits_share(self, wait_s: float) -> float:
        """Return the share of successes for which the server's own clock saw less than 99 % of the wait."""
        waits = self.samples.io_s[self.mine & self.success]
        waits = waits[~np.isnan(waits)]
        # Server-Timing counts tenths of a millisecond, so half of one is rounding.
        return float(np.mean(waits < 0.99 * wait_s - 5e-5)) if len(waits) else math.nan

    @functools.cached_property
    def answered_mean_s(self) -> float:
        """The mean response of what was answered in the window, whenever it was intended; NaN without any."""
        took = self.samples.done_s[self.answered] - self.samples.intended_s[self.answered]
        return float(np.mean(took)) if len(took) else math.nan

    @functools.cached_property
    def halves(self) -> tuple[int, int]:
        """How many succeeded in the first half of the window, and in the second."""
        first = self.success & self.completed & (self.samples.done_s < self.window_s / 2)
        early = int(np.count_nonzero(first))
        return early, self.successes - early

    @functools.cached_property
    def in_flight_s(self) -> float:
        """Request-seconds in flight during the window: each request from its intended send to its end."""
        start, end = np.maximum(self.samples.intended_s, 0), np.minimum(self.ended_s, self.window_s)
        return float(np.sum(np.maximum(end - start, 0)))

    def in_flight_at(self, at_s: float) -> int:
        """Return how many requests were in flight at one moment."""
        return int(np.count_nonzero((self.samples.intended_s < at_s) & (self.ended_s > at_s)))

    @functools.cached_property
    def in_flight_peak(self) -> int:
        """The most that were in flight at once during the window."""
        live = (self.samples.intended_s < self.window_s) & (self.ended_s > 0)
        starts, ends = np.sort(self.samples.intended_s[live]), np.sort(self.ended_s[live])
        before = np.searchsorted(ends, starts, side="right")  # ended when each started
        return int(np.max(np.arange(1, len(starts) + 1) - before, initial=0))

    @functools.cached_property
    def response_mean_s(self) -> float:
        """The mean response of those intended in the window; what is censored counts with the time it waited."""
        took = self.ended_s[self.mine] - self.samples.intended_s[self.mine]
        return float(np.mean(took)) if len(took) else math.nan


def _quantile(values: NDArray[np.float64], p: float) -> float:
    # "higher" needs no difference of two values, which infinite ones do not have
    return float(np.quantile(values, p, method="higher")) if len(values) else math.nan


def _kind(status: int) -> str:
    return f"HTTP {status}" if status > 0 else _KINDS[SampleStatus(status)]
