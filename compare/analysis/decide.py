"""The one decision about a pair: it differs, it is the same within a margin, or one cannot tell. Pure.

Sentence, table, chart and `compare diff` use this decision; none of them tests anything itself. The test is a paired
t-test on the log-ratios of rounds in which both answered, so that what the machine did to both cancels; ratio and
interval come from the same logs, so that they cannot contradict the word.

An error budget of 0.0125 a pair is spent at looks after 3, 5 and 8 rounds, each at p < 0.0044: of 40 million simulated
equal pairs 0.0120 are told apart in all; at p < 0.0046 it is 0.01254 (`benchmarks/decisions.py`).
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from compare.analysis.intervals import CONFIDENCE, Spread, spread_of, t_test
from compare.analysis.metrics import THROUGHPUT, Metric
from compare.analysis.summary import Estimate, Summary
from compare.late import Late

if TYPE_CHECKING:
    import numpy as np
    from scipy import special
else:
    np = Late("numpy")
    special = Late("scipy.special")

LOOKS = (3, 5, 8)  # rounds after which a pair may be decided
LOOK_P = 0.0044
SAME_ALPHA = 0.05 / len(LOOKS)  # of each of the two one-sided tests, at each look
SMALLEST_EFFECT = 0.05
WAIT_MARGIN, CPU_MARGIN = 0.05, 0.10  # "the same" where the wait limits both sides, and where the CPU does
_ALIKE = 1e-9  # logs this close differ by rounding alone


class Word(enum.StrEnum):
    """What may be said about a pair. There is no fourth word, and "no difference" is never said."""

    DIFFERS = "differs"
    SAME = "same"
    CANNOT_TELL = "cannot tell"
    NOT_COMPARABLE = "not comparable"  # a side is invalid or failed, or lacks this metric


class Decision(msgspec.Struct, frozen=True):
    """`a` against `b` under one load; `ratio` is a over b.

    It is the geometric mean with its 95 % interval, below three rounds the range; NaN where they are not comparable.
    """

    a: Summary
    b: Summary
    metric: Metric
    ratio: Estimate
    p_value: float  # of the paired test; NaN below two rounds
    word: Word
    margin: float  # within which SAME holds, and DIFFERS does not; a fraction
    at_least: bool = False  # the larger side sat at its ceiling, so the ratio is a lower bound

    @property
    def named(self) -> bool:
        """Whether this is a difference one may name."""
        return self.word is Word.DIFFERS

    @property
    def decided(self) -> bool:
        """Whether more rounds would add nothing to the word."""
        return self.word in {Word.DIFFERS, Word.SAME}

    @property
    def effect(self) -> float:
        """How much more the larger side has than the smaller: 0.05 for 5 %, whichever it is."""
        return effect(self.ratio.value)


def decide(
    a: Summary, b: Summary, metric: Metric = THROUGHPUT, *, floor: float = SMALLEST_EFFECT
) -> Decision:
    """Return the decision about one pair.

    No effect is named below `floor` or what an A/A run of the machine showed (`Summary.floor`), both fractions, below
    `SMALLEST_EFFECT`, or below the resolution of the cells.
    """
    return decided(a, b, metric, log_ratios(a, b, metric), _least(a, b, metric, floor))


def decided(a: Summary, b: Summary, metric: Metric, logs: Sequence[float], least: float) -> Decision:
    """Return the decision that these log-ratios, one per round, allow; effects below `least` are not named."""
    margin = _margin(a, b)
    ratio, p_value = _ratio(logs), _p_value(logs)
    word = _word(logs, ratio, p_value, margin, least)
    at_least = _at_least(a, b, metric, ratio)
    return Decision(a, b, metric, ratio, p_value, word, margin, at_least=at_least)


def decide_apart(a: Summary, b: Summary, metric: Metric, *, floor: float = SMALLEST_EFFECT) -> Decision:
    """Return the decision about rows whose rounds do not belong together, as those of two runs: by Welch's test."""
    ours, theirs = logs(a, metric), logs(b, metric)
    fewest = min(len(ours), len(theirs))
    if fewest < LOOKS[0]:
        middle = math.exp(float(np.mean(ours) - np.mean(theirs))) if fewest else math.nan
        low, high = (
            (math.exp(min(ours) - max(theirs)), math.exp(max(ours) - min(theirs)))
            if fewest
            else (middle, middle)
        )
        word = Word.CANNOT_TELL if fewest else Word.NOT_COMPARABLE
        return Decision(
            a, b, metric, Estimate(middle, low, high, fewest, spread_of(fewest)), math.nan, word, CPU_MARGIN
        )
    p_value, low, high = t_test(ours, theirs)
    ratio = Estimate(math.exp((low + high) / 2), math.exp(low), math.exp(high), fewest, Spread.INTERVAL)
    margin = _margin(a, b)
    inside = -math.log1p(margin) < low and high < math.log1p(margin)
    word = Word.SAME if inside else Word.CANNOT_TELL
    named = p_value < LOOK_P and effect(ratio.value) > _least(a, b, metric, floor)
    at_least = _at_least(a, b, metric, ratio)
    return Decision(a, b, metric, ratio, p_value, Word.DIFFERS if named else word, margin, at_least=at_least)


