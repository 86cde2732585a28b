"""Run -> one Summary per experiment, contestant and load: the numbers below which no experiment looks. Pure.

Latency percentiles are over the requests intended in the measured window that succeeded, together with the
unanswered and the unsent, which are right-censored. Failed requests have no latency worth the name (an error can be
fast): they are counted in `errors` and never as throughput.
"""

from collections.abc import Mapping, Sequence

import msgspec

from compare.analysis.intervals import NOT_MEASURED, Estimate, Spread, estimates
from compare.analysis.metrics import METRICS, PERCENTILES, THROUGHPUT, Metric
from compare.analysis.outcome import Reliability, reliability
from compare.analysis.quantiles import Known, Latency, Percentile, over_rounds
from compare.analysis.rounds import RoundFigures, figures
from compare.analysis.validity import Warning  # noqa: A004 - see there
from compare.analysis.window import ErrorCount
from compare.records import Cell, Contestant, Environment, Load, Measurement, Run, rate_rps

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
    rounds: tuple[RoundFigures, ...] = ()  # in order of round
    estimates: dict[str, Estimate] = {}  # by the name of the metric, over `answering` or all (`Metric.whole`)
    response: Latency = Latency()
    service: Latency = Latency()
    bystander: Latency = Latency()
    reliability: Reliability = Reliability()
    with_collapses: Estimate = (
        NOT_MEASURED  # throughput over all rounds, what a server made before it stopped included
    )
    errors: tuple[ErrorCount, ...] = ()
    intended: int = 0
    ceiling_rps: float | None = None
    limit: int = 0  # how many the work does at once, where that makes the ceiling; 0 where it does not
    warnings: tuple[Warning, ...] = ()
    valid: bool = True
    failure: str | None = None
    floor: float = 0.0  # the smallest effect that an A/A run of this machine leaves to be named; a fraction

    def of(self, metric: Metric) -> Estimate:
        """Return what the rounds say of `metric`."""
        return self.estimates.get(metric.name, NOT_MEASURED)

    def number(self, metric: Metric) -> Estimate | Percentile:
        """Return it as a percentile where it is one, which may be a bound or rest on too few samples."""
        if metric.latency is None:
            return self.of(metric)
        which, field = metric.latency
        found: Percentile = getattr(getattr(self, which), field)
        return found

    @property
    def answering(self) -> tuple[RoundFigures, ...]:
        """The rounds whose server did not stop answering; all of them where each did."""
        return answering(self.rounds)

    @property
    def dead(self) -> bool:
        """Whether the server stopped answering in every round that counts."""
        return self.reliability.collapsed > 0 and all(one.collapsed for one in self.rounds)

    @property
    def throughput_rps(self) -> Estimate:
        """Successes per second."""
        return self.of(THROUGHPUT)

    @property
    def limited_by_the_wait(self) -> bool:
        """Whether above 95 % of the ceiling was reached: the wait decides the number, not the paradigm."""
        return Warning.LIMITED_BY_WAIT in self.warnings

    def words(self, warning: Warning) -> str:
        """Return `warning` as a sentence without its full stop; a pool that limits is called by its size."""
        if warning is Warning.LIMITED_BY_WAIT and self.limit:
            return f"limited by the pool of {self.limit:,}, not by the paradigm"
        if warning is Warning.BLOCKS_LOOP:
            ping = self.bystander.p50 if self.bystander.p50.known is not Known.TOO_FEW else self.bystander.max
            waited = f": ping waited {ping.text}" if ping.known is not Known.TOO_FEW else ""
            return warning.words + waited
        if warning is Warning.NOISY and len(self.rounds) > 1:
            busy = sum(Warning.NOISY in one.warnings for one in self.rounds)
            return f"the machine was busy with something else in {busy} of {len(self.rounds)} rounds"
        return warning.words

    @property
    def in_flight(self) -> int:
        """The requests in flight of a closed loop, the most there can be in an open one."""
        return self.load.concurrency

    @property
    def rate_rps(self) -> float | None:
        """The rate requests were sent at, None in a closed loop."""
        return rate_rps(self.load)

    @property
    def level(self) -> tuple[float, int, float]:
        """Wait, requests in flight and rate: what makes two rows comparable, however long each was measured."""
        return self.load.delay_s, self.load.concurrency, self.rate_rps or 0.0

    @property
    def errors_total(self) -> int:
        """How many of `intended` did not succeed, whatever became of them."""
        return sum(error.count for error in self.errors)


