"""Run -> one Summary per experiment, contestant and load: the numbers below which no experiment looks. Pure.

Latency percentiles are over the requests intended in the measured window that succeeded, together with the
unanswered and the unsent, which are right-censored. Failed requests have no latency worth the name (an error can be
fast): they are counted in `errors` and never as throughput.
"""

from collections.abc import Iterator, Sequence

import msgspec

from compare.analysis.intervals import NOT_MEASURED, Estimate, Spread, estimates
from compare.analysis.quantiles import Known, Latency, Percentile, over_rounds
from compare.analysis.rounds import RoundFigures, figures
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.analysis.window import ErrorCount
from compare.records import Contestant, Environment, Load, Measurement, Run

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
    orphaned_thread_s: Estimate = NOT_MEASURED  # where the clients leave before they are answered
    limit: int = 0  # how many the work does at once, where that makes the ceiling; 0 where it does not
    warnings: tuple[Warning, ...] = ()
    valid: bool = True
    failure: str | None = None

    @property
    def limited_by_the_wait(self) -> bool:
        """Whether above 95 % of the ceiling was reached: the wait decides the number, not the paradigm."""
        return Warning.LIMITED_BY_WAIT in self.warnings

    def words(self, warning: Warning) -> str:
        """Return `warning` as a sentence without its full stop; a pool that limits is called by its size."""
        if warning is Warning.LIMITED_BY_WAIT and self.limit:
            return f"limited by the pool of {self.limit:,}, not by the paradigm"
        return warning.words

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


_METRICS = (
    "throughput_rps",
    "ceiling_share",
    "cpu_s_per_request",
    "rss_over_idle_bytes",
    "rss_per_in_flight_bytes",
    "threads_peak",
    "voluntary_switches_per_request",
    "involuntary_switches_per_request",
    "loop_lag_p50_s",
    "loop_lag_p99_s",
    "generator_cpu_share",
    "lag_p50_s",
    "lag_p99_s",
    "littles_ratio",
    "orphaned_thread_s",
)
_LATENCIES = ("response", "service", "bystander")
_PERCENTILES = ("p50", "p90", "p97_5", "p99", "max")


def summarise(run: Run) -> list[Summary]:
    """Return one Summary per experiment, contestant, load and side, in the order in which they were first measured.

    Of a cell that was measured again because the machine was noisy, the later measurement counts. Invalid rounds are
    left out when most of the planned rounds are valid; else the whole row is invalid.
    """
    rows = [_row(group, run.environment) for group in _groups(run.measurements)]
    found = iter(estimates([numbers for row in rows for numbers in _numbers(row.rounds)]))
    return [_filled(row, found) for row in rows]


def _groups(measurements: Sequence[Measurement]) -> list[list[Measurement]]:
    """Return the measurements of each row, one per round, in order of round."""
    rows: dict[tuple[object, ...], dict[int, Measurement]] = {}
    for measurement in measurements:
        cell = measurement.cell
        key = (cell.experiment, cell.contestant, cell.load, cell.side)
        rows.setdefault(key, {})[cell.round] = measurement
    return [[row[number] for number in sorted(row)] for row in rows.values()]


def _row(group: Sequence[Measurement], environment: Environment) -> Summary:
    """Return a Summary without its estimates: which rounds count, and what is to be said of them."""
    made = [one for one in (figures(measurement, environment) for measurement in group) if one is not None]
    believed = [one for one in made if one.valid]
    valid = 2 * len(believed) > len(group)
    counted = tuple(believed if valid else made)
    found = {warning for one in counted for warning in one.warnings}
    found |= {Warning.ROUND_FAILED} if len(made) < len(group) else set()
    found |= {Warning.ROUND_INVALID} if valid and len(believed) < len(made) else set()
    cell = group[0].cell
    return Summary(
        cell.experiment,
        cell.contestant,
        cell.load,
        side=cell.side,
        rounds=counted,
        errors=_errors(counted),
        intended=sum(one.intended for one in counted),
        ceiling_rps=counted[0].ceiling_rps if counted else None,
        limit=counted[0].limit if counted else 0,
        warnings=tuple(warning for warning in Warning if warning in found),
        valid=valid,
        failure=next((one.failure for one in group if one.failure), None),
    )


def _errors(rounds: Sequence[RoundFigures]) -> tuple[ErrorCount, ...]:
    totals: dict[str, int] = {}
    for error in (error for one in rounds for error in one.errors):
        totals[error.kind] = totals.get(error.kind, 0) + error.count
    return tuple(ErrorCount(kind, count) for kind, count in sorted(totals.items(), key=lambda item: -item[1]))


def _percentiles(rounds: Sequence[RoundFigures]) -> Iterator[list[Percentile]]:
    for latency in _LATENCIES:
        for percentile in _PERCENTILES:
            yield [getattr(getattr(one, latency), percentile) for one in rounds]


def _numbers(rounds: Sequence[RoundFigures]) -> Iterator[list[float]]:
    """Yield one number per round for each metric, then for each percentile."""
    for metric in _METRICS:
        yield [getattr(one, metric) for one in rounds]
    for percentiles in _percentiles(rounds):
        yield [one.exact_s for one in percentiles]


def _filled(row: Summary, found: Iterator[Estimate]) -> Summary:
    """Return `row` with its estimates, taken from `found` in the order of `_numbers`."""
    metrics: dict[str, Estimate | Latency] = {metric: next(found) for metric in _METRICS}
    over = iter([over_rounds(percentiles, next(found)) for percentiles in _percentiles(row.rounds)])
    metrics |= {latency: Latency(*(next(over) for _ in _PERCENTILES)) for latency in _LATENCIES}
    return msgspec.structs.replace(row, **metrics)