def logs(summary: Summary, metric: Metric) -> list[float]:
    """Return the logs of a metric over the rounds that answered."""
    values = [one.of(metric) for one in summary.rounds if not one.collapsed] if summary.valid else []
    return [math.log(value) for value in values if value > 0]


def decisions(
    pairs: Sequence[tuple[Summary, Summary]], metric: Metric = THROUGHPUT, *, floor: float = SMALLEST_EFFECT
) -> list[Decision]:
    """Return one decision per pair, each on its own error budget."""
    return [decide(a, b, metric, floor=floor) for a, b in pairs]


def effect(ratio: float) -> float:
    """Return how much more the larger side has: 0.05 for 1.05 and for 1 / 1.05."""
    return max(ratio, 1 / ratio) - 1


def log_ratios(a: Summary, b: Summary, metric: Metric) -> list[float]:
    """Return the log-ratio of each round in which both answered and both have the metric."""
    if not (a.valid and b.valid):
        return []
    theirs = {one.cell.round: one.of(metric) for one in b.rounds if not one.collapsed}
    both = [(one.of(metric), theirs.get(one.cell.round, math.nan)) for one in a.rounds if not one.collapsed]
    return [math.log(one / other) for one, other in both if one > 0 and other > 0]


def _least(a: Summary, b: Summary, metric: Metric, floor: float) -> float:
    """Return the effect below which none is named."""
    least = max(floor, a.floor, b.floor, SMALLEST_EFFECT)
    return max(least, _resolution(a, b)) if metric is THROUGHPUT else least


def _margin(a: Summary, b: Summary) -> float:
    """Return within what the sides are the same."""
    return WAIT_MARGIN if a.limited_by_the_wait and b.limited_by_the_wait else CPU_MARGIN


def _word(logs: Sequence[float], ratio: Estimate, p_value: float, margin: float, least: float) -> Word:
    if not logs:
        return Word.NOT_COMPARABLE
    if len(logs) < LOOKS[0]:
        return Word.CANNOT_TELL  # no winner from one round, and none from two
    if p_value < LOOK_P and effect(ratio.value) > least:
        return Word.DIFFERS
    return Word.SAME if _within(logs, math.log1p(margin)) else Word.CANNOT_TELL


def _at_least(a: Summary, b: Summary, metric: Metric, ratio: Estimate) -> bool:
    """Return whether the larger side alone sat at its ceiling, so that it may be larger still."""
    larger, smaller = (a, b) if ratio.value > 1 else (b, a)
    return metric is THROUGHPUT and larger.limited_by_the_wait and not smaller.limited_by_the_wait


def _within(logs: Sequence[float], margin: float) -> bool:
    """Return whether two one-sided tests both say that the mean lies within plus and minus `margin`."""
    half = _standard_error(logs) * float(special.stdtrit(len(logs) - 1, 1 - SAME_ALPHA))
    return abs(float(np.mean(logs))) + half < margin


def _ratio(logs: Sequence[float]) -> Estimate:
    """Return the geometric mean of the ratios with its t-interval, or their range below three rounds."""
    if not logs:
        return Estimate(math.nan, math.nan, math.nan, 0, Spread.NONE)
    mean = float(np.mean(logs))
    if len(logs) < LOOKS[0]:
        low, high = math.exp(min(logs)), math.exp(max(logs))
        return Estimate(math.exp(mean), low, high, len(logs), spread_of(len(logs)))
    half = _standard_error(logs) * float(special.stdtrit(len(logs) - 1, (1 + CONFIDENCE) / 2))
    return Estimate(math.exp(mean), math.exp(mean - half), math.exp(mean + half), len(logs), Spread.INTERVAL)


def _p_value(logs: Sequence[float]) -> float:
    """Return the p-value of the mean being 0; rounds that are all alike leave it certain."""
    if len(logs) < 2:
        return math.nan
    mean, error = float(np.mean(logs)), _standard_error(logs)
    if error < _ALIKE:
        return 1.0 if abs(mean) < _ALIKE else 0.0
    return float(2 * special.stdtr(len(logs) - 1, -abs(mean) / error))


def _standard_error(logs: Sequence[float]) -> float:
    return float(np.std(logs, ddof=1)) / math.sqrt(len(logs))


def _resolution(a: Summary, b: Summary) -> float:
    """Return the step of a cell: a window that holds k answers moves in steps of 1 / k."""
    steps = (
        1 / (one.throughput_rps * row.load.duration_s)
        for row in (a, b)
        for one in row.rounds
        if not one.collapsed and one.throughput_rps > 0
    )
    return max([0.0, *steps])