def summarise(run: Run) -> list[Summary]:
    """Return one Summary per experiment, contestant, load and side, in the order in which they were first measured.

    Of a cell that was measured again because the machine was noisy, the quieter of both tries counts. Invalid rounds
    are left out when most of the planned rounds are valid; else the whole row is invalid.
    """
    superseded = _superseded(run)
    rows = [_row(group, run.environment, superseded) for group in _groups(run.measurements)]
    keys = [(index, name) for index in range(len(rows)) for name in METRICS]
    numbers = [_numbers(rows[index], METRICS[name]) for index, name in keys]
    found = dict(
        zip(keys, estimates(numbers), strict=True)
    )  # one call: thousands of rows are bootstrapped at once
    return [_filled(row, {name: found[index, name] for name in METRICS}) for index, row in enumerate(rows)]


def _numbers(row: Summary, metric: Metric) -> list[float]:
    """Return one number per round: of those that answered to the end, or of all where the metric is of all."""
    return [one.of(metric) for one in (row.rounds if metric.whole else row.answering)]


def _groups(measurements: Sequence[Measurement]) -> list[list[Measurement]]:
    """Return the measurements of each row, one per round, in order of round."""
    rows: dict[tuple[object, ...], dict[int, Measurement]] = {}
    for measurement in (one for one in measurements if not one.superseded):
        cell = measurement.cell
        rows.setdefault(_key(cell), {})[cell.round] = measurement
    return [[row[number] for number in sorted(row)] for row in rows.values()]


def _key(cell: Cell) -> tuple[object, ...]:
    return cell.experiment, cell.contestant, cell.load, cell.side


def _superseded(run: Run) -> dict[tuple[object, ...], list[RoundFigures]]:
    """Return by row the tries that a quieter one superseded."""
    found: dict[tuple[object, ...], list[RoundFigures]] = {}
    for one in run.measurements:
        made = figures(one, run.environment) if one.superseded else None
        if made is not None:
            found.setdefault(_key(one.cell), []).append(made)
    return found


def _row(
    group: Sequence[Measurement],
    environment: Environment,
    superseded: Mapping[tuple[object, ...], Sequence[RoundFigures]],
) -> Summary:
    """Return a Summary without its estimates: which rounds count, and what is to be said of them.

    Its reliability is of every server that was tried, whether or not its round's numbers count: to leave out those that
    answered would make the share that stopped larger than it was.
    """
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
        reliability=reliability([one.silence for one in (*made, *superseded.get(_key(cell), ()))]),
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


def _filled(row: Summary, found: dict[str, Estimate]) -> Summary:
    """Return `row` with its estimates, and its latencies made of those that are percentiles."""
    latencies = {
        which: _latency(row.answering, which, found) for which in ("response", "service", "bystander")
    }
    if not row.reliability.collapsed:
        return msgspec.structs.replace(
            row, estimates=found, with_collapses=found[THROUGHPUT.name], **latencies
        )
    (whole,) = estimates([[one.of(THROUGHPUT) for one in row.rounds]])
    return msgspec.structs.replace(row, estimates=found, with_collapses=whole, **latencies)


def answering(rounds: Sequence[RoundFigures]) -> tuple[RoundFigures, ...]:
    """Return the rounds whose server did not stop answering, all of them where each did."""
    return tuple(one for one in rounds if not one.collapsed) or tuple(rounds)


def _latency(rounds: Sequence[RoundFigures], which: str, found: dict[str, Estimate]) -> Latency:
    over = {
        field: over_rounds(
            [getattr(getattr(one, which), field) for one in rounds], found[f"{which}_{field}_s"]
        )
        for field in PERCENTILES
    }
    return Latency(**_ascending(over))


def _ascending(over: dict[str, Percentile]) -> dict[str, Percentile]:
    """Return the percentiles of one latency with bounds that never fall: what p50 exceeds, p99 exceeds too."""
    least_s, found = 0.0, {}
    for field, one in over.items():
        if one.known is Known.BEYOND:
            one = msgspec.structs.replace(one, value_s=max(one.value_s, least_s))  # noqa: PLW2901  # a better bound
        least_s = one.value_s if one.known is not Known.TOO_FEW else least_s
        found[field] = one
    return found
