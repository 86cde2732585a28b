"""Run -> one Summary per experiment, contestant and load: the numbers below which no experiment looks. Pure.

Latency percentiles are over the requests intended in the measured window that succeeded, together with the
unanswered and the unsent, which are right-censored. Failed requests have no latency worth the name (an error can be
fast): they are counted in `errors` and never as throughput.
"""

import msgspec

from compare.analysis.intervals import NOT_MEASURED, Estimate, Spread
from compare.analysis.quantiles import Known, Latency, Percentile
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.records import Cell, Contestant, Load

__all__ = [
    "ErrorCount",
    "Estimate",
    "Known",
    "Latency",
    "Percentile",
    "RoundFigures",
    "Spread",
    "Summary",
    "Warning",
]


class ErrorCount(msgspec.Struct, frozen=True):
    """How many requests intended in the window ended this way, over all rounds of a summary."""

    kind: str  # "HTTP 503", "refused", "reset", "malformed", "unanswered" or "unsent"
    count: int


class RoundFigures(msgspec.Struct, frozen=True):
    """What one round of one cell gave: one number per metric, NaN where it was not measured."""

    cell: Cell
    throughput_rps: float
    response: Latency
    service: Latency
    bystander: Latency
    errors: tuple[ErrorCount, ...]
    intended: int  # requests intended in the window
    ceiling_rps: float | None
    ceiling_share: float
    cpu_s_per_request: float
    rss_over_idle_bytes: float
    rss_per_in_flight_bytes: float
    threads_peak: float
    voluntary_switches_per_request: float
    involuntary_switches_per_request: float
    loop_lag_p50_s: float
    loop_lag_p99_s: float
    generator_cpu_share: float
    lag_p50_s: float
    lag_p99_s: float
    littles_ratio: float
    warnings: tuple[Warning, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether its numbers may be shown."""
        return not any(warning.invalid for warning in self.warnings)


class Summary(msgspec.Struct, frozen=True):
    """One row of every table: one experiment's contestant under one load, over all rounds.

    Where `valid` is False the numbers are kept for inspection but must not be shown as results. Where `failure` is a
    sentence and `rounds` is empty nothing was measured at all and every estimate is `NOT_MEASURED`.
    """

    experiment: str
    contestant: Contestant
    load: Load
    side: str = ""  # as in Cell: tells the two sides of an A/A comparison apart
    rounds: tuple[RoundFigures, ...] = ()  # in order of round, those the estimates below are made of
    throughput_rps: Estimate = NOT_MEASURED
    response: Latency = Latency()
    service: Latency = Latency()
    bystander: Latency = Latency()
    errors: tuple[ErrorCount, ...] = ()
    intended: int = 0
    ceiling_rps: float | None = None
    ceiling_share: Estimate = NOT_MEASURED
    cpu_s_per_request: Estimate = NOT_MEASURED
    rss_over_idle_bytes: Estimate = NOT_MEASURED
    rss_per_in_flight_bytes: Estimate = NOT_MEASURED
    threads_peak: Estimate = NOT_MEASURED
    voluntary_switches_per_request: Estimate = NOT_MEASURED
    involuntary_switches_per_request: Estimate = NOT_MEASURED
    loop_lag_p50_s: Estimate = NOT_MEASURED
    loop_lag_p99_s: Estimate = NOT_MEASURED
    generator_cpu_share: Estimate = NOT_MEASURED
    lag_p50_s: Estimate = NOT_MEASURED
    lag_p99_s: Estimate = NOT_MEASURED
    littles_ratio: Estimate = NOT_MEASURED
    warnings: tuple[Warning, ...] = ()
    valid: bool = True
    failure: str | None = None

    @property
    def limited_by_the_wait(self) -> bool:
        """Whether above 95 % of the ceiling was reached: the wait decides the number, not the paradigm."""
        return Warning.LIMITED_BY_WAIT in self.warnings

    @property
    def in_flight(self) -> int:
        """The requests in flight of a closed loop, the most there can be in an open one."""
        return self.load.concurrency

    @property
    def level(self) -> tuple[float, int, float]:
        """Wait, requests in flight and rate: what makes two rows comparable, however long each was measured."""
        return self.load.delay_s, self.load.concurrency, self.load.rate_rps or 0.0

    @property
    def errors_total(self) -> int:
        """How many of `intended` did not succeed, whatever became of them."""
        return sum(error.count for error in self.errors)
