"""One round of one cell as it was observed: what metrics and rules of validity are computed from. Pure."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from compare.analysis.ceiling import ceiling_rps, default_pool, effective_limit, threads_of
from compare.analysis.outcome import Silence, silence
from compare.analysis.quantiles import Latency
from compare.analysis.window import Window
from compare.late import Late
from compare.records import (
    Abandoned,
    Arrivals,
    Environment,
    Load,
    Measurement,
    Mixed,
    Open,
    Orphans,
    Samples,
    Usage,
    rate_rps,
)

if TYPE_CHECKING:
    import numpy as np
else:
    np = Late("numpy")

LITTLES_TOLERANCE = 0.03
ENOUGH_RESPONSES = 10  # median responses that a window must hold
# With many threads a server may stop within seconds.
LEAST_WINDOW_S, MANY_THREADS, MANY_THREADS_S = 2.0, 100, 3.0
ENOUGH_ANSWERS = 100  # below so many, what one of them costs is what everything else costs
NEAR_LIMIT = 0.99  # of its open files: such a server may have refused connections


class Little(msgspec.Struct, frozen=True):
    """Mean in flight over what Little's law makes it, how far it may be from 1, and whether the law applies."""

    steady: bool
    ratio: float
    tolerance: float


class Observed:
    """A measurement with samples, and what follows from them; each part is computed when it is first asked for."""

    def __init__(self, measurement: Measurement, samples: Samples, environment: Environment) -> None:
        self.measurement = measurement
        self.environment = measurement.environment or environment
        self.cell, self.usage = measurement.cell, measurement.usage
        self.load = measurement.cell.load
        self.window = Window(samples)

    @functools.cached_property
    def response(self) -> Latency:
        """The percentiles of done - intended."""
        return self.window.response()

    @functools.cached_property
    def service(self) -> Latency:
        """The percentiles of done - sent."""
        return self.window.service()

    @functools.cached_property
    def bystander(self) -> Latency:
        """The percentiles of `/ping` meanwhile."""
        pings = self.measurement.bystander
        return Window(pings).response() if pings else Latency()

    @functools.cached_property
    def silence(self) -> Silence:
        """Whether the server answered throughout, and for how long it did not."""
        pings = self.measurement.bystander
        return silence(self.window.samples, pings, self.load.delay_s, self.load.warmup_s)

    def bystander_over(self, limit_s: float) -> float:
        """Return the share of pings that took longer than `limit_s`, the unanswered included; NaN without any."""
        pings = self.measurement.bystander
        if pings is None:
            return math.nan
        window = Window(pings)
        took = window.ended_s[window.mine] - pings.intended_s[window.mine]
        return float(np.mean(took > limit_s)) if len(took) else math.nan

    @functools.cached_property
    def ceiling_rps(self) -> float | None:
        """The answers a second that waiting alone allows."""
        return ceiling_rps(self.cell.contestant, self.load, self._pool, self.measurement.limit)

    @property
    def _pool(self) -> int:
        return default_pool(self.measurement, self.environment)

    @property
    def ceiling_share(self) -> float:
        """The throughput over the ceiling, NaN without one."""
        ceiling = self.ceiling_rps
        return self.window.successes / self.window.window_s / ceiling if ceiling else math.nan

    @property
    def limit(self) -> int:
        """The work's own limit where it makes the ceiling, else 0."""
        return effective_limit(self.cell.contestant, self.load, self._pool, self.measurement.limit)

    @functools.cached_property
    def littles(self) -> Little:
        """Little's law in this window."""
        return littles_law(self.window, self.load)

    @functools.cached_property
    def answers_rps(self) -> float:
        """Answers a second the server worked for: the bystander's are among them."""
        pings = self.measurement.bystander
        own = self.window.answers / self.window.window_s
        return own + (_answers_rps(pings) if pings else 0.0)

    def per_answer(self, of: Callable[[Usage], float]) -> float:
        """Return `of` the usage per answer, NaN where the server was not watched or answered fewer than a hundred.

        The server is watched over nearly, not exactly, the load's window: rates are divided, not counts.
        """
        if self.usage is None or self.window.answers < ENOUGH_ANSWERS:
            return math.nan
        return of(self.usage) / (self.answers_rps * self.usage.window_s)

    @property
    def cpu_s_per_answer(self) -> float:
        """CPU time of the server for an answer to the load alone, NaN as in `per_answer`.

        What the same server uses without a load, for the bystander, `/stats` and its ticks, is subtracted; where that
        was not measured, the bystander's answers count as answers.
        """
        blank = self.measurement.blank_cpu_share
        if blank is None or self.usage is None or self.window.answers < ENOUGH_ANSWERS:
            return self.per_answer(lambda usage: usage.cpu_s)
        own_share = self.usage.cpu_s / self.usage.window_s - blank
        return own_share * self.window.window_s / self.window.answers if own_share > 0 else math.nan

    @property
    def send_lag_s(self) -> float:
        """How late the generator sent: p99 in an open loop; in a closed loop p90 of its pings, which have a schedule.

        A request of a closed loop is due when the one before is done, so that it is never late.
        """
        pings = self.measurement.bystander
        if rate_rps(self.load) is None:
            return Window(pings).lag_s(0.9) if pings else math.nan
        return self.window.lag_s(0.99)

    @property
    def wave(self) -> float:
        """Answers that may come at once: as many as wait at a time."""
        return (self.ceiling_rps or 0.0) * self.load.delay_s

    @property
    def halves(self) -> tuple[int, int] | None:
        """Successes in either half of the window; None where the load itself changes meanwhile, or is random."""
        closed = rate_rps(self.load) is None and not isinstance(self.load, Abandoned)
        return self.window.halves if closed else None

    @property
    def too_short(self) -> bool:
        """Whether the window is too short for what it is to show; where clients leave it is as short as it must be."""
        many = threads_of(self.cell.contestant, self.load.concurrency, self._pool) > MANY_THREADS
        median_s = self.window.median_s if math.isfinite(self.window.median_s) else 0.0
        least_s = max(MANY_THREADS_S if many else LEAST_WINDOW_S, ENOUGH_RESPONSES * median_s)
        return self.window.window_s < 0.999 * least_s and not isinstance(self.load, Abandoned)

    @property
    def rss_over_idle_bytes(self) -> float:
        """Resident memory at peak above the idle server's."""
        return self.usage.rss_peak_bytes - self.usage.rss_idle_bytes if self.usage else math.nan

    @property
    def in_flight(self) -> float:
        """The requests in flight of a closed loop, the most there were at once in an open one."""
        return self.load.concurrency if rate_rps(self.load) is None else self.window.in_flight_peak

    @property
    def loop_lag_p99_s(self) -> float:
        """What the server said of its loop, NaN where nothing was heard."""
        return self.measurement.loop_lag_s.p99 if self.measurement.loop_lag_s else math.nan

    @property
    def gc_longest_s(self) -> float:
        """What the server said of its garbage collector, NaN where nothing was heard."""
        return self.measurement.gc.longest_s if self.measurement.gc else math.nan

    @property
    def shares(self) -> tuple[int, ...]:
        """How many long I/Os each of several workers answered, () where there is one."""
        return self.measurement.shares

    @property
    def generator_cpu_share(self) -> float:
        """The share of its core the load generator used."""
        return self.measurement.generator.cpu_share if self.measurement.generator else math.nan

    @property
    def orphaned_thread_s(self) -> float:
        """Seconds that threads together went on waiting for clients that had left, NaN where these stayed."""
        return orphaned_thread_s(self.measurement)

    @property
    def scheduled(self) -> float:
        """How many requests an even schedule has in the window, 0 where only the samples tell."""
        return scheduled(self.load, self.window.window_s)

    @property
    def limit_hit(self) -> bool:
        """Whether connections could not be opened, or the server came near the limit of its open files."""
        generator, most = self.measurement.generator, self.environment.open_files_limit
        closed = rate_rps(self.load) is None
        few = generator is not None and closed and generator.connections < self.load.concurrency
        return few or (self.usage is not None and NEAR_LIMIT * most <= self.usage.open_files_peak <= most)


