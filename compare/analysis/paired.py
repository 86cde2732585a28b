"""Two contestants under the same load: their ratio, round by round, and whether it is a difference at all. Pure.

Both sides of a ratio come from the same round, measured close in time, so that what the machine did to both cancels.
A difference is named only when Holm's correction leaves the paired t-test of the log-ratios below 5 %, the ratio's
interval (below five rounds: its range) excludes 1, and the effect exceeds 5 % or what the machine did in an A/A run.
"""

import enum
import math
from collections.abc import Sequence

import msgspec
import numpy as np

from compare.analysis.intervals import CONFIDENCE, NOT_MEASURED, Estimate, estimates, t_test
from compare.analysis.metrics import THROUGHPUT, Metric
from compare.analysis.summary import Summary

SMALLEST_EFFECT = 0.05
_SIGNIFICANCE = 1 - CONFIDENCE


class Outcome(enum.StrEnum):
    """What may be said about a pair."""

    DIFFERENT = "different"
    NONE = "no difference measured"
    UNTESTED = "measured once"  # one common round: a ratio, but no telling it from noise
    INVALID = "not comparable"  # a side is invalid or failed, or lacks this metric


class Difference(msgspec.Struct, frozen=True):
    """`a` against `b` under one load: `ratio` is a over b, NaN when the outcome is INVALID."""

    a: Summary
    b: Summary
    metric: Metric
    ratio: Estimate
    p_value: (
        float  # of the paired test, corrected by Holm over all pairs compared together; NaN below two rounds
    )
    outcome: Outcome

    @property
    def named(self) -> bool:
        """Whether this is a difference one may name."""
        return self.outcome is Outcome.DIFFERENT

    @property
    def effect(self) -> float:
        """How much more the larger side has than the smaller: 0.05 for 5 %, whichever it is."""
        return _effect(self.ratio.value)


def differences(
    pairs: Sequence[tuple[Summary, Summary]], metric: Metric, *, floor: float = SMALLEST_EFFECT
) -> list[Difference]:
    """Return one Difference per pair, tested as one family: every further pair makes each harder to name.

    `floor` is the smallest relative effect that may be named, as a fraction; never below `SMALLEST_EFFECT`.
    """
    logs = [_log_ratios(a, b, metric) for a, b in pairs]
    ratios = [_exp(one) for one in estimates(logs)]
    p_values = holm([_p_value(one) for one in logs])
    floor = max(floor, SMALLEST_EFFECT)
    return [
        Difference(a, b, metric, ratio, p_value, outcome(ratio, p_value, floor))
        for (a, b), ratio, p_value in zip(pairs, ratios, p_values, strict=True)
    ]


def noise_floor(summaries: Sequence[Summary]) -> float:
    """Return the largest effect an A/A run among `summaries` shows, at least `SMALLEST_EFFECT`.

    An A/A run has the same contestant under the same load on two sides; what differs between them is noise.
    """
    pairs = sides(summaries)
    ratios = [difference.ratio.value for difference in differences(pairs, THROUGHPUT)]
    return max([SMALLEST_EFFECT, *(_effect(ratio) for ratio in ratios if math.isfinite(ratio))])


def sides(summaries: Sequence[Summary]) -> list[tuple[Summary, Summary]]:
    """Return the pairs of an A/A run: equal in all but `side`, each with the first of its group."""
    first: dict[tuple[object, ...], Summary] = {}
    pairs = []
    for summary in summaries:
        other = first.setdefault((summary.experiment, summary.contestant, summary.load), summary)
        if other is not summary:
            pairs.append((other, summary))
    return pairs


def holm(p_values: Sequence[float]) -> list[float]:
    """Return `p_values` corrected for being a family, in the same order; NaN stays NaN and counts for nothing.

    Source: S. Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979: the i-th smallest of m times
    m - i + 1, made monotone, at most 1.
    """
    p = np.asarray(p_values, dtype=float)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known])]
    corrected = np.full(len(p), np.nan)
    corrected[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return [float(value) for value in corrected]


def _log_ratios(a: Summary, b: Summary, metric: Metric) -> list[float]:
    if not (a.valid and b.valid):
        return []
    theirs = {figures.cell.round: figures.of(metric) for figures in b.rounds}
    both = [(figures.of(metric), theirs.get(figures.cell.round, math.nan)) for figures in a.rounds]
    return [math.log(one / other) for one, other in both if one > 0 and other > 0]


def _exp(logs: Estimate) -> Estimate:
    if not logs.measured:
        return NOT_MEASURED
    return Estimate(math.exp(logs.value), math.exp(logs.low), math.exp(logs.high), logs.rounds, logs.kind)


def _p_value(logs: Sequence[float]) -> float:
    return t_test(logs)[0] if len(logs) >= 2 else math.nan


def _effect(ratio: float) -> float:
    return max(ratio, 1 / ratio) - 1


def outcome(ratio: Estimate, p_value: float, floor: float) -> Outcome:
    """Return what may be said of a ratio whose corrected p-value this is."""
    if not ratio.measured:
        return Outcome.INVALID
    if ratio.rounds < 2:
        return Outcome.UNTESTED
    excludes_one = not ratio.low <= 1 <= ratio.high
    named = excludes_one and p_value < _SIGNIFICANCE and _effect(ratio.value) > floor
    return Outcome.DIFFERENT if named else Outcome.NONE
