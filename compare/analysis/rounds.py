"""One measurement -> RoundFigures: one number per metric of one round of one cell. Pure."""

import math

import msgspec

from compare.analysis import validity
from compare.analysis.ceiling import most_successes
from compare.analysis.metrics import METRICS, THROUGHPUT, Metric
from compare.analysis.observed import Observed
from compare.analysis.quantiles import Latency, Percentile
from compare.analysis.validity import Signs
from compare.analysis.window import ErrorCount
from compare.records import Cell, Environment, Measurement


class RoundFigures(msgspec.Struct, frozen=True):
    """What one round of one cell gave. `numbers` are by the name of the metric, percentiles are in the latencies."""

    cell: Cell
    numbers: dict[str, float]
    response: Latency = Latency()
    service: Latency = Latency()
    bystander: Latency = Latency()
    errors: tuple[ErrorCount, ...] = ()
    intended: int = 0  # requests intended in the window
    ceiling_rps: float | None = None
    limit: int = 0  # as in Measurement, where it is what makes the ceiling
    warnings: tuple[validity.Warning, ...] = ()

    def of(self, metric: Metric) -> float:
        """Return the number of `metric`, NaN where it was not measured, censored or too few."""
        if metric.latency is None:
            return self.numbers.get(metric.name, math.nan)
        which, field = metric.latency
        found: Percentile = getattr(getattr(self, which), field)
        return found.exact_s

    @property
    def throughput_rps(self) -> float:
        """Successes per second."""
        return self.of(THROUGHPUT)

    @property
    def valid(self) -> bool:
        """Whether its numbers may be shown."""
        return not any(warning.invalid for warning in self.warnings)


def figures(measurement: Measurement, environment: Environment) -> RoundFigures | None:
    """Return the numbers of one round, or None when the cell failed or kept no samples."""
    if measurement.failure is not None or measurement.samples is None:
        return None
    seen = Observed(measurement, measurement.samples, environment)
    return RoundFigures(
        cell=measurement.cell,
        numbers={one.name: float(one.of(seen)) for one in METRICS.values() if one.latency is None},
        response=seen.response,
        service=seen.service,
        bystander=seen.bystander,
        errors=seen.window.errors(),
        intended=seen.window.intended,
        ceiling_rps=seen.ceiling_rps,
        limit=seen.limit,
        warnings=validity.judge(_signs(seen)),
    )


def _signs(seen: Observed) -> Signs:
    window, load, noise = seen.window, seen.load, seen.measurement.noise
    waits_as_asked = seen.cell.contestant.waits_as_asked
    return Signs(
        successes=window.successes,
        failures=window.failures,
        ceiling_share=seen.ceiling_share,
        most_successes=most_successes(seen.ceiling_rps, load.delay_s, window.window_s),
        short_waits_share=window.short_waits_share(load.delay_s if waits_as_asked else 0.0),
        median_s=window.median_s,
        lag_p99_s=window.lag_s(0.99),
        sent_share=window.sent_share(seen.scheduled),
        generator_cpu_share=seen.generator_cpu_share,
        littles_ratio=seen.littles.ratio,
        littles_tolerance=seen.littles.tolerance,
        steady=seen.littles.steady,
        limit_hit=seen.limit_hit,
        noisy=bool(noise and noise.noisy),
    )
