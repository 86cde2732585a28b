"""One measurement -> RoundFigures: one number per metric of one round of one cell. Pure."""

import math

import msgspec
from msgspec.structs import asdict

from compare.analysis import validity
from compare.analysis.ceiling import most_successes
from compare.analysis.metrics import (
    COLLAPSED_AFTER,
    EXPOSURE,
    LONGEST_SILENCE,
    METRICS,
    THROUGHPUT,
    UNANSWERED,
    Metric,
)
from compare.analysis.observed import Observed
from compare.analysis.outcome import Outcome, Silence
from compare.analysis.quantiles import Known, Latency, Percentile
from compare.analysis.validity import Signs
from compare.analysis.window import ErrorCount
from compare.records import Cell, Environment, Figures, Measurement, as_kept


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
    outcome: Outcome = Outcome.ANSWERED

    @property
    def silence(self) -> Silence:
        """The outcome with what it rests on."""
        found = (LONGEST_SILENCE, COLLAPSED_AFTER, UNANSWERED, EXPOSURE)
        longest_s, after_s, unanswered, exposure_s = (self.of(metric) for metric in found)
        count = int(unanswered) if math.isfinite(unanswered) else 0
        return Silence(self.outcome, longest_s, after_s, count, exposure_s)

    @property
    def collapsed(self) -> bool:
        """Whether the server stopped answering for good."""
        return self.outcome is Outcome.COLLAPSED

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
    """Return the numbers of one round, None when the cell failed; without samples, those that were kept of them."""
    if measurement.failure is not None:
        return None
    if measurement.samples is None:
        return _from_kept(measurement, measurement.figures) if measurement.figures else None
    seen = Observed(measurement, measurement.samples, environment)
    return RoundFigures(
        cell=measurement.cell,
        numbers={one.name: float(one.of(seen)) for one in METRICS.values() if one.of},
        response=seen.response,
        service=seen.service,
        bystander=seen.bystander,
        errors=seen.window.errors(),
        intended=seen.window.intended,
        ceiling_rps=seen.ceiling_rps,
        limit=seen.limit,
        warnings=validity.judge(_signs(seen)),
        outcome=seen.silence.outcome,
    )


def with_figures(measurement: Measurement, environment: Environment) -> Measurement:
    """Return `measurement` with its numbers kept in it, so that they outlive its samples.

    They are those of the samples as they are kept, to the microsecond.
    """
    rounded = {
        field: as_kept(samples)
        for field, samples in (("samples", measurement.samples), ("bystander", measurement.bystander))
        if samples is not None
    }
    made = figures(msgspec.structs.replace(measurement, **rounded), environment)
    return measurement if made is None else msgspec.structs.replace(measurement, figures=_kept(made))


def _kept(made: RoundFigures) -> Figures:
    return Figures(
        numbers={name: _known(number) for name, number in made.numbers.items()},
        percentiles={
            which: {field: (one.known, _known(one.value_s)) for field, one in asdict(latency).items()}
            for which, latency in (
                ("response", made.response),
                ("service", made.service),
                ("bystander", made.bystander),
            )
        },
        errors={error.kind: error.count for error in made.errors},
        intended=made.intended,
        ceiling_rps=made.ceiling_rps,
        limit=made.limit,
        warnings=tuple(made.warnings),
        outcome=made.outcome,
    )


def _from_kept(measurement: Measurement, kept: Figures) -> RoundFigures:
    return RoundFigures(
        cell=measurement.cell,
        numbers={name: _number(value) for name, value in kept.numbers.items()},
        **{which: _latency(fields) for which, fields in kept.percentiles.items()},
        errors=tuple(ErrorCount(kind, count) for kind, count in kept.errors.items()),
        intended=kept.intended,
        ceiling_rps=kept.ceiling_rps,
        limit=kept.limit,
        warnings=_warned(measurement, kept),
        outcome=Outcome(kept.outcome),
    )


def _warned(measurement: Measurement, kept: Figures) -> tuple[validity.Warning, ...]:
    """Return the warnings that were kept, and whether the machine was busy: that is known when the round is over."""
    said = {validity.Warning(word) for word in kept.warnings} - {validity.Warning.NOISY}
    said |= {validity.Warning.NOISY} if _noisy(measurement) else set()
    return tuple(warning for warning in validity.Warning if warning in said)


def _noisy(measurement: Measurement) -> bool:
    return measurement.noise is not None and measurement.noise.noisy


def _latency(fields: dict[str, tuple[str, float | None]]) -> Latency:
    return Latency(
        **{field: Percentile(Known(known), _number(value)) for field, (known, value) in fields.items()}
    )


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _signs(seen: Observed) -> Signs:
    window, load = seen.window, seen.load
    waits_as_asked = seen.cell.contestant.waits_as_asked
    return Signs(
        successes=window.successes,
        failures=window.failures,
        ceiling_share=seen.ceiling_share,
        most_successes=most_successes(seen.ceiling_rps, load.delay_s, window.window_s),
        short_waits_share=window.short_waits_share(load.delay_s if waits_as_asked else 0.0),
        median_s=window.median_s,
        lag_p99_s=seen.send_lag_s,
        sent_share=window.sent_share(seen.scheduled),
        generator_cpu_share=seen.generator_cpu_share,
        littles_ratio=seen.littles.ratio,
        littles_tolerance=seen.littles.tolerance,
        steady=seen.littles.steady,
        limit_hit=seen.limit_hit,
        noisy=_noisy(seen.measurement),
        wave=seen.wave,
        too_short=seen.too_short,
        halves=seen.halves,
        outcome=seen.silence.outcome,
    )
