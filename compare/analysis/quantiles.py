"""Percentiles that know what they do not know: too few samples, or still waiting when the run ended. Pure."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from compare.analysis.intervals import Estimate, Spread, spread_of
from compare.analysis.units import seconds_text
from compare.late import Late

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = Late("numpy")

SAMPLES_ABOVE = 10  # a percentile needs n (1 - p) of these, or one more slow request would move it at will

BEYOND = "> "  # before the text of a percentile that is only known to be larger


class Known(enum.StrEnum):
    """How much the samples say about a percentile."""

    EXACTLY = "exactly"
    BEYOND = "beyond"  # it falls among right-censored requests: all that is known is that it is larger
    TOO_FEW = "too few"  # fewer than ten samples lie above it


class Percentile(msgspec.Struct, frozen=True):
    """One percentile of a latency in seconds, of one round or the median over rounds.

    `value_s` is the percentile itself when known exactly, its lower bound when it lies beyond, NaN when the
    samples were too few. `low_s`, `high_s`, `rounds` and `kind` are as in `Estimate`; NaN unless known exactly.
    """

    known: Known
    value_s: float
    low_s: float = math.nan
    high_s: float = math.nan
    rounds: int = 1
    kind: Spread = Spread.SINGLE

    @property
    def exact_s(self) -> float:
        """The value where it is known exactly, NaN elsewhere: what may be drawn as a point or divided."""
        return self.value_s if self.known is Known.EXACTLY else math.nan

    @property
    def text(self) -> str:
        """`12.3 ms`, `> 1.2 s` or `n/a`."""
        if self.known is Known.TOO_FEW:
            return "n/a"
        return (BEYOND if self.known is Known.BEYOND else "") + seconds_text(self.value_s)


UNKNOWN = Percentile(Known.TOO_FEW, math.nan, rounds=0, kind=Spread.NONE)


class Latency(msgspec.Struct, frozen=True):
    """The percentiles every latency is reported by."""

    p50: Percentile = UNKNOWN
    p90: Percentile = UNKNOWN
    p97_5: Percentile = UNKNOWN
    p99: Percentile = UNKNOWN
    max: Percentile = UNKNOWN


_P = {"p50": 0.5, "p90": 0.9, "p97_5": 0.975, "p99": 0.99, "max": 1.0}


def latency(answered_s: NDArray[np.float64], waited_s: NDArray[np.float64]) -> Latency:
    """Return the percentiles of one round over `answered_s` and the right-censored `waited_s`, both in seconds.

    A censored request took longer than it was waited for, so it ranks above every answered one; a percentile that falls
    among them is `BEYOND` the value it would have had if each had been answered when waiting ended. Where none is
    censored these are numpy's default, linearly interpolated quantiles (Hyndman and Fan's type 7).
    """
    total = len(answered_s) + len(waited_s)
    if not total:
        return Latency()
    at_most = np.concatenate([answered_s, np.full(len(waited_s), np.inf)])
    at_least = np.concatenate([answered_s, waited_s]) if len(waited_s) else at_most
    enough = [p for p in _P.values() if p == 1 or total * (1 - p) >= SAMPLES_ABOVE - 1e-6]
    upper = dict(zip(enough, _quantiles(at_most, enough), strict=True))
    lower = dict(zip(enough, _quantiles(at_least, enough), strict=True)) if len(waited_s) else upper
    known = {
        p: Percentile(Known.EXACTLY, upper[p])
        if math.isfinite(upper[p])
        else Percentile(Known.BEYOND, lower[p])
        for p in enough
    }
    return Latency(*(known.get(p, Percentile(Known.TOO_FEW, math.nan)) for p in _P.values()))


def _quantiles(values: NDArray[np.float64], wanted: Sequence[float]) -> list[float]:
    ranks = (len(values) - 1) * np.asarray(wanted)
    below, above = np.floor(ranks).astype(int), np.ceil(ranks).astype(int)
    ordered = np.partition(values, np.union1d(below, above))
    low, high = ordered[below], ordered[above]
    # A rank between a number and infinity is infinite, and infinity minus itself is not a number: hence the mask.
    finite = np.isfinite(high)
    step = np.subtract(high, low, out=np.zeros_like(high), where=finite)
    found = np.where(finite, low + (ranks - below) * step, np.inf)
    return [float(value) for value in found]


def over_rounds(percentiles: Sequence[Percentile], exact: Estimate) -> Percentile:
    """Return the median of one percentile over rounds; `exact` is the estimate over its `exact_s`.

    Rounds with too few samples say nothing; when they are the majority, so does the result. Rounds in which it lies
    beyond rank above all others; when the median falls among them it lies beyond the median of their bounds.
    """
    told = [one for one in percentiles if one.known is not Known.TOO_FEW]
    if 2 * len(told) <= len(percentiles):
        return UNKNOWN
    beyond = sum(one.known is Known.BEYOND for one in told)
    if 2 * beyond >= len(told):
        bound = float(np.median([one.value_s for one in told]))
        return Percentile(Known.BEYOND, bound, rounds=len(told), kind=Spread.NONE)
    kind = spread_of(len(told))
    if not beyond:
        return Percentile(Known.EXACTLY, exact.value, exact.low, exact.high, len(told), kind)
    middle = float(np.median([one.exact_s if one.known is Known.EXACTLY else math.inf for one in told]))
    return Percentile(Known.EXACTLY, middle, exact.low, math.inf, len(told), kind)