def scheduled(load: Load, window_s: float) -> float:
    """Return how many requests an even schedule has in a window, 0 where only the samples tell.

    The one that may fall on either side of the window's edge is not held against the load generator.
    """
    if not isinstance(load, Open | Mixed) or load.arrivals is not Arrivals.CONSTANT:
        return 0.0
    return load.rate_rps * window_s - 1


def course_of(one: Measurement) -> tuple[tuple[float, int], ...]:
    """Return what went on for clients that had left: seconds since the window's start, and how many."""
    return one.finding.course if isinstance(one.finding, Orphans) else ()


def orphaned_thread_s(one: Measurement) -> float:
    """Return the seconds that threads together went on waiting for clients that had left, NaN where these stayed."""
    if not isinstance(one.cell.load, Abandoned):
        return math.nan
    course = course_of(one)
    if len(course) < 2:
        return 0.0
    times, counts = np.transpose(course)
    return float(np.trapezoid(counts, times))


def littles_law(window: Window, load: Load) -> Little:
    """Return mean in flight over what the law makes it.

    In a closed loop `concurrency` requests are in flight, which the rate of answers times their mean response must
    make: lost samples, idle connections and a generator that pauses all show. What the samples add up to in flight says
    nothing there, as each request is intended when the one before is done. In an open loop the mean in flight is
    counted and the rate is the one asked for; the law holds in a steady state only. Either holds within what the
    window's two edges and random arrivals leave open; a window of fewer than ten responses is all edge.
    """
    if not isinstance(load, Open | Mixed):
        return _closed(window, load.concurrency)
    before, after = window.in_flight_at(0.0), window.in_flight_at(window.window_s)
    edges = 3 * math.sqrt(before + after + 1)
    if abs(after - before) > LITTLES_TOLERANCE * window.intended + edges:
        return Little(False, math.nan, LITTLES_TOLERANCE)
    due = load.rate_rps * window.window_s
    arrivals = 3 / math.sqrt(due) if load.arrivals is Arrivals.POISSON else 1 / due
    expected_s = due * window.response_mean_s
    ratio = window.in_flight_s / expected_s if expected_s else math.nan
    return Little(True, ratio, LITTLES_TOLERANCE + arrivals + edges / due)


def _closed(window: Window, in_flight: int) -> Little:
    expected = window.answers / window.window_s * window.answered_mean_s
    ratio = in_flight / expected if expected else math.nan
    edge = window.median_s / window.window_s  # what is in flight may be younger at one edge than at the other
    enough = edge * ENOUGH_RESPONSES <= 1
    return Little(True, ratio, LITTLES_TOLERANCE + edge if enough else math.inf)


def _answers_rps(samples: Samples) -> float:
    window = Window(samples)
    return window.answers / window.window_s
