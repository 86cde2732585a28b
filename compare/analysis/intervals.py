"""One number per round -> the median over the rounds with what is known about its spread. Pure.

The unit of replication is a fresh server process, so a row of numbers here has one entry per round, never one
per request. From `ENOUGH_ROUNDS` rounds on, the spread is a bootstrap interval; below it is the range, and says so.
"""

import enum
import math

import msgspec

CONFIDENCE = 0.95
ENOUGH_ROUNDS = 5


class Spread(enum.StrEnum):
    """What `low` and `high` of an estimate are."""

    INTERVAL = "interval"  # a 95 % BCa bootstrap interval of the median
    RANGE = "range"  # smallest and largest round: too few rounds for an interval
    SINGLE = "single"  # one round: nothing is known about the spread
    NONE = "none"  # not measured

    @property
    def words(self) -> str:
        """How a table's caption calls it."""
        return _SPREAD_WORDS[self]


_SPREAD_WORDS = {
    Spread.INTERVAL: "95 % interval",
    Spread.RANGE: "range, as fewer than five rounds give no interval",
    Spread.SINGLE: "one round, spread unknown",
    Spread.NONE: "not measured",
}


class Estimate(msgspec.Struct, frozen=True):
    """A metric over the rounds: their median and what is known about its spread; NaN where not measured."""

    value: float
    low: float
    high: float
    rounds: int
    kind: Spread

    @property
    def measured(self) -> bool:
        """Whether there is a number at all."""
        return self.kind is not Spread.NONE

    @property
    def width(self) -> float:
        """Half of the spread over the value: 0.05 reads as plus or minus 5 %."""
        return (self.high - self.low) / 2 / abs(self.value) if self.value else math.nan


NOT_MEASURED = Estimate(math.nan, math.nan, math.nan, 0, Spread.NONE)
