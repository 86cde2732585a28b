"""Samples of several machines that put a load on one target together, as those of one. Pure numpy.

Stamps are put side by side as they are: the percentiles of two machines say nothing about those of both together.
All stamps of a request are one machine's and move together, so no latency changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from compare.errors import CompareError
from compare.late import Late
from compare.records import Samples

if TYPE_CHECKING:
    import numpy as np
else:
    np = Late("numpy")

LEAST_OVERLAP = 0.95  # of the longest window: below it the machines hardly pressed together


class ApartError(CompareError):
    """Windows that have too little in common: one sentence."""


class Stretch(msgspec.Struct, frozen=True):
    """The samples of one machine, and when its window opened on a clock that all share, in seconds."""

    samples: Samples
    opens_s: float

    @property
    def closes_s(self) -> float:
        """When its window closed."""
        return self.opens_s + self.samples.window_s


def overlap(stretches: Sequence[Stretch]) -> float:
    """Return the share of the longest window that is common to all."""
    common_s = min(one.closes_s for one in stretches) - max(one.opens_s for one in stretches)
    return max(0.0, common_s / max(one.samples.window_s for one in stretches))


def pooled(stretches: Sequence[Stretch]) -> Samples:
    """Return all requests of the common window, as `Samples` of that window; raises ApartError.

    What was unanswered counts as waiting until the first machine stopped listening, which is at least how long it did.
    """
    share = overlap(stretches)
    if share < LEAST_OVERLAP:
        raise ApartError(
            f"The machines' windows have {share:.1%} in common, and no pool is made below {LEAST_OVERLAP:.0%}."
        )
    opens_s, closes_s = max(one.opens_s for one in stretches), min(one.closes_s for one in stretches)
    window_s = closes_s - opens_s
    moved = [_moved(one.samples, one.opens_s - opens_s, window_s) for one in stretches]
    columns = {
        name: np.concatenate([getattr(one, name) for one in moved])
        for name in ("intended_s", "sent_s", "done_s", "status", "io_s")
    }
    order = np.argsort(columns["intended_s"], kind="stable")
    return Samples(
        **{name: column[order] for name, column in columns.items()},
        window_s=window_s,
        end_s=min(one.end_s for one in moved),
    )


def _moved(samples: Samples, by_s: float, window_s: float) -> Samples:
    """Return the samples on a clock that is `by_s` ahead: those of the window, or still under way when it opened."""
    intended_s, done_s = samples.intended_s + by_s, samples.done_s + by_s
    keep = (intended_s < window_s) & ~((intended_s < 0) & (done_s <= 0))
    return Samples(
        intended_s[keep],
        samples.sent_s[keep] + by_s,
        done_s[keep],
        samples.status[keep],
        samples.io_s[keep],
        window_s,
        samples.end_s + by_s,
    )
