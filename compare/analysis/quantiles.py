"""Percentiles that know what they do not know: too few samples, or still waiting when the run ended. Pure."""

import enum
import math

import msgspec

from compare.analysis.intervals import Spread


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
        return ("> " if self.known is Known.BEYOND else "") + seconds_text(self.value_s)


UNKNOWN = Percentile(Known.TOO_FEW, math.nan, rounds=0, kind=Spread.NONE)


class Latency(msgspec.Struct, frozen=True):
    """The percentiles every latency is reported by."""

    p50: Percentile = UNKNOWN
    p90: Percentile = UNKNOWN
    p97_5: Percentile = UNKNOWN
    p99: Percentile = UNKNOWN
    max: Percentile = UNKNOWN


def seconds_text(value_s: float) -> str:
    """Return a time in three significant digits and the unit that suits it: `340 us`, `12.3 ms`, `1.23 s`."""
    if not math.isfinite(value_s):
        return "n/a"
    for unit, size_s in (("s", 1.0), ("ms", 1e-3)):
        if abs(value_s) >= 0.9995 * size_s:
            return f"{_three_digits(value_s / size_s)} {unit}"
    return f"{_three_digits(value_s / 1e-6)} us"


def _three_digits(value: float) -> str:
    whole_digits = len(str(int(round(abs(value), 2))))
    return f"{value:,.{max(0, 3 - whole_digits)}f}"
